import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Agent, PluginInfo, SecretInfo, Signer, SkillInfo } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { problemView } from "../views/problem.ts";
import { AddPackage } from "./add-package.ts";
import { PageDialog } from "./page-dialog.ts";
import { PluginList } from "./plugin-list.ts";
import { SignerList } from "./signer-list.ts";
import { SkillList } from "./skill-list.ts";

/** Other people's code and words: what is installed and what it may touch, whose signatures are taken, and the way in. */
export class PluginsDialog extends PageDialog {
  static override properties = {
    agents: { attribute: false },
    plugins: { state: true },
    skills: { state: true },
    signers: { state: true },
    secrets: { state: true },
  };
  declare agents: readonly Agent[];
  /** Null while they are loaded. */
  declare plugins: readonly PluginInfo[] | null;
  declare skills: readonly SkillInfo[] | null;
  declare signers: readonly Signer[] | null;
  declare secrets: readonly SecretInfo[];

  constructor() {
    super();
    this.agents = [];
    this.plugins = null;
    this.skills = null;
    this.signers = null;
    this.secrets = [];
    // Without these the browser would leave the page for a file that is dropped on it.
    for (const name of ["dragover", "dragleave", "drop"] as const) this.addEventListener(name, this.#dragged);
  }

  show(): Promise<void> {
    return this.open();
  }

  /** Loads what is installed and whose signatures are taken, as far as it may be known. */
  async load(): Promise<void> {
    const { call, me } = this;
    if (call === null) return;
    const plugins = async (): Promise<void> => {
      this.plugins = this.taken(await call("plugins.list", {}), this.plugins);
    };
    const skills = async (): Promise<void> => {
      if (may(me, "skills.list")) this.skills = this.taken(await call("skills.list", {}), this.skills);
    };
    const signers = async (): Promise<void> => {
      if (may(me, "signers.list")) this.signers = this.taken(await call("signers.list", {}), this.signers);
    };
    const secrets = async (): Promise<void> => {
      if (!may(me, "plugins.change") || !may(me, "secrets.list")) return;
      const listed = await call("secrets.list", {});
      if (listed.ok) this.secrets = listed.value;
    };
    await Promise.all([plugins(), skills(), signers(), secrets()]);
  }

  protected override closed(): void {
    for (const part of this.querySelectorAll("add-package, plugin-list, skill-list, signer-list"))
      if (
        part instanceof AddPackage ||
        part instanceof PluginList ||
        part instanceof SkillList ||
        part instanceof SignerList
      )
        part.reset();
  }

  readonly #dragged = (event: Event): void => {
    if (!(event instanceof DragEvent) || event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    const add = this.querySelector<AddPackage>("add-package");
    if (add === null || !may(this.me, "packages.inspect")) return;
    add.over = event.type === "dragover";
    const [file] = event.type === "drop" ? event.dataTransfer.files : [];
    if (file !== undefined) void add.look(file);
  };

  protected override render(): TemplateResult {
    const { call, me, now, plugins, skills, signers, secrets } = this;
    const agents = this.agents.filter(({ ownerId }) => ownerId === me?.id);
    const reload = (): void => void this.load();
    return this.sheet(
      "plugins-title",
      "Plugins and skills",
      "plugins and skills",
      html`<p>
          Other people’s code and words. A plugin runs behind a wall and reaches only what its card says; a skill is a
          text that agents read. Both are signed, and only the owner installs them.
        </p>
        ${problemView(this.problem, "plugins-problem")}
        <add-package
          .call=${call}
          .me=${me}
          .agents=${agents}
          .secrets=${secrets}
          .plugins=${plugins ?? []}
          .skills=${skills ?? []}
          .changed=${reload}
        ></add-package>
        <section aria-labelledby="plugins-here">
          <h3 id="plugins-here">Plugins</h3>
          <plugin-list
            .call=${call}
            .me=${me}
            .agents=${agents}
            .secrets=${secrets}
            .plugins=${plugins}
            .changed=${reload}
          ></plugin-list>
        </section>
        ${
          may(me, "skills.list")
            ? html`<section aria-labelledby="skills-here">
                <h3 id="skills-here">Skills</h3>
                <skill-list .call=${call} .me=${me} .agents=${agents} .skills=${skills} .changed=${reload}></skill-list>
              </section>`
            : nothing
        }
        ${
          may(me, "signers.list")
            ? html`<section aria-labelledby="signers-here">
                <h3 id="signers-here">Whose signatures are taken</h3>
                <signer-list .now=${now} .call=${call} .me=${me} .signers=${signers} .changed=${reload}></signer-list>
              </section>`
            : nothing
        }`,
    );
  }
}
customElements.define("plugins-dialog", PluginsDialog);
