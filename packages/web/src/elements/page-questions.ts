import type { Approval, ApprovalAnswer, Constraint, ConversationId } from "@moltbot/contracts";
import type { GivenAnswer } from "../state/questions.ts";
import { pendingApprovals } from "../state/select.ts";
import type { Session } from "../state/session.ts";
import type { FieldProblem, State } from "../state/state.ts";
import { ApprovalCard } from "./approval-card.ts";
import { ApprovalGroup } from "./approval-group.ts";
import type { MessageComposer } from "./message-composer.ts";

/** The page whose questions these are. */
interface QuestionPage extends ParentNode {
  readonly state: State;
  readonly session: Session | null;
  readonly composer: MessageComposer | null;
  readonly updateComplete: Promise<boolean>;
  readonly closeDrawer: () => void;
}

/** Carries answers to the session, and the focus to the questions of a page and back to writing. */
export class PageQuestions {
  readonly #page: QuestionPage;
  readonly #known = new Set<string>();

  constructor(page: QuestionPage) {
    this.#page = page;
  }

  /** Cards are drawn one step after their group, and a group one step after the page. */
  async #focus(approval: Approval): Promise<void> {
    await this.#page.updateComplete;
    for (const group of this.#page.querySelectorAll("approval-group"))
      if (group instanceof ApprovalGroup) await group.updateComplete;
    const card = this.#page.querySelector(`#approval-${CSS.escape(approval.id)}`);
    if (!(card instanceof ApprovalCard)) return;
    await card.updateComplete;
    card.focus();
  }

  /** After an answer: on to the next question of the conversation, or back to writing. */
  async #goOn(conversation: ConversationId | null): Promise<void> {
    const next = pendingApprovals(this.#page.state).find(({ conversationId }) => conversationId === conversation);
    if (next !== undefined) return this.#focus(next);
    await this.#page.updateComplete;
    this.#page.composer?.focus();
  }

  /** A new question takes the focus only from somebody who is not writing, and never while `elsewhere`. */
  greet(elsewhere: boolean): void {
    const { state, composer } = this.#page;
    const here = pendingApprovals(state).filter(({ conversationId }) => conversationId === state.conversationId);
    const [first] = here.filter(({ id }) => !this.#known.has(id));
    for (const { id } of here) this.#known.add(id);
    if (first === undefined || elsewhere) return;
    const active = document.activeElement;
    const idle = active === document.body || (active === composer?.input && composer?.draft === "");
    if (idle) void this.#focus(first);
  }

  readonly answer = async (approval: Approval, answer: ApprovalAnswer): Promise<FieldProblem | null> => {
    const problem = (await this.#page.session?.answer(approval.id, answer)) ?? null;
    if (problem === null) await this.#goOn(approval.conversationId);
    return problem;
  };

  readonly answerAll = async (answers: readonly GivenAnswer[]): Promise<Readonly<Record<string, string>>> => {
    const problems = (await this.#page.session?.answerAll(answers)) ?? {};
    await this.#goOn(this.#page.state.conversationId);
    return problems;
  };

  readonly preview = async (approval: Approval, constraints: readonly Constraint[]) =>
    (await this.#page.session?.preview(approval.id, constraints)) ?? null;

  /** Leads to a question, wherever it is. */
  readonly goTo = async (approval: Approval): Promise<void> => {
    const { session, state } = this.#page;
    this.#page.closeDrawer();
    if (approval.conversationId !== state.conversationId) await session?.open(approval.conversationId);
    await this.#focus(approval);
  };

  /** Leads to the first question of the open conversation, or else of any. */
  readonly goToFirst = (): void => {
    const { state } = this.#page;
    const waiting = pendingApprovals(state);
    const first = waiting.find(({ conversationId }) => conversationId === state.conversationId) ?? waiting[0];
    if (first !== undefined) void this.goTo(first);
  };
}
