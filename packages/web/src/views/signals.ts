import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Signal } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { SIGNAL_WORDS } from "../words.ts";
import { icon } from "./icons.ts";

/** What was noticed in a text from outside, and how many secrets were kept back from the model; says it in words. */
export const signalsView = (
  signals: readonly Signal[] | undefined,
  secrets?: number,
): TemplateResult | typeof nothing => {
  const noticed = signals ?? [];
  // Some results tell of secrets by a signal, some by their number alone.
  const more = secrets !== undefined && !noticed.some(({ kind }) => kind === "secret");
  if (noticed.length === 0 && !more) return nothing;
  return html`<ul class="signals" role="list" aria-label="Noticed here">
    ${noticed.map(
      ({ kind, says }) =>
        html`<li>
          ${icon("alert")}<span><strong>${SIGNAL_WORDS[kind]}:</strong> ${honestText(says)}</span>
        </li>`,
    )}
    ${
      more
        ? html`<li>
            ${icon("alert")}<span
              ><strong>${SIGNAL_WORDS.secret}:</strong>
              ${secrets === 1 ? "one recognised secret was" : `${secrets} recognised secrets were`} kept back from the
              model</span
            >
          </li>`
        : nothing
    }
  </ul>`;
};
