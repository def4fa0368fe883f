import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Client } from "@moltbot/client";
import type { MoltbotError, Person, Principal, Team } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import { ROLE_WORDS } from "../words-of-people.ts";
import type { InvitePerson } from "./invite-person.ts";
import { PageElement } from "./page-element.ts";
import type { PersonList } from "./person-list.ts";
import type { TeamList } from "./team-list.ts";
import "./invite-person.ts";
import "./person-list.ts";
import "./team-list.ts";

/** Who is in the house: people, invitations, teams, and the way out. */
export class PeopleDialog extends PageElement {
  static override properties = {
    now: { attribute: false },
    call: { attribute: false },
    me: { attribute: false },
    heard: { attribute: false },
    people: { state: true },
    teams: { state: true },
    problem: { state: true },
    leaving: { state: true },
    busy: { state: true },
  };
  declare now: number;
  declare call: Client["call"] | null;
  declare me: Principal | null;
  /** Rises when somebody changed. */
  declare heard: number;
  /** Null while they are loaded. */
  declare people: readonly Person[] | null;
  declare teams: readonly Team[] | null;
  declare problem: MoltbotError | null;
  /** Whether one is about to leave. */
  declare leaving: boolean;
  declare busy: boolean;
  #shown = false;

  constructor() {
    super();
    this.now = 0;
    this.call = null;
    this.me = null;
    this.heard = 0;
    this.people = null;
    this.teams = null;
    this.problem = null;
    this.leaving = false;
    this.busy = false;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  async show(): Promise<void> {
    this.problem = null;
    this.leaving = false;
    this.#shown = true;
    this.#dialog?.showModal();
    await this.load();
  }

  /** Loads who is here, and the teams. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const [people, teams] = await Promise.all([call("people.list", {}), call("teams.list", {})]);
    if (people.ok) this.people = people.value;
    else this.problem = people.error;
    if (teams.ok) this.teams = teams.value;
    else this.problem = teams.error;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("heard") && this.#shown) void this.load();
  }

  readonly #closed = (): void => {
    this.#shown = false;
    this.querySelector<InvitePerson>("invite-person")?.forget();
    this.querySelector<PersonList>("person-list")?.reset();
    this.querySelector<TeamList>("team-list")?.reset();
  };

  readonly #leave = (leaving: boolean) => (): void => {
    this.leaving = leaving;
    this.problem = null;
    this.focusOn(leaving ? ".leaving .really" : ".leave-house");
  };

  readonly #go = async (): Promise<void> => {
    const { call, me } = this;
    if (call === null || me === null || this.busy) return;
    this.busy = true;
    const left = await call("people.remove", { personId: me.id });
    this.busy = false;
    this.leaving = false;
    // Whoever left is signed out: the next answer says so.
    if (left.ok) await call("sessions.current", {});
    else {
      this.problem = left.error;
      this.focusOn("#people-problem");
    }
  };

  #way(me: Principal): TemplateResult {
    return html`<section class="leaving" aria-labelledby="people-leave">
      <h3 id="people-leave">Leave this house</h3>
      ${
        me.role === "owner"
          ? html`<p class="quiet">
              The owner leaves only after handing the house on: “Change” beside whoever is to have it.
            </p>`
          : html`<p class="quiet">
                Your sign-ins, devices, tokens and shares end. What you wrote stays sealed until it is erased; “Your
                data” hands it to you first.
              </p>
              ${
                this.leaving
                  ? reallyView({
                      label: "Leave this house?",
                      says: "Nothing lets you in again but a new invitation.",
                      yes: "Leave",
                      no: "Stay",
                      busy: this.busy,
                      act: () => void this.#go(),
                      leave: this.#leave(false),
                    })
                  : html`<div class="choices">
                      <button type="button" class="button danger leave-house" @click=${this.#leave(true)}>
                        Leave…
                      </button>
                    </div>`
              }`
      }
    </section>`;
  }

  protected override render(): TemplateResult {
    const { now, call, me, people } = this;
    const reload = (): void => void this.load();
    return html`<dialog class="sheet page-sheet" aria-labelledby="people-title" @close=${this.#closed}>
      <div class="sheet-head">
        <h2 id="people-title">People</h2>
        <button type="button" class="icon-button" aria-label="Close people" @click=${() => this.#dialog?.close()}>
          ${icon("close")}
        </button>
      </div>
      <p>
        Everybody has their own conversations, memories, contacts and permissions, which nobody else sees: not an admin,
        not the owner. What is to be seen is shared.
      </p>
      ${problemView(this.problem, "people-problem")}
      <section aria-labelledby="people-here">
        <h3 id="people-here">Who is here</h3>
        ${
          me === null || may(me, "people.invite")
            ? nothing
            : html`<p class="quiet">
                You are here as: ${ROLE_WORDS[me.role].name}. ${ROLE_WORDS[me.role].says} An admin or the owner invites
                and changes people.
              </p>`
        }
        <person-list .now=${now} .call=${call} .me=${me} .people=${people} .changed=${reload}></person-list>
        <invite-person .now=${now} .call=${call} .me=${me} .changed=${reload}></invite-person>
      </section>
      <section aria-labelledby="people-teams">
        <h3 id="people-teams">Teams</h3>
        <team-list .call=${call} .me=${me} .people=${people ?? []} .teams=${this.teams} .changed=${reload}></team-list>
      </section>
      ${me === null ? nothing : this.#way(me)}
    </dialog>`;
  }
}
customElements.define("people-dialog", PeopleDialog);
