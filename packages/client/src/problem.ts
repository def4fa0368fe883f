import type { ErrorContext, MoltbotError } from "@moltbot/contracts";

/** A problem document (RFC 9457) as the gateway writes it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: MoltbotError["code"];
  readonly traceId: string;
  readonly next: string;
  readonly family: MoltbotError["name"];
  readonly recoverable: boolean;
  readonly context: ErrorContext;
}

/** GATEWAY_UNREACHABLE; the sentences stand in the contracts' table too, and a test keeps them equal. */
export const unreachable = (address: string): MoltbotError =>
  Object.freeze({
    name: "ConfigurationError",
    code: "GATEWAY_UNREACHABLE",
    message: `No gateway answers at ${address}.`,
    next: "Start one with `./moltbot start`, or name another with MOLTBOT_URL.",
    context: Object.freeze({ address }),
    recoverable: true,
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller treats it as no gateway
  }
};

const isProblem = (value: unknown): value is ProblemDocument =>
  typeof value === "object" &&
  value !== null &&
  "code" in value &&
  typeof value.code === "string" &&
  "detail" in value &&
  typeof value.detail === "string";

/** The error of a problem document; what is no problem document did not come from a gateway: GATEWAY_UNREACHABLE. */
export const problemToError = (body: string, address: string): MoltbotError => {
  const problem = parsed(body);
  if (!isProblem(problem)) return unreachable(address);
  return Object.freeze({
    name: problem.family,
    code: problem.code,
    message: problem.detail,
    next: problem.next,
    context: Object.freeze({ ...problem.context }),
    recoverable: problem.recoverable,
  });
};
