import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { AgentId, Approval, ApprovalAnswer, Constraint, GrantPreview, Result, Scope } from "@moltbot/contracts";
import { argumentAt, draftOf, readDraft } from "../answers/argument-fields.ts";
import type { Draft } from "../answers/argument-fields.ts";
import type { FieldProblem } from "../state/state.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { argumentEditor } from "../views/argument-editor.ts";
import { choicesView, problemText, proofForm, proposalView, reasonForm, scopeOf } from "../views/card-choices.ts";
import { icon } from "../views/icons.ts";
import { briefView, factsView, questionView, reasonsView } from "../views/question.ts";
import { countdownText, EFFECT_WORDS, endText } from "../words.ts";
import { PageElement } from "./page-element.ts";

/** What the foot of the card offers now: the choices, a reason for a denial, changed arguments, or a fresh proof. */
type Mode = "choose" | "deny" | "edit" | "proof";
const TICK = 10_000;

/**
 * One question to a person: what would happen, why it is asked, every argument with its origin, what leaves, what can be
 * undone, and the choices. It decides nothing and answers only on a click or a key of the person.
 */
export class ApprovalCard extends PageElement {
  static override properties = {
    approval: { attribute: false },
    me: { attribute: false },
    elsewhere: { attribute: false },
    compact: { attribute: false },
    note: { attribute: false },
    now: { attribute: false },
    opened: { state: true },
    busy: { state: true },
    mode: { state: true },
    granting: { state: true },
    draft: { state: true },
    problem: { state: true },
  };
  declare approval: Approval | null;
  declare me: string | null;
  /** Whether it was answered in another place while this page showed it. */
  declare elsewhere: boolean;
  /** One of several: its details are folded. */
  declare compact: boolean;
  /** Why an answer given together with others did not count. */
  declare note: string | null;
  declare now: number;
  declare opened: boolean;
  declare busy: boolean;
  declare mode: Mode;
  declare granting: boolean;
  declare draft: Draft;
  declare problem: FieldProblem | null;
  /** Carries the answer to the gateway; settles when the card shows what holds, or with what must be corrected. */
  answer: (approval: Approval, answer: ApprovalAnswer) => Promise<FieldProblem | null> = () => Promise.resolve(null);
  preview: (approval: Approval, constraints: readonly Constraint[]) => Promise<Result<GrantPreview> | null> = () =>
    Promise.resolve(null);
  /** Explains why it was asked and how it was decided; null where the person may not ask. */
  why: ((approval: Approval) => void) | null = null;
  nameOf: (id: AgentId) => string = String;
  /** The answer that waits for a proof. */
  #wanted: ApprovalAnswer | null = null;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.approval = null;
    this.me = null;
    this.elsewhere = false;
    this.compact = false;
    this.note = null;
    this.now = 0;
    this.opened = false;
    this.busy = false;
    this.mode = "choose";
    this.granting = false;
    this.draft = {};
    this.problem = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => {
      if (this.approval?.state === "pending") this.now = Date.now();
    }, TICK);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
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
    if (answer.answer === "allow" && approval.question.stepUp && answer.proof === undefined) {
      this.#askProof(answer, null);
      return;
    }
    this.busy = true;
    this.problem = null;
    const problem = await this.answer(approval, answer);
    this.busy = false;
    if (problem?.code === "STEP_UP_REQUIRED") return this.#askProof(answer, problem);
    this.problem = problem;
    if (problem !== null) {
      if (this.mode === "proof") this.mode = answer.arguments === undefined ? "choose" : "edit";
      if (this.mode === "edit") this.focusOn("[aria-invalid], .edit .field");
      return;
    }
    this.#closeDialog();
    this.mode = "choose";
    this.#wanted = null;
  }

  #askProof(answer: ApprovalAnswer, problem: FieldProblem | null): void {
    this.#closeDialog();
    this.#wanted = answer;
    this.problem = problem;
    this.mode = "proof";
    this.opened = true;
    this.focusOn(".proof-input");
  }

  readonly #prove = (event: Event): void => {
    event.preventDefault();
    const proof = this.querySelector<HTMLInputElement>(".proof-input")?.value.trim() ?? "";
    if (this.#wanted !== null && proof !== "") void this.#give({ ...this.#wanted, proof });
  };

  readonly #allow = (scope: Scope): void => {
    void this.#give({ answer: "allow", scope });
  };

  readonly #deny = (stop: boolean): void => {
    void this.#give({ answer: "deny", scope: "once", ...(stop ? { stop } : {}) });
  };

  readonly #propose = (): void => {
    const proposal = this.approval?.question.proposal ?? null;
    if (proposal !== null)
      void this.#give({ answer: "allow", scope: scopeOf(proposal), constraints: [...proposal.constraints] });
  };

  readonly #denyWithReason = (event: Event): void => {
    event.preventDefault();
    const reason = this.querySelector<HTMLInputElement>(".reason-input")?.value.trim() ?? "";
    void this.#give({ answer: "deny", scope: "once", ...(reason === "" ? {} : { reason }) });
  };

  readonly #turnTo = (mode: Mode, focus: string) => (): void => {
    this.mode = mode;
    this.problem = null;
    this.opened ||= mode !== "choose";
    if (mode === "edit" && this.approval !== null) this.draft = draftOf(this.approval.question.arguments);
    this.focusOn(focus);
  };
  readonly #back = this.#turnTo("choose", ".choices .button");
  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.#back();
  };

  readonly #allowChanged = (event: Event): void => {
    event.preventDefault();
    const read = readDraft(this.approval?.question.arguments ?? [], this.draft);
    if (Object.keys(read.problems).length > 0) {
      this.requestUpdate();
      this.focusOn("[aria-invalid]");
      return;
    }
    void this.#give({ answer: "allow", scope: "once", ...(read.changed ? { arguments: read.arguments } : {}) });
  };

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  #closeDialog(): void {
    if (this.granting) this.#dialog?.close();
    this.granting = false;
  }

  readonly #openGrant = (): void => {
    this.granting = true;
    this.problem = null;
    void this.updateComplete.then(() => this.#dialog?.showModal());
  };

  #grant(approval: Approval): TemplateResult {
    return html`<dialog
      class="sheet"
      aria-labelledby="always-title-${approval.id}"
      @close=${() => {
        this.granting = false;
      }}
    >
      ${
        this.granting
          ? html`<grant-editor
              .approval=${approval}
              .problem=${this.problem}
              .busy=${this.busy}
              .now=${this.now}
              .preview=${this.preview}
              .save=${(answer: ApprovalAnswer) => void this.#give(answer)}
              .cancel=${() => this.#closeDialog()}
            ></grant-editor>`
          : nothing
      }
    </dialog>`;
  }

  #editForm(approval: Approval): TemplateResult {
    const { draft, problem } = this;
    const given = approval.question.arguments;
    const place = problem === null ? null : argumentAt(problem.path, given);
    const { changed, problems } = readDraft(given, draft);
    const said = problem === null ? "" : problemText(problem);
    return html`<form @submit=${this.#allowChanged} @keydown=${this.#escape}>
      ${argumentEditor({
        id: approval.id,
        arguments: given,
        draft,
        problems: place === null ? problems : { ...problems, [place]: said },
        write: (name, value) => {
          this.draft = { ...this.draft, [name]: value };
          this.problem = null;
        },
      })}
      ${problem !== null && place === null ? html`<p class="field-problem" role="alert">${said}</p>` : nothing}
      ${place === null ? nothing : html`<p class="visually-hidden" role="alert">${said}</p>`}
      <div class="choices">
        <button type="submit" class="button solid" ?disabled=${this.busy}>
          ${changed ? "Allow once, as changed" : "Allow once"}
        </button>
        <button type="button" class="button" @click=${this.#back}>Back</button>
      </div>
    </form>`;
  }

  #choices(approval: Approval, full: boolean): TemplateResult {
    return choicesView(approval.question, {
      busy: this.busy,
      full,
      opened: this.compact ? this.opened : null,
      allow: this.#allow,
      deny: this.#deny,
      change: this.#turnTo("edit", ".edit .field"),
      giveReason: this.#turnTo("deny", ".reason-input"),
      editGrant: this.#openGrant,
      fold: () => {
        this.opened = !this.opened;
      },
    });
  }

  #foot(approval: Approval, full: boolean): TemplateResult {
    const form = { busy: this.busy, problem: this.problem, keydown: this.#escape, back: this.#back };
    switch (this.mode) {
      case "deny":
        return reasonForm({ ...form, submit: this.#denyWithReason });
      case "proof":
        return proofForm({ ...form, submit: this.#prove });
      case "edit":
        return this.#editForm(approval);
      case "choose":
        return this.#choices(approval, full);
    }
  }

  #whyLink(approval: Approval): TemplateResult | typeof nothing {
    const { why } = this;
    return why === null
      ? nothing
      : html`<button
          type="button"
          class="link quiet"
          aria-haspopup="dialog"
          aria-label="Why? ${neutralText(approval.question.consequence)}"
          @click=${() => why(approval)}
        >
          Why?
        </button>`;
  }

  #ended(approval: Approval): TemplateResult {
    const allowed = approval.state === "allowed" || approval.state === "consumed";
    return html`<div class="card-ended ${allowed ? "allowed" : "refused"}" tabindex="-1">
      ${icon(allowed ? "check" : "close")}
      <p>
        <strong>${endText(approval, this.me, this.elsewhere)}.</strong>
        <span class="quiet">${honestText(approval.question.consequence)}</span>
        ${this.#whyLink(approval)}
      </p>
    </div>`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { approval, compact, mode, problem } = this;
    if (approval === null) return nothing;
    if (approval.state !== "pending") return this.#ended(approval);
    const { question } = approval;
    const effect = EFFECT_WORDS[question.effect];
    const title = `approval-title-${approval.id}`;
    const full = !compact || this.opened;
    const proposal = mode === "choose" && full ? proposalView(question, this.busy, this.#propose) : nothing;
    // What every such question offers must not come between a person and "Allow once": it comes after all narrower answers.
    const comesLast = question.proposal?.scope === "conversation";
    const chip = html`<span class="chip ${effect.grave ? "caution" : ""}" title=${effect.says}>${effect.name}</span>`;
    return html`<section
      class="card ${effect.grave ? "grave" : ""} ${compact ? "compact" : ""}"
      tabindex="-1"
      aria-labelledby=${title}
      aria-busy=${this.busy}
    >
      ${
        compact
          ? html`<p class="card-kind">${chip}</p>
              <h4 id=${title}>${honestText(question.consequence)}</h4>`
          : html`<p class="card-kind">${icon("shield")}<span>Needs your permission</span>${chip}</p>
              <h3 id=${title}>${honestText(question.consequence)}</h3>`
      }
      ${
        mode === "edit"
          ? html`${reasonsView(question, this.nameOf)} ${factsView(question)}`
          : full
            ? questionView(question, this.nameOf)
            : briefView(question)
      }
      ${
        full && question.stepUp
          ? html`<p class="step-up">${icon("key")}Allowing it needs a one-time code, so that it is surely you.</p>`
          : nothing
      }
      ${comesLast ? nothing : proposal}
      ${mode === "choose" && problem !== null && !this.granting ? html`<p class="field-problem" role="alert">${problemText(problem)}</p>` : nothing}
      ${this.note === null ? nothing : html`<p class="field-problem">${this.note}</p>`} ${this.#foot(approval, full)}
      ${comesLast ? proposal : nothing}
      <p class="card-foot">
        <span><code>${question.tool}</code> ${full ? this.#whyLink(approval) : nothing}</span>
        <span>${countdownText(approval.expiresAt, this.now)}</span>
      </p>
      ${question.scopes.includes("always") ? this.#grant(approval) : nothing}
    </section>`;
  }
}
customElements.define("approval-card", ApprovalCard);
