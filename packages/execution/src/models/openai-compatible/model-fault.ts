import { moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import { EgressFault } from "../../egress/index.ts";

/** The egress error inside what a library threw, however deep it was wrapped. */
const egressError = (thrown: unknown): MoltbotError | null => {
  let current = thrown;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    if (current instanceof EgressFault) return current.error;
    current = current.cause;
  }
  return null;
};

const statusOf = (thrown: unknown): number | null =>
  typeof thrown === "object" && thrown !== null && "statusCode" in thrown && typeof thrown.statusCode === "number"
    ? thrown.statusCode
    : null;

const byStatus = (model: string, status: number): MoltbotError => {
  if (status === 429) return moltbotError("MODEL_RATE_LIMITED", { model });
  if (status >= 500) return moltbotError("MODEL_UNAVAILABLE", { model, problem: `it answered with status ${status}` });
  if (status >= 400) return moltbotError("MODEL_REFUSED", { model, status });
  return moltbotError("MODEL_ANSWER_INVALID", { model });
};

/** What was thrown while the server was asked or read, as a named error. It quotes nothing: a vendor's text may hold the prompt or the key. */
export const thrownFault = (model: string, thrown: unknown): MoltbotError => {
  const inner = egressError(thrown);
  if (inner !== null) {
    if (inner.code === "RESPONSE_TOO_LARGE") return moltbotError("MODEL_ANSWER_INVALID", { model });
    // The key is the owner's to mend: that error says how.
    if (inner.name === "StorageError") return inner;
    return moltbotError("MODEL_UNAVAILABLE", { model, problem: inner.code });
  }
  const status = statusOf(thrown);
  return status === null
    ? moltbotError("MODEL_UNAVAILABLE", { model, problem: "the connection failed" })
    : byStatus(model, status);
};

/** What the library reported inside the stream: the server's own error object, or a chunk it could not read. */
export const streamedFault = (model: string, reported: unknown): MoltbotError => {
  if (reported instanceof Error) return moltbotError("MODEL_ANSWER_INVALID", { model });
  const code = typeof reported === "object" && reported !== null && "code" in reported ? reported.code : null;
  if (code === 429 || code === "rate_limit_exceeded") return moltbotError("MODEL_RATE_LIMITED", { model });
  return moltbotError("MODEL_UNAVAILABLE", { model, problem: "it reported an error" });
};
