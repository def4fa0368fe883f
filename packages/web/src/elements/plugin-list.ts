import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Agent, PluginInfo, Result, SecretInfo } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { agentChoice, chosenAgents } from "../views/agent-choice.ts";
import { noPlugins, pluginMore, waitingUpdate } from "../views/installed-plugin.ts";
import { choiceFields, choicesIn, lacksHosts, leavesChoices } from "../views/plugin-choices.ts";
import { plainLines } from "../views/plugin-tools.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { givenText, noHostText, PLUGIN_STATE_WORDS, removedText, usedText } from "../words-of-plugins.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape } from "./form-fields.ts";

/** What its form asks for: who uses it, or what its manifest leaves to the owner. */
type FormPart = "agents" | "choices";
type Asking = (call: Client["call"]) => Promise<Result<unknown>>;

/** The plugins: what each may touch, how it stands, and an update that waits for a yes. */
export class PluginList extends EntryList<PluginInfo["name"]> {
  static override properties = {
    me: { attribute: false },
    agents: { attribute: false },
    secrets: { attribute: false },
    plugins: { attribute: false },
    at: { state: true },
    asks: { state: true },
  };
  declare me: Me | null;
  /** Agents of one's own. */
  declare agents: readonly Agent[];
  declare secrets: readonly SecretInfo[];
  /** Null while they are loaded. */
  declare plugins: readonly PluginInfo[] | null;
  /** The one that something was last asked of. */
  declare at: PluginInfo["name"] | null;
  declare asks: FormPart;
  protected readonly opener = ".plugins-here";
  protected readonly problemId = "plugin-problem";

  constructor() {
    super();
    this.me = null;
    this.agents = [];
    this.secrets = [];
    this.plugins = null;
    this.at = null;
    this.asks = "choices";
  }

  protected override firstField(): string {
    return "form .field, form input, form .choices button";
  }

  readonly #open = (name: PluginInfo["name"], part: FormPart) => (): void => {
    this.turn(name)();
    this.asks = part;
  };

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
    const given = this.asks === "agents" ? chosenAgents(this.agents, sent.data) : null;
    const wish = given === null ? choicesIn(manifest, sent.data) : { agents: given };
    this.at = name;
    const changed = await this.ask((call) => call("plugins.change", { name, ...wish }), `#${this.problemId}`);
    if (changed === null) return;
    this.reset();
    this.said =
      given === null
        ? "What you chose for it holds from now on."
        : givenText(neutralText(manifest.title), this.#names(given));
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

  /** What one's own agents among these are called. */
  #names(ids: readonly Agent["id"][]): readonly string[] {
    return this.agents.filter(({ id }) => ids.includes(id)).map(({ name }) => neutralText(name));
  }

  #waiting(plugin: PluginInfo): TemplateResult | typeof nothing {
    const { name, manifest, waiting } = plugin;
    if (waiting === null) return nothing;
    const { version, digest } = waiting;
    const title = neutralText(manifest.title);
    const accept: Asking = (call) => call("plugins.accept", { name, digest });
    const refuse: Asking = (call) => call("plugins.change", { name, refuse: true });
    return waitingUpdate(plugin, waiting, {
      mayAccept: may(this.me, "plugins.accept"),
      busy: this.busy,
      accept: () => void this.#act(plugin, accept, () => `${title} is ${version} now.`),
      refuse: () => void this.#act(plugin, refuse, () => `${title} stays as it is.`),
    });
  }

  #form({ name, manifest, choices, agents }: PluginInfo): TemplateResult {
    const title = neutralText(manifest.title);
    const isAgents = this.asks === "agents";
    return html`<form
      class="whole-row stacked boxed"
      aria-label=${isAgents ? `Who uses ${title}` : `What you choose for ${title}`}
      autocomplete="off"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      ${
        isAgents
          ? html`${agentChoice("Agents of yours that may use it", this.agents, agents)}
              <p class="quiet">Each of them has all its tools. From other agents of yours it is taken.</p>`
          : choiceFields(manifest, choices, this.secrets)
      }
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
      ${mayChange && state === "ready" ? wayView("Agents", `Which agents use ${title}`, this.#open(name, "agents")) : nothing}
      ${mayChange && state !== "faulty" && leavesChoices(manifest) ? wayView("Choose", `Choose hosts and secrets of ${title}`, this.#open(name, "choices")) : nothing}
      ${mayChange && state === "ready" ? wayView("Stop", `Stop ${title}`, turn(false)) : nothing}
      ${mayChange && state === "stopped" ? wayView("Start", `Start ${title}`, turn(true)) : nothing}
      ${mayChange && state === "faulty" ? wayView("Try again", `Try again to start ${title}`, turn(true)) : nothing}
      ${may(me, "plugins.remove") ? wayView("Remove", `Remove ${title}`, this.leave(name), true) : nothing}
    </span>`;
  }

  #one(plugin: PluginInfo): TemplateResult {
    const { name, version, manifest, signer, state, problem, touches, choices } = plugin;
    const words = PLUGIN_STATE_WORDS[state];
    const title = neutralText(manifest.title);
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
              ${lacksHosts(manifest, choices) ? html`<p class="field-problem">${noHostText(may(this.me, "plugins.change"))}</p>` : nothing}
            </div>`
      }
      <span class="quiet whole-row"
        >Signed by ${honestText(signer.name)}. ${usedText(this.#names(plugin.agents), "Used")}</span
      >
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
