import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Approval, ApprovalAnswer, QuestionArgument, Scope } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import {
  EFFECT_WORDS,
  endText,
  lastingLimits,
  momentText,
  ORIGIN_WORDS,
  SCOPE_WORDS,
  UNDO_WORDS,
  valueText,
} from "../words.ts";
import { icon } from "../views/icons.ts";
import { PageElement } from "./page-element.ts";

/**
 * One question to a person: what would happen, why it is asked, every argument with its origin, what leaves, what can be
 * undone, and the choices. It decides nothing and answers only on a click or a key of the person.
 */
export class ApprovalCard extends PageElement {
  static override properties = {
    approval: { attribute: false },
    me: { attribute: false },
    busy: { state: true },
    denying: { state: true },
    now: { attribute: false },
  };
  declare approval: Approval | null;
  declare me: string | null;
  declare busy: boolean;
  declare denying: boolean;
  declare now: number;
  /** Carries the answer to the gateway; settles when the card shows what holds. */
  answer: (approval: Approval, answer: ApprovalAnswer) => Promise<void> = () => Promise.resolve();

  constructor() {
    super();
    this.approval = null;
    this.me = null;
    this.busy = false;
    this.denying = false;
    this.now = 0;
  }

  /** Brings the question into view without choosing anything: Enter on it does nothing. */
  override focus(): void {
    const card = this.querySelector<HTMLElement>(".card");
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: "nearest" });
  }

  async #give(answer: ApprovalAnswer): Promise<void> {
    const { approval } = this;
    if (approval === null || this.busy) return;
    this.busy = true;
    await this.answer(approval, answer);
    this.busy = false;
    this.denying = false;
  }

  readonly #allow = (scope: Scope) => (): void => {
    void this.#give({ answer: "allow", scope });
  };

  readonly #deny = (): void => {
    void this.#give({ answer: "deny", scope: "once" });
  };

  readonly #denyWithReason = (event: Event): void => {
    event.preventDefault();
    const reason = this.querySelector<HTMLInputElement>(".reason-input")?.value.trim() ?? "";
    void this.#give({ answer: "deny", scope: "once", ...(reason === "" ? {} : { reason }) });
  };

  readonly #askReason = (): void => {
    this.denying = true;
    void this.updateComplete.then(() => this.querySelector<HTMLInputElement>(".reason-input")?.focus());
  };

  readonly #dropReason = (): void => {
    this.denying = false;
    void this.updateComplete.then(() => this.querySelector<HTMLButtonElement>(".deny-with-reason")?.focus());
  };

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  readonly #confirmAlways = (): void => {
    this.#dialog?.close();
    void this.#give({ answer: "allow", scope: "always" });
  };

  #argument(argument: QuestionArgument): TemplateResult {
    return html`<div class="argument">
      <dt>
        ${honestText(argument.name)}
        ${argument.critical ? html`<span class="tag" title="It decides what happens, and to whom">critical</span>` : nothing}
      </dt>
      <dd>
        <span class="value">${honestText(valueText(argument.value))}</span>
        <span class="origin ${argument.origin}">${ORIGIN_WORDS[argument.origin]}</span>
      </dd>
    </div>`;
  }

  #always(approval: Approval): TemplateResult {
    const limits = lastingLimits(approval);
    return html`<dialog class="sheet" aria-labelledby="always-title-${approval.id}">
      <h2 id="always-title-${approval.id}">Always allow this, without asking?</h2>
      <p>From now on <code>${approval.question.tool}</code> may run whenever</p>
      <ul class="limits">
        ${limits.length === 0 ? html`<li>it is called, <strong>with any arguments</strong></li>` : limits.map((limit) => html`<li>${limit}</li>`)}
      </ul>
      <p class="quiet">Anything else still asks. You can take this back under “May do without asking”.</p>
      <div class="choices end">
        <button type="button" class="button" @click=${() => this.#dialog?.close()}>Cancel</button>
        <button type="button" class="button solid" @click=${this.#confirmAlways}>Always allow</button>
      </div>
    </dialog>`;
  }

  #choices(approval: Approval): TemplateResult {
    if (this.denying) {
      return html`<form class="choices" @submit=${this.#denyWithReason}>
        <label class="reason">
          <span>Why not? The assistant reads this.</span>
          <input
            class="reason-input"
            maxlength="500"
            autocomplete="off"
            @keydown=${(event: KeyboardEvent) => {
              if (event.key === "Escape") this.#dropReason();
            }}
          />
        </label>
        <button type="submit" class="button danger" ?disabled=${this.busy}>Deny</button>
        <button type="button" class="button" @click=${this.#dropReason}>Back</button>
      </form>`;
    }
    const longer = approval.question.scopes.filter((scope) => scope !== "once");
    return html`<div class="choices">
        ${
          approval.question.scopes.includes("once")
            ? html`<button type="button" class="button solid" ?disabled=${this.busy} @click=${this.#allow("once")}>
                Allow once
              </button>`
            : nothing
        }
        <button type="button" class="button" ?disabled=${this.busy} @click=${this.#deny}>Deny</button>
        <button type="button" class="link deny-with-reason" ?disabled=${this.busy} @click=${this.#askReason}>
          Deny with a reason
        </button>
      </div>
      ${
        longer.length === 0
          ? nothing
          : html`<div class="longer" role="group" aria-label="Allow for longer">
              <span class="longer-label" aria-hidden="true">Or allow</span>
              ${longer.map((scope) =>
                scope === "always"
                  ? html`<button
                      type="button"
                      class="link"
                      aria-haspopup="dialog"
                      aria-label="Always allow…"
                      ?disabled=${this.busy}
                      @click=${() => this.#dialog?.showModal()}
                    >
                      always…
                    </button>`
                  : html`<button
                      type="button"
                      class="link"
                      aria-label="Allow ${SCOPE_WORDS[scope]}"
                      ?disabled=${this.busy}
                      @click=${this.#allow(scope)}
                    >
                      ${SCOPE_WORDS[scope]}
                    </button>`,
              )}
            </div>`
      }`;
  }

  #ended(approval: Approval): TemplateResult {
    const allowed = approval.state === "allowed" || approval.state === "consumed";
    return html`<div class="card-ended ${allowed ? "allowed" : "refused"}" tabindex="-1">
      ${icon(allowed ? "check" : "close")}
      <p>
        <strong>${endText(approval, this.me)}.</strong>
        <span class="quiet">${honestText(approval.question.consequence)}</span>
      </p>
    </div>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { approval } = this;
    if (approval === null) return nothing;
    if (approval.state !== "pending") return this.#ended(approval);
    const { question } = approval;
    const effect = EFFECT_WORDS[question.effect];
    const title = `approval-title-${approval.id}`;
    return html`<section
      class="card ${effect.grave ? "grave" : ""}"
      tabindex="-1"
      aria-labelledby=${title}
      aria-busy=${this.busy}
    >
      <p class="card-kind">
        ${icon("shield")}<span>Needs your permission</span>
        <span class="chip ${effect.grave ? "caution" : ""}" title=${effect.says}>${effect.name}</span>
      </p>
      <h3 id=${title}>${honestText(question.consequence)}</h3>
      <p class="why"><span class="quiet">Why you are asked:</span> ${honestText(question.why)}</p>
      ${question.arguments.length === 0 ? nothing : html`<dl class="arguments">${question.arguments.map((item) => this.#argument(item))}</dl>`}
      <ul class="facts">
        <li class=${question.leaves === null ? "" : "warn"}>
          ${icon(question.leaves === null ? "home" : "out")}${
            question.leaves === null
              ? "Nothing leaves this machine."
              : html`<span>Leaves this machine: ${honestText(question.leaves)}</span>`
          }
        </li>
        <li class=${question.undo === "irreversible" ? "warn" : ""}>${icon("undo")}${UNDO_WORDS[question.undo]}</li>
      </ul>
      ${this.#choices(approval)}
      <p class="card-foot">
        <code>${question.tool}</code><span>No answer by ${momentText(approval.expiresAt, this.now)} means no.</span>
      </p>
      ${question.scopes.includes("always") ? this.#always(approval) : nothing}
    </section>`;
  }
}
customElements.define("approval-card", ApprovalCard);
