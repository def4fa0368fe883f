import { z } from "zod";
import type { SnapshotRow, SnapshotRows, SnapshotValue } from "./snapshot.ts";

/** Bytes stand as `{"b":"<base64url>"}`, everything else as itself. */
const Cell = z.union([z.string(), z.number(), z.null(), z.strictObject({ b: z.string().regex(/^[A-Za-z0-9_-]*$/) })]);
const Row = z.array(Cell);

const cellOf = (value: SnapshotValue): z.infer<typeof Cell> =>
  value instanceof Uint8Array
    ? { b: Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64url") }
    : value;

/** One row as a line of JSON, with its newline. */
export const rowLine = (row: SnapshotRow): string => `${JSON.stringify(row.map(cellOf))}\n`;

const valueOf = (cell: z.infer<typeof Cell>): SnapshotValue =>
  typeof cell === "object" && cell !== null ? new Uint8Array(Buffer.from(cell.b, "base64url")) : cell;

/** Names of tables and columns as migrations write them. */
export const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** The rows of a frame; null when they are not what was written for these columns. */
export const readRows = (columns: readonly string[], bytes: Uint8Array): SnapshotRows | null => {
  try {
    const rows = Buffer.from(bytes)
      .toString("utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => Row.parse(JSON.parse(line)).map(valueOf));
    return rows.every((row) => row.length === columns.length) ? { columns, rows } : null;
  } catch {
    return null; // not JSON, or not of this form
  }
};
