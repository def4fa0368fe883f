import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, CallId, Plan, PlanId, PlanRepository, Result, TurnId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { JsonText, PlanStepTable, PlanTable, Row } from "./schema.ts";
import { ofConversation } from "./subjects.ts";

/** What of a plan is sealed. */
type Sealed = Pick<Plan, "goal" | "steps" | "label">;

const queries = ({ define }: Connection) => ({
  create: define<Omit<PlanTable, "ordinal">, unknown>(({ db, slot }) =>
    db.insertInto("plans").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      conversation_id: slot.conversation_id,
      turn_id: slot.turn_id,
      agent_id: slot.agent_id,
      steps: slot.steps,
      plan: slot.plan,
      committed_at: slot.committed_at,
      expires_at: slot.expires_at,
    }),
  ),
  find: define<{ id: PlanId }, Row<PlanTable>>(({ db, slot, visible }) =>
    db.selectFrom("plans").selectAll().where("id", "=", slot.id).where(visible("plans")),
  ),
  ofTurn: define<{ turn: TurnId }, Row<PlanTable>>(({ db, slot, visible }) =>
    db.selectFrom("plans").selectAll().where("turn_id", "=", slot.turn).where(visible("plans")).orderBy("ordinal"),
  ),
  takenBy: define<{ id: PlanId; step: number }, Pick<PlanStepTable, "call_id">>(({ db, slot, visible }) =>
    db
      .selectFrom("plan_steps")
      .select("call_id")
      .where("plan_id", "=", slot.id)
      .where("step", "=", slot.step)
      .where(visible("plan_steps")),
  ),
  // The comparison and the write are one statement, so the first call wins; it alone changes a row once more.
  take: define<PlanStepTable, unknown>(({ db, slot }) =>
    db
      .insertInto("plan_steps")
      .values({
        plan_id: slot.plan_id,
        step: slot.step,
        call_id: slot.call_id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["plan_id", "step"])
          .doUpdateSet({ call_id: slot.call_id })
          .where(sql.ref<CallId>("plan_steps.call_id"), "=", slot.call_id),
      ),
  ),
});

/** Plans as they were committed, and which call took which step. */
export const planRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => PlanRepository) => {
  const query = queries(connection);

  const planOf = (row: Row<PlanTable>): Result<Plan> => {
    const text = sealer.open(ofConversation(row.conversation_id, row.owner_id), row.id, row.plan);
    if (!text.ok) return text;
    return ok({
      id: row.id,
      turnId: row.turn_id,
      conversationId: row.conversation_id,
      agentId: row.agent_id,
      ...fromJson(text.value as JsonText<Sealed>), // sealed by create under this row's id
      committedAt: row.committed_at,
      expiresAt: row.expires_at,
    });
  };
  /** The plan's row, if the scope sees it and it has that step. */
  const withStep = async (scope: AccessScope, id: PlanId, step: number): Promise<Row<PlanTable> | undefined> => {
    const row = await query.find.one(scope, { id });
    return row !== undefined && Number.isSafeInteger(step) && step >= 1 && step <= row.steps ? row : undefined;
  };

  return (gate) => ({
    create: (scope, plan) =>
      gate.write(async () => {
        const owner = await connection.ownership(scope, plan.conversationId);
        if (owner === undefined) return notFound("conversation");
        const content: Sealed = { goal: plan.goal, steps: plan.steps, label: plan.label };
        const sealed = sealer.seal(ofConversation(plan.conversationId, owner.owner_id), plan.id, toJson(content));
        if (!sealed.ok) return sealed;
        await query.create.run(null, {
          ...owner,
          id: plan.id,
          conversation_id: plan.conversationId,
          turn_id: plan.turnId,
          agent_id: plan.agentId,
          steps: plan.steps.length,
          plan: sealed.value,
          committed_at: plan.committedAt,
          expires_at: plan.expiresAt,
        });
        return done;
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("plan") : planOf(row);
      }),
    ofTurn: (scope, turn) => gate.read(async () => mapAll(await query.ofTurn.all(scope, { turn }), planOf)),
    takenBy: (scope, id, step) =>
      gate.read(async () =>
        (await withStep(scope, id, step)) === undefined
          ? notFound("plan step")
          : ok((await query.takenBy.one(scope, { id, step }))?.call_id ?? null),
      ),
    take: (scope, id, step, callId) =>
      gate.write(async () => {
        const plan = await withStep(scope, id, step);
        if (plan === undefined) return notFound("plan step");
        const { tenant_id, owner_id, audience } = plan;
        const taken = await query.take.run(null, { plan_id: id, step, call_id: callId, tenant_id, owner_id, audience });
        return taken === 1 ? done : err(moltbotError("CONFLICT", { kind: "plan step" }));
      }),
  });
};
