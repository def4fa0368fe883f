import { AgentId, CallId, ConversationId, Digest, Instant } from "@moltbot/contracts";
import type { UndoEntry, UndoSummary } from "@moltbot/contracts";
import { z } from "zod";
import { sha256Hex } from "../crypto/index.ts";

/** At the beginning of a snapshot's file: how long its summary is. */
export const LENGTH_BYTES = 4;

const about = {
  callId: CallId,
  agentId: AgentId,
  conversationId: ConversationId.nullable(),
  tool: z.string(),
  at: Instant,
  undoes: CallId.nullable(),
};
const changesOf = <B extends z.ZodType>(before: B) =>
  z.array(z.strictObject({ path: z.string(), before: before.nullable(), after: Digest.nullable() }));
const Kept = z.strictObject({
  ...about,
  changes: changesOf(z.strictObject({ content: z.base64(), mode: z.int().min(0).max(0o777) })),
});
const Summary = z.strictObject({
  ...about,
  changes: changesOf(z.strictObject({ bytes: z.int().min(0), hash: Digest })),
});

const read = <S extends z.ZodType>(shape: S, text: string): z.infer<S> | null => {
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

/** The text that is sealed as the whole. */
export const textOf = ({ changes, ...entry }: UndoEntry): string =>
  JSON.stringify({
    ...entry,
    changes: changes.map(({ path, before, after }) => ({
      path,
      before: before && { content: Buffer.from(before.content).toString("base64"), mode: before.mode },
      after,
    })),
  });

/** The entry in that text; null where it is none. */
export const entryIn = (text: string): UndoEntry | null => {
  const kept = read(Kept, text);
  if (kept === null) return null;
  const { changes, ...entry } = kept;
  return {
    ...entry,
    changes: changes.map(({ path, before, after }) => ({
      path,
      before: before && { content: Buffer.from(before.content, "base64"), mode: before.mode },
      after,
    })),
  };
};

/** The summary in its text; null where it is none. */
export const summaryIn = (text: string): UndoSummary | null => read(Summary, text);

export const hashOf = (content: Uint8Array): Digest => Digest.parse(sha256Hex(content));

/** The text that is sealed as the summary: no contents. */
export const summaryOf = ({ changes, ...entry }: UndoEntry): string =>
  JSON.stringify({
    ...entry,
    changes: changes.map(({ path, before, after }) => ({
      path,
      before: before && { bytes: before.content.byteLength, hash: hashOf(before.content) },
      after,
    })),
  });

/** A snapshot's file: how long its summary is, the summary, and the whole, each sealed by itself, so that a list opens no contents. */
export const joined = (summary: Uint8Array, whole: Uint8Array): Buffer => {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(summary.byteLength);
  return Buffer.concat([length, summary, whole]);
};

/** The sealed whole behind the summary. */
export const wholeIn = (bytes: Buffer): Buffer => {
  const length = bytes.byteLength < LENGTH_BYTES ? 0 : bytes.readUInt32BE();
  return bytes.subarray(Math.min(bytes.byteLength, LENGTH_BYTES + length));
};
