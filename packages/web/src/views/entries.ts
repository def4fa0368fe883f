import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icon } from "./icons.ts";

/** Rows as a list. */
export const entriesView = (rows: readonly TemplateResult[]): TemplateResult =>
  html`<ul class="entries" role="list">
    ${rows}
  </ul>`;

/** The same with no more than so many in view; the rest is folded. */
export const foldedEntriesView = (rows: readonly TemplateResult[], shown: number): TemplateResult =>
  html`${entriesView(rows.slice(0, shown))}
  ${
    rows.length <= shown
      ? nothing
      : html`<details class="fold">
          <summary>${icon("chevron")}And ${rows.length - shown} more</summary>
          ${entriesView(rows.slice(shown))}
        </details>`
  }`;
