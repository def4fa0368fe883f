import { html } from "lit";
import type { TemplateResult } from "lit";
import { keyGroups } from "../words-of-plugins.ts";

/** A key that signs packages, in groups that can be compared; copied it is whole. */
export const signingKeyView = (key: string): TemplateResult =>
  html`<code class="signing-key">${keyGroups(key).map((group) => html`<span>${group}</span>`)}</code>`;
