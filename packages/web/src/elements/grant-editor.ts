import { html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import type { Approval, ApprovalAnswer, Constraint, GrantPreview, Result, Scope } from "@moltbot/contracts";
import { newRow, readRow, rowsOf } from "../answers/limit-rows.ts";
import type { LimitKind, LimitRow } from "../answers/limit-rows.ts";
import type { FieldProblem } from "../state/state.ts";
import { neutralText } from "../text/neutralise.ts";
import { limitView, options, valueOf } from "../views/limit.ts";
import { pastView } from "../views/past.ts";
import { SCOPE_WORDS } from "../words.ts";
import { PageElement } from "./page-element.ts";

type Expiry = "1" | "7" | "90" | "never";
const EXPIRY_WORDS: readonly (readonly [Expiry, string])[] = [
  ["1", "in a day"],
  ["7", "in a week"],
  ["90", "in 90 days"],
  ["never", "never"],
];
const WHOLE: readonly (readonly [LimitKind, string])[] = [
  ["rate", "How often"],
  ["hours", "Time of day"],
  ["count", "How many times"],
];
/** Edits what a lasting answer will allow, limit by limit, and shows what that would have allowed in the past. It grants nothing. */
export class GrantEditor extends PageElement {
  static override properties = {
    approval: { attribute: false },
    problem: { attribute: false },
    busy: { attribute: false },
    now: { attribute: false },
    rows: { state: true },
    open: { state: true },
    scope: { state: true },
    expires: { state: true },
    shown: { state: true },
    looking: { state: true },
    preview: { attribute: false },
    save: { attribute: false },
    cancel: { attribute: false },
  };
  declare approval: Approval | null;
  declare problem: FieldProblem | null;
  declare busy: boolean;
  declare now: number;
  declare rows: readonly LimitRow[];
  /** The row being edited. */
  declare open: number | null;
  declare scope: Scope;
  declare expires: Expiry;
  declare shown: Result<GrantPreview> | null;
  declare looking: boolean;
  declare preview: (approval: Approval, constraints: readonly Constraint[]) => Promise<Result<GrantPreview> | null>;
  declare save: (answer: ApprovalAnswer) => void;
  declare cancel: () => void;
  /** Milliseconds of rest before the past is looked at. */
  rest = 300;
  reason = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor() {
    super();
    this.approval = null;
    this.problem = null;
    this.busy = false;
    this.now = 0;
    this.rows = [];
    this.open = null;
    this.scope = "always";
    this.expires = "90";
    this.shown = null;
    this.looking = false;
    this.preview = () => Promise.resolve(null);
    this.save = () => undefined;
    this.cancel = () => undefined;
  }

  /** Begins with the limits of a question. */
  begin(approval: Approval): void {
    this.approval = approval;
    this.open = null;
    this.#set(rowsOf(approval.question));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.approval !== null && changed.get("approval")?.id !== this.approval.id && changed.has("approval"))
      this.begin(this.approval);
  }

  get constraints(): readonly Constraint[] | null {
    const read = this.rows.map(readRow);
    if (read.some(({ problem }) => problem !== null)) return null;
    return read.flatMap(({ constraint }) => (constraint === null ? [] : [constraint]));
  }

  #set(rows: readonly LimitRow[]): void {
    this.rows = rows;
    clearTimeout(this.#timer);
    this.#asked += 1; // an answer that is on its way is about older limits
    this.looking = true;
    this.#timer = setTimeout(() => void this.#look(), this.rest);
  }

  async #look(): Promise<void> {
    const { approval, constraints } = this;
    const asked = this.#asked;
    if (approval === null || constraints === null) {
      this.looking = false;
      return;
    }
    const shown = await this.preview(approval, constraints);
    if (asked !== this.#asked) return;
    this.shown = shown;
    this.looking = false;
  }

  #change(index: number, row: LimitRow): void {
    this.#set(this.rows.map((known, at) => (at === index ? row : known)));
  }

  readonly #toggle = (index: number) => (): void => {
    this.open = this.open === index ? null : index;
    this.focusOn(".limit [data-first]");
  };

  readonly #remove = (index: number) => (): void => {
    this.open = null;
    this.#set(this.rows.filter((_, at) => at !== index));
  };

  readonly #add = (event: Event): void => {
    const chosen = valueOf(event);
    if (event.target instanceof HTMLSelectElement) event.target.value = "";
    const argument = this.approval?.question.arguments.find(({ name }) => `argument:${name}` === chosen);
    const whole = WHOLE.find(([kind]) => kind === chosen)?.[0];
    if (argument === undefined && whole === undefined) return;
    const row =
      argument === undefined ? newRow(null, whole ?? "count") : newRow(argument.name, "exact", argument.value);
    this.#set([...this.rows, row]);
    this.#toggle(this.rows.length - 1)();
  };

  readonly #save = (event: Event): void => {
    event.preventDefault();
    const { constraints, scope, expires } = this;
    if (constraints === null || !this.fits) return;
    const reason = this.reason.trim();
    this.save({
      answer: "allow",
      scope,
      constraints: [...constraints],
      ...(scope === "always" ? { expires: expires === "never" ? expires : Number(expires) } : {}),
      ...(reason === "" ? {} : { reason }),
    });
  };

  /** False once the gateway said that these limits do not fit the call, or while a row cannot be read. */
  get fits(): boolean {
    return this.constraints !== null && !(this.shown?.ok === true && !this.shown.value.fits);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { approval, scope, expires, problem, constraints } = this;
    if (approval === null) return nothing;
    const { question } = approval;
    const scopes = question.scopes.filter((item) => item !== "once");
    const held = new Set(this.rows.map(({ argument }) => argument));
    const free = question.arguments.filter(({ name }) => !held.has(name));
    return html`<form class="grant" @submit=${this.#save}>
      <h2 id="always-title-${approval.id}">
        ${scope === "always" ? "Always allow this, without asking?" : `Allow this ${SCOPE_WORDS[scope]}?`}
      </h2>
      ${
        scopes.length < 2
          ? nothing
          : html`<label class="pair"
              ><span>It holds</span>
              <select
                class="field"
                @change=${(event: Event) => {
                  this.scope = scopes.find((item) => item === valueOf(event)) ?? scope;
                }}
              >
                ${options(
                  scopes.map((item) => [item, SCOPE_WORDS[item]]),
                  scope,
                )}
              </select></label
            >`
      }
      ${
        scope === "always"
          ? html`<label class="pair"
              ><span>It ends</span>
              <select
                class="field"
                @change=${(event: Event) => {
                  this.expires = EXPIRY_WORDS.find(([item]) => item === valueOf(event))?.[0] ?? expires;
                }}
              >
                ${options(EXPIRY_WORDS, expires)}
              </select></label
            >`
          : nothing
      }
      <p><code>${question.tool}</code> may then run without asking when</p>
      <ul class="limits" role="list">
        ${this.rows.map((row, index) => limitView(row, { open: this.open === index, toggle: this.#toggle(index), remove: this.#remove(index), change: (next) => this.#change(index, next) }))}
        ${constraints?.length === 0 ? html`<li class="limit free"><strong>it is called, with any arguments.</strong></li>` : nothing}
      </ul>
      <select class="field add" aria-label="Add a limit" @change=${this.#add}>
        <option value="">Add a limit…</option>
        ${options([...WHOLE, ...free.map(({ name }) => [`argument:${name}`, neutralText(name)] as const)], "")}
      </select>
      <label class="pair wide-pair"
        ><span>Why (for the record)</span>
        <input
          class="field"
          maxlength="500"
          autocomplete="off"
          .value=${this.reason}
          @input=${(event: Event) => {
            this.reason = valueOf(event);
          }}
      /></label>
      <div class="past" role="status">
        ${constraints === null ? nothing : pastView(this.shown, this.looking, this.now)}
      </div>
      ${
        scope === "always" && expires === "never"
          ? html`<p class="never">It never ends by itself: it holds until you revoke it, even years from now.</p>`
          : nothing
      }
      <p class="quiet">Anything else still asks. You can take this back under “May do without asking”.</p>
      ${problem === null ? nothing : html`<p class="field-problem" role="alert">${problem.message} ${problem.next}</p>`}
      <div class="choices end">
        <button type="button" class="button" @click=${() => this.cancel()}>Cancel</button>
        <button type="submit" class="button solid" ?disabled=${this.busy || !this.fits}>
          ${scope === "always" ? "Always allow" : `Allow ${SCOPE_WORDS[scope]}`}
        </button>
      </div>
    </form>`;
  }
}
customElements.define("grant-editor", GrantEditor);
