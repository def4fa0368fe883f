import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type {
  AccessAnswer,
  AccessRight,
  Agent,
  Grantee,
  MoltbotError,
  Person,
  Principal,
  Share,
  Team,
} from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { options } from "../views/limit.ts";
import { problemView } from "../views/problem.ts";
import { granteeText, nameText, rightsText, sharingText, startText } from "../words-of-people.ts";
import { onEscape, textIn } from "./form-fields.ts";
import { PageElement } from "./page-element.ts";

const EFFECTS = [
  ["allow", "Share it", "They talk to it in conversations of their own."],
  ["deny", "Keep it from them", "Wins over every share, whichever way it reaches them."],
] as const satisfies readonly (readonly [Share["effect"], string, string])[];

const MORE: readonly (readonly [AccessRight, string])[] = [
  ["edit", "They may change it: how it reads what comes from outside"],
  ["delete", "They may remove it"],
];

/** Whom an agent is shared with, and from whom it is kept; of somebody else's agent, why one may use it. */
export class ShareDialog extends PageElement {
  static override properties = {
    call: { attribute: false },
    me: { attribute: false },
    heard: { attribute: false },
    agent: { state: true },
    shares: { state: true },
    people: { state: true },
    teams: { state: true },
    access: { state: true },
    form: { state: true },
    effect: { state: true },
    problem: { state: true },
    busy: { state: true },
    said: { state: true },
  };
  declare call: Client["call"] | null;
  declare me: Principal | null;
  /** Rises when a share changed. */
  declare heard: number;
  declare agent: Agent | null;
  /** Null while they are loaded. */
  declare shares: readonly Share[] | null;
  declare people: readonly Person[];
  declare teams: readonly Team[];
  /** Why one may use it; null while it is loaded. */
  declare access: AccessAnswer | null;
  declare form: boolean;
  /** What the form is about to do. */
  declare effect: Share["effect"];
  declare problem: MoltbotError | null;
  declare busy: boolean;
  /** What a screen reader should hear of it. */
  declare said: string;
  #shown = false;

  constructor() {
    super();
    this.call = null;
    this.me = null;
    this.heard = 0;
    this.agent = null;
    this.shares = null;
    this.people = [];
    this.teams = [];
    this.access = null;
    this.form = false;
    this.effect = "allow";
    this.problem = null;
    this.busy = false;
    this.said = "";
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  async show(agent: Agent): Promise<void> {
    this.agent = agent;
    this.shares = null;
    this.access = null;
    this.form = false;
    this.problem = null;
    this.said = "";
    this.#shown = true;
    this.#dialog?.showModal();
    await this.load();
  }

  /** Loads what is shared, and who there is to share with. */
  async load(): Promise<void> {
    const { call, agent } = this;
    if (call === null || agent === null) return;
    const [shares, people, teams, access] = await Promise.all([
      call("shares.list", {}),
      call("people.list", {}),
      call("teams.list", {}),
      call("access.explain", { agentId: agent.id }),
    ]);
    for (const answer of [shares, people, teams, access]) if (!answer.ok) this.problem = answer.error;
    if (people.ok) this.people = people.value;
    if (teams.ok) this.teams = teams.value;
    if (access.ok) this.access = access.value;
    if (shares.ok) this.shares = shares.value.filter(({ object }) => object.id === agent.id);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("heard") && this.#shown) void this.load();
  }

  get #mine(): boolean {
    return this.access?.because[0]?.rule === "owner";
  }

  readonly #turn = (form: boolean) => (): void => {
    this.form = form;
    this.effect = "allow";
    this.problem = null;
    this.focusOn(form ? "select[name=to]" : ".share-it");
  };

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { call, agent, effect } = this;
    if (call === null || agent === null || this.busy || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const to = this.#grantees().find(([key]) => key === textIn(data, "to"))?.[2];
    if (to === undefined) return;
    const more = MORE.flatMap(([right]) => (effect === "allow" && data.get(right) !== null ? [right] : []));
    this.busy = true;
    const set = await call("shares.set", {
      object: { type: "agent", id: agent.id },
      to,
      rights: ["use", ...more],
      effect,
    });
    this.busy = false;
    if (set.ok) {
      const whom = granteeText(to, this);
      this.#turn(false)();
      this.said = effect === "allow" ? `It is shared with ${whom}.` : `It is kept from ${whom}.`;
    } else {
      this.problem = set.error;
      this.focusOn("#share-problem");
    }
    await this.load();
  };

  readonly #end = (share: Share) => async (): Promise<void> => {
    const { call } = this;
    if (call === null || this.busy) return;
    this.busy = true;
    const removed = await call("shares.remove", { shareId: share.id });
    this.busy = false;
    const whom = granteeText(share.to, this);
    if (removed.ok)
      this.said =
        share.effect === "allow" ? `It is no longer shared with ${whom}.` : `It is no longer kept from ${whom}.`;
    else this.problem = removed.error;
    this.focusOn(removed.ok ? ".share-it" : "#share-problem");
    await this.load();
  };

  /** Whom it can be shared with: the key and the words of the choice, and who that is. */
  #grantees(): readonly (readonly [string, string, Grantee])[] {
    return [
      ["everyone", "Everyone in the house", { kind: "everyone" }],
      ...this.teams.map(({ id, name }) => [`team ${id}`, `Team: ${neutralText(name)}`, { kind: "team", id }] as const),
      ...this.people
        .filter(({ id, state }) => id !== this.me?.id && state !== "left")
        .map(({ id, name }) => [`person ${id}`, neutralText(name), { kind: "person", id }] as const),
    ];
  }

  #form(): TemplateResult {
    const { effect } = this;
    return html`<form
      class="stacked boxed"
      aria-labelledby="share-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.#turn(false))}
    >
      <h4 id="share-form">Share it, or keep it from somebody</h4>
      <label
        >With whom<select class="field" name="to">
          ${options(
            this.#grantees().map(([key, says]) => [key, says]),
            "everyone",
          )}
        </select></label
      >
      <fieldset class="radios">
        <legend class="visually-hidden">What is to hold</legend>
        ${EFFECTS.map(
          ([value, title, says]) =>
            html`<label>
              <input
                type="radio"
                name="effect"
                value=${value}
                .checked=${value === effect}
                @change=${() => {
                  this.effect = value;
                }}
              />
              <span><strong>${title}</strong> <span class="quiet">${says}</span></span>
            </label>`,
        )}
      </fieldset>
      ${
        effect === "allow"
          ? html`<fieldset class="checks">
              <legend>And besides talking to it</legend>
              ${MORE.map(
                ([right, says]) =>
                  html`<label><input type="checkbox" name=${right} value="yes" /><span>${says}</span></label>`,
              )}
            </fieldset>`
          : nothing
      }
      ${problemView(this.problem, "share-problem")}
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>
          ${effect === "allow" ? "Share it" : "Keep it from them"}
        </button>
        <button type="button" class="button" @click=${this.#turn(false)}>Cancel</button>
      </div>
    </form>`;
  }

  #one(share: Share): TemplateResult {
    const whom = granteeText(share.to, this);
    const allowed = share.effect === "allow";
    return html`<li class="entry revocable">
      <span>
        <strong>${startText(whom)}</strong>
        ${allowed ? nothing : html`<span class="chip caution">kept from them</span>`}
      </span>
      <span class="quiet">${allowed ? "may" : "may not"} ${rightsText(share.rights)}</span>
      <button
        type="button"
        class="link"
        aria-label="${allowed ? "End the share with" : "Lift what keeps it from"} ${whom}"
        ?disabled=${this.busy}
        @click=${this.#end(share)}
      >
        ${allowed ? "End" : "Lift"}
      </button>
    </li>`;
  }

  #own(shares: readonly Share[]): TemplateResult {
    return html`<p class="sharing">
        ${icon(shares.some(({ effect }) => effect === "allow") ? "people" : "lock")}<strong
          >${sharingText(shares, this)}</strong
        >
      </p>
      <p class="good" role="status">${this.said}</p>
      ${
        shares.length === 0
          ? nothing
          : html`<ul class="entries" role="list" aria-label="Shares">
              ${shares.map((share) => this.#one(share))}
            </ul>`
      }
      ${this.form ? this.#form() : problemView(this.problem, "share-problem")}
      ${
        this.form
          ? nothing
          : may(this.me, "shares.set")
            ? html`<div class="choices">
                <button type="button" class="button share-it" @click=${this.#turn(true)}>
                  ${icon("plus")}Share it…
                </button>
              </div>`
            : html`<p class="quiet">A viewer shares nothing.</p>`
      }
      <p class="quiet">
        Whoever may use it talks to it in conversations of their own, with memories, files and permissions of their own.
        Nobody sees yours, and no permission that you gave counts for them.
      </p>`;
  }

  #others(agent: Agent, access: AccessAnswer): TemplateResult {
    return html`<p class="sharing">
        ${icon("people")}<strong
          >Shared with you by ${nameText(agent.ownerId, this.people, this.me?.id ?? null)}</strong
        >
      </p>
      <ul class="because">
        ${access.because.map(({ says }) => html`<li>${honestText(says)}</li>`)}
      </ul>
      ${problemView(this.problem, "share-problem")}
      <p class="quiet">
        You talk to it in conversations of your own; its owner does not see them. Sharing it on is its owner’s alone.
      </p>`;
  }

  protected override render(): TemplateResult {
    const { agent, shares, access } = this;
    return html`<dialog
      class="sheet page-sheet"
      aria-labelledby="share-title"
      @close=${() => {
        this.#shown = false;
      }}
    >
      <div class="sheet-head">
        <h2 id="share-title">Who may use ${agent === null ? "it" : honestText(agent.name)}</h2>
        <button type="button" class="icon-button" aria-label="Close sharing" @click=${() => this.#dialog?.close()}>
          ${icon("close")}
        </button>
      </div>
      <section aria-labelledby="share-title">
        ${
          agent === null || shares === null || access === null
            ? html`<p class="quiet">Loading…</p>
                ${problemView(this.problem, "share-problem")}`
            : this.#mine
              ? this.#own(shares)
              : this.#others(agent, access)
        }
      </section>
    </dialog>`;
  }
}
customElements.define("share-dialog", ShareDialog);
