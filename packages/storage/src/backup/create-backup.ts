import { basename, dirname, join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { randomBytes } from "../crypto/index.ts";
import { faultName, realBackupDisk } from "./backup-disk.ts";
import type { BackupDisk, GrowingFile } from "./backup-disk.ts";
import { KIND, REAL_SEALING, createFrameWriter, frameKey } from "./frame.ts";
import type { FrameBody, FrameKind, FrameSealing } from "./frame.ts";
import { SALT_BYTES, prefixOf, vaultMark } from "./header.ts";
import type { BackupHeader } from "./header.ts";
import { rowLine } from "./row-text.ts";
import type { CopiedFile, Snapshot, SnapshotRow } from "./snapshot.ts";

/** Everything that one backup is made from. */
export interface BackupSource {
  readonly snapshot: Snapshot;
  /** The audit log's bytes up to and without the record of this number: whole lines, in pieces. */
  auditLines(records: number): AsyncIterable<Uint8Array>;
  attachments(): AsyncIterable<CopiedFile>;
  /** Settings and policy, where there are any. */
  files(): AsyncIterable<CopiedFile>;
}

export interface CreateWish {
  /** Where it shall lie; nothing lies there before it is whole. */
  readonly file: string;
  /** The vault's key for backups, 32 bytes. */
  readonly key: Uint8Array;
  readonly header: Pick<BackupHeader, "id" | "createdAt" | "generation">;
  readonly source: BackupSource;
  /** Told when it is whole and durable, and before it bears its name: what is not known must not lie anywhere. */
  readonly known?: (made: BackupMade) => Promise<Result<void>>;
  readonly disk?: BackupDisk;
  /** Replaced only by tests. */
  readonly sealing?: FrameSealing;
  readonly salt?: Uint8Array;
}

/** What was written. */
export interface BackupMade {
  readonly bytes: number;
  readonly rows: number;
  readonly auditRecords: number;
  readonly attachments: number;
}

/** About this many bytes of rows or of a file go into one frame. */
const PIECE_BYTES = 512 * 1024;

/** A result that is not ok, on its way through a loop. */
class Refused extends Error {
  readonly result: Result<never>;
  constructor(result: Result<never>) {
    super("refused");
    this.result = result;
  }
}

type Put = (kind: FrameKind, body: FrameBody) => Promise<void>;

const NOTHING = new Uint8Array();

/** Writes a table's rows; an empty table has one frame, so that its absence is noticed. */
const putTable = async (snapshot: Snapshot, table: string, put: Put): Promise<number> => {
  let columns: readonly string[] = [];
  let lines: string[] = [];
  let length = 0;
  let rows = 0;
  let frames = 0;
  const flush = async (): Promise<void> => {
    await put(KIND.rows, { about: { table, columns }, bytes: Buffer.from(lines.join(""), "utf8") });
    frames += 1;
    lines = [];
    length = 0;
  };
  const add = async (row: SnapshotRow): Promise<void> => {
    const line = rowLine(row);
    lines.push(line);
    length += line.length;
    rows += 1;
    if (length >= PIECE_BYTES) await flush();
  };
  for await (const page of snapshot.rows(table)) {
    if (!page.ok) throw new Refused(page);
    columns = page.value.columns;
    for (const row of page.value.rows) await add(row);
  }
  if (lines.length > 0 || frames === 0) await flush();
  return rows;
};

/** Cuts what comes in pieces of any size into pieces of one size; the last one is marked. */
async function* pieces(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }> {
  let pending: Uint8Array = NOTHING;
  for await (const chunk of source) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length > PIECE_BYTES) {
      yield { bytes: pending.subarray(0, PIECE_BYTES), last: false };
      pending = pending.subarray(PIECE_BYTES);
    }
  }
  yield { bytes: pending, last: true };
}

const putFiles = async (files: AsyncIterable<CopiedFile>, kind: FrameKind, put: Put): Promise<number> => {
  let count = 0;
  for await (const file of files) {
    for await (const { bytes, last } of pieces(file.read()))
      await put(kind, { about: { path: file.path, last }, bytes });
    count += 1;
  }
  return count;
};

const putAll = async (source: BackupSource, put: Put): Promise<Readonly<Record<string, unknown>>> => {
  const rows: Record<string, number> = {};
  for (const table of source.snapshot.tables) rows[table] = await putTable(source.snapshot, table, put);
  const auditRecords = source.snapshot.auditRecords;
  for await (const { bytes } of pieces(source.auditLines(auditRecords))) await put(KIND.audit, { about: {}, bytes });
  const attachments = await putFiles(source.attachments(), KIND.attachment, put);
  const files = await putFiles(source.files(), KIND.file, put);
  return { rows, auditRecords, attachments, files };
};

const fill = async (file: GrowingFile, wish: CreateWish): Promise<BackupMade> => {
  const { source, key, sealing = REAL_SEALING, salt = randomBytes(SALT_BYTES) } = wish;
  const { engine, schemaVersion: schema } = source.snapshot;
  const prefix = prefixOf(salt, { ...wish.header, engine, schema, vault: vaultMark(key) });
  const writer = createFrameWriter(prefix, frameKey(key, salt), sealing);
  await file.write(prefix);
  let bytes = prefix.length;
  const put: Put = async (kind, body) => {
    const frame = writer.frame(kind, body);
    await file.write(frame);
    bytes += frame.length;
  };
  const counts = await putAll(source, put);
  await put(KIND.end, { about: { ...counts, frames: writer.count(), chain: writer.hash() }, bytes: NOTHING });
  await file.sync();
  const rows = Object.values(counts["rows"] as Readonly<Record<string, number>>); // putAll made it
  return {
    bytes,
    rows: rows.reduce((sum, each) => sum + each, 0),
    auditRecords: source.snapshot.auditRecords,
    attachments: Number(counts["attachments"]),
  };
};

const refusal = (thrown: unknown, folder: string): Result<never> => {
  if (thrown instanceof Refused) return thrown.result;
  const problem = faultName(thrown);
  if (problem === null) throw thrown;
  return err(moltbotError("BACKUP_PLACE", { folder, problem }));
};

/** Writes it beside its place, and moves it there only when it is whole and durable. */
const writeBeside = async (disk: BackupDisk, wish: CreateWish): Promise<BackupMade> => {
  const beside = join(dirname(wish.file), `.${basename(wish.file)}.${wish.header.id}.part`);
  const file = await disk.create(beside);
  try {
    const made = await fill(file, wish);
    await file.close();
    const told = (await wish.known?.(made)) ?? done;
    if (!told.ok) throw new Refused(told);
    await disk.place(beside, wish.file);
    return made;
  } catch (thrown) {
    await file.close().catch(() => undefined);
    await disk.remove(beside).catch(() => undefined);
    throw thrown;
  }
};

/**
 * Writes a backup of one moment while everything goes on. BACKUP_PLACE when the disk refuses; then nothing lies under the final
 * name. Closes the snapshot.
 */
export const createBackup = async (wish: CreateWish): Promise<Result<BackupMade>> => {
  try {
    return ok(await writeBeside(wish.disk ?? realBackupDisk, wish));
  } catch (thrown) {
    return refusal(thrown, dirname(wish.file));
  } finally {
    await wish.source.snapshot.close();
  }
};

/** Whether a file of this name is what a killed backup left beside its place. */
export const isPart = (name: string): boolean => /^\.moltbot-.+\.part$/.test(name);
