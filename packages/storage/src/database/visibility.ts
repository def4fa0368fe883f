import type { AccessRight, AccessScope } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Expression, RawBuilder, SqlBool } from "kysely";
import type { Dialect } from "./dialect.ts";

/** The scope's two ids as a query's parameters. */
export interface ScopeSlots {
  readonly tenant: RawBuilder<unknown>;
  readonly principal: RawBuilder<unknown>;
}
/**
 * What a row is wanted for: a right, which counts where rows of the table can be shared; `house`: to know who and what is in the
 * tenant, which everybody in it may; `reading`: to read of a conversation what its owner shared of it, which is never what the
 * conversation's own repository shows.
 */
export type Need = AccessRight | "house" | "reading";
/** The condition under which a row of `table` exists for a scope of this reach. */
export type Visibility = (
  reach: AccessScope["reach"],
  table: string,
  scope: ScopeSlots,
  dialect: Pick<Dialect, "audienceHas">,
  need: Need,
) => Expression<SqlBool>;

/** Tables whose rows can be shared, and what the rows are called in `shares`. Every other table is its owner's and the audience's alone. */
const SHARED: Readonly<Record<string, string>> = Object.freeze({ agents: "agent", prompts: "prompt" });

/** Whether a share of this effect and right reaches the principal: as a person, in a team, or as everyone. Each is a look into one index. */
const reached = (
  table: string,
  type: string,
  effect: "allow" | "deny",
  right: AccessRight,
  { tenant, principal }: ScopeSlots,
): RawBuilder<SqlBool> => {
  const share = sql`s.object_type = ${sql.lit(type)} and s.object_id = ${sql.ref(`${table}.id`)} and s.effect = ${sql.lit(effect)} and s.tenant_id = ${tenant} and ${sql.ref(`s.can_${right}`)} = 1`;
  return sql<SqlBool>`(exists (select 1 from shares as s where ${share} and s.grantee_kind = 'person' and s.grantee_id = ${principal}) or exists (select 1 from shares as s where ${share} and s.grantee_kind = 'everyone' and s.grantee_id = ${tenant}) or exists (select 1 from team_members as m cross join shares as s where s.grantee_id = m.team_id and m.person_id = ${principal} and ${share} and s.grantee_kind = 'team'))`;
};

/** Both must be active: whoever it reaches, and whose it is. What is a suspended person's is nobody's to use meanwhile. */
const bothActive = (table: string, { tenant, principal }: ScopeSlots): RawBuilder<SqlBool> =>
  sql<SqlBool>`exists (select 1 from principals as me where me.id = ${principal} and me.tenant_id = ${tenant} and me.state = 'active') and exists (select 1 from principals as theirs where theirs.id = ${sql.ref(`${table}.owner_id`)} and theirs.tenant_id = ${tenant} and theirs.state = 'active')`;

/** What `judge` of core/access decides, in SQL; a test compares the two. What one may not use one may neither edit nor delete. */
const shared = (table: string, type: string, right: AccessRight, scope: ScopeSlots): RawBuilder<SqlBool> => {
  const rights: readonly AccessRight[] = right === "use" ? ["use"] : ["use", right];
  const granted = rights.map(
    (each) => sql`${reached(table, type, "allow", each, scope)} and not ${reached(table, type, "deny", each, scope)}`,
  );
  return sql<SqlBool>`(${bothActive(table, scope)} and ${sql.join(granted, sql` and `)})`;
};

/** A conversation is released to persons alone, as far as a message, and kept back by any deny there should ever be. */
const released = (table: string, scope: ScopeSlots): RawBuilder<SqlBool> =>
  sql<SqlBool>`(${bothActive(table, scope)} and ${sql.ref(`${table}.owner_id`)} <> ${scope.principal} and exists (select 1 from shares as s where s.object_type = 'conversation' and s.object_id = ${sql.ref(`${table}.id`)} and s.owner_id = ${sql.ref(`${table}.owner_id`)} and s.effect = 'allow' and s.tenant_id = ${scope.tenant} and s.can_use = 1 and s.up_to is not null and s.grantee_kind = 'person' and s.grantee_id = ${scope.principal}) and not ${reached(table, "conversation", "deny", "use", scope)})`;

/** What is one's own, while one is active. */
const owned = (table: string, { principal }: ScopeSlots): RawBuilder<SqlBool> =>
  sql<SqlBool>`(${sql.ref(`${table}.owner_id`)} = ${principal} and not exists (select 1 from principals as me where me.id = ${principal} and me.state <> 'active'))`;

/** Where to look for what somebody has and what is shared with them, so that not every row of the house is tried; it decides nothing. */
export const idsToTry = (table: "agents" | "prompts", { tenant, principal }: ScopeSlots): RawBuilder<SqlBool> => {
  const share = sql`s.object_type = ${sql.lit(SHARED[table])} and s.effect = 'allow'`;
  return sql<SqlBool>`id in (select mine.id from ${sql.table(table)} as mine where mine.owner_id = ${principal} union select s.object_id from shares as s where s.grantee_kind = 'person' and s.grantee_id = ${principal} and ${share} union select s.object_id from shares as s where s.grantee_kind = 'everyone' and s.grantee_id = ${tenant} and ${share} union select s.object_id from team_members as m inner join shares as s on s.grantee_id = m.team_id where m.person_id = ${principal} and s.grantee_kind = 'team' and ${share})`;
};

/**
 * `own`: owner or audience, inside the tenant, and of what can be shared the owner and whom a share reaches; `tenant`: the tenant;
 * `system`: every row. An unknown reach sees nothing.
 */
export const visibility: Visibility = (reach, table, scope, dialect, need) => {
  const tenant = sql<SqlBool>`${sql.ref(`${table}.tenant_id`)} = ${scope.tenant}`;
  const type = SHARED[table];
  // What was released is released to a person: no reach widens it.
  if (need === "reading")
    return reach === "own" && table === "conversations"
      ? sql<SqlBool>`(${tenant} and ${released(table, scope)})`
      : sql<SqlBool>`(1 = 0)`;
  switch (reach) {
    case "own":
      if (need === "house") return sql<SqlBool>`(${tenant})`;
      if (type !== undefined)
        return sql<SqlBool>`(${tenant} and (${owned(table, scope)} or ${shared(table, type, need, scope)}))`;
      return sql<SqlBool>`(${tenant} and (${sql.ref(`${table}.owner_id`)} = ${scope.principal} or ${dialect.audienceHas(sql.ref(`${table}.audience`), scope.principal)}))`;
    case "tenant":
      return sql<SqlBool>`(${tenant})`;
    case "system":
      return sql<SqlBool>`(1 = 1)`;
    default:
      return sql<SqlBool>`(1 = 0)`;
  }
};
