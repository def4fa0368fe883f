import { done, ok } from "@moltbot/contracts";
import type { AgentId, AgentRepository, StoredAgent } from "@moltbot/contracts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { fromJson, toJson } from "./schema.ts";
import type { AgentTable, Row } from "./schema.ts";

const agentOf = (row: Row<AgentTable>): StoredAgent => ({
  id: row.id,
  tenantId: row.tenant_id,
  ownerId: row.owner_id,
  name: row.name,
  model: row.model,
  capabilities: fromJson(row.capabilities),
  reading: row.reading,
  createdAt: row.created_at,
});

/** Agents; an agent is its owner's. */
export const agentRepository = (connection: Connection): ((gate: Gate) => AgentRepository) => {
  const { define } = connection;
  const list = define<Record<never, SqlValue>, Row<AgentTable>>(({ db, visible }) =>
    db.selectFrom("agents").selectAll().where(visible("agents")).orderBy("created_at").orderBy("id"),
  );
  const find = define<{ id: AgentId }, Row<AgentTable>>(({ db, slot, visible }) =>
    db.selectFrom("agents").selectAll().where("id", "=", slot.id).where(visible("agents")),
  );
  const create = define<AgentTable, unknown>(({ db, slot }) =>
    db.insertInto("agents").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      name: slot.name,
      model: slot.model,
      capabilities: slot.capabilities,
      reading: slot.reading,
      created_at: slot.created_at,
    }),
  );
  const setReading = define<{ id: AgentId; reading: StoredAgent["reading"] }, Row<AgentTable>>(
    ({ db, slot, visible }) =>
      db
        .updateTable("agents")
        .set({ reading: slot.reading })
        .where("id", "=", slot.id)
        .where(visible("agents"))
        .returningAll(),
  );

  return (gate) => ({
    list: (scope) => gate.read(() => ok(list.all(scope, {}).map(agentOf))),
    find: (scope, id) =>
      gate.read(() => {
        const row = find.one(scope, { id });
        return row === undefined ? notFound("agent") : ok(agentOf(row));
      }),
    create: (scope, agent) =>
      gate.write(() => {
        if (!connection.mayOwn(scope, agent.tenantId, agent.ownerId)) return notFound("owner");
        create.run(null, {
          id: agent.id,
          tenant_id: agent.tenantId,
          owner_id: agent.ownerId,
          audience: toJson([]),
          name: agent.name,
          model: agent.model,
          capabilities: toJson(agent.capabilities),
          reading: agent.reading,
          created_at: agent.createdAt,
        });
        return done;
      }),
    setReading: (scope, id, reading) =>
      gate.write(() => {
        const row = setReading.one(scope, { id, reading });
        return row === undefined ? notFound("agent") : ok(agentOf(row));
      }),
  });
};
