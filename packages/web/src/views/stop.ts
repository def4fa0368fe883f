import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Capability, RESUME_GRANTS, ResumeReport, Stop, StopReport } from "@moltbot/contracts";
import type { State } from "../state/state.ts";
import { may } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { constraintText, countText, momentText } from "../words.ts";
import { icon } from "./icons.ts";

export type ResumeGrants = (typeof RESUME_GRANTS)[number];

interface StopWish {
  readonly state: State;
  readonly now: number;
  readonly openResume: () => void;
  readonly putAway: () => void;
}

const SURFACE_WORDS: Readonly<Record<Stop["surface"], string>> = {
  api: "through the API",
  command: "from the command line",
  chat: "by a word in a chat",
  web: "in the browser",
};

const some = (...counts: readonly (readonly [number, string, string?])[]): string =>
  counts.flatMap(([count, one, many]) => (count === 0 ? [] : [countText(count, one, many)])).join(", ");

const ended = (report: StopReport): string =>
  some(
    [report.turnsStopped, "task"],
    [report.questionsCancelled, "question"],
    [report.capabilitiesEnded, "permission"],
  ) || "nothing";
const held = (report: StopReport): string =>
  some([report.turnsHeld, "waiting message"], [report.remindersHeld, "reminder"]) || "nothing";

const grants = (title: string, list: readonly Capability[]): TemplateResult | typeof nothing =>
  list.length === 0
    ? nothing
    : html`<details class="fold">
        <summary>${icon("chevron")}${title}</summary>
        <ul class="because">
          ${list.map(({ tool, constraints }) => html`<li><code>${tool}</code> ${constraints.length === 0 ? "with any arguments" : constraints.map(constraintText).join("; ")}</li>`)}
        </ul>
      </details>`;

const resumedView = (report: ResumeReport, putAway: () => void): TemplateResult => {
  const released = some(
    [report.turnsReleased, "waiting message"],
    [
      report.remindersReleased,
      report.remindersLate === 0 ? "reminder" : `reminder (${report.remindersLate} late)`,
      report.remindersLate === 0 ? "reminders" : `reminders (${report.remindersLate} late)`,
    ],
  );
  return html`<div class="banner good" role="status">
    ${icon("check")}
    <div>
      <p>
        <strong>Going on.</strong>
        ${released === "" ? "Nothing was held." : `Held until now and going on: ${released}.`}
      </p>
      ${grants(`${countText(report.capabilitiesRestored.length, "permission")} came back`, report.capabilitiesRestored)}
      ${grants(`${countText(report.capabilitiesEnded.length, "permission")} ended with the stop`, report.capabilitiesEnded)}
    </div>
    <button type="button" class="icon-button" aria-label="Dismiss" @click=${putAway}>${icon("close")}</button>
  </div>`;
};

/** What is stopped and since when, or what came back after it. */
export const stopBanner = ({ state, now, openResume, putAway }: StopWish): TemplateResult | typeof nothing => {
  const { stopped, stopReport, resumeReport, principal } = state;
  if (stopped === null) return resumeReport === null ? nothing : resumedView(resumeReport, putAway);
  const report = stopReport?.stop.id === stopped.id ? stopReport : null;
  return html`<div class="banner stopped" role="region" aria-label="Stopped">
    ${icon("halt")}
    <div>
      <p>
        <strong>Everything is stopped since ${momentText(stopped.at, now)}.</strong>
        Nothing runs and nothing is sent. Stopped by ${stopped.by === principal?.id ? "you" : "somebody else"},
        ${SURFACE_WORDS[stopped.surface]}${stopped.reason === null ? "" : html`: “${honestText(stopped.reason)}”`}.
      </p>
      ${report === null ? nothing : html`<p>Ended: ${ended(report)}. Held until you resume: ${held(report)}.</p>`}
    </div>
    ${
      may(principal, "system.resume")
        ? html`<button type="button" class="button" aria-haspopup="dialog" @click=${openResume}>Resume…</button>`
        : html`<p class="quiet">The owner resumes it.</p>`
    }
  </div>`;
};

const CHOICES: readonly (readonly [ResumeGrants, string, string])[] = [
  [
    "starting",
    "Those it started with",
    "Its own workspace and memory, and what came with plugins and skills. Everything else asks you again.",
  ],
  ["all", "All that it had", "As it was before the stop."],
  ["none", "None", "It asks about everything."],
];

/** Asks which permissions come back. */
export const resumeDialog = (resume: (grants: ResumeGrants) => void, cancel: () => void): TemplateResult =>
  html`<dialog class="sheet resume" aria-labelledby="resume-title">
    <form
      @submit=${(event: Event) => {
        event.preventDefault();
        const chosen = event.target instanceof HTMLFormElement ? new FormData(event.target).get("grants") : null;
        resume(CHOICES.find(([value]) => value === chosen)?.[0] ?? "starting");
      }}
    >
      <h2 id="resume-title">Resume?</h2>
      <p>What was held goes on. The stop ended every permission; which come back?</p>
      <fieldset class="radios">
        <legend class="visually-hidden">Permissions that come back</legend>
        ${CHOICES.map(
          ([value, title, says]) =>
            html`<label>
              <input type="radio" name="grants" value=${value} ?checked=${value === "starting"} />
              <span><strong>${title}</strong> <span class="quiet">${says}</span></span>
            </label>`,
        )}
      </fieldset>
      <div class="choices end">
        <button type="button" class="button" @click=${cancel}>Cancel</button>
        <button type="submit" class="button solid">Resume</button>
      </div>
    </form>
  </dialog>`;
