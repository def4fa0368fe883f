import { ERROR_TABLE, moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";

/** RFC 9457, with the code, the next step and the trace; `family`, `recoverable` and `context` let a client rebuild the error. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly traceId: string;
  readonly next: string;
  readonly family: string;
  readonly recoverable: boolean;
  readonly context: MoltbotError["context"];
}

const titleOf = (code: string): string => {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The problem document of an error at one request. */
export const problemOf = (error: MoltbotError, arrival: Pick<Arrival, "path" | "traceId">): ProblemDocument => {
  const { code } = error;
  const told = code === "INTERNAL" ? moltbotError("INTERNAL", { traceId: arrival.traceId }) : error;
  return {
    type: `urn:moltbot:error:${code}`,
    title: titleOf(code),
    status: ERROR_TABLE[code].http,
    detail: told.message,
    instance: arrival.path,
    code,
    traceId: arrival.traceId,
    next: told.next,
    family: told.name,
    recoverable: told.recoverable,
    context: told.context,
  };
};

/** Seconds after which to come back where nothing says it better. */
const RETRY_AFTER: Readonly<Record<number, number>> = { 429: 10, 503: 5 };

/** Headers that the status demands: when to come back, and how to prove who one is. */
export const problemHeaders = (error: MoltbotError, status: number): Readonly<Record<string, string>> => {
  const { retryAfter } = error.context;
  const wait = typeof retryAfter === "number" ? retryAfter : RETRY_AFTER[status];
  return {
    "Content-Type": "application/problem+json",
    ...(status === 401 ? { "WWW-Authenticate": 'Bearer, DPoP algs="ES256 EdDSA"' } : {}),
    ...(wait === undefined ? {} : { "Retry-After": String(Math.max(1, Math.ceil(wait))) }),
  };
};
