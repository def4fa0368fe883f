import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { KIND_HINTS, KIND_WORDS, kindsFor, readRow, withKind } from "../answers/limit-rows.ts";
import type { LimitRow } from "../answers/limit-rows.ts";
import { neutralText } from "../text/neutralise.ts";
import { constraintText } from "../words.ts";

interface LimitWish {
  readonly open: boolean;
  readonly toggle: () => void;
  readonly remove: () => void;
  readonly change: (row: LimitRow) => void;
}

const SPANS: readonly (readonly [string, string])[] = [
  ["3600", "an hour"],
  ["86400", "a day"],
  ["604800", "a week"],
];

/** Choices of a select. */
export const options = (items: readonly (readonly [string, string])[], chosen: string): readonly TemplateResult[] =>
  items.map(([value, says]) => html`<option value=${value} ?selected=${value === chosen}>${says}</option>`);
/** What a field holds now. */
export const valueOf = ({ target }: Event): string =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
    ? target.value
    : "";

const fieldView = (row: LimitRow, change: LimitWish["change"]): TemplateResult | typeof nothing => {
  const write = (event: Event): void => change({ ...row, text: valueOf(event) });
  const more = (event: Event): void => change({ ...row, more: valueOf(event) });
  const label = `${row.argument === null ? "" : `${neutralText(row.argument)} `}${KIND_WORDS[row.kind]}`;
  switch (row.kind) {
    case "none":
    case "kept":
      return nothing;
    case "rate":
      return html`<div class="limit-fields">
        <span>At most</span>
        <input
          class="field short"
          data-first
          inputmode="numeric"
          aria-label="How many times"
          .value=${row.text}
          @input=${write}
        />
        <span>times</span>
        <select class="field" aria-label="In what time" @change=${more}>
          ${options(SPANS, row.more)}
        </select>
      </div>`;
    case "count":
      return html`<div class="limit-fields">
        <span>At most</span>
        <input
          class="field short"
          data-first
          inputmode="numeric"
          aria-label="How many times"
          .value=${row.text}
          @input=${write}
        />
        <span>times in all</span>
      </div>`;
    case "hours":
      return html`<div class="limit-fields">
        <span>Between</span>
        <input class="field short" data-first type="time" aria-label="From" .value=${row.text} @input=${write} />
        <span>and</span>
        <input class="field short" type="time" aria-label="To" .value=${row.more} @input=${more} />
      </div>`;
    case "at-most":
    case "cost":
    case "matches":
    case "folder":
      return html`<input class="field" autocomplete="off" aria-label=${label} .value=${row.text} @input=${write} />`;
    default:
      return html`<textarea class="field" rows="2" aria-label=${label} .value=${row.text} @input=${write}></textarea>`;
  }
};

/** A limit in words, and its fields while it is edited. */
export const limitView = (row: LimitRow, { open, toggle, remove, change }: LimitWish): TemplateResult => {
  const { constraint, problem } = readRow(row);
  const name = row.argument === null ? "" : neutralText(row.argument);
  const words =
    constraint === null ? (problem === null ? `${name} may be anything` : name) : constraintText(constraint);
  const whole = row.argument === null;
  return html`<li class="limit ${open ? "open" : ""} ${row.kind === "none" ? "free" : ""}">
    <span class="limit-words"
      >${words}${problem === null ? nothing : html` <span class="field-problem">${problem}</span>`}</span
    >
    <span class="limit-ways">
      ${
        row.kind === "kept"
          ? nothing
          : html`<button
              type="button"
              class="link"
              aria-expanded=${open}
              aria-label="${open ? "Done with" : "Change"}: ${words}"
              @click=${toggle}
            >
              ${open ? "Done" : "Change"}
            </button>`
      }
      ${
        whole
          ? html`<button type="button" class="link" aria-label="Remove: ${words}" @click=${remove}>Remove</button>`
          : nothing
      }
    </span>
    ${
      open
        ? html`<div class="limit-edit">
            ${
              whole
                ? nothing
                : html`<select
                    class="field"
                    data-first
                    aria-label="How ${name} is limited"
                    @change=${(event: Event) => {
                      const kind = kindsFor(row).find((item) => item === valueOf(event));
                      if (kind !== undefined) change(withKind(row, kind));
                    }}
                  >
                    ${options(
                      kindsFor(row).map((kind) => [kind, KIND_WORDS[kind]]),
                      row.kind,
                    )}
                  </select>`
            }
            ${fieldView(row, change)}
            ${KIND_HINTS[row.kind] === undefined ? nothing : html`<p class="quiet">${KIND_HINTS[row.kind]}</p>`}
          </div>`
        : nothing
    }
  </li>`;
};
