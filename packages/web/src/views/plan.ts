import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { StepProgress, StepState } from "../plan/plan-progress.ts";
import { toolTitle, valueWords } from "../plan/plan-words.ts";
import type { KeptNames, Said } from "../plan/plan-words.ts";
import type { Row } from "../state/told-rows.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { countText, momentText } from "../words.ts";
import { icon } from "./icons.ts";
import type { IconName } from "./icons.ts";
import { signalsView } from "./signals.ts";
import { resultBody } from "./step.ts";
import type { StepWish } from "./step.ts";

const STATES: Readonly<Record<StepState, { readonly says: string; readonly icon: IconName }>> = {
  waiting: { says: "Waits for you", icon: "shield" },
  held: { says: "Waits for an earlier step", icon: "clock" },
  begun: { says: "Begun", icon: "clock" },
  done: { says: "Done", icon: "check" },
  refused: { says: "Refused", icon: "close" },
  failed: { says: "Failed", icon: "close" },
  unknown: { says: "Outcome unknown", icon: "note" },
  open: { says: "Not begun", icon: "dash" },
  never: { says: "Will not run", icon: "dash" },
  removed: { says: "Its record was removed", icon: "dash" },
};

const said = ({ kind, text }: Said): TemplateResult =>
  kind === "between"
    ? html`${honestText(text)}`
    : html`<span class="said-${kind}">${kind === "taken" ? icon("link") : nothing}${honestText(text)}</span>`;

const argumentsView = (given: StepProgress["step"]["arguments"], kept: KeptNames): TemplateResult | typeof nothing => {
  const entries = Object.entries(given);
  return entries.length === 0
    ? nothing
    : html`<dl class="plan-arguments">
        ${entries.map(
          ([name, value]) =>
            html`<div>
              <dt>${honestText(name)}</dt>
              <dd>${valueWords(value, kept).map(said)}</dd>
            </div>`,
        )}
      </dl>`;
};

const stepView = (
  { number, step, state, call, result, resultId }: StepProgress,
  kept: KeptNames,
  wish: StepWish,
): TemplateResult => {
  const { says, icon: drawing } = STATES[state];
  return html`<li class="plan-step ${state}">
    <span class="plan-number" aria-hidden="true">${number}</span>
    <div>
      <p class="plan-title">
        <strong><span class="visually-hidden">Step ${number}: </span>${toolTitle(step.tool)}</strong>
        <span class="plan-state">${icon(drawing)}${says}</span>
      </p>
      ${argumentsView(step.arguments, kept)}
      ${step.after.length === 0 ? nothing : html`<p class="quiet">After ${step.after.map((other) => `step ${other}`).join(" and ")}.</p>`}
      ${
        result === null || resultId === null
          ? nothing
          : html`<details class="fold">
                <summary>${icon("chevron")}${honestText(result.summary)}</summary>
                ${resultBody(result, call, resultId, wish)}
              </details>
              ${signalsView(result.signals, result.secrets)}`
      }
    </div>
  </li>`;
};

const SUMMED: readonly (readonly [StepState, string])[] = [
  ["waiting", "waiting for you"],
  ["refused", "refused"],
  ["failed", "failed"],
  ["unknown", "with unknown outcome"],
  ["never", "that will not run"],
  ["removed", "with its record removed"],
];

/** How far the plan is: “2 of 5 steps done, 1 waiting for you”. */
const planSum = (steps: readonly StepProgress[]): string => {
  const count = (wanted: StepState): number => steps.filter(({ state }) => state === wanted).length;
  const others = SUMMED.flatMap(([state, says]) => (count(state) === 0 ? [] : [`${count(state)} ${says}`]));
  return [`${count("done")} of ${countText(steps.length, "step")} done`, ...others].join(", ");
};

/** A committed plan, step by step; open while it is the newest thing in the conversation. */
export const planView = (
  { plan, steps, kept, current }: Extract<Row, { kind: "plan" }>,
  now: number,
  wish: StepWish,
): TemplateResult =>
  html`<details class="plan" ?open=${current}>
    <summary>
      ${icon("list")}
      <span class="plan-head">
        <span class="plan-goal"
          ><strong>Plan</strong>${plan.goal === "" ? nothing : html`: ${honestText(plan.goal)}`}</span
        >
        <span class="quiet">${planSum(steps)}</span>
      </span>
      <span class="step-more">${icon("chevron")}</span>
    </summary>
    <ol class="plan-steps" role="list" aria-label="Steps of the plan ${neutralText(plan.goal)}">
      ${steps.map((step) => stepView(step, kept, wish))}
    </ol>
    <p class="plan-foot quiet">
      Fixed before anything from outside was read. What stands behind ${icon("link")} is filled in while it runs. Ends
      ${momentText(plan.expiresAt, now)}.
    </p>
  </details>`;
