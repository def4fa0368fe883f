import type { ContentSealer } from "../crypto/index.ts";
import type { SqlValue } from "./query.ts";

/** A row as a conversion reads it. */
export type OldRow = Readonly<Record<string, SqlValue>>;

/** What a migration converts existing rows with, inside its own transaction. `?` stands for each argument on both engines. */
export interface ConversionTools {
  readonly sealer: ContentSealer;
  query(source: string, bound: readonly SqlValue[]): Promise<readonly OldRow[]>;
  run(source: string, bound: readonly SqlValue[]): Promise<void>;
}

/** How many rows are in memory at a time. */
const TOGETHER = 200;

/** The text of a column. */
export const textOf = (row: OldRow, column: string): string => String(row[column]);
/** The JSON of a column. */
export const jsonOf = (row: OldRow, column: string): unknown => JSON.parse(textOf(row, column));
/** The bytes of a column; none where it is null. */
export const bytesOf = (row: OldRow, column: string): Uint8Array => {
  const value = row[column];
  return value instanceof Uint8Array ? value : new Uint8Array(0);
};

/** Names of columns of a table by which a row is found. */
type Key = readonly string[];

/** Writes these columns of one row. */
const write = async (
  steps: ConversionTools,
  table: string,
  key: Key,
  row: OldRow,
  changes: Readonly<Record<string, SqlValue>>,
): Promise<void> => {
  const columns = Object.keys(changes);
  await steps.run(
    `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(", ")} WHERE ${key.map((column) => `${column} = ?`).join(" AND ")}`,
    [...Object.values(changes), ...key.map((column) => row[column] ?? null)],
  );
};

/** Converts every row of a table, a few at a time, in the order of its id; `before` sees each few first. */
export const convertRows = async (
  steps: ConversionTools,
  table: string,
  id: string,
  convert: (row: OldRow) => Readonly<Record<string, SqlValue>>,
  before: (rows: readonly OldRow[]) => void = () => undefined,
): Promise<void> => {
  for (let after = ""; ;) {
    const rows = await steps.query(`SELECT * FROM ${table} WHERE ${id} > ? ORDER BY ${id} LIMIT ${TOGETHER}`, [after]);
    before(rows);
    for (const row of rows) await write(steps, table, [id], row, convert(row));
    const last = rows.at(-1);
    if (last === undefined || rows.length < TOGETHER) return;
    after = textOf(last, id);
  }
};

/** Converts the rows of a small table whose key has several columns, or changes. */
export const convertAll = async (
  steps: ConversionTools,
  table: string,
  key: Key,
  convert: (row: OldRow) => Readonly<Record<string, SqlValue>>,
): Promise<void> => {
  for (const row of await steps.query(`SELECT * FROM ${table}`, [])) await write(steps, table, key, row, convert(row));
};
