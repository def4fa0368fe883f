import { z } from "zod";

const id = z.int().nonnegative();
const tokens = z.int().nonnegative().max(10_000_000);

/** A line from the worker. It parses a model file with native code, so its words are a stranger's. */
export const WorkerReply = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready"), id }),
  z.strictObject({ type: z.literal("token"), id, text: z.string().max(4096) }),
  z.strictObject({
    type: z.literal("done"),
    id,
    reason: z.enum(["stop", "length", "cancelled"]),
    inputTokens: tokens,
    outputTokens: tokens,
  }),
  z.strictObject({
    type: z.literal("error"),
    id,
    code: z.enum(["bad-request", "not-loaded", "load-failed", "busy", "too-long", "failed"]),
    tokens: tokens.optional(),
    limit: tokens.optional(),
  }),
]);
export type WorkerReply = Readonly<z.infer<typeof WorkerReply>>;

/** The reply in a line, or null when it is not one. */
export const readReply = (line: string): WorkerReply | null => {
  try {
    return WorkerReply.parse(JSON.parse(line));
  } catch {
    return null;
  }
};
