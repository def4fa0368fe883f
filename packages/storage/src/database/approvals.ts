import { APPROVAL_TRANSITIONS, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalFacts,
  ApprovalId,
  ApprovalRepository,
  Instant,
  JsonObject,
  Question,
  Result,
} from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import { approvalQueries } from "./approval-queries.ts";
import type { ApprovalChange, ApprovalFactsRow } from "./approval-queries.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { letOthersWork } from "./let-others-work.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ApprovalTable, JsonText, Row } from "./schema.ts";

/** How many rows one step opens. */
const OPENED = 50;
/** After every instant. */
const BEHIND_ALL: { readonly at: string; readonly id: string } = { at: "~", id: "" };

const subjects = (row: Pick<Row<ApprovalTable>, "conversation_id">): readonly string[] => [
  `conversation:${row.conversation_id}`,
];
/** The parts are sealed apart, so none can stand in for another. */
const reasonRecord = (id: ApprovalId): string => `${id}/reason`;
const editedRecord = (id: ApprovalId): string => `${id}/edited`;

type Sealed = Pick<ApprovalChange, "reason" | "edited" | "question">;
type Later = "preview" | "sources" | "agentChain" | "grant" | "proposal" | "stepUp";
/** A question as an earlier version stored it lacks what only this one shows. */
type StoredQuestion = Omit<Question, Later> & Partial<Pick<Question, Later>>;

const questionOf = (row: Row<ApprovalTable>, text: string): Question => ({
  preview: null,
  sources: [],
  agentChain: [row.agent_id],
  grant: [],
  proposal: null,
  stepUp: false,
  ...fromJson(text as JsonText<StoredQuestion>), // sealed under this row's id alone
});

const factsOf = (row: ApprovalFactsRow): ApprovalFacts => ({
  id: row.id,
  conversationId: row.conversation_id,
  turnId: row.turn_id,
  callId: row.call_id,
  agentId: row.agent_id,
  digest: row.digest,
  state: row.state,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  answeredBy: row.answered_by,
  answeredAt: row.answered_at,
});

/** Parked questions and their answers; content is sealed under the conversation. */
export const approvalRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ApprovalRepository) => {
  const query = approvalQueries(connection);

  const opened = (row: Row<ApprovalTable>, record: string, sealed: Uint8Array | null): Result<string | null> =>
    sealed === null ? ok(null) : sealer.open(subjects(row), record, sealed);
  const approvalOf = (row: Row<ApprovalTable>): Result<Approval> => {
    const question = sealer.open(subjects(row), row.id, row.question);
    if (!question.ok) return question;
    const reason = opened(row, reasonRecord(row.id), row.reason);
    if (!reason.ok) return reason;
    const edited = opened(row, editedRecord(row.id), row.edited);
    if (!edited.ok) return edited;
    return ok({
      ...factsOf(row),
      question: questionOf(row, question.value),
      label: fromJson(row.label),
      scope: row.scope,
      reason: reason.value,
      edited: edited.value === null ? null : fromJson(edited.value as JsonText<JsonObject>), // sealed under this record's name alone
    });
  };

  const seal = (
    row: Pick<Row<ApprovalTable>, "id" | "conversation_id">,
    parts: Partial<Pick<Approval, "reason" | "edited" | "question">>,
  ): Result<Sealed> => {
    const sealing = (record: string, text: string | null): Result<Uint8Array | null> =>
      text === null ? ok(null) : sealer.seal(subjects(row), record, text);
    const question = sealing(row.id, parts.question === undefined ? null : toJson(parts.question));
    if (!question.ok) return question;
    const reason = sealing(reasonRecord(row.id), parts.reason ?? null);
    if (!reason.ok) return reason;
    const edited = sealing(editedRecord(row.id), (parts.edited ?? null) === null ? null : toJson(parts.edited));
    return edited.ok ? ok({ question: question.value, reason: reason.value, edited: edited.value }) : edited;
  };

  /** Those of an erased conversation are passed over: measures and proposals go on without them. */
  const readSince = async (
    gate: Gate,
    scope: AccessScope,
    since: Instant,
    limit: number,
  ): Promise<Result<readonly Approval[]>> => {
    const found: Approval[] = [];
    let behind = BEHIND_ALL;
    for (let left = limit; left > 0;) {
      const wanted = Math.min(left, OPENED);
      const from = behind;
      const step = await gate.read(() => {
        const rows = query.since.all(scope, { since, ...from, limit: wanted });
        for (const approval of rows.map(approvalOf)) if (approval.ok) found.push(approval.value);
        return ok(rows);
      });
      if (!step.ok) return err(step.error);
      const last = step.value.at(-1);
      if (last === undefined || step.value.length < wanted) return ok(found);
      behind = { at: last.created_at, id: last.id };
      left -= wanted;
      if (left > 0) await letOthersWork();
    }
    return ok(found);
  };

  return (gate) => ({
    create: (scope, approval) =>
      gate.write(() => {
        const owner = connection.ownership(scope, approval.conversationId);
        if (owner === undefined) return notFound("conversation");
        const row = { id: approval.id, conversation_id: approval.conversationId };
        const sealed = seal(row, { reason: approval.reason, edited: approval.edited });
        if (!sealed.ok) return sealed;
        const question = sealer.seal(subjects(row), approval.id, toJson(approval.question));
        if (!question.ok) return question;
        query.create.run(null, {
          ...owner,
          ...row,
          turn_id: approval.turnId,
          call_id: approval.callId,
          agent_id: approval.agentId,
          digest: approval.digest,
          question: question.value,
          label: toJson(approval.label),
          state: approval.state,
          created_at: approval.createdAt,
          expires_at: approval.expiresAt,
          answered_by: approval.answeredBy,
          answered_at: approval.answeredAt,
          scope: approval.scope,
          reason: sealed.value.reason,
          edited: sealed.value.edited,
        });
        return done;
      }),
    find: (scope, id) =>
      gate.read(() => {
        const row = query.find.one(scope, { id });
        return row === undefined ? notFound("approval") : approvalOf(row);
      }),
    list: (scope, state, limit) =>
      gate.read(() =>
        mapAll(
          state === "all" ? query.list.all(scope, { limit }) : query.listState.all(scope, { state, limit }),
          approvalOf,
        ),
      ),
    ofTurn: (scope, turn) => gate.read(() => mapAll(query.ofTurn.all(scope, { turn }), approvalOf)),
    move: (scope, id, from, to, change) =>
      gate.write(() => {
        const current = query.find.one(scope, { id });
        if (current === undefined) return notFound("approval");
        const sealed = seal(current, change);
        if (!sealed.ok) return sealed;
        const moved = APPROVAL_TRANSITIONS[from].includes(to)
          ? query.move.one(scope, {
              id,
              from,
              to,
              answeredBy: change.answeredBy ?? null,
              answeredAt: change.answeredAt ?? null,
              scope: change.scope ?? null,
              digest: change.digest ?? null,
              ...sealed.value,
            })
          : undefined;
        return moved === undefined
          ? err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: current.state }))
          : approvalOf(moved);
      }),
    since: (scope, since, limit) => readSince(gate, scope, since, limit),
    due: (scope, now, limit) => gate.read(() => ok(limit < 1 ? [] : query.due.all(scope, { now, limit }).map(factsOf))),
    expire: (scope, ids, now) => gate.write(() => ok(query.expire.all(scope, { ids: toJson(ids), now }).map(factsOf))),
    cancelOpen: (scope) => gate.write(() => ok(query.cancelOpen.all(scope, {}).map(factsOf))),
  });
};
