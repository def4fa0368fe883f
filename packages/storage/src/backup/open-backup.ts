import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { FRAME_HEAD_BYTES, KIND, MOST_FRAME_BYTES, REAL_SEALING, createFrameReader, frameKey } from "./frame.ts";
import type { FrameBody, FrameSealing } from "./frame.ts";
import { FIXED_BYTES, FORMAT_VERSION, MAGIC, MOST_HEADER_BYTES, SALT_BYTES, readHeader, vaultMark } from "./header.ts";
import type { BackupHeader } from "./header.ts";
import { NAME, readRows } from "./row-text.ts";
import type { SnapshotRow } from "./snapshot.ts";

/** What a backup holds, in its order. */
export type BackupItem =
  | {
      readonly kind: "rows";
      readonly table: string;
      readonly columns: readonly string[];
      readonly rows: readonly SnapshotRow[];
    }
  | { readonly kind: "audit"; readonly bytes: Uint8Array }
  | {
      readonly kind: "attachment" | "file";
      readonly path: string;
      readonly bytes: Uint8Array;
      /** Whether the file ends with these bytes. */
      readonly last: boolean;
    }
  | { readonly kind: "end"; readonly auditRecords: number }
  /** Something that is not what was written. */
  | { readonly kind: "fault"; readonly problem: string };

export interface OpenBackup {
  readonly header: BackupHeader;
  readonly bytes: number;
  /** Reads from the first frame on, in bounded memory; whoever goes on behind a fault is told of the next ones too. */
  items(): AsyncGenerator<BackupItem>;
  /** How many bytes were read by now, for people who wait. */
  position(): number;
  close(): Promise<void>;
}

/** A path that stays inside the folder it is put into. */
const PATH = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]{1,255}){0,7}$/;
const count = z.int().nonnegative();
const AboutRows = z.strictObject({ table: z.string().regex(NAME), columns: z.array(z.string().regex(NAME)) });
const AboutFile = z.strictObject({ path: z.string().regex(PATH), last: z.boolean() });
const AboutEnd = z.strictObject({
  rows: z.record(z.string(), count),
  auditRecords: count,
  attachments: count,
  files: count,
  frames: count,
  chain: z.string(),
});

const itemOf = (kind: number, { about, bytes }: FrameBody): BackupItem | null => {
  switch (kind) {
    case KIND.rows: {
      const parsed = AboutRows.safeParse(about);
      const page = parsed.success ? readRows(parsed.data.columns, bytes) : null;
      return parsed.success && page !== null ? { kind: "rows", table: parsed.data.table, ...page } : null;
    }
    case KIND.audit:
      return { kind: "audit", bytes };
    case KIND.attachment:
    case KIND.file: {
      const parsed = AboutFile.safeParse(about);
      return parsed.success ? { kind: kind === KIND.file ? "file" : "attachment", ...parsed.data, bytes } : null;
    }
    default:
      return null;
  }
};

/** Counts what was read, to be held against what the last frame says. */
const createCounts = () => {
  const rows: Record<string, number> = {};
  let audited = false;
  let attachments = 0;
  let files = 0;
  return {
    add: (item: BackupItem): void => {
      if (item.kind === "rows") rows[item.table] = (rows[item.table] ?? 0) + item.rows.length;
      if (item.kind === "attachment" && item.last) attachments += 1;
      if (item.kind === "file" && item.last) files += 1;
      if (item.kind === "audit") audited = true;
    },
    /** What does not fit, in words; the log's records are counted by whoever reads the log. */
    against: (end: z.infer<typeof AboutEnd>): string | null => {
      const names = new Set([...Object.keys(rows), ...Object.keys(end.rows)]);
      const wrong = [...names].find((name) => rows[name] !== end.rows[name]);
      if (wrong !== undefined) return `its rows of ${wrong} are not as many as were written`;
      if (attachments !== end.attachments || files !== end.files) return "its files are not as many as were written";
      return audited ? null : "it has no audit log";
    },
  };
};

const fault = (problem: string): BackupItem => ({ kind: "fault", problem });

/** The name of a fault of the disk; anything else is a mistake of ours and goes on. */
const diskFault = (thrown: unknown): string => {
  if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string") return thrown.code;
  throw thrown;
};

/** Fills the bytes from the position; false when the file ends before. */
const fillFrom = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> => {
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
};

interface Before {
  readonly frames: number;
  readonly chain: string;
}

/** Holds what was read against what the last frame says of it. */
const endItem = (about: unknown, before: Before, counts: ReturnType<typeof createCounts>): BackupItem => {
  const end = AboutEnd.safeParse(about);
  if (!end.success) return fault("its last frame does not have the form of one");
  if (end.data.chain !== before.chain || end.data.frames !== before.frames)
    return fault("its frames are not those that its last one tells of");
  const wrong = counts.against(end.data);
  return wrong === null ? { kind: "end", auditRecords: end.data.auditRecords } : fault(wrong);
};

interface RawFrame {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** The bytes of the frame that begins at the position, or what is wrong with them. */
const readFrame = async (handle: FileHandle, position: number, index: number): Promise<RawFrame | string> => {
  try {
    return await readFrameAt(handle, position, index);
  } catch (thrown) {
    return `the disk does not give frame ${String(index)} (${diskFault(thrown)})`;
  }
};
const readFrameAt = async (handle: FileHandle, position: number, index: number): Promise<RawFrame | string> => {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  const place = `frame ${String(index)}`;
  if (!(await fillFrom(handle, head, position))) return `it ends before its last frame, at ${place}`;
  const length = head.readUInt32BE(1);
  if (length > MOST_FRAME_BYTES) return `${place} was changed`;
  const bytes = Buffer.alloc(FRAME_HEAD_BYTES + length);
  return (await fillFrom(handle, bytes, position)) ? { kind: head.readUInt8(0), bytes } : `it ends inside ${place}`;
};

async function* readFrames(
  handle: FileHandle,
  prefix: Uint8Array,
  key: Uint8Array,
  sealing: FrameSealing,
  reached: (position: number) => void,
): AsyncGenerator<BackupItem, void> {
  const reader = createFrameReader(prefix, key, sealing);
  const counts = createCounts();
  let newest = 0;
  for (let position = prefix.length; ;) {
    const before = { frames: reader.count(), chain: reader.hash() };
    const raw = await readFrame(handle, position, before.frames);
    if (typeof raw === "string") {
      yield fault(raw);
      return;
    }
    position += raw.bytes.length;
    reached(position);
    const body = reader.open(raw.bytes);
    if (body === null || raw.kind < newest) {
      yield fault(`frame ${String(before.frames)} is not what was written there`);
      continue;
    }
    newest = raw.kind;
    if (raw.kind === KIND.end) {
      const more = await fillFrom(handle, new Uint8Array(1), position);
      yield more ? fault("something stands behind its last frame") : endItem(body.about, before, counts);
      return;
    }
    const item =
      itemOf(raw.kind, body) ?? fault(`frame ${String(before.frames)} holds what this program does not know`);
    counts.add(item);
    yield item;
  }
}

/** Nothing more is said about a file that is not ours: an answer must not tell what other files hold. */
const notOurs = (file: string): Result<never> =>
  err(
    moltbotError("BACKUP_UNREADABLE", { file: basename(file), problem: "there is no backup that this user can read" }),
  );
const unreadable = (file: string, problem: string): Result<never> =>
  err(moltbotError("BACKUP_UNREADABLE", { file: basename(file), problem }));

interface Begin {
  readonly prefix: Uint8Array;
  readonly salt: Uint8Array;
  readonly header: BackupHeader;
}

const readBegin = async (handle: FileHandle, file: string, key: Uint8Array): Promise<Result<Begin>> => {
  const fixed = Buffer.alloc(FIXED_BYTES);
  const whole = await fillFrom(handle, fixed, 0);
  if (!fixed.subarray(0, MAGIC.length).equals(MAGIC)) return notOurs(file);
  if (!whole) return unreadable(file, "it ends inside its header");
  const version = fixed.readUInt16BE(MAGIC.length);
  if (version > FORMAT_VERSION)
    return err(
      moltbotError("BACKUP_TOO_NEW", {
        file: basename(file),
        found: `format ${String(version)}`,
        known: `format ${String(FORMAT_VERSION)}`,
      }),
    );
  const length = fixed.readUInt32BE(FIXED_BYTES - 4);
  if (version !== FORMAT_VERSION || length > MOST_HEADER_BYTES) return unreadable(file, "its header was changed");
  const text = Buffer.alloc(length);
  if (!(await fillFrom(handle, text, FIXED_BYTES))) return unreadable(file, "it ends inside its header");
  const header = readHeader(text);
  if (header === null) return unreadable(file, "its header was changed");
  if (header.vault !== vaultMark(key)) return unreadable(file, "it belongs to another vault");
  const salt = fixed.subarray(MAGIC.length + 2, MAGIC.length + 2 + SALT_BYTES);
  return ok({ prefix: Buffer.concat([fixed, text]), salt, header });
};

/** Some files are there and cannot be read: a bad disk, or what only looks like a file. */
const beginOrNothing = async (handle: FileHandle, file: string, key: Uint8Array): Promise<Result<Begin>> => {
  try {
    return await readBegin(handle, file, key);
  } catch (thrown) {
    diskFault(thrown);
    return notOurs(file);
  }
};

/** Opens a regular file without waiting for the other end of a pipe; null when that is not possible. */
const openRegular = async (file: string): Promise<{ readonly handle: FileHandle; readonly size: number } | null> => {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = await handle.stat();
    if (found.isFile()) return { handle, size: found.size };
  } catch {
    // Missing, forbidden or not a file: the answer is the same.
  }
  await handle?.close();
  return null;
};

/**
 * Opens a backup of this vault. BACKUP_UNREADABLE for anything else, without a word of what it is; BACKUP_TOO_NEW for a format
 * of a later program.
 */
export const openBackup = async (
  file: string,
  key: Uint8Array,
  sealing: FrameSealing = REAL_SEALING,
): Promise<Result<OpenBackup>> => {
  const opened = await openRegular(file);
  if (opened === null) return notOurs(file);
  const { handle, size } = opened;
  const begin = await beginOrNothing(handle, file, key);
  if (!begin.ok) {
    // A handle that nobody closes ends the process when it is collected.
    await handle.close();
    return begin;
  }
  const { prefix, salt, header } = begin.value;
  let position = 0;
  return ok({
    header,
    bytes: size,
    items: () => readFrames(handle, prefix, frameKey(key, salt), sealing, (next) => (position = next)),
    position: () => position,
    close: () => handle.close(),
  });
};
