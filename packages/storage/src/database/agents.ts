import { done, ok } from "@moltbot/contracts";
import type { AgentId, AgentRepository, PrincipalId, Result, StoredAgent, TenantId } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { toJson } from "./schema.ts";
import type { AgentTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";
import { idsToTry } from "./visibility.ts";

/** What of an agent is sealed. */
type Entry = Pick<StoredAgent, "name" | "model" | "capabilities">;

/** Agents; an agent is its owner's, and so is its name. Whom it is shared with sees it, and changes it where a share says so. */
export const agentRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => AgentRepository) => {
  const { define } = connection;
  const entries = entriesOf<Entry>(sealer, "agents");
  const listOwn = define<{ principal: PrincipalId; tenant: TenantId }, Row<AgentTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("agents")
      .selectAll()
      .where(idsToTry("agents", slot))
      .where(visible("agents"))
      .orderBy("created_at")
      .orderBy("id"),
  );
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
      entry: slot.entry,
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
        .where(visible("agents", "edit"))
        .returningAll(),
  );

  const findToEdit = define<{ id: AgentId }, Row<AgentTable>>(({ db, slot, visible }) =>
    db.selectFrom("agents").selectAll().where("id", "=", slot.id).where(visible("agents", "edit")),
  );
  const setEntry = define<Pick<AgentTable, "id" | "entry">, Row<AgentTable>>(({ db, slot, visible }) =>
    db
      .updateTable("agents")
      .set({ entry: slot.entry })
      .where("id", "=", slot.id)
      .where(visible("agents", "edit"))
      .returningAll(),
  );

  const agentOf = (row: Row<AgentTable>): Result<StoredAgent> => {
    const entry = entries.open(ofPerson(row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      tenantId: row.tenant_id,
      ownerId: row.owner_id,
      ...entry.value,
      reading: row.reading,
      createdAt: row.created_at,
    });
  };

  return (gate) => ({
    list: (scope) =>
      gate.read(async () => {
        const { tenantId: tenant, principalId: principal } = scope;
        const rows = await (scope.reach === "own" ? listOwn.all(scope, { principal, tenant }) : list.all(scope, {}));
        return mapAll(rows, agentOf);
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await find.one(scope, { id });
        return row === undefined ? notFound("agent") : agentOf(row);
      }),
    create: (scope, agent) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, agent.tenantId, agent.ownerId))) return notFound("owner");
        const { name, model, capabilities } = agent;
        const entry = entries.seal(ofPerson(agent.ownerId), agent.id, { name, model, capabilities });
        if (!entry.ok) return entry;
        await create.run(null, {
          id: agent.id,
          tenant_id: agent.tenantId,
          owner_id: agent.ownerId,
          audience: toJson([]),
          entry: entry.value,
          reading: agent.reading,
          created_at: agent.createdAt,
        });
        return done;
      }),
    setReading: (scope, id, reading) =>
      gate.write(async () => {
        const row = await setReading.one(scope, { id, reading });
        return row === undefined ? notFound("agent") : agentOf(row);
      }),
    setTools: (scope, id, tools) =>
      gate.write(async () => {
        const row = await findToEdit.one(scope, { id });
        if (row === undefined) return notFound("agent");
        const entry = entries.open(ofPerson(row.owner_id), id, row.entry);
        if (!entry.ok) return entry;
        const sealed = entries.seal(ofPerson(row.owner_id), id, { ...entry.value, capabilities: tools });
        if (!sealed.ok) return sealed;
        const changed = await setEntry.one(scope, { id, entry: sealed.value });
        return changed === undefined ? notFound("agent") : agentOf(changed);
      }),
  });
};
