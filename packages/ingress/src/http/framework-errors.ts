import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance } from "fastify";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort, MoltbotError } from "@moltbot/contracts";
import { internalError } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { problemOf } from "./problem.ts";
import { API_HEADERS } from "./security-headers.ts";

export const LARGEST_BODY = 1_048_576;
export const LARGEST_HEADERS = 16_384;

const BY_CODE: Readonly<Record<string, () => MoltbotError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => moltbotError("REQUEST_NOT_JSON"),
  FST_ERR_CTP_INVALID_JSON_BODY: () => moltbotError("REQUEST_NOT_JSON"),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => moltbotError("REQUEST_NOT_JSON"),
  FST_ERR_CTP_BODY_TOO_LARGE: () => moltbotError("REQUEST_TOO_LARGE", { limit: LARGEST_BODY }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    moltbotError("REQUEST_INVALID", { path: "the header content-length", problem: "the body has another length" }),
  FST_ERR_BAD_URL: () => moltbotError("ROUTE_NOT_FOUND"),
  FST_ERR_MAX_PARAM_LENGTH: () => moltbotError("ROUTE_NOT_FOUND"),
};

/** What the framework could not do, in our words; what it does not know is a bug. */
export const frameworkError = (error: FastifyError, arrival: Arrival, log: LogPort): MoltbotError =>
  BY_CODE[error.code]?.() ?? internalError(error, arrival, log);

/** What the parser cannot read gets an answer too, with the same headers, and no second chance on that connection. */
export const answerUnreadable = (error: Error & { readonly code?: string }, socket: Socket, traceId: string): void => {
  if (!socket.writable) return void socket.destroy();
  const large = error.code === "HPE_HEADER_OVERFLOW";
  const told = large
    ? moltbotError("REQUEST_TOO_LARGE", { limit: LARGEST_HEADERS })
    : moltbotError("REQUEST_INVALID", { path: "the request", problem: "it is not HTTP/1.1 as this server reads it" });
  const problem = problemOf(told, { path: "/", traceId });
  const body = JSON.stringify(problem);
  const headers = {
    ...API_HEADERS,
    "Content-Type": "application/problem+json",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${problem.status} ${large ? "Content Too Large" : "Bad Request"}\r\n${lines.join("")}\r\n${body}`,
  );
};

/** Bodies are JSON in strict UTF-8; one that would set a prototype is not JSON to us. */
export const parseJsonBodies = (app: FastifyInstance): void => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: LARGEST_BODY },
    (request, body, next) => {
      let text: string;
      try {
        text = typeof body === "string" ? body : decoder.decode(body);
      } catch {
        return next(Object.assign(new Error("not UTF-8"), { code: "FST_ERR_CTP_INVALID_JSON_BODY" }), undefined);
      }
      return void parse(request, text, next);
    },
  );
};
