import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  PeopleRepository,
  Person,
  PersonStanding,
  PersonState,
  PrincipalId,
  Result,
  Role,
  RoleId,
  TenantId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { insertPerson } from "./insert-person.ts";
import { notFound } from "./ownership.ts";
import { toJson } from "./schema.ts";
import type { PrincipalTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

interface Change {
  readonly id: PrincipalId;
  readonly from_role: Role;
  readonly from_own: RoleId | "";
  readonly from_state: PersonState;
  readonly to_role: Role;
  readonly to_own: RoleId | "";
  readonly to_state: PersonState;
}

const queries = ({ define }: Connection) => ({
  list: define<Record<never, never>, Row<PrincipalTable>>(({ db, visible }) =>
    db
      .selectFrom("principals")
      .selectAll()
      .where("kind", "=", "person")
      .where(visible("principals", "house"))
      .orderBy("ordinal"),
  ),
  find: define<{ id: PrincipalId }, Row<PrincipalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("principals")
      .selectAll()
      .where("id", "=", slot.id)
      .where("kind", "=", "person")
      .where(visible("principals", "house")),
  ),
  create: insertPerson(define),
  // An erased person, whose entry is empty, stays as they are.
  change: define<Change, Row<PrincipalTable>>(({ db, slot, visible }) =>
    db
      .updateTable("principals")
      .set({ role: slot.to_role, own_role_id: sql`nullif(${slot.to_own}, '')`, state: slot.to_state })
      .where("id", "=", slot.id)
      .where("kind", "=", "person")
      .where("role", "=", slot.from_role)
      .where(sql<boolean>`coalesce(own_role_id, '') = ${slot.from_own}`)
      .where("state", "=", slot.from_state)
      // A role of the same house, which narrows the very one that they get.
      .where(
        sql<boolean>`(${slot.to_own} = '' or exists (select 1 from roles as r where r.id = ${slot.to_own} and r.base = ${slot.to_role} and r.tenant_id = principals.tenant_id))`,
      )
      .where("role", "<>", "owner")
      .where(sql<boolean>`length(entry) > 0`)
      .where(visible("principals", "house"))
      .returningAll(),
  ),
  narrows: define<{ role: RoleId; base: Role; tenant: TenantId }, { readonly id: RoleId }>(({ db, slot }) =>
    db
      .selectFrom("roles")
      .select("id")
      .where("id", "=", slot.role)
      .where(sql<boolean>`base = ${slot.base}`)
      .where("tenant_id", "=", slot.tenant),
  ),
  // First this one, then the next: at no time are there two.
  stepDown: define<{ id: PrincipalId }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("principals")
      .set({ role: "admin" })
      .where("id", "=", slot.id)
      .where("role", "=", "owner")
      .where(visible("principals", "house")),
  ),
  stepUp: define<{ id: PrincipalId; from: PrincipalId }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("principals")
      .set({ role: "owner", own_role_id: null })
      .where("id", "=", slot.id)
      .where("kind", "=", "person")
      .where("state", "=", "active")
      .where("tenant_id", "=", sql<never>`(select p.tenant_id from principals as p where p.id = ${slot.from})`)
      .where(visible("principals", "house")),
  ),
  outOfTeams: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("team_members").where("person_id", "=", slot.id),
  ),
  shared: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("shares").where("owner_id", "=", slot.id),
  ),
  sharedWith: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("shares").where("grantee_kind", "=", "person").where("grantee_id", "=", slot.id),
  ),
  // No turn runs for them any more that a plugin could be told anything of it in.
  pluginItems: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("plugin_items").where("owner_id", "=", slot.id),
  ),
});

/** Whether the scope keeps the house: as oneself nobody changes who is in it. */
export const keepsHouse = ({ reach }: AccessScope): boolean => reach === "tenant" || reach === "system";

/** As oneself one may only leave: nobody gives themselves a role. */
const mayChange = (scope: AccessScope, id: PrincipalId, from: PersonStanding, to: PersonStanding): boolean =>
  keepsHouse(scope) ||
  (scope.reach === "own" && id === scope.principalId && to.state === "left" && to.role === from.role);

/**
 * The people of a tenant: everybody in it sees them; changing them needs the reach of the tenant. With who leaves go the teams
 * they were in, what was shared with them, what they shared, and what plugins kept for them.
 */
export const peopleRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => PeopleRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Pick<Person, "name">>(sealer, "principals");
  const conflict = err(moltbotError("CONFLICT", { kind: "person" }));

  const personOf = (row: Row<PrincipalTable>): Result<Person> => {
    const { id, role, own_role_id: ownRole, state, created_at: createdAt } = row;
    if (row.entry.length === 0) return ok({ id, name: "", role, ownRole, state, createdAt });
    const entry = entries.open(ofPerson(id), id, row.entry);
    return entry.ok ? ok({ id, name: entry.value.name, role, ownRole, state, createdAt }) : entry;
  };
  /** Why nothing was changed: there is nobody whom the scope sees, or they are not as they were. */
  const unchanged = async (scope: AccessScope, id: PrincipalId): Promise<Result<never>> =>
    (await query.find.one(scope, { id })) === undefined ? notFound("person") : conflict;

  return (gate) => ({
    list: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), personOf)),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("person") : personOf(row);
      }),
    create: (scope, { id, name, role, ownRole, state, createdAt }) =>
      gate.write(async () => {
        if (!keepsHouse(scope)) return notFound("tenant");
        if (
          ownRole !== null &&
          (await query.narrows.one(null, { role: ownRole, base: role, tenant: scope.tenantId })) === undefined
        )
          return notFound("role");
        const entry = entries.seal(ofPerson(id), id, { name });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          id,
          tenant_id: scope.tenantId,
          owner_id: id,
          audience: toJson([]),
          kind: "person",
          entry: entry.value,
          role,
          own_role_id: ownRole,
          state,
          created_at: createdAt,
        });
        return done;
      }),
    change: (scope, id, from, to) =>
      gate.write(async () => {
        if (!mayChange(scope, id, from, to)) return notFound("person");
        if (to.role === "owner") return unchanged(scope, id);
        const row = await query.change.one(scope, {
          id,
          from_role: from.role,
          from_own: from.ownRole ?? "",
          from_state: from.state,
          to_role: to.role,
          // Who left has no role that could not be removed any more.
          to_own: to.state === "left" ? "" : (to.ownRole ?? ""),
          to_state: to.state,
        });
        if (row === undefined) return unchanged(scope, id);
        if (row.state === "left")
          for (const remove of [query.outOfTeams, query.shared, query.sharedWith, query.pluginItems])
            await remove.run(null, { id });
        return personOf(row);
      }),
    transfer: (scope, from, to) =>
      gate.write(async () => {
        if (!keepsHouse(scope) && !(scope.reach === "own" && from === scope.principalId)) return notFound("person");
        if (from === to) return unchanged(scope, from);
        if ((await query.stepDown.run(scope, { id: from })) !== 1) return unchanged(scope, from);
        return (await query.stepUp.run(scope, { id: to, from })) === 1 ? done : unchanged(scope, to);
      }),
  });
};
