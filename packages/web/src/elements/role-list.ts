import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { OwnRole, Person } from "@moltbot/contracts";
import { may } from "../people/may.ts";
import type { Me } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { areasIn, chosenOperations, operationFields, operationsText, PERSON_AREAS } from "../views/operation-choice.ts";
import { problemView } from "../views/problem.ts";
import { roleChoice } from "../views/role-choice.ts";
import { wayView } from "../views/way.ts";
import { ROLE_WORDS } from "../words-of-people.ts";
import { countText } from "../words.ts";
import { EntryList } from "./entry-list.ts";
import { onEscape, textIn } from "./form-fields.ts";

const BASES = ["viewer", "member", "admin"] as const;
const FRESH = { keys: ["talk", "read", "answer", "here"], more: [] };

/** The roles that the house made for itself: one of three, narrowed to some operations. */
export class RoleList extends EntryList<OwnRole["id"]> {
  static override properties = {
    me: { attribute: false },
    people: { attribute: false },
    roles: { attribute: false },
  };
  declare me: Me | null;
  declare people: readonly Person[];
  /** Null while they are loaded. */
  declare roles: readonly OwnRole[] | null;
  protected readonly opener = ".add-role";
  protected readonly problemId = "role-problem";

  constructor() {
    super();
    this.me = null;
    this.people = [];
    this.roles = null;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    const sent = this.sent(event);
    if (sent === null) return;
    const { form, data } = sent;
    const name = textIn(data, "name").trim();
    const base = BASES.find((one) => one === textIn(data, "role"));
    const operations = chosenOperations(PERSON_AREAS, data);
    const done = await this.ask(
      (call) =>
        form === "new"
          ? call("roles.create", { name, ...(base === undefined ? {} : { base }), operations })
          : call("roles.change", { roleId: form, name, operations }),
      `#${this.problemId}`,
    );
    if (done !== null) {
      this.turn(null)();
      this.said = `The role ${neutralText(name)} is ${form === "new" ? "made" : "changed"}.`;
    }
    this.changed();
  };

  #form(role: OwnRole | null): TemplateResult {
    return html`<form
      class="whole-row stacked boxed"
      aria-labelledby="role-form"
      @submit=${this.#submit}
      @keydown=${onEscape(this.turn(null))}
    >
      <h4 id="role-form">${role === null ? "Make a role" : html`Change ${honestText(role.name)}`}</h4>
      <label
        >Name<input
          class="field"
          name="name"
          required
          maxlength="80"
          placeholder="Guest"
          autocomplete="off"
          .value=${role?.name ?? ""}
      /></label>
      ${role === null ? roleChoice("No more than", BASES, "member") : nothing}
      <fieldset class="checks">
        <legend>And of that, these alone</legend>
        ${operationFields(PERSON_AREAS, role === null ? FRESH : areasIn(PERSON_AREAS, role.operations))}
      </fieldset>
      ${problemView(this.problem, this.problemId)}
      <p class="quiet">
        A role only ever narrows. What you change holds within a second for everybody who has it; signing out and
        leaving stay possible. Without “Come in on this page” only their programs can do anything.
      </p>
      ${this.formWays(role === null ? "Make it" : "Keep it")}
    </form>`;
  }

  #one(role: OwnRole): TemplateResult {
    const { id, name, base, operations } = role;
    const has = this.people.filter(({ ownRole, state }) => ownRole === id && state !== "left").length;
    return html`<li class="entry revocable">
      <span><strong>${honestText(name)}</strong> <span class="chip">${ROLE_WORDS[base].name}, narrowed</span></span>
      <span class="quiet"
        >${operationsText(operations)}.
        ${has === 0 ? "Nobody has it." : `${countText(has, "person", "people")} with it.`}</span
      >
      ${
        may(this.me, "roles.create")
          ? html`<span class="entry-ways row-ways">
              ${wayView("Change", `Change the role ${neutralText(name)}`, this.turn(id))}
              ${has > 0 ? nothing : wayView("Remove", `Remove the role ${neutralText(name)}`, this.leave(id), true)}
            </span>`
          : nothing
      }
      ${
        this.leaving === id
          ? this.really(
              { label: `Remove the role ${neutralText(name)}?`, says: "Nobody has it.", yes: "Remove it" },
              (call) => call("roles.remove", { roleId: id }),
            )
          : nothing
      }
      ${this.form === id ? this.#form(role) : nothing}
    </li>`;
  }

  protected override render(): TemplateResult {
    const { roles } = this;
    if (roles === null) return html`<p class="quiet">Loading…</p>`;
    return html`<p class="quiet">
        Viewer, member, admin and owner are always there. A role of your own is one of the first three, narrowed.
      </p>
      ${
        roles.length === 0
          ? nothing
          : html`<ul class="entries" role="list" aria-label="Roles">
              ${roles.map((role) => this.#one(role))}
            </ul>`
      }
      <p class="good" role="status">${this.said}</p>
      ${this.below(may(this.me, "roles.create"), "Make a role", () => this.#form(null))}`;
  }
}
customElements.define("role-list", RoleList);
