import { codecOf } from "./keyring-file.ts";
import type { Frame, Head, LineCodec, Wrapping } from "./keyring-file.ts";
import { HeldKey } from "./held-key.ts";
import { isOldKeyring, openOldLine } from "./old-keyring-file.ts";
import type { OldEntry } from "./old-keyring-file.ts";
import type { AppendFile } from "./vault-disk.ts";

/** A keyring as its file has it. */
export interface Loaded {
  readonly held: Map<string, HeldKey>;
  readonly keys: number;
  readonly epoch: number;
  /** Null for an empty file and for one of version 1: both are written anew before anything is added. */
  readonly codec: LineCodec | null;
  readonly erasures: number;
  readonly lastErasure: Uint8Array;
  /** Bytes of whole lines. */
  readonly size: number;
  /** Lines behind the first, and keys in the first. */
  readonly lines: number;
  readonly folded: number;
}

const NEWLINE = 0x0a;
const KEY_BYTES = 32;
const NO_HEAD: Head = { generation: 0, erasures: 0, lastErasure: new Uint8Array(32) };

/** Reads whole lines one after the other until one is not what it should be. */
interface LineReader {
  readonly size: number;
  readonly rest: Uint8Array;
}

const eachLine = (bytes: Buffer, take: (line: Buffer) => boolean): LineReader | null => {
  let begin = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
    if (!take(bytes.subarray(begin, end))) return null;
    begin = end + 1;
  }
  return { size: begin, rest: bytes.subarray(begin) };
};

/** Drops a torn last line, whose keys were never used; a whole one that lacks its newline gets it. Null: it was changed. */
const mendEnd = (file: AppendFile, read: LineReader, opens: (line: Buffer) => boolean): number | "whole" | null => {
  const rest = Buffer.from(read.rest);
  if (rest.length === 0) return read.size;
  // A whole line and one byte more: the newline itself was changed.
  if (opens(rest.subarray(0, -1))) return null;
  if (opens(rest)) return "whole";
  file.truncate(read.size);
  return read.size;
};

/** Reads a keyring's file and mends its end; null when it is damaged, throws on an I/O error. */
export const loadKeyring = (file: AppendFile, key: Uint8Array, wrapping: Wrapping): Loaded | null => {
  const bytes = Buffer.from(file.readAll());
  const held = new Map<string, HeldKey>();
  let keys = 0;
  let epoch = 0;
  let lines = 0;
  let folded = 0;
  let codec: LineCodec | null = null;
  let head = NO_HEAD;
  const isOld = isOldKeyring(bytes);

  const add = (subject: string, of: number, block: Buffer, at: number): boolean => {
    const older = held.get(subject) ?? null;
    if (older !== null && older.epoch >= of) return false;
    held.set(subject, new HeldKey(of, block, at, older));
    keys += 1;
    return true;
  };
  const addFrame = (frame: Frame): boolean => {
    if (frame.epoch < epoch || frame.subjects.length !== frame.epochs.length) return false;
    epoch = frame.epoch;
    return frame.subjects.every((subject, index) =>
      add(subject, frame.epochs[index] ?? 0, frame.keys, index * KEY_BYTES),
    );
  };
  const openOld = (line: Buffer): OldEntry | null => openOldLine(line.toString("utf8"), key, wrapping);

  const take = (line: Buffer): boolean => {
    if (isOld) {
      const entry = openOld(line);
      return entry !== null && add(entry.subject, 0, Buffer.from(entry.key), 0);
    }
    if (codec !== null) {
      const frame = codec.openFrame(lines + 1, line);
      lines += 1;
      return frame !== null && addFrame(frame);
    }
    const text = line.toString("latin1");
    codec = codecOf(text, key, wrapping);
    const opened = codec?.openHead(text) ?? null;
    if (opened === null) return false;
    head = opened.head;
    folded = opened.frame.subjects.length;
    return addFrame(opened.frame);
  };
  const opens = (line: Buffer): boolean => {
    if (isOld) return openOld(line) !== null;
    const opened = codec as LineCodec | null; // the closure above sets it, which TypeScript cannot see
    return opened !== null && opened.openFrame(lines + 1, line) !== null;
  };

  const read = eachLine(bytes, take);
  if (read === null) return null;
  // The first line is written with its file; without its end the file was cut.
  if (!isOld && codec === null && bytes.length > 0) return null;
  const end = mendEnd(file, read, opens);
  if (end === null) return null;
  let size = end;
  if (size === "whole") {
    if (!take(Buffer.from(read.rest))) return null;
    file.append(Uint8Array.of(NEWLINE));
    size = bytes.length + 1;
  }
  return { held, keys, epoch, codec, erasures: head.erasures, lastErasure: head.lastErasure, size, lines, folded };
};
