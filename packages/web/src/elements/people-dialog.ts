import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { OwnRole, Person, Team } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { operationsText } from "../views/operation-choice.ts";
import { problemView } from "../views/problem.ts";
import { reallyView } from "../views/really.ts";
import { ROLE_WORDS, roleText } from "../words-of-people.ts";
import type { InvitePerson } from "./invite-person.ts";
import { PageDialog } from "./page-dialog.ts";
import type { PersonList } from "./person-list.ts";
import type { RoleList } from "./role-list.ts";
import type { TeamList } from "./team-list.ts";
import "./invite-person.ts";
import "./person-list.ts";
import "./role-list.ts";
import "./team-list.ts";

/** Who is in the house: people, invitations, teams, and the way out. */
export class PeopleDialog extends PageDialog {
  static override properties = {
    people: { state: true },
    teams: { state: true },
    roles: { state: true },
    leaving: { state: true },
  };
  /** Null while they are loaded. */
  declare people: readonly Person[] | null;
  declare teams: readonly Team[] | null;
  declare roles: readonly OwnRole[] | null;
  /** Whether one is about to leave. */
  declare leaving: boolean;

  constructor() {
    super();
    this.people = null;
    this.teams = null;
    this.roles = null;
    this.leaving = false;
  }

  async show(): Promise<void> {
    this.leaving = false;
    await this.open();
  }

  /** Loads who is here, the teams and the roles. */
  async load(): Promise<void> {
    const { call } = this;
    if (call === null) return;
    const [people, teams, roles] = await Promise.all([
      call("people.list", {}),
      call("teams.list", {}),
      call("roles.list", {}),
    ]);
    this.people = this.taken(people, this.people);
    this.teams = this.taken(teams, this.teams);
    this.roles = this.taken(roles, this.roles);
  }

  protected override closed(): void {
    this.querySelector<InvitePerson>("invite-person")?.forget();
    for (const list of ["person-list", "team-list", "role-list"] as const)
      this.querySelector<PersonList | TeamList | RoleList>(list)?.reset();
  }

  readonly #leave = (leaving: boolean) => (): void => {
    this.leaving = leaving;
    this.problem = null;
    this.focusOn(leaving ? ".leaving .really" : ".leave-house");
  };

  readonly #go = async (): Promise<void> => {
    const { me } = this;
    if (me === null || this.busy) return;
    const left = await this.ask((call) => call("people.remove", { personId: me.id }), "#people-problem");
    this.leaving = false;
    // Whoever left is signed out: the next answer says so.
    if (left !== null) await this.call?.("sessions.current", {});
  };

  #way(me: Me): TemplateResult {
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

  /** How one is here oneself, for whoever cannot change it. */
  #here(me: Me, roles: readonly OwnRole[]): TemplateResult | typeof nothing {
    if (may(me, "people.invite")) return nothing;
    const ownRole = this.people?.find(({ id }) => id === me.id)?.ownRole ?? null;
    const narrowed = ownRole === null ? "" : ` It is narrowed to: ${operationsText(me.covers ?? [])}.`;
    return html`<p class="quiet">
      You are here as: ${roleText({ role: me.role, ownRole }, roles)}. ${ROLE_WORDS[me.role].says}${narrowed} An admin
      or the owner invites and changes people.
    </p>`;
  }

  protected override render(): TemplateResult {
    const { now, call, me, people } = this;
    const roles = this.roles ?? [];
    const reload = (): void => void this.load();
    return this.sheet(
      "people-title",
      "People",
      "people",
      html`<p>
          Everybody has their own conversations, memories, contacts and permissions, which nobody else sees: not an
          admin, not the owner. What is to be seen is shared.
        </p>
        ${problemView(this.problem, "people-problem")}
        <section aria-labelledby="people-here">
          <h3 id="people-here">Who is here</h3>
          ${me === null ? nothing : this.#here(me, roles)}
          <person-list
            .now=${now}
            .call=${call}
            .me=${me}
            .people=${people}
            .roles=${roles}
            .changed=${reload}
          ></person-list>
          <invite-person .now=${now} .call=${call} .me=${me} .roles=${roles} .changed=${reload}></invite-person>
        </section>
        <section aria-labelledby="people-teams">
          <h3 id="people-teams">Teams</h3>
          <team-list
            .call=${call}
            .me=${me}
            .people=${people ?? []}
            .teams=${this.teams}
            .changed=${reload}
          ></team-list>
        </section>
        ${
          roles.length === 0 && !may(me, "roles.create")
            ? nothing
            : html`<section aria-labelledby="people-roles">
                <h3 id="people-roles">Roles of the house’s own</h3>
                <role-list
                  .call=${call}
                  .me=${me}
                  .people=${people ?? []}
                  .roles=${this.roles}
                  .changed=${reload}
                ></role-list>
              </section>`
        }
        ${me === null ? nothing : this.#way(me)}`,
    );
  }
}
customElements.define("people-dialog", PeopleDialog);
