import { APPROVAL_TRANSITIONS, Digest, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalFacts,
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
import { toJson } from "./schema.ts";
import type { ApprovalTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import type { Entries } from "./sealed-entry.ts";
import { ofConversation } from "./subjects.ts";

/** How many rows one step opens. */
const OPENED = 50;
/** After every instant. */
const BEHIND_ALL: { readonly at: string; readonly id: string } = { at: "~", id: "" };

type Place = Pick<Row<ApprovalTable>, "id" | "conversation_id" | "owner_id">;
const subjects = (row: Place): readonly string[] => ofConversation(row.conversation_id, row.owner_id);

type Answered = Pick<ApprovalChange, "reason" | "edited">;
type Later = "preview" | "sources" | "agentChain" | "grant" | "proposal" | "stepUp";
/** A question as an earlier version stored it lacks what only this one shows. */
type StoredQuestion = Omit<Question, Later> & Partial<Pick<Question, Later>>;
/** What of an approval is sealed beside the answer. */
interface Entry extends Pick<Approval, "digest" | "label"> {
  readonly question: StoredQuestion;
}
/** Stands for the digest of what cannot be opened any more; no call has it. */
const NO_DIGEST = Digest.parse("0".repeat(64));

const questionOf = (row: Row<ApprovalTable>, stored: StoredQuestion): Question => ({
  preview: null,
  sources: [],
  agentChain: [row.agent_id],
  grant: [],
  proposal: null,
  stepUp: false,
  ...stored,
});

const factsOf = (row: ApprovalFactsRow, digest: Digest): ApprovalFacts => ({
  id: row.id,
  conversationId: row.conversation_id,
  turnId: row.turn_id,
  callId: row.call_id,
  agentId: row.agent_id,
  digest,
  state: row.state,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  answeredBy: row.answered_by,
  answeredAt: row.answered_at,
});

/** Parked questions and their answers; content is sealed under the conversation and its owner, what was answered apart from what was asked. */
export const approvalRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ApprovalRepository) => {
  const query = approvalQueries(connection);

  const entries = entriesOf<Entry>(sealer, "approvals");
  const reasons = entriesOf<string>(sealer, "approvals/reason");
  const edits = entriesOf<JsonObject>(sealer, "approvals/edited");

  const opened = <T>(of: Entries<T>, row: Row<ApprovalTable>, sealed: Uint8Array | null): Result<T | null> =>
    sealed === null ? ok(null) : of.open(subjects(row), row.id, sealed);
  const entryOf = (row: Place & Pick<Row<ApprovalTable>, "entry">): Result<Entry> =>
    entries.open(subjects(row), row.id, row.entry);
  const approvalOf = (row: Row<ApprovalTable>): Result<Approval> => {
    const entry = entryOf(row);
    if (!entry.ok) return entry;
    const reason = opened(reasons, row, row.reason);
    if (!reason.ok) return reason;
    const edited = opened(edits, row, row.edited);
    if (!edited.ok) return edited;
    return ok({
      ...factsOf(row, entry.value.digest),
      question: questionOf(row, entry.value.question),
      label: entry.value.label,
      scope: row.scope,
      reason: reason.value,
      edited: edited.value,
    });
  };
  /** Also of what an erasure took: it must expire and be withdrawn all the same. */
  const outlineOf = (row: ApprovalFactsRow): ApprovalFacts => {
    const entry = entryOf(row);
    return factsOf(row, entry.ok ? entry.value.digest : NO_DIGEST);
  };

  const sealed = <T>(of: Entries<T>, row: Place, value: T | null | undefined): Result<Uint8Array | null> =>
    value === null || value === undefined ? ok(null) : of.seal(subjects(row), row.id, value);
  const sealAnswer = (row: Place, parts: Partial<Pick<Approval, "reason" | "edited">>): Result<Answered> => {
    const reason = sealed(reasons, row, parts.reason);
    if (!reason.ok) return reason;
    const edited = sealed(edits, row, parts.edited);
    return edited.ok ? ok({ reason: reason.value, edited: edited.value }) : edited;
  };
  /** Null where neither the question nor its digest changes. */
  const sealChange = (
    row: Row<ApprovalTable>,
    { question, digest }: Partial<Pick<Approval, "question" | "digest">>,
  ): Result<Uint8Array | null> => {
    if (question === undefined && digest === undefined) return ok(null);
    const entry = entryOf(row);
    if (!entry.ok) return entry;
    return sealed(entries, row, {
      ...entry.value,
      ...(question === undefined ? {} : { question }),
      ...(digest === undefined ? {} : { digest }),
    });
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
      const step = await gate.read(async () => {
        const rows = await query.since.all(scope, { since, ...from, limit: wanted });
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
      gate.write(async () => {
        const owner = await connection.ownership(scope, approval.conversationId);
        if (owner === undefined) return notFound("conversation");
        const row = { id: approval.id, conversation_id: approval.conversationId, owner_id: owner.owner_id };
        const answer = sealAnswer(row, approval);
        if (!answer.ok) return answer;
        const { question, digest, label } = approval;
        const entry = entries.seal(subjects(row), approval.id, { question, digest, label });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          ...owner,
          ...row,
          turn_id: approval.turnId,
          call_id: approval.callId,
          agent_id: approval.agentId,
          entry: entry.value,
          state: approval.state,
          created_at: approval.createdAt,
          expires_at: approval.expiresAt,
          answered_by: approval.answeredBy,
          answered_at: approval.answeredAt,
          scope: approval.scope,
          ...answer.value,
        });
        return done;
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("approval") : approvalOf(row);
      }),
    list: (scope, state, limit) =>
      gate.read(async () =>
        mapAll(
          state === "all" ? await query.list.all(scope, { limit }) : await query.listState.all(scope, { state, limit }),
          approvalOf,
        ),
      ),
    ofTurn: (scope, turn) => gate.read(async () => mapAll(await query.ofTurn.all(scope, { turn }), approvalOf)),
    move: (scope, id, from, to, change) =>
      gate.write(async () => {
        const current = await query.find.one(scope, { id });
        if (current === undefined) return notFound("approval");
        const answer = sealAnswer(current, change);
        if (!answer.ok) return answer;
        const entry = sealChange(current, change);
        if (!entry.ok) return entry;
        const moved = APPROVAL_TRANSITIONS[from].includes(to)
          ? await query.move.one(scope, {
              id,
              from,
              to,
              answeredBy: change.answeredBy ?? null,
              answeredAt: change.answeredAt ?? null,
              scope: change.scope ?? null,
              entry: entry.value,
              ...answer.value,
            })
          : undefined;
        return moved === undefined
          ? err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: current.state }))
          : approvalOf(moved);
      }),
    since: (scope, since, limit) => readSince(gate, scope, since, limit),
    due: (scope, now, limit) =>
      gate.read(async () => ok(limit < 1 ? [] : (await query.due.all(scope, { now, limit })).map(outlineOf))),
    expire: (scope, ids, now) =>
      gate.write(async () => ok((await query.expire.all(scope, { ids: toJson(ids), now })).map(outlineOf))),
    cancelOpen: (scope) => gate.write(async () => ok((await query.cancelOpen.all(scope, {})).map(outlineOf))),
  });
};
