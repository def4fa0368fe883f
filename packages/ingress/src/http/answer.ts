import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort, MoltbotError } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { refusalOf } from "./refusal.ts";
import { API_HEADERS } from "./security-headers.ts";

/** Answers with an error, in the form that clients of the path read. */
export const answerProblem = (reply: FastifyReply, error: MoltbotError, arrival: Arrival): FastifyReply => {
  const { status, headers, body } = refusalOf(error, arrival);
  return reply.code(status).headers(headers).serializer(String).send(body);
};

/** Answers outside the framework. The connection is closed where nothing else is said: what follows on it came from the same hand. */
export const writeProblem = (
  response: ServerResponse,
  error: MoltbotError,
  arrival: Pick<Arrival, "path" | "traceId">,
  connection: "close" | "keep-alive" = "close",
): void => {
  const { status, headers, body } = refusalOf(error, arrival);
  response.writeHead(status, {
    ...API_HEADERS,
    ...headers,
    "Content-Length": Buffer.byteLength(body),
    Connection: connection,
  });
  response.end(body);
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
