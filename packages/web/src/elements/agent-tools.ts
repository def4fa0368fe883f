import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { Agent, ToolInfo } from "@moltbot/contracts";
import type { Problem } from "../state/state.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { PageElement } from "./page-element.ts";

/** Which tools the agent may ask for: those of the version it was made with, until somebody gives it the newer ones. */
export class AgentTools extends PageElement {
  static override properties = {
    call: { attribute: false },
    agent: { attribute: false },
    mayChange: { attribute: false },
    mayAdd: { attribute: false },
    take: { attribute: false },
    tools: { state: true },
    chosen: { state: true },
    problem: { state: true },
    said: { state: true },
  };
  declare call: Client["call"] | null;
  declare agent: Pick<Agent, "id" | "name" | "capabilities"> | null;
  declare mayChange: boolean;
  /** Whether the agent is one's own; others only take away. */
  declare mayAdd: boolean;
  declare take: (tools: "all" | readonly string[]) => Promise<Problem | null>;
  /** What there is; null while that is loaded. */
  declare tools: readonly ToolInfo[] | null;
  /** What the person pressed, until it holds or was refused. */
  declare chosen: readonly string[];
  declare problem: Pick<Problem, "message" | "next"> | null;
  /** What a screen reader should hear. */
  declare said: string;
  /** One change after the other, each over what the one before it left. */
  #last: Promise<void> = Promise.resolve();

  constructor() {
    super();
    this.call = null;
    this.agent = null;
    this.mayChange = false;
    this.mayAdd = false;
    this.take = () => Promise.resolve(null);
    this.tools = null;
    this.chosen = [];
    this.problem = null;
    this.said = "";
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("agent")) this.chosen = this.agent?.capabilities ?? [];
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("call")) void this.load();
  }

  async load(): Promise<void> {
    if (this.call === null) return;
    const listed = await this.call("tools.list", {});
    if (listed.ok) this.tools = listed.value;
    else this.problem = listed.error;
  }

  #ask(tools: "all" | readonly string[], says: string): Promise<void> {
    this.#last = this.#last.then(async () => {
      this.said = "";
      this.problem = await this.take(tools);
      if (this.problem === null) this.said = says;
      else this.chosen = this.agent?.capabilities ?? [];
    });
    return this.#last;
  }

  readonly #all = (): void => {
    this.chosen = (this.tools ?? []).map(({ name }) => name);
    void this.#ask("all", "It has every tool now.");
    this.focusOn("fieldset");
  };

  #turn({ name, title }: ToolInfo): void {
    const has = this.chosen.includes(name);
    const known = (this.tools ?? []).map((tool) => tool.name);
    this.chosen = has ? this.chosen.filter((one) => one !== name) : [...this.chosen, name];
    const left = known.filter((one) => this.chosen.includes(one));
    void this.#ask(left, has ? `Taken away: ${neutralText(title)}.` : `Added: ${neutralText(title)}.`);
  }

  #one(tool: ToolInfo): TemplateResult {
    const has = this.chosen.includes(tool.name);
    return html`<label>
      <input
        type="checkbox"
        name=${tool.name}
        .checked=${has}
        ?disabled=${!has && !this.mayAdd}
        @change=${() => this.#turn(tool)}
      />
      <span>${honestText(tool.title)}</span>
    </label>`;
  }

  #some(legend: string, tools: readonly ToolInfo[]): TemplateResult | typeof nothing {
    if (tools.length === 0) return nothing;
    return html`<fieldset class="radios" tabindex="-1" ?disabled=${!this.mayChange}>
      <legend class="quiet">${legend}</legend>
      ${tools.map((tool) => this.#one(tool))}
    </fieldset>`;
  }

  #lacking(name: string, lacks: number): TemplateResult | typeof nothing {
    if (lacks === 0) return nothing;
    return html`<p class="quiet">
        ${honestText(name)} lacks ${lacks === 1 ? "one tool" : `${String(lacks)} tools`} of this version.
        ${this.mayAdd ? nothing : "Only its owner adds one."}
      </p>
      ${
        this.mayAdd && this.mayChange
          ? html`<button type="button" class="button" @click=${this.#all}>Give it all of them</button>`
          : nothing
      }`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { agent, tools, problem } = this;
    if (agent === null) return nothing;
    const failed = problemView(problem, "tools-problem");
    if (tools === null) return html`${failed}`;
    const has = tools.filter(({ name }) => this.chosen.includes(name)).length;
    return html`<details class="fold advanced">
      <summary>${icon("chevron")}Tools: ${String(has)} of ${String(tools.length)}</summary>
      ${this.#lacking(agent.name, tools.length - has)}
      ${this.#some(
        "Without a question, in its own workspace and memory",
        tools.filter(({ asks }) => !asks),
      )}
      ${this.#some(
        "Asks first, until you allow more",
        tools.filter(({ asks }) => asks),
      )}
      <p class="quiet">With a tool that is taken away go the permissions given for it.</p>
      ${failed}
      <p class="visually-hidden" role="status">${this.said}</p>
    </details>`;
  }
}
customElements.define("agent-tools", AgentTools);
