import type {
  ApprovalAnswer,
  ApprovalId,
  CapabilityId,
  Constraint,
  Explanation,
  GrantPreview,
  Result,
  RESUME_GRANTS,
} from "@moltbot/contracts";
import { neutralText } from "../text/neutralise.ts";
import type { Behind } from "./behind.ts";
import { fieldProblem, MENDABLE } from "./refusals.ts";
import type { FieldProblem } from "./state.ts";

/** An answer to one of several questions. */
export type GivenAnswer = ApprovalAnswer & { readonly approvalId: ApprovalId };

/** What a person does about questions, what they granted, and the stop of everything. */
export interface Questions {
  /** Gives the problem when what was entered must be corrected and the question stays open; null otherwise. */
  answer(approvalId: ApprovalId, answer: ApprovalAnswer): Promise<FieldProblem | null>;
  /** Answers several at once; gives the problem of each that did not count. */
  answerAll(answers: readonly GivenAnswer[]): Promise<Readonly<Record<string, string>>>;
  preview(approvalId: ApprovalId, constraints: readonly Constraint[]): Promise<Result<GrantPreview>>;
  /** Why a call, a question or a decision went as it did. */
  explain(id: string): Promise<Result<readonly Explanation[]>>;
  stopEverything(): Promise<void>;
  resume(grants: (typeof RESUME_GRANTS)[number]): Promise<void>;
  /** Puts the report of a resume away. */
  putAway(): void;
  revoke(capabilityId: CapabilityId): Promise<void>;
}

/** Answers, grants and stops for the one who is signed in. */
export const answerQuestions = ({ client, store, load, fail }: Behind): Questions => ({
  async answer(approvalId, answer) {
    store.dispatch({ type: "answering", approvalIds: [approvalId], counts: true });
    const answered = await client.call("approvals.answer", { approvalId, ...answer });
    if (!answered.ok) {
      store.dispatch({ type: "answering", approvalIds: [approvalId], counts: false });
      if (MENDABLE.includes(answered.error.code)) return fieldProblem(answered.error);
      // Somebody was faster, or it expired: show what really holds.
      await load.approval(approvalId);
      fail(answered.error);
      return null;
    }
    store.dispatch({ type: "approvals", approvals: [answered.value] });
    if (answer.scope !== "once" && answer.answer === "allow") void load.capabilities();
    return null;
  },

  async answerAll(answers) {
    const approvalIds = answers.map(({ approvalId }) => approvalId);
    store.dispatch({ type: "answering", approvalIds, counts: true });
    const answered = await client.call("approvals.answers", { answers: [...answers] });
    if (!answered.ok) {
      store.dispatch({ type: "answering", approvalIds, counts: false });
      await Promise.all(approvalIds.map((id) => load.approval(id)));
      fail(answered.error);
      return {};
    }
    const failed = answered.value.filter(({ approval }) => approval === null).map(({ approvalId }) => approvalId);
    store.dispatch({ type: "answering", approvalIds: failed, counts: false });
    store.dispatch({
      type: "approvals",
      approvals: answered.value.flatMap(({ approval }) => (approval === null ? [] : [approval])),
    });
    await Promise.all(failed.map((id) => load.approval(id)));
    return Object.fromEntries(
      answered.value.flatMap((item) =>
        item.approval === null ? [[item.approvalId, neutralText(item.problem ?? "")]] : [],
      ),
    );
  },

  preview: (approvalId, constraints) => client.call("approvals.preview", { approvalId, constraints }),

  explain: (id) => client.call("decisions.explain", { id }),

  async stopEverything() {
    const stopped = await client.call("system.stop", {});
    if (!stopped.ok) return fail(stopped.error);
    store.dispatch({ type: "stopped", report: stopped.value });
    await load.approvals();
  },

  async resume(grants) {
    const resumed = await client.call("system.resume", { grants });
    if (resumed.ok) store.dispatch({ type: "resumed", report: resumed.value });
    else if (resumed.error.code === "NOT_STOPPED") store.dispatch({ type: "resumed", report: null });
    else fail(resumed.error);
    if (store.state.capabilities !== null) void load.capabilities();
  },

  putAway() {
    store.dispatch({ type: "resumed", report: null });
  },

  async revoke(capabilityId) {
    const revoked = await client.call("capabilities.revoke", { capabilityId });
    if (!revoked.ok) fail(revoked.error);
    await load.capabilities();
  },
});
