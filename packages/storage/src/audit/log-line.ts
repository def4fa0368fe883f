import canonicalize from "canonicalize";
import { AuditHead, AuditRecord } from "@moltbot/contracts";
import { leafHash } from "./merkle-tree.ts";

/** A record's place and the hash of its bytes. */
export interface Leaf {
  readonly sequence: number;
  readonly leaf: Uint8Array;
}

type HeadLine = { readonly kind: "head"; readonly head: AuditHead };
/** A line of which only the place and the hash are known. */
export type SkimmedLine = (Leaf & { readonly kind: "record" }) | HeadLine;
/** What one line of the log says. */
export type LogLine = (Leaf & { readonly kind: "record"; readonly record: AuditRecord }) | HeadLine;

/** The canonical text (RFC 8785) of a value that is made of plain JSON. */
export const canonicalText = (value: unknown): string => {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("the value has no JSON text");
  return text;
};

const OPENING = '{"record":';

/** A record's line without its newline, and its leaf. */
export const recordLine = (record: AuditRecord): { readonly line: string; readonly leaf: Uint8Array } => {
  const text = canonicalText(record);
  return { line: `${OPENING}${text}}`, leaf: leafHash(text) };
};

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

/** Reads one line strictly: known shape, canonical bytes, nothing beside them. The text is what is wrong with it. */
export const parseLogLine = (text: string): LogLine | string => {
  const value = parseJson(text);
  if (!isObject(value)) return "it is not a JSON object";
  if (!isCanonical(value, text)) return "its bytes are not canonical JSON";
  const keys = Object.keys(value).join();
  if (keys === "head") {
    const head = AuditHead.safeParse(value["head"]);
    return head.success ? { kind: "head", head: head.data } : "the head does not have the form of a head";
  }
  if (keys !== "record") return "it is neither a record nor a head";
  const record = AuditRecord.safeParse(value["record"]);
  if (!record.success) return "the record does not have the form of a record";
  return { kind: "record", record: record.data, sequence: record.data.sequence, leaf: leafOf(text) };
};

/** Canonical JSON sorts its names, so the sequence is what a record's line ends with. */
const RECORD = /^\{"record":\{.*"sequence":(0|[1-9][0-9]{0,14})\}\}$/;

/**
 * Reads only a record's place and hash, many times faster than all of it. For a reader who then compares the hashes with a
 * signed root or with the database: any other byte of the line changes the hash.
 */
export const skimLogLine = (text: string): SkimmedLine | string => {
  const sequence = RECORD.exec(text)?.[1];
  return sequence === undefined
    ? parseLogLine(text)
    : { kind: "record", sequence: Number(sequence), leaf: leafOf(text) };
};
