import type { MoltbotError } from "@moltbot/contracts";
import type { Arrival } from "../arrival.ts";
import { problemOf } from "../problem.ts";

/** An error as clients of OpenAI's protocol read it; `code` is ours. */
interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** OpenAI's own words for kinds of errors. */
const typeOf = (status: number, code: string): string => {
  if (code === "MODEL_QUOTA_EXHAUSTED" || code === "BUDGET_EXHAUSTED") return "insufficient_quota";
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 409:
      return "conflict_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
};

const paramOf = ({ code, context }: MoltbotError): string | null => {
  if (code === "MODEL_UNKNOWN") return "model";
  return code === "REQUEST_INVALID" && typeof context["path"] === "string" ? context["path"] : null;
};

/** The body of an error: what happened, what to do next, and the code. */
export const openAiError = (error: MoltbotError, arrival: Pick<Arrival, "path" | "traceId">): OpenAiError => {
  const { detail, next, status, code } = problemOf(error, arrival);
  return { error: { message: `${detail} ${next}`, type: typeOf(status, code), param: paramOf(error), code } };
};
