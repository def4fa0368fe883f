import type { AccessScope, Instant, PrincipalId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";

/** What is kept for a time alone: the table, what tells its age, and which rows have ended. */
const KINDS = [
  { kind: "decisions", table: "decisions", age: "at", ended: "1 = 1" },
  { kind: "work", table: "firings", age: "settled_at", ended: "state <> 'queued' and settled_at is not null" },
  { kind: "work", table: "outbox", age: "updated_at", ended: "state in ('sent', 'refused', 'unknown', 'cancelled')" },
  { kind: "sessions", table: "sessions", age: "expires_at", ended: "1 = 1" },
  { kind: "sessions", table: "sign_in_links", age: "expires_at", ended: "1 = 1" },
  { kind: "sessions", table: "pairings", age: "expires_at", ended: "1 = 1" },
  { kind: "sessions", table: "devices", age: "expires_at", ended: "1 = 1" },
  { kind: "usage", table: "usage", age: "day", ended: "1 = 1" },
] as const;

/** Removes what ended before the instant of its kind; a kind without an instant is kept. Inside a step of a gate. */
export const retirement = ({
  define,
}: Connection): ((
  scope: AccessScope,
  before: Readonly<Record<string, Instant>>,
) => Promise<Readonly<Record<string, number>>>) => {
  const kinds = KINDS.map(({ kind, table, age, ended }) => ({
    kind,
    table,
    remove: define<{ before: Instant; owner: PrincipalId | null }, unknown>(({ db, slot, visible }) => ({
      compile: () =>
        sql`delete from ${sql.table(table)} where ${sql.ref(age)} < ${slot.before} and ${sql.raw(ended)} and (cast(${slot.owner} as text) is null or owner_id = ${slot.owner}) and ${visible(table)}`.compile(
          db,
        ) as never, // it returns no rows
    })),
  }));
  return async (scope, before) => {
    const gone: Record<string, number> = {};
    // Who was only let in sees the owner's rows, and takes none of them away.
    const owner = scope.reach === "own" ? scope.principalId : null;
    for (const { kind, table, remove } of kinds) {
      const instant = before[kind];
      if (instant === undefined) continue;
      const rows = await remove.run(scope, { before: instant, owner });
      if (rows > 0) gone[table] = (gone[table] ?? 0) + rows;
    }
    return gone;
  };
};
