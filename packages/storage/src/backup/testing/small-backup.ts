import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BackupId, instantOf, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { BackupSource, CreateWish } from "../create-backup.ts";
import type { CopiedFile, Snapshot, SnapshotRow } from "../snapshot.ts";

export const KEY = new Uint8Array(32).fill(7);
export const ID = BackupId.parse("01930000-0000-7000-8000-000000000001");
export const AT = instantOf(Date.UTC(2026, 10, 22, 12));

const folders: string[] = [];
export const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "moltbot-backup-"));
  folders.push(made);
  return made;
};
export const removeFolders = (): void => {
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true });
};

/** The value, or the test fails with the error's own words. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

type Tables = Readonly<Record<string, { readonly columns: readonly string[]; readonly rows: readonly SnapshotRow[] }>>;

const TABLES: Tables = {
  people: {
    columns: ["id", "name"],
    rows: [
      ["p1", new Uint8Array([0, 255, 7])],
      ["p2", null],
    ],
  },
  things: {
    columns: ["n", "word"],
    rows: [
      [1, 'dé\n"x"'],
      [-2.5, ""],
    ],
  },
  nothing: { columns: ["id"], rows: [] },
};

export const snapshotOf = (tables: Tables = TABLES, closed: () => void = () => undefined): Snapshot => ({
  engine: "sqlite",
  schemaVersion: 7,
  auditRecords: 2,
  tables: Object.keys(tables),
  async *rows(table) {
    const { columns, rows } = tables[table] ?? { columns: [], rows: [] };
    yield ok({ columns, rows });
  },
  close: async () => closed(),
});

export const fileOf = (path: string, text: string): CopiedFile => ({
  path,
  async *read() {
    yield Buffer.from(text, "utf8");
  },
});

export const sourceOf = (wish: Partial<BackupSource> = {}): BackupSource => ({
  snapshot: snapshotOf(),
  async *auditLines() {
    yield Buffer.from('{"record":1}\n{"record":2}\n', "utf8");
  },
  async *attachments() {
    yield fileOf("ab/cdef", "sealed bytes");
  },
  async *files() {
    yield fileOf("moltbot.json5", "{}");
  },
  ...wish,
});

export const wishFor = (file: string, wish: Partial<CreateWish> = {}): CreateWish => ({
  file,
  key: KEY,
  header: { id: ID, createdAt: AT, generation: 3 },
  source: sourceOf(),
  ...wish,
});
