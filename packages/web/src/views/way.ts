import { html } from "lit";
import type { TemplateResult } from "lit";

/** Something that can be done to an entry: `says` stands there, `label` says it with the entry's name; what cannot be undone is grave. */
export const wayView = (says: string, label: string, act: () => void, grave = false): TemplateResult =>
  html`<button type="button" class="link ${grave ? "grave" : ""}" aria-label=${label} @click=${act}>${says}</button>`;
