import { html } from "lit";
import type { TemplateResult } from "lit";
import type { Role } from "@moltbot/contracts";
import { ROLE_WORDS } from "../words-of-people.ts";

/** Roles to choose from, each with what it means. */
export const roleChoice = (legend: string, roles: readonly Role[], chosen: Role): TemplateResult =>
  html`<fieldset class="radios">
    <legend>${legend}</legend>
    ${roles.map(
      (role) =>
        html`<label>
          <input type="radio" name="role" value=${role} ?checked=${role === chosen} />
          <span><strong>${ROLE_WORDS[role].name}</strong> <span class="quiet">${ROLE_WORDS[role].says}</span></span>
        </label>`,
    )}
  </fieldset>`;
