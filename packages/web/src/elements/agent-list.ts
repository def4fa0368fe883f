import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Agent, AgentId, Person, Principal, Share, Team } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { nameText, sharingText } from "../words-of-people.ts";
import { AskingElement } from "./asking-element.ts";
import { onEscape, textIn } from "./form-fields.ts";

/** The agents that one may use: whose each is, and whom it is shared with. */
export class AgentList extends AskingElement {
  static override properties = {
    me: { attribute: false },
    heard: { attribute: false },
    agents: { attribute: false },
    current: { attribute: false },
    mine: { state: true },
    shares: { state: true },
    people: { state: true },
    teams: { state: true },
    form: { state: true },
  };
  declare me: Principal | null;
  /** Rises when a share changed. */
  declare heard: number;
  declare agents: readonly Agent[];
  /** The one that the page talks to. */
  declare current: AgentId | null;
  /** Called to begin a conversation with another one. */
  talkTo: (id: AgentId) => void = () => undefined;
  /** Called to show whom one is shared with. */
  share: (agent: Agent) => void = () => undefined;
  /** Called after one was made. */
  made: (id: AgentId) => void = () => undefined;
  /** Which of them are one's own; null while that is loaded. */
  declare mine: readonly AgentId[] | null;
  declare shares: readonly Share[];
  declare people: readonly Person[];
  declare teams: readonly Team[];
  declare form: boolean;

  constructor() {
    super();
    this.me = null;
    this.heard = 0;
    this.agents = [];
    this.current = null;
    this.mine = null;
    this.shares = [];
    this.people = [];
    this.teams = [];
    this.form = false;
  }

  /** Loads whose they are and whom they are shared with. */
  async load(): Promise<void> {
    const { call, agents } = this;
    if (call === null) return;
    const [shares, people, teams, ...access] = await Promise.all([
      call("shares.list", {}),
      call("people.list", {}),
      call("teams.list", {}),
      ...agents.map(({ id }) => call("access.explain", { agentId: id })),
    ]);
    if (shares.ok) this.shares = shares.value;
    if (people.ok) this.people = people.value;
    if (teams.ok) this.teams = teams.value;
    this.mine = agents.flatMap(({ id }, index) => {
      const answer = access[index];
      return answer?.ok === true && answer.value.because[0]?.rule === "owner" ? [id] : [];
    });
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("heard") || changed.has("agents") || changed.has("call")) void this.load();
  }

  readonly #turn = (form: boolean) => (): void => {
    this.form = form;
    this.clear();
    this.focusOn(form ? "input[name=name]" : ".add-agent");
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(event.target instanceof HTMLFormElement)) return;
    const name = textIn(new FormData(event.target), "name").trim();
    const created = await this.ask((call) => call("agents.create", { name }), "input[name=name]");
    if (created === null) return;
    this.form = false;
    this.made(created.id);
  };

  #says(agent: Agent): string {
    if (this.mine === null) return "";
    if (this.mine.includes(agent.id))
      return sharingText(
        this.shares.filter(({ object }) => object.id === agent.id),
        this,
      );
    return `Shared with you by ${nameText(agent.ownerId, this.people, this.me?.id ?? null)}`;
  }

  #one(agent: Agent): TemplateResult {
    const { id, name } = agent;
    return html`<li class="entry revocable">
      <span>
        <strong>${honestText(name)}</strong>
        ${id === this.current ? html`<span class="tag">here</span>` : nothing}
      </span>
      <span class="quiet">${this.#says(agent)}</span>
      <span class="entry-ways">
        ${
          id === this.current
            ? nothing
            : html`<button
                type="button"
                class="link"
                aria-label="Talk to ${neutralText(name)}"
                @click=${() => this.talkTo(id)}
              >
                Talk
              </button>`
        }
        <button
          type="button"
          class="link"
          aria-haspopup="dialog"
          aria-label="Sharing of ${neutralText(name)}"
          @click=${() => this.share(agent)}
        >
          Sharing
        </button>
      </span>
    </li>`;
  }

  #form(): TemplateResult {
    return html`<form class="contact-form" @submit=${this.#submit} @keydown=${onEscape(this.#turn(false))}>
      <label>Name<input class="field" name="name" required maxlength="80" autocomplete="off" /></label>
      ${problemView(this.problem, "agent-problem")}
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>Make it</button>
        <button type="button" class="button" @click=${this.#turn(false)}>Cancel</button>
      </div>
    </form>`;
  }

  protected override render(): TemplateResult {
    const { agents } = this;
    return html`${
      agents.length === 0
        ? html`<p class="quiet none">None is yours, and nobody shared one with you.</p>`
        : html`<ul class="entries" role="list" aria-label="Agents">
            ${agents.map((agent) => this.#one(agent))}
          </ul>`
    }${
      !may(this.me, "agents.create")
        ? nothing
        : this.form
          ? this.#form()
          : html`<button type="button" class="button add-agent" @click=${this.#turn(true)}>
              ${icon("plus")}Make an agent
            </button>`
    }`;
  }
}
customElements.define("agent-list", AgentList);
