import { APPROVAL_TRANSITIONS, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  Approval,
  ApprovalId,
  ApprovalRepository,
  ApprovalState,
  Instant,
  PrincipalId,
  Question,
  Result,
  TurnId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ApprovalTable, JsonText, Row } from "./schema.ts";

const subjects = (row: Pick<Row<ApprovalTable>, "conversation_id">): readonly string[] => [
  `conversation:${row.conversation_id}`,
];
/** The reason is sealed apart from the question, so neither can stand in for the other. */
const reasonRecord = (id: ApprovalId): string => `${id}/reason`;

type Change = {
  id: ApprovalId;
  from: ApprovalState;
  to: ApprovalState;
  answeredBy: PrincipalId | null;
  answeredAt: Instant | null;
  scope: Approval["scope"];
  reason: Uint8Array | null;
};

const queries = ({ define }: Connection) => ({
  create: define<ApprovalTable, unknown>(({ db, slot }) =>
    db.insertInto("approvals").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      conversation_id: slot.conversation_id,
      turn_id: slot.turn_id,
      call_id: slot.call_id,
      agent_id: slot.agent_id,
      digest: slot.digest,
      question: slot.question,
      label: slot.label,
      state: slot.state,
      created_at: slot.created_at,
      expires_at: slot.expires_at,
      answered_by: slot.answered_by,
      answered_at: slot.answered_at,
      scope: slot.scope,
      reason: slot.reason,
    }),
  ),
  find: define<{ id: ApprovalId }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db.selectFrom("approvals").selectAll().where("id", "=", slot.id).where(visible("approvals")),
  ),
  list: define<{ limit: number }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .selectAll()
      .where(visible("approvals"))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(slot.limit),
  ),
  listState: define<{ state: ApprovalState; limit: number }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .selectAll()
      .where("state", "=", slot.state)
      .where(visible("approvals"))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(slot.limit),
  ),
  ofTurn: define<{ turn: TurnId }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .selectAll()
      .where("turn_id", "=", slot.turn)
      .where(visible("approvals"))
      .orderBy("created_at")
      .orderBy("id"),
  ),
  move: define<Change, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .updateTable("approvals")
      .set({
        state: slot.to,
        answered_by: sql`coalesce(${slot.answeredBy}, answered_by)`,
        answered_at: sql`coalesce(${slot.answeredAt}, answered_at)`,
        scope: sql`coalesce(${slot.scope}, scope)`,
        reason: sql`coalesce(${slot.reason}, reason)`,
      })
      .where("id", "=", slot.id)
      .where("state", "=", slot.from)
      .where(visible("approvals"))
      .returningAll(),
  ),
  expire: define<{ now: Instant }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .updateTable("approvals")
      .set({ state: "expired" })
      .where("state", "in", ["pending", "allowed"])
      .where("expires_at", "<=", slot.now)
      .where(visible("approvals"))
      .returningAll(),
  ),
});

/** Parked questions and their answers; content is sealed under the conversation. */
export const approvalRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ApprovalRepository) => {
  const query = queries(connection);

  const approvalOf = (row: Row<ApprovalTable>): Result<Approval> => {
    const question = sealer.open(subjects(row), row.id, row.question);
    if (!question.ok) return question;
    const reason = row.reason === null ? ok(null) : sealer.open(subjects(row), reasonRecord(row.id), row.reason);
    if (!reason.ok) return reason;
    return ok({
      id: row.id,
      conversationId: row.conversation_id,
      turnId: row.turn_id,
      callId: row.call_id,
      agentId: row.agent_id,
      digest: row.digest,
      question: fromJson(question.value as JsonText<Question>), // sealed by create under this row's id
      label: fromJson(row.label),
      state: row.state,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      answeredBy: row.answered_by,
      answeredAt: row.answered_at,
      scope: row.scope,
      reason: reason.value,
    });
  };
  const sealReason = (
    row: Pick<Row<ApprovalTable>, "conversation_id">,
    id: ApprovalId,
    reason: string | null,
  ): Result<Uint8Array | null> => (reason === null ? ok(null) : sealer.seal(subjects(row), reasonRecord(id), reason));

  return (gate) => ({
    create: (scope, approval) =>
      gate.write(() => {
        const owner = connection.ownership(scope, approval.conversationId);
        if (owner === undefined) return notFound("conversation");
        const home = { conversation_id: approval.conversationId };
        const question = sealer.seal(subjects(home), approval.id, toJson(approval.question));
        if (!question.ok) return question;
        const reason = sealReason(home, approval.id, approval.reason);
        if (!reason.ok) return reason;
        query.create.run(null, {
          ...owner,
          ...home,
          id: approval.id,
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
          reason: reason.value,
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
        const reason = sealReason(current, id, change.reason ?? null);
        if (!reason.ok) return reason;
        const moved = APPROVAL_TRANSITIONS[from].includes(to)
          ? query.move.one(scope, {
              id,
              from,
              to,
              answeredBy: change.answeredBy ?? null,
              answeredAt: change.answeredAt ?? null,
              scope: change.scope ?? null,
              reason: reason.value,
            })
          : undefined;
        return moved === undefined
          ? err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: current.state }))
          : approvalOf(moved);
      }),
    expire: (scope, now) => gate.write(() => mapAll(query.expire.all(scope, { now }), approvalOf)),
  });
};
