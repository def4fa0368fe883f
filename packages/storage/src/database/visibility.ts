import type { AccessScope } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Expression, RawBuilder, SqlBool } from "kysely";
import type { Dialect } from "./dialect.ts";

/** The scope's two ids as a query's parameters. */
export interface ScopeSlots {
  readonly tenant: RawBuilder<unknown>;
  readonly principal: RawBuilder<unknown>;
}
/** The condition under which a row of `table` exists for a scope of this reach. */
export type Visibility = (
  reach: AccessScope["reach"],
  table: string,
  scope: ScopeSlots,
  dialect: Pick<Dialect, "audienceHas">,
) => Expression<SqlBool>;

/** `own`: owner or audience, inside the tenant; `tenant`: the tenant; `system`: every row. An unknown reach sees nothing. */
export const visibility: Visibility = (reach, table, scope, dialect) => {
  const tenant = sql`${sql.ref(`${table}.tenant_id`)} = ${scope.tenant}`;
  switch (reach) {
    case "own":
      return sql<SqlBool>`(${tenant} and (${sql.ref(`${table}.owner_id`)} = ${scope.principal} or ${dialect.audienceHas(sql.ref(`${table}.audience`), scope.principal)}))`;
    case "tenant":
      return sql<SqlBool>`(${tenant})`;
    case "system":
      return sql<SqlBool>`(1 = 1)`;
    default:
      return sql<SqlBool>`(1 = 0)`;
  }
};
