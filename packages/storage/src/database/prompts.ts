import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessRight,
  AccessScope,
  PrincipalId,
  Prompt,
  PromptId,
  PromptRepository,
  Result,
  TenantId,
} from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { PromptTable } from "./people-schema.ts";
import { toJson } from "./schema.ts";
import type { Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";
import { idsToTry } from "./visibility.ts";

/** What of a prompt is sealed; also whose words it is, so that nobody who has the engine's files makes them somebody else's. */
type Entry = Pick<Prompt, "name" | "text" | "writtenBy">;

const queries = ({ define }: Connection) => {
  const findFor = (need: AccessRight) =>
    define<{ id: PromptId }, Row<PromptTable>>(({ db, slot, visible }) =>
      db.selectFrom("prompts").selectAll().where("id", "=", slot.id).where(visible("prompts", need)),
    );
  return {
    listOwn: define<{ principal: PrincipalId; tenant: TenantId }, Row<PromptTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("prompts")
        .selectAll()
        .where(idsToTry("prompts", slot))
        .where(visible("prompts"))
        .orderBy("created_at")
        .orderBy("id"),
    ),
    list: define<Record<never, never>, Row<PromptTable>>(({ db, visible }) =>
      db.selectFrom("prompts").selectAll().where(visible("prompts")).orderBy("created_at").orderBy("id"),
    ),
    find: { use: findFor("use"), edit: findFor("edit"), delete: findFor("delete") },
    create: define<PromptTable, unknown>(({ db, slot }) =>
      db.insertInto("prompts").values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        entry: slot.entry,
        created_at: slot.created_at,
        updated_at: slot.updated_at,
      }),
    ),
    change: define<Pick<PromptTable, "id" | "entry" | "updated_at">, Row<PromptTable>>(({ db, slot, visible }) =>
      db
        .updateTable("prompts")
        .set({ entry: slot.entry, updated_at: slot.updated_at })
        .where("id", "=", slot.id)
        .where(visible("prompts", "edit"))
        .returningAll(),
    ),
    remove: define<{ id: PromptId }, unknown>(({ db, slot, visible }) =>
      db.deleteFrom("prompts").where("id", "=", slot.id).where(visible("prompts", "delete")),
    ),
    unshare: define<{ id: PromptId }, unknown>(({ db, slot }) =>
      db.deleteFrom("shares").where("object_type", "=", "prompt").where("object_id", "=", slot.id),
    ),
  };
};

/** Prompts; a prompt is its owner's, and so is what it says. Whom it is shared with uses it, and changes or removes it where a share says so. */
export const promptRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => PromptRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Entry>(sealer, "prompts");

  const promptOf = (row: Row<PromptTable>): Result<Prompt> => {
    const entry = entries.open(ofPerson(row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      ownerId: row.owner_id,
      ...entry.value,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    });
  };
  /** The prompt, for a scope that may do this with it: hidden from who may not use it, refused by name to who only may. */
  const prompted = async (scope: AccessScope, id: PromptId, right: AccessRight): Promise<Result<Row<PromptTable>>> => {
    const row = await query.find[right].one(scope, { id });
    if (row !== undefined) return ok(row);
    if (right === "use" || (await query.find.use.one(scope, { id })) === undefined) return notFound("prompt");
    return err(moltbotError("RIGHT_MISSING", { kind: "prompt", right }));
  };

  return (gate) => ({
    list: (scope) =>
      gate.read(async () => {
        const { tenantId: tenant, principalId: principal } = scope;
        const own = scope.reach === "own";
        return mapAll(
          await (own ? query.listOwn.all(scope, { principal, tenant }) : query.list.all(scope, {})),
          promptOf,
        );
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await prompted(scope, id, "use");
        return row.ok ? promptOf(row.value) : row;
      }),
    create: (scope, prompt) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, prompt.ownerId))) return notFound("owner");
        const { name, text, writtenBy } = prompt;
        const entry = entries.seal(ofPerson(prompt.ownerId), prompt.id, { name, text, writtenBy });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          id: prompt.id,
          tenant_id: scope.tenantId,
          owner_id: prompt.ownerId,
          audience: toJson([]),
          entry: entry.value,
          created_at: prompt.createdAt,
          updated_at: prompt.updatedAt,
        });
        return done;
      }),
    change: (scope, id, to) =>
      gate.write(async () => {
        const row = await prompted(scope, id, "edit");
        if (!row.ok) return row;
        const before = promptOf(row.value);
        if (!before.ok) return before;
        // Nobody's text becomes somebody else's word: a change is by whoever made it, or by nobody.
        const by = to.writtenBy === null ? null : scope.principalId;
        const name = to.name ?? before.value.name;
        const text = to.text ?? before.value.text;
        const writtenBy = text === before.value.text ? before.value.writtenBy : by;
        const entry = entries.seal(ofPerson(before.value.ownerId), id, { name, text, writtenBy });
        if (!entry.ok) return entry;
        const changed = await query.change.one(scope, { id, entry: entry.value, updated_at: to.updatedAt });
        return changed === undefined ? notFound("prompt") : promptOf(changed);
      }),
    remove: (scope, id) =>
      gate.write(async () => {
        const row = await prompted(scope, id, "delete");
        if (!row.ok) return row;
        if ((await query.remove.run(scope, { id })) !== 1) return notFound("prompt");
        await query.unshare.run(null, { id });
        return done;
      }),
  });
};
