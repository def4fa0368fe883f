import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { GrantPreview, Result } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { argumentsText, momentText } from "../words.ts";
import { icon } from "./icons.ts";

const WAS_WORDS: Readonly<Record<string, string>> = { allow: "ran", ask: "was asked", deny: "was refused" };

/** What the limits would have allowed before. */
export const pastView = (
  shown: Result<GrantPreview> | null,
  looking: boolean,
  now: number,
): TemplateResult | typeof nothing => {
  if (shown === null) return looking ? html`<p class="quiet">Looking at what happened before…</p>` : nothing;
  if (!shown.ok) return html`<p class="field-problem">${honestText(shown.error.message)} ${shown.error.next}</p>`;
  const { fits, problem, considered, allowed, examples } = shown.value;
  return html`${
      fits
        ? nothing
        : html`<p class="misfit">
            ${icon("note")}<span>This does not fit the call above: ${honestText(problem ?? "it would still ask")}</span>
          </p>`
    }
    <p>
      ${
        considered === 0
          ? "No call of this kind was recorded before."
          : html`Would have allowed <strong>${allowed} of ${considered}</strong> recorded calls${looking ? "…" : "."}`
      }
    </p>
    ${
      examples.length === 0
        ? nothing
        : html`<details class="fold">
            <summary>${icon("chevron")}The newest of them</summary>
            <ul class="examples-past">
              ${examples.map(
                (item) =>
                  html`<li>
                    <span>${argumentsText(item.arguments)}</span>
                    <span class="quiet"
                      >${momentText(item.at, now)}, ${WAS_WORDS[item.was] ?? honestText(item.was)}</span
                    >
                  </li>`,
              )}
            </ul>
          </details>`
    }`;
};
