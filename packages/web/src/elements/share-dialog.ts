import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type {
  AccessAnswer,
  Grantee,
  OperationInput,
  Person,
  PrincipalId,
  Share,
  SharedObject,
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
import { PageDialog } from "./page-dialog.ts";

/** What this dialog shares; a conversation is released by another one. */
type Shareable = Exclude<SharedObject, { type: "conversation" }>;
type Kind = Shareable["type"];
/** Something to share, and whose it is. */
export type ToShare = Shareable & { readonly name: string; readonly ownerId: PrincipalId | null };

interface Words {
  readonly title: string;
  readonly allow: string;
  /** The first right, as what it comes with. */
  readonly besides: string;
  readonly edit: string;
  readonly own: string;
  readonly others: string;
}
const WORDS: Readonly<Record<Kind, Words>> = {
  agent: {
    title: "Who may use",
    allow: "They talk to it in conversations of their own.",
    besides: "And besides talking to it",
    edit: "They may change it: how it reads what comes from outside",
    own: "Whoever may use it talks to it in conversations of their own, with memories, files and permissions of their own. Nobody sees yours, and no permission that you gave counts for them.",
    others:
      "You talk to it in conversations of your own; its owner does not see them. Sharing it on is its owner’s alone.",
  },
  prompt: {
    title: "Who may use",
    allow: "They see its text and begin messages with it.",
    besides: "And besides using it",
    edit: "They may change it: from then on it goes along as a quote, in your messages too, until you change it",
    own: "In their messages it stands as your words, quoted: their agents read it, and never take it for their wish.",
    others: "In your messages it stands as its owner’s words, quoted. Sharing it on is its owner’s alone.",
  },
  secret: {
    title: "Who may use",
    allow: "Their agents may be lent it for its hosts. Nobody sees its value.",
    besides: "And besides using it",
    edit: "They may give it a new value, for the same hosts or fewer",
    own: "What is sent with it counts as sent by them, and stands in the audit log. Its hosts are widened by you alone.",
    others: "You never see its value. Sharing it on is its owner’s alone.",
  },
};

const objectOf = (what: ToShare): Shareable => {
  switch (what.type) {
    case "agent":
      return { type: what.type, id: what.id };
    case "prompt":
      return { type: what.type, id: what.id };
    case "secret":
      return { type: what.type, id: what.id };
  }
};
const explained = (what: ToShare): Pick<OperationInput<"access.explain">, "agentId" | "promptId" | "secretId"> => {
  switch (what.type) {
    case "agent":
      return { agentId: what.id };
    case "prompt":
      return { promptId: what.id };
    case "secret":
      return { secretId: what.id };
  }
};

/** Whom an agent, a prompt or a secret is shared with, and from whom it is kept; of somebody else's, why one may use it. */
export class ShareDialog extends PageDialog {
  static override properties = {
    what: { state: true },
    shares: { state: true },
    people: { state: true },
    teams: { state: true },
    access: { state: true },
    form: { state: true },
    effect: { state: true },
  };
  declare what: ToShare | null;
  /** Null while they are loaded. */
  declare shares: readonly Share[] | null;
  declare people: readonly Person[];
  declare teams: readonly Team[];
  /** Why one may use it; null while it is loaded. */
  declare access: AccessAnswer | null;
  declare form: boolean;
  /** What the form is about to do. */
  declare effect: Share["effect"];

  constructor() {
    super();
    this.what = null;
    this.shares = null;
    this.people = [];
    this.teams = [];
    this.access = null;
    this.form = false;
    this.effect = "allow";
  }

  async show(what: ToShare): Promise<void> {
    this.what = what;
    this.shares = null;
    this.access = null;
    this.form = false;
    await this.open();
  }

  /** Loads what is shared, and who there is to share with. */
  async load(): Promise<void> {
    const { call, what } = this;
    if (call === null || what === null) return;
    const [shares, people, teams, access] = await Promise.all([
      call("shares.list", {}),
      call("people.list", {}),
      call("teams.list", {}),
      call("access.explain", explained(what)),
    ]);
    this.people = this.taken(people, this.people);
    this.teams = this.taken(teams, this.teams);
    this.access = this.taken<AccessAnswer | null>(access, this.access);
    if (shares.ok) this.shares = shares.value.filter(({ object }) => object.id === what.id);
    else this.problem = shares.error;
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
    const { what, effect } = this;
    if (what === null || !(event.target instanceof HTMLFormElement)) return;
    const data = new FormData(event.target);
    const to = this.#grantees().find(([key]) => key === textIn(data, "to"))?.[2];
    if (to === undefined) return;
    const more = (["edit", "delete"] as const).filter((right) => effect === "allow" && data.get(right) !== null);
    const set = await this.ask(
      (call) => call("shares.set", { object: objectOf(what), to, rights: ["use", ...more], effect }),
      "#share-problem",
    );
    if (set !== null) {
      const whom = granteeText(to, this);
      this.#turn(false)();
      this.said = effect === "allow" ? `It is shared with ${whom}.` : `It is kept from ${whom}.`;
    }
    await this.load();
  };

  readonly #end = (share: Share) => async (): Promise<void> => {
    const removed = await this.ask((call) => call("shares.remove", { shareId: share.id }), "#share-problem");
    const whom = granteeText(share.to, this);
    if (removed !== null) {
      this.said =
        share.effect === "allow" ? `It is no longer shared with ${whom}.` : `It is no longer kept from ${whom}.`;
      this.focusOn(".share-it");
    }
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

  #form(words: Words): TemplateResult {
    const { effect } = this;
    const effects = [
      ["allow", "Share it", words.allow],
      ["deny", "Keep it from them", "Wins over every share, whichever way it reaches them."],
    ] as const;
    const more = [
      ["edit", words.edit],
      ["delete", "They may remove it"],
    ] as const;
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
        ${effects.map(
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
              <legend>${words.besides}</legend>
              ${more.map(
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
      <span class="quiet">${allowed ? "may" : "may not"} ${rightsText(share.rights, share.object.type)}</span>
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

  #own(shares: readonly Share[], words: Words): TemplateResult {
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
      ${this.form ? this.#form(words) : problemView(this.problem, "share-problem")}
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
      <p class="quiet">${words.own}</p>`;
  }

  #others({ ownerId }: ToShare, access: AccessAnswer, words: Words): TemplateResult {
    return html`<p class="sharing">
        ${icon("people")}<strong
          >Shared with you by
          ${ownerId === null ? "the house" : nameText(ownerId, this.people, this.me?.id ?? null)}</strong
        >
      </p>
      <ul class="because">
        ${access.because.map(({ says }) => html`<li>${honestText(says)}</li>`)}
      </ul>
      ${problemView(this.problem, "share-problem")}
      <p class="quiet">${words.others}</p>`;
  }

  protected override render(): TemplateResult {
    const { what, shares, access } = this;
    const words = WORDS[what?.type ?? "agent"];
    return this.sheet(
      "share-title",
      html`${words.title} ${what === null ? "it" : honestText(what.name)}`,
      "sharing",
      html`<section aria-labelledby="share-title">
        ${
          what === null || shares === null || access === null
            ? html`<p class="quiet">Loading…</p>
                ${problemView(this.problem, "share-problem")}`
            : this.#mine
              ? this.#own(shares, words)
              : this.#others(what, access, words)
        }
      </section>`,
    );
  }
}
customElements.define("share-dialog", ShareDialog);
