import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type {
  Agent,
  PackageReport,
  PluginInfo,
  PluginManifest,
  SecretInfo,
  SkillInfo,
  SkillManifest,
} from "@moltbot/contracts";
import { readBase64 } from "../files/read-file.ts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { agentChoice, chosenAgents } from "../views/agent-choice.ts";
import { icon } from "../views/icons.ts";
import { packageReport } from "../views/package-report.ts";
import { choiceFields, choicesIn } from "../views/plugin-choices.ts";
import { problemView } from "../views/problem.ts";
import { sizeText } from "../words-of-keeping.ts";
import { isPlugin, MOST_PACKAGE_BYTES, titleOf } from "../words-of-plugins.ts";
import { AskingElement } from "./asking-element.ts";
import "./trust-signer.ts";

/** A file that is looked at, and what the gateway says of it. */
interface Looked {
  readonly archive: string;
  readonly report: PackageReport;
}

const PROBLEM = "package-problem";
const LOOKS_LIKE = "PACKAGE_LOOKS_LIKE";
const UNKNOWN = "SIGNER_UNKNOWN";

/** Takes a package in: it is looked at first, and installed only by whoever saw what it may touch. */
export class AddPackage extends AskingElement {
  static override properties = {
    me: { attribute: false },
    agents: { attribute: false },
    secrets: { attribute: false },
    plugins: { attribute: false },
    skills: { attribute: false },
    looked: { state: true },
    unfit: { state: true },
    over: { state: true },
  };
  declare me: Me | null;
  /** Agents of one's own. */
  declare agents: readonly Agent[];
  declare secrets: readonly SecretInfo[];
  declare plugins: readonly PluginInfo[];
  declare skills: readonly SkillInfo[];
  /** Null: no file is looked at. */
  declare looked: Looked | null;
  /** Why a file was not even sent; null otherwise. */
  declare unfit: string | null;
  /** Whether a file hangs over the page. */
  declare over: boolean;
  /** Called after something was installed or trusted. */
  changed: () => void = () => undefined;
  /** Files that came later make an earlier answer late. */
  #newest = 0;

  constructor() {
    super();
    this.me = null;
    this.agents = [];
    this.secrets = [];
    this.plugins = [];
    this.skills = [];
    this.looked = null;
    this.unfit = null;
    this.over = false;
  }

  /** Nothing of a file stays. */
  reset(): void {
    this.#newest += 1;
    this.looked = null;
    this.unfit = null;
    this.over = false;
    this.clear();
  }

  /** Looks at a file; nothing of it is kept or run. While another one is being asked about it is not taken. */
  async look(file: File): Promise<void> {
    if (this.busy) return;
    this.reset();
    const asked = this.#newest;
    const name = neutralText(file.name);
    const archive = file.size > MOST_PACKAGE_BYTES ? null : await readBase64(file);
    if (asked !== this.#newest) return;
    if (archive === null) {
      this.unfit =
        file.size > MOST_PACKAGE_BYTES
          ? `“${name}” has ${sizeText(file.size)}; no package has more than ${sizeText(MOST_PACKAGE_BYTES)}.`
          : `“${name}” cannot be read.`;
      this.focusOn(`#${PROBLEM}`);
      return;
    }
    await this.#inspect(archive);
  }

  async #inspect(archive: string): Promise<void> {
    const asked = this.#newest;
    const report = await this.ask((call) => call("packages.inspect", { archive }), `#${PROBLEM}`);
    if (report === null || asked !== this.#newest) return;
    this.looked = { archive, report };
    this.focusOn("#package-card");
  }

  readonly #choose = (event: Event): void => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement)) return;
    const file = field.files?.[0];
    if (file !== undefined) void this.look(file);
    // The same file can be chosen again.
    field.value = "";
  };

  readonly #leave = (): void => {
    this.reset();
    this.focusOn(".add-package");
  };

  readonly #trusted = (): void => {
    const { looked } = this;
    this.changed();
    if (looked !== null) void this.#inspect(looked.archive);
  };

  #installed(says: string): void {
    this.reset();
    this.said = says;
    this.changed();
    this.focusOn(".add-package");
  }

  async #plugin(manifest: PluginManifest, { archive, report }: Looked, data: FormData): Promise<void> {
    const title = neutralText(manifest.title);
    const { name, version } = manifest;
    if (this.plugins.some((one) => one.name === name)) {
      const updated = await this.ask((call) => call("plugins.update", { name, archive }), `#${PROBLEM}`);
      if (updated !== null)
        this.#installed(
          updated.version === version ? `${title} is ${version} now.` : `${title} ${version} waits for you below.`,
        );
      return;
    }
    const agents = chosenAgents(this.agents, data);
    const choices = choicesIn(manifest, data);
    const installed = await this.ask(
      (call) =>
        call("plugins.install", {
          archive,
          digest: report.digest,
          agents,
          choices,
          anyway: data.get("anyway") !== null,
        }),
      `#${PROBLEM}`,
    );
    if (installed !== null) this.#installed(`${title} is installed.`);
  }

  async #skill({ name }: SkillManifest, { archive, report }: Looked, data: FormData): Promise<void> {
    const agents = chosenAgents(this.agents, data);
    const installed = await this.ask(
      (call) => call("skills.install", { archive, digest: report.digest, agents, anyway: data.get("anyway") !== null }),
      `#${PROBLEM}`,
    );
    if (installed !== null) this.#installed(`${name} is installed.`);
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { looked } = this;
    if (looked === null || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const { manifest } = looked.report;
    await (isPlugin(manifest) ? this.#plugin(manifest, looked, data) : this.#skill(manifest, looked, data));
  };

  /** Whose name it is taken for needs a word of its own. */
  #anyway({ warnings, name }: PackageReport): TemplateResult | typeof nothing {
    if (!warnings.some(({ code }) => code === LOOKS_LIKE)) return nothing;
    return html`<div class="checks">
      <label
        ><input type="checkbox" name="anyway" value="yes" required /><span
          >I read the name letter by letter, and mean exactly this one:
          <code class="spelled">${Array.from(name).map((letter) => html`<span>${letter}</span>`)}</code></span
        ></label
      >
    </div>`;
  }

  #fields(report: PackageReport): TemplateResult {
    const { manifest, name } = report;
    const only = this.agents.length === 1 ? this.agents.map(({ id }) => id) : [];
    if (isPlugin(manifest))
      return html`${agentChoice("Agents of yours that may use it", this.agents, only)}
      ${choiceFields(manifest, { hosts: [], secrets: {} }, this.secrets)}`;
    const before = this.skills.find((one) => one.name === name)?.agents;
    return agentChoice("Agents of yours that may read it", this.agents, before ?? only);
  }

  #form(report: PackageReport): TemplateResult {
    const { manifest, difference } = report;
    const isUpdate = isPlugin(manifest) && this.plugins.some(({ name }) => name === manifest.name);
    const waits = isUpdate && (difference?.widens.length ?? 0) > 0;
    const yes = waits ? "Put it beside the installed one" : difference === null ? "Install" : "Update";
    return html`<form class="stacked" aria-label="Install it" autocomplete="off" @submit=${this.#submit}>
      ${isUpdate ? nothing : this.#fields(report)} ${this.#anyway(report)} ${problemView(this.problem, PROBLEM)}
      ${waits ? html`<p class="quiet">It waits there until you accept it; the installed one goes on meanwhile.</p>` : nothing}
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>${yes}</button>
        <button type="button" class="button" @click=${this.#leave}>Cancel</button>
      </div>
    </form>`;
  }

  /** What can be done with it: install it, trust its key first, or nothing. */
  #next({ report }: Looked): TemplateResult {
    const { kind, refusals, signer } = report;
    const [first, second] = refusals;
    const put = html`<div class="choices">
      <button type="button" class="button" @click=${this.#leave}>Put it away</button>
    </div>`;
    if (!may(this.me, kind === "plugin" ? "plugins.install" : "skills.install"))
      return html`<p class="quiet">Only the owner installs it.</p>
        ${put}`;
    if (first === undefined) return this.#form(report);
    const unknown = first.code === UNKNOWN && second === undefined && signer !== null && may(this.me, "signers.trust");
    return unknown
      ? html`<trust-signer
          .call=${this.call}
          .key=${signer.key}
          .trusted=${this.#trusted}
          .leave=${this.#leave}
        ></trust-signer>`
      : html`<p><strong>It is not installed.</strong></p>
          ${put}`;
  }

  #card(looked: Looked): TemplateResult {
    return html`<section class="boxed package-card" aria-labelledby="package-card">
      <h4 id="package-card" tabindex="-1">${honestText(titleOf(looked.report.manifest))}</h4>
      ${packageReport(looked.report)} ${this.#next(looked)}
    </section>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { looked, unfit, busy } = this;
    if (!may(this.me, "packages.inspect")) return nothing;
    return html`<div class="drop-zone ${this.over ? "over" : ""}">
        <input class="choose-package" type="file" accept=".moltpackage" hidden @change=${this.#choose} />
        <button
          type="button"
          class="button add-package"
          ?disabled=${busy}
          @click=${() => this.querySelector<HTMLInputElement>(".choose-package")?.click()}
        >
          ${icon("plus")}Add from a file
        </button>
        <span class="quiet"
          ><span class="by-mouse">or drop one here. </span>It is looked at first: nothing of it is kept or run.</span
        >
      </div>
      <p class="good" role="status">${this.said}</p>
      ${unfit === null ? nothing : html`<p id=${PROBLEM} class="field-problem" role="alert" tabindex="-1">${unfit}</p>`}
      ${looked === null ? problemView(this.problem, PROBLEM) : this.#card(looked)}`;
  }
}
customElements.define("add-package", AddPackage);
