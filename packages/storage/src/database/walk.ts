import { done, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { letOthersWork } from "./let-others-work.ts";

/** How many rows one step passes over, whoever's they are. */
export const STRETCH = 1_000;
/** How many rows one step reads. */
const ROWS = 50;
/** After how many bytes visited others come first. */
const BYTES = 200_000;
/** After every key. */
const BEHIND_ALL = "~";

/** Rows of one table in the order of their keys: lower-case hex or UUIDs. */
export interface Way<R> {
  /** The key of the row `STRETCH` places after that one; undefined when there are fewer. */
  end(after: string): Promise<string | undefined>;
  /** Behind one key, up to and with another. */
  rows(after: string, to: string, limit: number): Promise<readonly R[]>;
  key(row: R): string;
  /** How many bytes it takes to visit. */
  size(row: R): number;
}

/** The ends of a table's stretches: keys of anybody's rows, and nothing more of them. */
export const endsOf = ({ define }: Connection, table: string, key: string): Way<unknown>["end"] => {
  const end = define<{ after: string }, { readonly key: string }>(({ db, slot }) => ({
    compile: () =>
      sql<{
        readonly key: string;
      }>`select ${sql.ref(key)} as "key" from ${sql.table(table)} where ${sql.ref(key)} > ${slot.after} order by ${sql.ref(key)} limit 1 offset ${sql.lit(STRETCH - 1)}`.compile(
        db,
      ),
  }));
  return async (after) => (await end.one(null, { after }))?.key;
};

/** Visits every row, a few at a time; whoever else waits comes in between. */
export const walk = async <R>(gate: Gate, way: Way<R>, visit: (row: R) => void): Promise<Result<void>> => {
  for (let after = ""; ;) {
    const from = after;
    await letOthersWork();
    const step = await gate.read(async () => {
      const to = (await way.end(from)) ?? BEHIND_ALL;
      return ok({ to, rows: await way.rows(from, to, ROWS) });
    });
    if (!step.ok) return step;
    const { to, rows } = step.value;
    let bytes = 0;
    for (const row of rows) {
      if (bytes > BYTES) {
        await letOthersWork();
        bytes = 0;
      }
      bytes += way.size(row);
      visit(row);
    }
    const last = rows.at(-1);
    if (last !== undefined && rows.length === ROWS) after = way.key(last);
    else if (to === BEHIND_ALL) return done;
    else after = to;
  }
};
