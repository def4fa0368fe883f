import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { DataFlowReport } from "@moltbot/contracts";
import { may, suffices } from "../people/may.ts";
import { flowTable, kindMark } from "../views/flow-table.ts";
import { icon } from "../views/icons.ts";
import { problemView } from "../views/problem.ts";
import { byHost, byKind, kindWords, totalText } from "../words-of-flows.ts";
import type { HostFlows, Of } from "../words-of-flows.ts";
import { countText, momentText } from "../words.ts";
import { PageDialog } from "./page-dialog.ts";

const SHOWN = 25;
const FIRST_DAYS = 7;
const WHOSE = [
  ["me", "You"],
  ["house", "The house"],
] as const satisfies readonly (readonly [Of, string])[];
const PERIODS = [
  [1, "Today"],
  [7, "7 days"],
  [30, "30 days"],
  [90, "90 days"],
] as const;
const PROBLEM = "flows-problem";

interface Choice<Value> {
  readonly name: string;
  readonly legend: string;
  readonly values: readonly (readonly [Value, string])[];
  readonly chosen: Value;
  readonly choose: (value: Value) => void;
}

const choiceView = <Value extends string | number>(choice: Choice<Value>): TemplateResult =>
  html`<fieldset class="themes">
    <legend class="visually-hidden">${choice.legend}</legend>
    ${choice.values.map(
      ([value, says]) =>
        html`<label>
          <input
            type="radio"
            name=${choice.name}
            value=${value}
            .checked=${value === choice.chosen}
            @change=${() => choice.choose(value)}
          />
          <span>${says}</span>
        </label>`,
    )}
  </fieldset>`;

/** Which host received what kind of data, of one's own or of everybody together. */
export class FlowsDialog extends PageDialog {
  static override properties = {
    of: { state: true },
    days: { state: true },
    report: { state: true },
    shown: { state: true },
  };
  declare of: Of;
  declare days: number;
  /** Null while it is loaded. */
  declare report: DataFlowReport | null;
  /** How many hosts are in view. */
  declare shown: number;
  /** The newest question; an answer to any other comes too late. */
  #newest = 0;

  constructor() {
    super();
    this.of = "me";
    this.days = FIRST_DAYS;
    this.report = null;
    this.shown = SHOWN;
  }

  show(): Promise<void> {
    this.of = "me";
    this.days = FIRST_DAYS;
    this.#forget();
    return this.open();
  }

  async load(): Promise<void> {
    const { call, of, days, me } = this;
    if (call === null) return;
    this.#newest += 1;
    const asked = this.#newest;
    const report = await call("flows.report", { of, days });
    // Another choice was made meanwhile, the page was left, or somebody else is here.
    if (asked !== this.#newest || this.me?.id !== me?.id) return;
    this.report = this.taken<DataFlowReport | null>(report, this.report);
    if (report.ok) this.said = totalText(byHost(report.value.flows));
  }

  #forget(): void {
    this.#newest += 1;
    this.report = null;
    this.shown = SHOWN;
    this.clear();
  }

  protected override closed(): void {
    this.#forget();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("me") && changed.get("me")?.id !== this.me?.id) this.#forget();
  }

  readonly #again = (): Promise<void> => {
    this.#forget();
    return this.load();
  };

  /** What was pressed goes: the focus goes to what came. */
  readonly #retry = async (): Promise<void> => {
    await this.#again();
    this.focusOn(this.problem === null ? "#flows-came" : `#${PROBLEM}`);
  };

  readonly #more = (): void => {
    const first = this.shown;
    this.shown += SHOWN;
    this.focusOn(`#flow-host-${first}`);
  };

  #choices(): TemplateResult {
    const { me } = this;
    return html`${
      may(me, "flows.report") && me !== null && suffices(me.role, "admin")
        ? choiceView({
            name: "flows-of",
            legend: "Whose data",
            values: WHOSE,
            chosen: this.of,
            choose: (of) => {
              this.of = of;
              void this.#again();
            },
          })
        : nothing
    }${choiceView({
      name: "flows-days",
      legend: "Since when",
      values: PERIODS,
      chosen: this.days,
      choose: (days) => {
        this.days = days;
        void this.#again();
      },
    })}`;
  }

  #kinds(report: DataFlowReport): TemplateResult | typeof nothing {
    const kinds = byKind(report);
    if (kinds.length === 0) return nothing;
    return html`<section aria-labelledby="flows-kinds">
      <h3 id="flows-kinds">What kind of data</h3>
      <ul class="entries" role="list">
        ${kinds.map(
          ([kind, to]) =>
            html`<li class="entry">
              <span>${kindMark(kind, this.of)} <span class="quiet">${kindWords(kind, this.of).says}</span></span>
              <span>to ${to}</span>
            </li>`,
        )}
      </ul>
      <p class="quiet">
        The kind is that of everything that may have been in it, as far as labels tell: for a model, its whole
        conversation. It does not say that all of it was sent.
      </p>
    </section>`;
  }

  #hosts(hosts: readonly HostFlows[]): TemplateResult {
    const left = hosts.length - this.shown;
    return html`<section aria-labelledby="flows-hosts">
      <h3 id="flows-hosts">To which host</h3>
      ${flowTable({ hosts: hosts.slice(0, this.shown), of: this.of, now: this.now })}
      ${
        left > 0
          ? html`<button type="button" class="button wide" @click=${this.#more}>
              Show ${Math.min(left, SHOWN)} more of ${countText(left, "host")}
            </button>`
          : nothing
      }
    </section>`;
  }

  #report(report: DataFlowReport): TemplateResult {
    const hosts = byHost(report.flows);
    const since = html`<span class="quiet">Since ${momentText(report.since, this.now)} (midnight UTC).</span>`;
    if (hosts.length === 0) return html`<p id="flows-came" tabindex="-1">${totalText(hosts)} ${since}</p>`;
    return html`<p id="flows-came" tabindex="-1"><strong>${totalText(hosts)}</strong> ${since}</p>
      ${
        report.complete
          ? nothing
          : html`<p class="warning">
              ${icon("note")}<span
                >There were more connections than one report counts. The newest are in it; fewer days may be
                whole.</span
              >
            </p>`
      }
      ${this.#kinds(report)} ${this.#hosts(hosts)}`;
  }

  #body(): TemplateResult {
    const { report, problem } = this;
    if (report !== null) return this.#report(report);
    return problem === null
      ? html`<p class="quiet">Loading…</p>`
      : html`<button type="button" class="button" @click=${this.#retry}>Try again</button>`;
  }

  protected override render(): TemplateResult {
    return this.sheet(
      "flows-title",
      "Where data went",
      "where data went",
      html`<p>
          ${
            this.of === "me"
              ? "Every host that tools, programs and models reached for you, what they may have sent it, and how much."
              : "Every host that was reached for anybody here, all together. It does not tell whose data it was, nor the names of others’ secrets."
          }
        </p>
        ${this.#choices()} ${problemView(this.problem, PROBLEM)} ${this.#body()}
        <p class="visually-hidden" role="status">${this.said}</p>`,
    );
  }
}
customElements.define("flows-dialog", FlowsDialog);
