import { sql } from "kysely";
import type { DefineQuery, Query } from "./query.ts";
import type { PrincipalTable } from "./schema.ts";

/** Adds a principal behind all who came before. */
export const insertPerson = (define: DefineQuery): Query<Omit<PrincipalTable, "ordinal">, unknown> =>
  define<Omit<PrincipalTable, "ordinal">, unknown>(({ db, slot }) =>
    db.insertInto("principals").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      ordinal: sql<number>`(select coalesce(max(p.ordinal), 0) + 1 from principals as p)`,
      kind: slot.kind,
      entry: slot.entry,
      role: slot.role,
      own_role_id: slot.own_role_id,
      state: slot.state,
      created_at: slot.created_at,
    }),
  );
