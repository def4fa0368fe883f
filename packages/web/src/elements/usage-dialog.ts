import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { OperationInput, UsageReport } from "@moltbot/contracts";
import { may, suffices } from "../people/may.ts";
import { honestText } from "../text/honest-text.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { listText } from "../words-of-keeping.ts";
import {
  amountText,
  bySubject,
  dayOf,
  daysOf,
  fullness,
  shareUsed,
  shortAmount,
  SUBJECT_WORDS,
  subjectText,
  usedText,
  weekdayText,
} from "../words-of-usage.ts";
import type { Names, SubjectUse } from "../words-of-usage.ts";
import { momentText } from "../words.ts";
import { PageDialog } from "./page-dialog.ts";

type Of = OperationInput<"usage.show">["of"];

const DAYS = 7;
const CHOICES = [
  ["me", "You"],
  ["house", "The house"],
] as const satisfies readonly (readonly [Of, string])[];

/** How high a column stands, of 100; what is not nothing can be seen. */
const height = (used: number, most: number): number => (used === 0 ? 0 : Math.max(2, (used / most) * 100));

/** What was used of the budgets today and in the last days, and what there is left. */
export class UsageDialog extends PageDialog {
  static override properties = { of: { state: true }, report: { state: true }, names: { state: true } };
  /** Whose use is shown. */
  declare of: Of;
  /** Null while it is loaded. */
  declare report: UsageReport | null;
  declare names: Names;

  constructor() {
    super();
    this.of = "me";
    this.report = null;
    this.names = new Map();
  }

  show(): Promise<void> {
    this.of = "me";
    this.report = null;
    return this.open();
  }

  /** Loads what was used, and the names of what used it. */
  async load(): Promise<void> {
    const { call, of } = this;
    if (call === null) return;
    const [report, people, agents, tokens, devices] = await Promise.all([
      call("usage.show", { days: DAYS, of }),
      call("people.list", {}),
      call("agents.list", {}),
      call("tokens.list", {}),
      call("devices.list", {}),
    ]);
    // Another choice was made meanwhile: its own answer comes.
    if (of !== this.of) return;
    this.report = this.taken<UsageReport | null>(report, this.report);
    const named = [people, agents, tokens, devices].flatMap(
      (answer): readonly { readonly id: string; readonly name: string }[] => (answer.ok ? answer.value : []),
    );
    this.names = new Map(named.map(({ id, name }) => [id, name]));
  }

  readonly #choose = (of: Of) => (): void => {
    this.of = of;
    this.problem = null;
    this.report = null;
    void this.load();
  };

  /** The kind of budget that holds all of what is shown. */
  get #whole(): "house" | "person" {
    return this.of === "house" ? "house" : "person";
  }

  #gauge(share: number): TemplateResult {
    return html`<svg class="gauge ${fullness(share)}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="gauge-track" width="100" height="6" />
      <rect class="gauge-used" width=${share * 100} height="6" />
    </svg>`;
  }

  #use({ subject, rows }: SubjectUse, { currency }: UsageReport): TemplateResult {
    const state = rows.map((row) => fullness(shareUsed(row)));
    const free = rows.filter(({ limit }) => limit === null);
    return html`<li class="entry usage">
      <span>
        <strong>${honestText(subject.id === this.me?.id ? "You" : subjectText(subject, this.names))}</strong>
        ${
          subject.kind === "person" && subject.id === this.me?.id
            ? nothing
            : html`<span class="tag">${SUBJECT_WORDS[subject.kind]}</span>`
        }
        ${
          state.includes("over")
            ? html`<span class="chip danger">used up for today</span>`
            : state.includes("near")
              ? html`<span class="chip caution">nearly used up</span>`
              : nothing
        }
      </span>
      ${rows.map((row) => {
        const share = shareUsed(row);
        return share === null
          ? nothing
          : html`<span class="amount"><span>${usedText(row, currency)}</span>${this.#gauge(share)}</span>`;
      })}
      ${
        free.length === 0
          ? nothing
          : html`<span class="quiet"
              >${listText(free.map((row) => usedText(row, currency)))}${subject.kind === "model" ? "" : ", without a limit"}</span
            >`
      }
    </li>`;
  }

  #week(report: UsageReport, unit: "tokens" | "money"): TemplateResult | typeof nothing {
    const { now } = this;
    const days = daysOf(report, this.#whole, unit, { now, days: DAYS });
    const most = Math.max(...days.map(({ used }) => used));
    if (most === 0) return unit === "money" ? nothing : html`<p class="quiet">Nothing was used in these days.</p>`;
    const name = unit === "tokens" ? "Model tokens" : "Money";
    return html`<figure class="week">
      <figcaption>${name}</figcaption>
      <ol role="list">
        ${days.map(
          ({ day, used }) =>
            html`<li>
              <span class="week-amount">${shortAmount(used, unit, report.currency)}</span>
              <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                <rect y=${100 - height(used, most)} width="100" height=${height(used, most)} />
              </svg>
              <span class="week-day">${day === dayOf(now) ? "today" : weekdayText(day)}</span>
            </li>`,
        )}
      </ol>
    </figure>`;
  }

  #report(report: UsageReport): TemplateResult {
    const { now } = this;
    const today = bySubject(report, dayOf(now));
    const own = today.find(({ subject }) => subject.kind === this.#whole)?.rows ?? [];
    return html`<section aria-labelledby="usage-today">
        <h3 id="usage-today">Today</h3>
        ${
          today.length === 0
            ? html`<p class="quiet">Nothing was used yet.</p>`
            : html`<ul class="entries" role="list" aria-label="Today">
                ${today.map((use) => this.#use(use, report))}
              </ul>`
        }
        <p class="quiet">
          ${own.length === 0 ? "" : `${listText(own.map((row) => amountText(row.used, row.unit, report.currency)))} in all. `}Budgets
          begin anew at ${momentText(report.renewsAt, now)} (midnight UTC). The limits stand in the settings, those of a
          token with the token.
        </p>
        ${
          report.unpriced.length === 0
            ? nothing
            : html`<p class="warning">
                ${icon("note")}<span
                  >No price is set for ${honestText(listText(report.unpriced))}: its tokens count, its money does
                  not.</span
                >
              </p>`
        }
      </section>
      <section aria-labelledby="usage-week">
        <h3 id="usage-week">The last seven days</h3>
        ${this.#week(report, "tokens")} ${this.#week(report, "money")}
      </section>`;
  }

  protected override render(): TemplateResult {
    const { report, of, me } = this;
    return this.sheet(
      "usage-title",
      "What it costs",
      "what it costs",
      html`<p>What the models read and wrote for you, and what of your budgets is left.</p>
        ${
          may(me, "usage.show") && me !== null && suffices(me.role, "admin")
            ? html`<fieldset class="themes">
                <legend class="visually-hidden">Whose use</legend>
                ${CHOICES.map(
                  ([value, says]) =>
                    html`<label>
                      <input
                        type="radio"
                        name="of"
                        value=${value}
                        .checked=${value === of}
                        @change=${this.#choose(value)}
                      />
                      <span>${says}</span>
                    </label>`,
                )}
              </fieldset>`
            : nothing
        }
        ${problemView(this.problem, "usage-problem")}
        ${report === null ? (this.problem === null ? html`<p class="quiet">Loading…</p>` : nothing) : this.#report(report)}`,
    );
  }
}
customElements.define("usage-dialog", UsageDialog);
