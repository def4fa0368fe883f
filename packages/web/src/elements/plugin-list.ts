import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Agent, PluginInfo, Result, SecretInfo } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { noPlugins, pluginMore } from "../views/installed-plugin.ts";
import { choiceFields, choicesIn, leavesChoices } from "../views/plugin-choices.ts";
import { plainLines } from "../views/plugin-tools.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { PLUGIN_STATE_WORDS, removedText, usedText } from "../words-of-plugins.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape } from "./form-fields.ts";

type Asking = (call: Client["call"]) => Promise<Result<unknown>>;

/** The plugins: what each may touch, how it stands, and an update that waits for a yes. */
export class PluginList extends EntryList<PluginInfo["name"]> {
  static override properties = {
    me: { attribute: false },
    agents: { attribute: false },
    secrets: { attribute: false },
    plugins: { attribute: false },
    at: { state: true },
  };
  declare me: Me | null;
  /** Agents of one's own. */
  declare agents: readonly Agent[];
  declare secrets: readonly SecretInfo[];
  /** Null while they are loaded. */
  declare plugins: readonly PluginInfo[] | null;
  /** The one that something was last asked of. */
  declare at: PluginInfo["name"] | null;
  protected readonly opener = ".plugins-here";
  protected readonly problemId = "plugin-problem";

  constructor() {
    super();
    this.me = null;
    this.agents = [];
    this.secrets = [];
    this.plugins = null;
    this.at = null;
  }

  protected override firstField(): string {
    return "form .field";
  }

  /** Asks something of one plugin, says what came of it, and puts the focus on it. */
  async #act({ name }: PluginInfo, wish: Asking, says: (value: unknown) => string): Promise<void> {
    if (this.busy) return;
    this.reset();
    this.at = name;
    const answer = await this.ask(wish, `#${this.problemId}`);
    if (answer === null) return;
    this.said = says(answer);
    this.changed();
    this.focusOn(`#plugin-${name}`);
  }

  readonly #submit = async (event: Event): Promise<void> => {
    const sent = this.sent(event);
    const plugin = this.plugins?.find(({ name }) => name === sent?.form);
    if (sent === null || plugin === undefined) return;
    const { name, manifest } = plugin;
    const choices = choicesIn(manifest, sent.data);
    this.at = name;
    const changed = await this.ask((call) => call("plugins.change", { name, ...choices }), `#${this.problemId}`);
    if (changed === null) return;
    this.reset();
    this.said = "What you chose for it holds from now on.";
    this.changed();
    this.focusOn(`#plugin-${name}`);
  };

  readonly #remove = async (plugin: PluginInfo): Promise<void> => {
    const { name, manifest } = plugin;
    if (this.busy) return;
    this.at = name;
    const gone = await this.ask((call) => call("plugins.remove", { name }), `#${this.problemId}`);
    this.leaving = null;
    if (gone === null) return;
    this.said = removedText(neutralText(manifest.title), gone);
    this.changed();
    this.focusOn(this.opener);
  };

  #waiting(plugin: PluginInfo): TemplateResult | typeof nothing {
    const { name, manifest, waiting } = plugin;
    if (waiting === null) return nothing;
    const { version, digest, widens } = waiting;
    const title = neutralText(manifest.title);
    const accept: Asking = (call) => call("plugins.accept", { name, digest });
    const refuse: Asking = (call) => call("plugins.change", { name, refuse: true });
    return html`<div class="widens whole-row" role="group" aria-label="The update of ${title} that waits">
      <p><strong>Version ${version} waits for you.</strong> This is new in it:</p>
      ${plainLines(widens)}
      ${
        may(this.me, "plugins.accept")
          ? html`<div class="choices">
              <button
                type="button"
                class="button"
                aria-label="Accept ${version} of ${title}"
                ?disabled=${this.busy}
                @click=${() => void this.#act(plugin, accept, () => `${title} is ${version} now.`)}
              >
                Accept
              </button>
              <button
                type="button"
                class="button"
                aria-label="Refuse ${version} of ${title}"
                ?disabled=${this.busy}
                @click=${() => void this.#act(plugin, refuse, () => `${title} stays as it is.`)}
              >
                Refuse
              </button>
            </div>`
          : html`<p class="quiet">The owner accepts or refuses it; until then ${plugin.version} goes on.</p>`
      }
    </div>`;
  }

  #form({ name, manifest, choices }: PluginInfo): TemplateResult {
    return html`<form
      class="whole-row stacked boxed"
      aria-label="What you choose for ${neutralText(manifest.title)}"
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      ${choiceFields(manifest, choices, this.secrets)}
      ${this.at === name ? problemView(this.problem, this.problemId) : nothing} ${this.formWays("Save")}
    </form>`;
  }

  #ways(plugin: PluginInfo): TemplateResult | typeof nothing {
    const { me } = this;
    const { name, manifest, state } = plugin;
    const title = neutralText(manifest.title);
    const mayChange = may(me, "plugins.change");
    const turn = (enabled: boolean) => (): void =>
      void this.#act(
        plugin,
        (call) => call("plugins.change", { name, enabled }),
        () => (enabled ? `${title} is started.` : `${title} is stopped. Nothing of it runs.`),
      );
    return html`<span class="entry-ways row-ways">
      ${mayChange && state !== "faulty" && leavesChoices(manifest) ? wayView("Choose", `Choose hosts and secrets of ${title}`, this.turn(name)) : nothing}
      ${mayChange && state === "ready" ? wayView("Stop", `Stop ${title}`, turn(false)) : nothing}
      ${mayChange && state === "stopped" ? wayView("Start", `Start ${title}`, turn(true)) : nothing}
      ${mayChange && state === "faulty" ? wayView("Try again", `Try again to start ${title}`, turn(true)) : nothing}
      ${may(me, "plugins.remove") ? wayView("Remove", `Remove ${title}`, this.leave(name), true) : nothing}
    </span>`;
  }

  #one(plugin: PluginInfo): TemplateResult {
    const { name, version, manifest, signer, state, problem, touches } = plugin;
    const words = PLUGIN_STATE_WORDS[state];
    const title = neutralText(manifest.title);
    const names = this.agents.filter(({ id }) => plugin.agents.includes(id)).map((agent) => neutralText(agent.name));
    return html`<li class="entry package" id="plugin-${name}" tabindex="-1" aria-label="${title}, ${words.name}">
      <span>
        <strong>${honestText(manifest.title)}</strong> <code class="quiet">${name}</code>
        <span class="quiet">${version}</span> <span class="chip ${words.chip}">${words.name}</span>
      </span>
      ${this.#ways(plugin)}
      <span class="whole-row">${honestText(manifest.description)}</span>
      ${problem === null ? nothing : html`<p class="field-problem whole-row">${honestText(problem)}</p>`}
      ${
        touches.length === 0
          ? nothing
          : html`<div class="whole-row touches">
              <h4>What it may touch</h4>
              ${plainLines(touches)}
            </div>`
      }
      <span class="quiet whole-row">Signed by ${honestText(signer.name)}. ${usedText(names, "Used")}</span>
      ${this.#waiting(plugin)} ${pluginMore(plugin)}
      ${
        this.leaving === name
          ? this.reallyAct(
              {
                label: `Remove ${title}?`,
                says: "It ends at once, and goes with its permissions and with everything that it kept for anybody.",
                yes: "Remove it",
              },
              () => void this.#remove(plugin),
            )
          : nothing
      }
      ${this.form === name ? this.#form(plugin) : nothing}
      ${this.at === name && this.form === null ? html`<div class="whole-row">${problemView(this.problem, this.problemId)}</div>` : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    const { plugins } = this;
    if (plugins === null) return html`<p class="quiet">Loading…</p>`;
    return html`<div class="plugins-here" tabindex="-1">
        ${
          plugins.length === 0
            ? noPlugins(may(this.me, "plugins.install"))
            : html`<ul class="entries" role="list">
                ${plugins.map((item) => this.#one(item))}
              </ul>`
        }
      </div>
      <p class="good" role="status">${this.said}</p>`;
  }
}
customElements.define("plugin-list", PluginList);
