import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { OutboxItem, OutboxRepository, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection, Gate, OutboxTable, Row } from "../database/index.ts";
import { outboxQueries } from "./outbox-queries.ts";
import { NOBODY_ELSE, every, notFound, subjectsOf, workSeal } from "./sealed.ts";
import type { WorkSeal } from "./sealed.ts";

const settled: Result<never> = err(moltbotError("CONFLICT", { kind: "effect" }));

const itemOf =
  (seal: WorkSeal) =>
  (row: Row<OutboxTable>): Result<OutboxItem> => {
    const subjects = subjectsOf(row.owner_id, row.conversation_id);
    const payload = seal.open(subjects, row.id, row.payload);
    if (!payload.ok) return payload;
    const problem = seal.openProblem(subjects, row.id, row.problem);
    if (!problem.ok) return problem;
    return ok({
      id: row.id,
      tenantId: row.tenant_id,
      ownerId: row.owner_id,
      conversationId: row.conversation_id,
      callId: row.call_id,
      kind: row.kind,
      payload: payload.value,
      repeatable: row.repeatable === 1,
      state: row.state,
      attempts: row.attempts,
      problem: problem.value,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    });
  };

/**
 * The outbox. `take` is durable before it returns, so whatever leaves was marked first; what a crash leaves marked is never sent
 * a second time unless that is harmless. An item that has to wait again waits until the instant of that `settle`.
 */
export const createOutbox = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => OutboxRepository) => {
  const query = outboxQueries(connection);
  const seal = workSeal(sealer);
  const open = itemOf(seal);
  const holder = connection.incarnation;

  return (gate) => ({
    put: (scope, item) =>
      gate.write(async () => {
        const home = item.conversationId === null ? null : await connection.ownership(scope, item.conversationId);
        if (home === undefined) return notFound("conversation");
        if (home !== null && home.tenant_id !== item.tenantId) return notFound("owner");
        if (!(await connection.mayOwn(scope, item.tenantId, item.ownerId))) return notFound("owner");
        const payload = seal.seal(subjectsOf(item.ownerId, item.conversationId), item.id, item.payload);
        if (!payload.ok) return payload;
        await query.put.run(null, {
          id: item.id,
          tenant_id: item.tenantId,
          owner_id: item.ownerId,
          audience: NOBODY_ELSE,
          conversation_id: item.conversationId,
          call_id: item.callId,
          kind: item.kind,
          payload: payload.value,
          repeatable: item.repeatable ? 1 : 0,
          state: "waiting",
          attempts: 0,
          created_at: item.createdAt,
          updated_at: item.updatedAt,
        });
        return done;
      }),
    take: (now, limit) =>
      gate.write(async () => {
        const rows = await query.take.all(null, { now, limit, holder });
        const items: OutboxItem[] = [];
        for (const row of rows.toSorted((a, b) => a.ordinal - b.ordinal)) {
          const item = open(row);
          if (item.ok) items.push(item.value);
          // A key of its subjects was erased: nobody knows any more what would leave.
          else
            await query.settle.run(null, {
              id: row.id,
              to: "cancelled",
              problem: null,
              at: now,
              not_before: null,
              holder,
            });
        }
        return ok(items);
      }),
    settle: (id, to, problem, at) =>
      gate.write(async () => {
        const row = await query.find.one(null, { id });
        if (row === undefined) return notFound("effect");
        const sealed = seal.sealProblem(subjectsOf(row.owner_id, row.conversation_id), id, problem);
        if (!sealed.ok) return sealed;
        const notBefore = to === "waiting" ? at : null;
        const changed = await query.settle.run(null, {
          id,
          to,
          problem: sealed.value,
          at,
          not_before: notBefore,
          holder,
        });
        return changed === 1 ? done : settled;
      }),
    recover: (now) =>
      gate.write(async () => {
        await query.waitAgain.run(null, { now, holder });
        return every(await query.hidden.all(null, { now, holder }), open);
      }),
    list: (scope, state, limit) => gate.read(async () => every(await query.list.all(scope, { state, limit }), open)),
    countUnknown: (scope, since) => gate.read(async () => ok((await query.unknown.one(scope, { since }))?.count ?? 0)),
    cancelWaiting: (scope, at) => gate.write(async () => ok(await query.cancelWaiting.run(scope, { at }))),
  });
};
