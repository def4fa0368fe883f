import type { FastifyReply } from "fastify";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort, MoltbotError } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { problemHeaders, problemOf } from "./problem.ts";

/** Answers with the problem document of an error. */
export const answerProblem = (reply: FastifyReply, error: MoltbotError, arrival: Arrival): FastifyReply => {
  const problem = problemOf(error, arrival);
  return reply
    .code(problem.status)
    .headers(problemHeaders(error, problem.status))
    .serializer(String)
    .send(JSON.stringify(problem));
};

/** A bug: its place goes to the log under the trace id, its words to nobody, because they may hold content. */
export const internalError = (thrown: unknown, arrival: Arrival, log: LogPort): MoltbotError => {
  const known = thrown instanceof Error ? thrown : undefined;
  const places = (known?.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, 8)
    .map((line) => line.trim());
  log.error("a request failed in a way the program does not know", {
    traceId: arrival.traceId,
    path: arrival.path,
    name: known?.name ?? typeof thrown,
    places,
  });
  return moltbotError("INTERNAL", { traceId: arrival.traceId });
};
