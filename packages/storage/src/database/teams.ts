import { done, ok } from "@moltbot/contracts";
import type { AccessScope, PrincipalId, Result, Team, TeamId, TeamRepository, TenantId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { keepsHouse } from "./people.ts";
import type { TeamMemberTable, TeamTable } from "./people-schema.ts";
import { toJson } from "./schema.ts";
import type { JsonText, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { OF_SYSTEM } from "./subjects.ts";

type Member = Pick<TeamMemberTable, "team_id" | "person_id">;

const queries = ({ define }: Connection) => ({
  list: define<Record<never, never>, Row<TeamTable>>(({ db, visible }) =>
    db.selectFrom("teams").selectAll().where(visible("teams", "house")).orderBy("created_at").orderBy("id"),
  ),
  find: define<{ id: TeamId }, Row<TeamTable>>(({ db, slot, visible }) =>
    db.selectFrom("teams").selectAll().where("id", "=", slot.id).where(visible("teams", "house")),
  ),
  members: define<Record<never, never>, Member>(({ db, visible }) =>
    db
      .selectFrom("team_members")
      .select(["team_id", "person_id"])
      .where(visible("team_members", "house"))
      .orderBy("person_id"),
  ),
  membersOf: define<{ id: TeamId }, Member>(({ db, slot }) =>
    db.selectFrom("team_members").select(["team_id", "person_id"]).where("team_id", "=", slot.id).orderBy("person_id"),
  ),
  create: define<TeamTable, unknown>(({ db, slot }) =>
    db
      .insertInto("teams")
      .values({ id: slot.id, tenant_id: slot.tenant_id, entry: slot.entry, created_at: slot.created_at }),
  ),
  rename: define<{ id: TeamId; entry: Uint8Array }, Row<TeamTable>>(({ db, slot, visible }) =>
    db
      .updateTable("teams")
      .set({ entry: slot.entry })
      .where("id", "=", slot.id)
      .where(visible("teams", "house"))
      .returningAll(),
  ),
  // Who left is in no team again.
  join: define<{ id: TeamId; tenant: TenantId; people: JsonText<readonly PrincipalId[]> }, unknown>(
    ({ db, slot, dialect }) => ({
      compile: () =>
        sql`insert into team_members (team_id, person_id, tenant_id) select ${sql`cast(${slot.id} as text)`}, p.id, p.tenant_id from principals as p where p.id in ${dialect.elementsOf(slot.people)} and p.tenant_id = ${slot.tenant} and p.kind = 'person' and p.state <> 'left'`.compile(
          db,
        ) as never, // it returns no rows
    }),
  ),
  empty: define<{ id: TeamId }, unknown>(({ db, slot }) =>
    db.deleteFrom("team_members").where("team_id", "=", slot.id),
  ),
  unshare: define<{ id: TeamId }, unknown>(({ db, slot }) =>
    db.deleteFrom("shares").where("grantee_kind", "=", "team").where("grantee_id", "=", slot.id),
  ),
  remove: define<{ id: TeamId }, unknown>(({ db, slot }) => db.deleteFrom("teams").where("id", "=", slot.id)),
  ofPerson: define<{ person: PrincipalId }, Pick<Member, "team_id">>(({ db, slot, visible }) =>
    db
      .selectFrom("team_members")
      .select("team_id")
      .where("person_id", "=", slot.person)
      .where(visible("team_members", "house"))
      .orderBy("team_id"),
  ),
  person: define<{ id: PrincipalId }, { readonly id: PrincipalId }>(({ db, slot, visible }) =>
    db
      .selectFrom("principals")
      .select("id")
      .where("id", "=", slot.id)
      .where("kind", "=", "person")
      .where(visible("principals", "house")),
  ),
  leave: define<{ person: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("team_members").where("person_id", "=", slot.person),
  ),
});

/** The teams of a tenant: everybody in it sees them; changing them needs the reach of the tenant, but anybody may leave theirs. */
export const teamRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => TeamRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Pick<Team, "name">>(sealer, "teams");

  const teamOf = (row: Row<TeamTable>, members: readonly Member[]): Result<Team> => {
    const entry = entries.open(OF_SYSTEM, row.id, row.entry);
    if (!entry.ok) return entry;
    const { name } = entry.value;
    return ok({ id: row.id, name, members: members.map((each) => each.person_id), createdAt: row.created_at });
  };
  const whole = async (row: Row<TeamTable>): Promise<Result<Team>> =>
    teamOf(row, await query.membersOf.all(null, { id: row.id }));
  /** The team, for a scope that keeps the house it is in. */
  const kept = async (scope: AccessScope, id: TeamId): Promise<Row<TeamTable> | undefined> =>
    keepsHouse(scope) ? query.find.one(scope, { id }) : undefined;
  const join = async (id: TeamId, tenant: TenantId, members: readonly PrincipalId[]): Promise<Result<void>> => {
    const people = [...new Set(members)];
    const joined = await query.join.run(null, { id, tenant, people: toJson(people) });
    return joined === people.length ? done : notFound("person");
  };

  return (gate) => ({
    list: (scope) =>
      gate.read(async () => {
        const members = Map.groupBy(await query.members.all(scope, {}), (member) => member.team_id);
        return mapAll(await query.list.all(scope, {}), (row) => teamOf(row, members.get(row.id) ?? []));
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("team") : whole(row);
      }),
    create: (scope, team) =>
      gate.write(async () => {
        if (!keepsHouse(scope)) return notFound("tenant");
        const entry = entries.seal(OF_SYSTEM, team.id, { name: team.name });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          id: team.id,
          tenant_id: scope.tenantId,
          entry: entry.value,
          created_at: team.createdAt,
        });
        return join(team.id, scope.tenantId, team.members);
      }),
    rename: (scope, id, name) =>
      gate.write(async () => {
        if ((await kept(scope, id)) === undefined) return notFound("team");
        const entry = entries.seal(OF_SYSTEM, id, { name });
        if (!entry.ok) return entry;
        const row = await query.rename.one(scope, { id, entry: entry.value });
        return row === undefined ? notFound("team") : whole(row);
      }),
    setMembers: (scope, id, members) =>
      gate.write(async () => {
        const row = await kept(scope, id);
        if (row === undefined) return notFound("team");
        await query.empty.run(null, { id });
        const joined = await join(id, row.tenant_id, members);
        return joined.ok ? whole(row) : joined;
      }),
    remove: (scope, id) =>
      gate.write(async () => {
        if ((await kept(scope, id)) === undefined) return notFound("team");
        for (const step of [query.unshare, query.empty, query.remove]) await step.run(null, { id });
        return done;
      }),
    ofPerson: (scope, person) =>
      gate.read(async () => ok((await query.ofPerson.all(scope, { person })).map(({ team_id: id }) => id))),
    leaveAll: (scope, person) =>
      gate.write(async () => {
        const may = keepsHouse(scope) || person === scope.principalId;
        if (!may || (await query.person.one(scope, { id: person })) === undefined) return notFound("person");
        await query.leave.run(null, { person });
        return done;
      }),
  });
};
