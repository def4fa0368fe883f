import { html } from "lit";
import type { TemplateResult } from "lit";
import type { OwnRole, Role } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { operationsText } from "./operation-choice.ts";
import { ROLE_WORDS } from "../words-of-people.ts";

/** The roles of the house's own that may be given by whoever may give their bases. */
const ownRolesToGive = (own: readonly OwnRole[], roles: readonly Role[]): readonly OwnRole[] =>
  own.filter(({ base }) => roles.includes(base));

/** What was chosen among these: one of the four, or a role of the house's own; undefined: neither. */
export const chosenRole = (text: string, roles: readonly Role[], own: readonly OwnRole[]): Role | OwnRole | undefined =>
  roles.find((one) => one === text) ?? ownRolesToGive(own, roles).find(({ id }) => id === text);

/** Roles to choose from, each with what it means; `chosen` is one of the four or the id of an own one. */
export const roleChoice = (
  legend: string,
  roles: readonly Role[],
  chosen: string,
  own: readonly OwnRole[] = [],
): TemplateResult => {
  const one = (value: string, name: unknown, says: string): TemplateResult =>
    html`<label>
      <input type="radio" name="role" value=${value} ?checked=${value === chosen} />
      <span><strong>${name}</strong> <span class="quiet">${says}</span></span>
    </label>`;
  return html`<fieldset class="radios">
    <legend>${legend}</legend>
    ${roles.map((role) => one(role, ROLE_WORDS[role].name, ROLE_WORDS[role].says))}
    ${ownRolesToGive(own, roles).map(({ id, name, base, operations }) =>
      one(id, honestText(name), `${ROLE_WORDS[base].name}, narrowed: ${operationsText(operations)}.`),
    )}
  </fieldset>`;
};
