import { moltbotError } from "@moltbot/contracts";
import type { ErrorCode, MoltbotError } from "@moltbot/contracts";
import { EgressFault } from "../../egress/index.ts";
import { readComplaint } from "./read-complaint.ts";
import type { Complaint } from "./read-complaint.ts";
import { secondsOf } from "./retry-after.ts";

/** Why an answer did not come, and whether asking the same again may help. */
export interface Fault {
  readonly error: MoltbotError;
  readonly again: boolean;
  /** How long the vendor asks to be left alone; null when it does not say. */
  readonly afterSeconds: number | null;
}

const final = (error: MoltbotError): Fault => ({ error, again: false, afterSeconds: null });
const passing = (error: MoltbotError, afterSeconds: number | null = null): Fault => ({
  error,
  again: true,
  afterSeconds,
});

const TOO_LONG =
  /prompt is too long|maximum context length|context (length|window|size)|too many (input )?tokens|input token count|exceeds? (the|your) (maximum|available|model)/i;
const NO_CREDIT = /credit balance is too low|insufficient (credits|balance|funds)/i;
const FILTERED = /content filter(ing)? policy|flagged by|requires moderation|moderation and your input was flagged/i;

/** What a complaint says, in one word of ours; the first rule that fits. Vendors' words are matched here and go no further. */
const RULES: readonly (readonly [ErrorCode, (complaint: Complaint) => boolean])[] = [
  [
    "MODEL_INPUT_TOO_LONG",
    ({ status, words, text }) =>
      status === 413 ||
      words.has("context_length_exceeded") ||
      words.has("request_too_large") ||
      ((status === null || status === 400 || status === 422) && TOO_LONG.test(text)),
  ],
  [
    "MODEL_QUOTA_EXHAUSTED",
    ({ status, words, text, afterSeconds }) =>
      ["insufficient_quota", "billing_error", "billing_hard_limit_reached", "billing_not_active"].some((word) =>
        words.has(word),
      ) ||
      [...words].some((word) => /^[A-Za-z]+PerDay/.test(word)) ||
      // One that says when to come back means too much at once, not an empty account.
      (status === 402 && afterSeconds === null) ||
      ((status === 400 || status === 403) && NO_CREDIT.test(text)),
  ],
  [
    "MODEL_BLOCKED",
    ({ words, text }) =>
      ["content_filter", "content_policy_violation", "moderation_blocked", "flagged_input"].some((word) =>
        words.has(word),
      ) || FILTERED.test(text),
  ],
  ["MODEL_RATE_LIMITED", ({ status, words }) => status === 429 || status === 402 || isRate(words)],
  [
    "MODEL_KEY_REFUSED",
    ({ status, words }) =>
      status === 401 ||
      status === 403 ||
      [
        "invalid_api_key",
        "authentication_error",
        "permission_error",
        "API_KEY_INVALID",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
      ].some((word) => words.has(word)),
  ],
];
const isRate = (words: ReadonlySet<string>): boolean =>
  ["rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"].some((word) => words.has(word));

const unavailable = (model: string, status: number | null): MoltbotError =>
  moltbotError("MODEL_UNAVAILABLE", {
    model,
    problem: status === null ? "it reported an error" : `it answered with status ${String(status)}`,
  });

/** A complaint as a named error. It quotes nothing: a vendor's text may hold the prompt or the key. */
const faultOf = (model: string, complaint: Complaint): Fault => {
  const { status, afterSeconds } = complaint;
  const code = RULES.find(([, fits]) => fits(complaint))?.[0];
  if (code === "MODEL_RATE_LIMITED") return passing(moltbotError(code, { model }), afterSeconds);
  if (code !== undefined) return final(moltbotError(code, { model }));
  const isRefusal = status !== null && status >= 400 && status < 500 && status !== 408;
  return isRefusal
    ? final(moltbotError("MODEL_REFUSED", { model, status }))
    : passing(unavailable(model, status), afterSeconds);
};

/** The egress error inside what a library threw, however deep it was wrapped. */
const egressError = (thrown: unknown): MoltbotError | null => {
  let current = thrown;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    if (current instanceof EgressFault) return current.error;
    current = current.cause;
  }
  return null;
};

const egressFault = (model: string, inner: MoltbotError): Fault => {
  if (inner.code === "RESPONSE_TOO_LARGE") return final(moltbotError("MODEL_ANSWER_INVALID", { model }));
  // The key is the owner's to mend: that error says how.
  if (inner.name === "StorageError") return final(inner);
  const error = moltbotError("MODEL_UNAVAILABLE", { model, problem: inner.code });
  return inner.code === "FETCH_FAILED" ? passing(error) : final(error);
};

/** What the libraries throw when a server could not be asked, or did not answer with success. */
interface FailedCall {
  readonly statusCode: number | null;
  readonly responseBody: string;
  readonly retryAfter: string | null;
}

const failedCall = (thrown: unknown): FailedCall | null => {
  if (!(thrown instanceof Error) || !("url" in thrown) || !("isRetryable" in thrown)) return null;
  const statusCode: unknown = Reflect.get(thrown, "statusCode");
  const responseBody: unknown = Reflect.get(thrown, "responseBody");
  const given: unknown = Reflect.get(thrown, "responseHeaders");
  const headers = typeof given === "object" && given !== null ? given : {};
  const after = "retry-after" in headers ? headers["retry-after"] : null;
  return {
    statusCode: typeof statusCode === "number" ? statusCode : null,
    responseBody: typeof responseBody === "string" ? responseBody : "",
    retryAfter: typeof after === "string" ? after : null,
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** What was thrown while the server was asked or read, as a named error. `now` is milliseconds since 1970. */
export const thrownFault = (model: string, thrown: unknown, now: number): Fault => {
  const inner = egressError(thrown);
  if (inner !== null) return egressFault(model, inner);
  const invalid = final(moltbotError("MODEL_ANSWER_INVALID", { model }));
  const call = failedCall(thrown);
  if (call === null) return invalid; // the library could not make sense of what it read
  const { statusCode, responseBody, retryAfter } = call;
  if (statusCode === null)
    return passing(moltbotError("MODEL_UNAVAILABLE", { model, problem: "the connection failed" }));
  if (statusCode < 400) return invalid;
  const complaint = readComplaint(parsed(responseBody));
  const afterSeconds = retryAfter === null ? complaint.afterSeconds : secondsOf(retryAfter, now);
  return faultOf(model, { ...complaint, status: statusCode, afterSeconds });
};

/** What the library reported inside the stream: the server's own error object, or a chunk it could not read. */
export const streamedFault = (model: string, reported: unknown): Fault =>
  reported instanceof Error
    ? final(moltbotError("MODEL_ANSWER_INVALID", { model }))
    : faultOf(model, readComplaint(reported));
