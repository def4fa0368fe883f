import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Person, Team } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { problemView } from "../views/problem.ts";
import { wayView } from "../views/way.ts";
import { listText } from "../words-of-keeping.ts";
import { nameText, startText } from "../words-of-people.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape, textIn } from "./form-fields.ts";

/** The teams and who is in them. */
export class TeamList extends EntryList<Team["id"]> {
  static override properties = {
    me: { attribute: false },
    people: { attribute: false },
    teams: { attribute: false },
  };
  declare me: Me | null;
  declare people: readonly Person[];
  /** Null while they are loaded. */
  declare teams: readonly Team[] | null;
  protected readonly opener = ".add-team";
  protected readonly problemId = "team-problem";

  constructor() {
    super();
    this.me = null;
    this.people = [];
    this.teams = null;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    const sent = this.sent(event);
    if (sent === null) return;
    const { form, data } = sent;
    const name = textIn(data, "name").trim();
    const members = this.#choosable().flatMap(({ id }) => (data.get(`member ${id}`) === null ? [] : [id]));
    const done = await this.ask(
      (call) =>
        form === "new"
          ? call("teams.create", { name, members })
          : call("teams.change", { teamId: form, name, members }),
      "input[name=name]",
    );
    if (done !== null) this.turn(null)();
    this.changed();
  };

  #choosable(): readonly Person[] {
    return this.people.filter(({ state }) => state !== "left");
  }

  #form(team: Team | null): TemplateResult {
    return html`<form
      class="whole-row stacked boxed"
      aria-labelledby="team-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      <h4 id="team-form">${team === null ? "Make a team" : html`Change ${honestText(team.name)}`}</h4>
      <label
        >Name<input class="field" name="name" required maxlength="80" autocomplete="off" .value=${team?.name ?? ""}
      /></label>
      <fieldset class="checks">
        <legend>Members</legend>
        ${this.#choosable().map(
          ({ id, name, state }) =>
            html`<label>
              <input type="checkbox" name="member ${id}" value="yes" ?checked=${team?.members.includes(id) === true} />
              <span>
                ${honestText(name)} ${id === this.me?.id ? html`<span class="quiet">you</span>` : nothing}
                ${state === "active" ? nothing : html`<span class="quiet">${state}</span>`}
              </span>
            </label>`,
        )}
      </fieldset>
      ${problemView(this.problem, this.problemId)} ${this.formWays(team === null ? "Make it" : "Keep it")}
    </form>`;
  }

  #one(team: Team): TemplateResult {
    const { id, name, members } = team;
    const me = this.me?.id ?? null;
    return html`<li class="entry revocable">
      <strong>${honestText(name)}</strong>
      <span class="quiet"
        >${members.length === 0 ? "Nobody is in it." : startText(listText(members.map((member) => nameText(member, this.people, me))))}</span
      >
      ${
        may(this.me, "teams.create")
          ? html`<span class="entry-ways row-ways">
              ${wayView("Change", `Change the team ${neutralText(name)}`, this.turn(id))}
              ${wayView("Remove", `Remove the team ${neutralText(name)}`, this.leave(id), true)}
            </span>`
          : nothing
      }
      ${
        this.leaving === id
          ? this.really(
              {
                label: `Remove the team ${neutralText(name)}?`,
                says: "What was shared with it ends for its members. The people stay.",
                yes: "Remove it",
              },
              (call) => call("teams.remove", { teamId: id }),
            )
          : nothing
      }
      ${this.form === id ? this.#form(team) : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    const { teams } = this;
    if (teams === null) return html`<p class="quiet">Loading…</p>`;
    return html`${
      teams.length === 0
        ? html`<p class="quiet">None. An agent can be shared with a team at once.</p>`
        : html`<ul class="entries" role="list" aria-label="Teams">
            ${teams.map((team) => this.#one(team))}
          </ul>`
    }
    ${this.below(may(this.me, "teams.create"), "Make a team", () => this.#form(null))}`;
  }
}
customElements.define("team-list", TeamList);
