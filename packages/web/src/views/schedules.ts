import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Firing, Schedule } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { FIRING_WORDS } from "../words-of-keeping.ts";
import { momentText } from "../words.ts";

/** A schedule with what became of its last times, the newest first. */
export interface Kept {
  readonly schedule: Schedule;
  readonly firings: readonly Firing[];
}

/** What comes back by itself, when next, and how its last times went. */
export const schedulesView = (kept: readonly Kept[] | null, now: number): TemplateResult => {
  if (kept === null) return html`<p class="quiet">Loading…</p>`;
  if (kept.length === 0) return html`<p class="quiet">Nothing comes back by itself.</p>`;
  return html`<ul class="entries" role="list">
    ${kept.map(
      ({ schedule: { name, cron, timeZone, nextAt, active }, firings }) =>
        html`<li class="entry">
          <span><strong>${honestText(name)}</strong></span>
          <span class="quiet">
            ${!active ? "paused" : nextAt === null ? "no later time" : html`next ${momentText(nextAt, now)}`}
          </span>
          <span class="quiet whole-row firings">
            ${
              firings.length === 0
                ? "It has not come up yet."
                : firings.map(
                    ({ state, at, problem }) =>
                      html`<span class="firing ${FIRING_WORDS[state].look ? "caution" : ""}"
                        >${FIRING_WORDS[state].name}
                        ${momentText(at, now)}${problem === null ? nothing : html` <code>${neutralText(problem)}</code>`}</span
                      >`,
                  )
            }
            <code class="firing">${neutralText(cron)} ${neutralText(timeZone)}</code>
          </span>
        </li>`,
    )}
  </ul>`;
};
