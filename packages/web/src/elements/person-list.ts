import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { OperationInput, OwnRole, Person, Result } from "@moltbot/contracts";
import type { Me } from "../people/may.ts";
import { waysWith } from "../people/ways-with-person.ts";
import type { Ways } from "../people/ways-with-person.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import { chosenRole, roleChoice } from "../views/role-choice.ts";
import { agoText } from "../words-of-keeping.ts";
import { initialsOf, ROLE_WORDS, roleText, STATE_WORDS } from "../words-of-people.ts";
import { AskingElement } from "./asking-element.ts";
import { onEscape, textIn } from "./form-fields.ts";

/** What is grave enough to be asked twice. */
type Grave = "suspend" | "remove" | "hand-on";

const GRAVE_WORDS: Readonly<Record<Grave, { readonly says: string; readonly yes: string; readonly no: string }>> = {
  suspend: {
    says: "They are signed out everywhere at once, and nothing lets them in until you do.",
    yes: "Suspend",
    no: "Leave it",
  },
  remove: {
    says: "Every sign-in, device, token and share of theirs ends. What they wrote stays sealed until it is erased.",
    yes: "Remove",
    no: "Leave it",
  },
  "hand-on": {
    says: "They decide about keys, policy and people from then on, and you become an admin. Only they can give it back.",
    yes: "Make them the owner",
    no: "Stay the owner",
  },
};

/** Who is in the house. What one may not do with somebody is not offered. */
export class PersonList extends AskingElement {
  static override properties = {
    now: { attribute: false },
    me: { attribute: false },
    people: { attribute: false },
    roles: { attribute: false },
    open: { state: true },
    asking: { state: true },
  };
  declare now: number;
  declare me: Me | null;
  /** Roles of the house's own. */
  declare roles: readonly OwnRole[];
  /** Null while they are loaded. */
  declare people: readonly Person[] | null;
  /** Called after a change. */
  changed: () => void = () => undefined;
  /** Who is being changed. */
  declare open: Person["id"] | null;
  declare asking: Grave | null;

  constructor() {
    super();
    this.now = 0;
    this.me = null;
    this.people = null;
    this.roles = [];
    this.open = null;
    this.asking = null;
  }

  /** Closes whatever is being changed. */
  reset(): void {
    this.open = null;
    this.asking = null;
    this.clear();
  }

  readonly #turn = (id: Person["id"]) => (): void => {
    const closes = this.open === id;
    this.reset();
    this.open = closes ? null : id;
    this.focusOn(closes ? `[data-person="${id}"]` : ".changing");
  };

  readonly #ask = (grave: Grave | null) => (): void => {
    this.asking = grave;
    this.problem = null;
    this.focusOn(grave === null ? ".changing" : ".really");
  };

  async #done(person: Person, wish: (call: Client["call"]) => Promise<Result<unknown>>, said: string): Promise<void> {
    if (this.busy) return;
    const done = await this.ask(wish, "#person-problem");
    this.asking = null;
    if (done !== null) {
      this.reset();
      this.said = said;
      this.focusOn(`[data-person="${person.id}"]`);
    }
    this.changed();
  }

  #change(person: Person, wish: Omit<OperationInput<"people.change">, "personId">, said: string): void {
    void this.#done(person, (call) => call("people.change", { personId: person.id, ...wish }), said);
  }

  readonly #giveRole =
    (person: Person, { roles }: Ways) =>
    (event: Event): void => {
      event.preventDefault();
      if (!(event.target instanceof HTMLFormElement)) return;
      const role = chosenRole(textIn(new FormData(event.target), "role"), roles, this.roles);
      if (role === undefined) return;
      const name = neutralText(person.name);
      const called = typeof role === "string" ? ROLE_WORDS[role].name : neutralText(role.name);
      this.#change(person, { role: typeof role === "string" ? role : role.id }, `${name} is now: ${called}.`);
    };

  readonly #act = (person: Person, grave: Grave) => (): void => {
    const personId = person.id;
    const name = neutralText(person.name);
    if (grave === "suspend") return this.#change(person, { state: "suspended" }, `${name} is suspended.`);
    void (grave === "remove"
      ? this.#done(person, (call) => call("people.remove", { personId }), `${name} was removed.`)
      : this.#done(person, (call) => call("people.transfer", { personId }), `${name} is the owner now.`));
  };

  #choices(person: Person, ways: Ways): TemplateResult {
    const name = neutralText(person.name);
    return html`<div class="choices apart">
      ${ways.suspend ? html`<button type="button" class="button" @click=${this.#ask("suspend")}>Suspend…</button>` : nothing}
      ${
        ways.restore
          ? html`<button
              type="button"
              class="button"
              ?disabled=${this.busy}
              @click=${() => this.#change(person, { state: "active" }, `${name} may come in again.`)}
            >
              Let in again
            </button>`
          : nothing
      }
      ${
        ways.remove
          ? html`<button type="button" class="button" @click=${this.#ask("remove")}>
              Remove${person.state === "invited" ? " the invitation" : ""}…
            </button>`
          : nothing
      }
      ${ways.handOn ? html`<button type="button" class="button" @click=${this.#ask("hand-on")}>Make them the owner…</button>` : nothing}
    </div>`;
  }

  #really(person: Person, asking: Grave): TemplateResult {
    return reallyView({
      label: `${GRAVE_WORDS[asking].yes}: ${neutralText(person.name)}?`,
      ...GRAVE_WORDS[asking],
      busy: this.busy,
      act: this.#act(person, asking),
      leave: this.#ask(null),
    });
  }

  #editor(person: Person, ways: Ways): TemplateResult {
    const { asking } = this;
    const name = neutralText(person.name);
    return html`<div class="whole-row changing boxed stacked" role="group" tabindex="-1" aria-label="Change ${name}">
      <form class="stacked" @submit=${this.#giveRole(person, ways)} @keydown=${onEscape(this.#turn(person.id))}>
        ${roleChoice("Role", ways.roles, person.ownRole ?? person.role, this.roles)}
        <div class="choices">
          <button type="submit" class="button solid" ?disabled=${this.busy}>Give this role</button>
        </div>
      </form>
      ${problemView(this.problem, "person-problem")}
      ${asking === null ? this.#choices(person, ways) : this.#really(person, asking)}
      ${
        person.state === "invited"
          ? html`<p class="quiet">A lost link is not made again: remove the invitation, and invite them anew.</p>`
          : nothing
      }
    </div>`;
  }

  #one(person: Person, me: Me): TemplateResult {
    const { id, name, state, createdAt } = person;
    const ways = waysWith(me, person);
    const open = this.open === id && ways.roles.length > 0;
    return html`<li class="entry revocable person">
      <span class="who">
        <span class="initials ${state}" aria-hidden="true">${initialsOf(name)}</span>
        <span>
          <strong>${honestText(name)}</strong> ${id === me.id ? html`<span class="tag">you</span>` : nothing}
          <span class="chip">${roleText(person, this.roles)}</span>
          ${
            state === "suspended"
              ? html`<span class="chip caution">${STATE_WORDS[state]}</span>`
              : state === "active"
                ? nothing
                : html`<span class="tag">${STATE_WORDS[state]}</span>`
          }
          <span class="quiet says"
            >${
              state === "invited"
                ? `Invited ${agoText(createdAt, this.now)}, has not come yet.`
                : state === "suspended"
                  ? "Nothing lets them in."
                  : `Added ${agoText(createdAt, this.now)}.`
            }
            ${ways.why ?? ""}</span
          >
        </span>
      </span>
      ${
        ways.roles.length === 0
          ? nothing
          : html`<button
              type="button"
              class="link"
              data-person=${id}
              aria-expanded=${open}
              aria-label="${open ? "Close" : "Change"} ${neutralText(name)}"
              @click=${this.#turn(id)}
            >
              ${open ? "Close" : "Change"}
            </button>`
      }
      ${open ? this.#editor(person, ways) : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    const { people, me } = this;
    if (people === null || me === null) return html`<p class="quiet">Loading…</p>`;
    const here = people.filter(({ state }) => state !== "left");
    const left = people.filter(({ state }) => state === "left");
    return html`<p class="good" role="status">${this.said}</p>
      <ul class="entries" role="list" aria-label="People">
        ${here.map((person) => this.#one(person, me))}
      </ul>
      ${
        left.length === 0
          ? nothing
          : html`<details class="fold">
              <summary>${icon("chevron")}${left.length} who left</summary>
              <ul class="entries" role="list">
                ${left.map((person) => this.#one(person, me))}
              </ul>
            </details>`
      }`;
  }
}
customElements.define("person-list", PersonList);
