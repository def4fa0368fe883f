import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { AgentId, Approval, ApprovalAnswer } from "@moltbot/contracts";
import type { GivenAnswer } from "../state/questions.ts";
import type { FieldProblem } from "../state/state.ts";
import { icon } from "../views/icons.ts";
import type { ApprovalCard } from "./approval-card.ts";
import { PageElement } from "./page-element.ts";

/** The questions that one turn asks: alone as one card, several together under one heading. */
export class ApprovalGroup extends PageElement {
  static override properties = {
    approvals: { attribute: false },
    me: { attribute: false },
    now: { attribute: false },
    elsewhere: { attribute: false },
    busy: { state: true },
    notes: { state: true },
  };
  declare approvals: readonly Approval[];
  declare me: string | null;
  declare now: number;
  /** Whether a question was answered in another place. */
  declare elsewhere: (approval: Approval) => boolean;
  declare busy: boolean;
  /** Why an answer to one of them did not count. */
  declare notes: Readonly<Record<string, string>>;
  answer: (approval: Approval, answer: ApprovalAnswer) => Promise<FieldProblem | null> = () => Promise.resolve(null);
  answerAll: (answers: readonly GivenAnswer[]) => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({});
  preview: ApprovalCard["preview"] = () => Promise.resolve(null);
  why: ApprovalCard["why"] = null;
  nameOf: (id: AgentId) => string = String;

  constructor() {
    super();
    this.approvals = [];
    this.me = null;
    this.now = 0;
    this.elsewhere = () => false;
    this.busy = false;
    this.notes = {};
  }

  async #all(questions: readonly Approval[], answer: ApprovalAnswer): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.notes = await this.answerAll(questions.map(({ id }) => ({ approvalId: id, ...answer })));
    this.busy = false;
  }

  #head(waiting: readonly Approval[]): TemplateResult {
    // A code proves one answer: what needs one is allowed alone.
    const plain = waiting.filter(({ question }) => !question.stepUp && question.scopes.includes("once"));
    const apart = waiting.length - plain.length;
    return html`<div class="group-head">
      <h3 id="group-${this.approvals[0]?.id ?? ""}" tabindex="-1">
        ${icon("shield")}${
          waiting.length === 0
            ? `${this.approvals.length} questions, none open`
            : waiting.length < this.approvals.length
              ? `${waiting.length} of ${this.approvals.length} questions wait for this task`
              : `${waiting.length} questions for this task`
        }
      </h3>
      ${
        waiting.length < 2
          ? nothing
          : html`<div class="choices">
              ${
                plain.length < 2
                  ? nothing
                  : html`<button
                      type="button"
                      class="button"
                      ?disabled=${this.busy}
                      @click=${() => void this.#all(plain, { answer: "allow", scope: "once" })}
                    >
                      ${apart === 0 ? "Allow all once" : `Allow ${plain.length} once`}
                    </button>`
              }
              <button
                type="button"
                class="button"
                ?disabled=${this.busy}
                @click=${() => void this.#all(waiting, { answer: "deny", scope: "once" })}
              >
                Deny all
              </button>
            </div>`
      }
      ${apart > 0 && plain.length > 1 ? html`<p class="quiet">${apart === 1 ? "One needs" : `${apart} need`} a one-time code and must be answered alone.</p>` : nothing}
    </div>`;
  }

  protected override render(): TemplateResult {
    const several = this.approvals.length > 1;
    const waiting = this.approvals.filter(({ state }) => state === "pending");
    return html`<div
      class=${several ? "group" : "alone"}
      role=${several ? "group" : nothing}
      aria-labelledby=${several ? `group-${this.approvals[0]?.id ?? ""}` : nothing}
    >
      ${several ? this.#head(waiting) : nothing}
      ${repeat(
        this.approvals,
        ({ id }) => id,
        (approval) =>
          html`<approval-card
            id="approval-${approval.id}"
            .approval=${approval}
            .me=${this.me}
            .now=${this.now}
            .compact=${several}
            .note=${this.notes[approval.id] ?? null}
            .elsewhere=${this.elsewhere(approval)}
            .answer=${this.answer}
            .preview=${this.preview}
            .why=${this.why}
            .nameOf=${this.nameOf}
          ></approval-card>`,
      )}
    </div>`;
  }
}
customElements.define("approval-group", ApprovalGroup);
