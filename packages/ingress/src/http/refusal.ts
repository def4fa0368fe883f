import type { MoltbotError } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { openAiError } from "./openai/openai-error.ts";
import { problemHeaders, problemOf } from "./problem.ts";

/** A refusal as it goes out, whoever writes it. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a path belongs to the surface whose clients read OpenAI's errors and no others. */
const isOpenAi = (path: string): boolean => path.startsWith("/openai/");

/** An error in the form that clients of the path read: a problem document (RFC 9457), or OpenAI's; with the headers that the status demands. */
export const refusalOf = (error: MoltbotError, arrival: Pick<Arrival, "path" | "traceId">): Refusal => {
  const problem = problemOf(error, arrival);
  const { status } = problem;
  const headers = problemHeaders(error, status);
  if (!isOpenAi(arrival.path)) return { status, headers, body: JSON.stringify(problem) };
  return {
    status,
    headers: { ...headers, "Content-Type": "application/json", "X-Request-Id": arrival.traceId },
    body: JSON.stringify(openAiError(error, arrival)),
  };
};
