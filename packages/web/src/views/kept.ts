import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { KeptItem, PastEffect } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { EFFECT_WORDS, KEPT_WORDS, momentText } from "../words.ts";
import { entriesView, foldedEntriesView } from "./entries.ts";

/** More than these are folded. */
const SHOWN = 6;

/** Things that are kept, or were; `reasons` say of each why it could not be removed. */
export const keptView = (items: readonly KeptItem[], now: number, reasons: readonly string[] = []): TemplateResult => {
  const rows = items.map(({ kind, id, says, at }, index) => {
    const reason = reasons[index];
    return html`<li class="entry">
      <span>
        <span class="tag">${KEPT_WORDS[kind]}</span>
        ${kind === "file" ? html`<code>${neutralText(id)}</code>` : nothing} ${honestText(says)}
        ${reason === undefined ? nothing : html`<span class="field-problem">${honestText(reason)}</span>`}
      </span>
      <span class="quiet">${momentText(at, now)}</span>
    </li>`;
  });
  return foldedEntriesView(rows, SHOWN);
};

/** What was done, where it went, and when. */
export const effectsView = (effects: readonly PastEffect[], now: number): TemplateResult =>
  effects.length === 0
    ? html`<p class="quiet">Nothing left this machine or was decided under its influence.</p>`
    : entriesView(
        effects.map(
          ({ tool, effect, to, at }) =>
            html`<li class="entry">
              <span>
                <span class="chip ${EFFECT_WORDS[effect].grave ? "caution" : ""}">${EFFECT_WORDS[effect].name}</span>
                <code>${neutralText(tool)}</code> ${honestText(to)}
              </span>
              <span class="quiet">${momentText(at, now)}</span>
            </li>`,
        ),
      );
