import canonicalize from "canonicalize";
import { AuditHead, AuditRecord } from "@moltbot/contracts";
import { bytesOfHex, hexOf } from "./hex.ts";
import { leafHash } from "./merkle-tree.ts";
import { hasRecordForm, isInstant, isRecordText, recordText } from "./record-text.ts";

/** A record's place and the hash of its bytes. */
export interface Leaf {
  readonly sequence: number;
  readonly leaf: Uint8Array;
}

type HeadLine = { readonly kind: "head"; readonly head: AuditHead };
/** What retention left of a record. */
type LeafLine = Leaf & { readonly kind: "leaf" };
/** A line of which only the place and the hash are known. */
export type SkimmedLine = (Leaf & { readonly kind: "record" }) | LeafLine | HeadLine;
/** What one line of the log says. */
export type LogLine = (Leaf & { readonly kind: "record"; readonly record: AuditRecord }) | LeafLine | HeadLine;

/** The canonical text (RFC 8785) of a value that is made of plain JSON. */
export const canonicalText = (value: unknown): string => {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("the value has no JSON text");
  return text;
};

const OPENING = '{"record":';

/** A record's line without its newline, and its leaf. */
export const recordLine = (record: AuditRecord): { readonly line: string; readonly leaf: Uint8Array } => {
  const text = recordText(record);
  return { line: `${OPENING}${text}}`, leaf: leafHash(text) };
};

/** The line that stands in the place of a record whose body retention took. */
export const leafLine = ({ sequence, leaf }: Leaf): string =>
  `{"leaf":{"hash":"${hexOf(leaf)}","sequence":${String(sequence)}}}`;

/** A head's line without its newline. */
export const headLine = (head: AuditHead): string => `{"head":${canonicalText(head)}}`;

const leafOf = (line: string): Uint8Array => leafHash(line.slice(OPENING.length, -1));

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Whether the text is exactly what the value would be written as; a lone surrogate has no such text. */
const isCanonical = (value: unknown, text: string): boolean => {
  try {
    return canonicalText(value) === text;
  } catch {
    return false;
  }
};

/** Reads any line slowly, and says what is wrong with it. */
const parseStrictly = (text: string): LogLine | string => {
  const value = parseJson(text);
  if (!isObject(value)) return "it is not a JSON object";
  if (!isCanonical(value, text)) return "its bytes are not canonical JSON";
  const keys = Object.keys(value).join();
  if (keys === "head") {
    const head = AuditHead.safeParse(value["head"]);
    return head.success ? { kind: "head", head: head.data } : "the head does not have the form of a head";
  }
  if (keys === "leaf") return "the hash of a record does not have its form";
  if (keys !== "record") return "it is neither a record nor a head";
  const record = AuditRecord.safeParse(value["record"]);
  if (!record.success) return "the record does not have the form of a record";
  return { kind: "record", record: record.data, sequence: record.data.sequence, leaf: leafOf(text) };
};

/** A record whose text is canonical; undefined sends every other line, and every doubt, the slow way. */
const parseRecord = (text: string): LogLine | undefined => {
  // Half a surrogate pair can only be written so, and has no canonical text.
  if (text.includes("\\u") || !text.endsWith("}")) return undefined;
  const body = text.slice(OPENING.length, -1);
  const record = parseJson(body);
  if (!hasRecordForm(record) || !isRecordText(record, body)) return undefined;
  return { kind: "record", record, sequence: record.sequence, leaf: leafHash(body) };
};

const LEAF = /^\{"leaf":\{"hash":"([0-9a-f]{64})","sequence":(0|[1-9][0-9]{0,14})\}\}$/;

const parseLeaf = (text: string): LeafLine | undefined => {
  const [, hash, sequence] = LEAF.exec(text) ?? [];
  if (hash === undefined || sequence === undefined) return undefined;
  return { kind: "leaf", sequence: Number(sequence), leaf: bytesOfHex(hash) };
};

const HEAD =
  /^\{"head":\{"at":"([0-9TZ:.-]{24})","publicKey":"([\w-]*)","root":"([0-9a-f]{64})","signature":"([\w-]*)","size":(0|[1-9][0-9]{0,14})\}\}$/;

const parseHead = (text: string): HeadLine | undefined => {
  const [, at = "", publicKey = "", root = "", signature = "", size = ""] = HEAD.exec(text) ?? [];
  if (!isInstant(at)) return undefined;
  // The pattern and the line above say of each member what the schema says.
  return { kind: "head", head: { size: Number(size), root, at, publicKey, signature } as AuditHead };
};

/** Reads one line strictly: known shape, canonical bytes, nothing beside them. The text is what is wrong with it. */
export const parseLogLine = (text: string): LogLine | string =>
  (text.startsWith(OPENING) ? parseRecord(text) : (parseLeaf(text) ?? parseHead(text))) ?? parseStrictly(text);

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes, or null when they are not UTF-8. */
export const textOf = (bytes: Uint8Array): string | null => {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
};

/** The same of a line's bytes. */
export const readLogLine = (bytes: Uint8Array): LogLine | string => {
  const text = textOf(bytes);
  return text === null ? "it is not UTF-8" : parseLogLine(text);
};

const [CLOSE, ZERO, NINE] = [0x7d, 0x30, 0x39];
const BEGIN = Buffer.from(`${OPENING}{`);
const SEQUENCE = Buffer.from(',"sequence":');
const MOST_DIGITS = 15;

const standsAt = (bytes: Uint8Array, place: number, wanted: Uint8Array): boolean => {
  if (place < 0 || place + wanted.length > bytes.length) return false;
  for (let at = 0; at < wanted.length; at += 1) if (bytes[place + at] !== wanted[at]) return false;
  return true;
};

/** Canonical JSON sorts its names, so the sequence is what a record's line ends with; null when it is not there. */
const closingSequence = (bytes: Uint8Array): number | null => {
  const end = bytes.length - 2;
  if (bytes[end] !== CLOSE || bytes[end + 1] !== CLOSE) return null;
  let place = end - 1;
  let sequence = 0;
  for (let weight = 1; ; place -= 1, weight *= 10) {
    const digit = bytes[place];
    if (digit === undefined || digit < ZERO || digit > NINE) break;
    sequence += (digit - ZERO) * weight;
  }
  const digits = end - 1 - place;
  if (digits < 1 || digits > MOST_DIGITS || (digits > 1 && bytes[place + 1] === ZERO)) return null;
  return standsAt(bytes, place + 1 - SEQUENCE.length, SEQUENCE) ? sequence : null;
};

/**
 * Reads only a record's place and hash, many times faster than all of it. For a reader who then compares the hashes with a
 * signed root or with the database: any other byte of the line changes the hash.
 */
export const skimLogLine = (bytes: Uint8Array): SkimmedLine | string => {
  const sequence = standsAt(bytes, 0, BEGIN) ? closingSequence(bytes) : null;
  return sequence === null
    ? readLogLine(bytes)
    : { kind: "record", sequence, leaf: leafHash(bytes.subarray(OPENING.length, -1)) };
};
