import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FastifyError, FastifyInstance, FastifyRequest } from "fastify";
import { MOST_PACKAGE_BYTES, err, moltbotError, ok } from "@moltbot/contracts";
import type { LogPort, MoltbotError, OperationName, Result } from "@moltbot/contracts";
import { internalError } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { refusalOf } from "./refusal.ts";
import { repeatedKey } from "./repeated-key.ts";
import { API_HEADERS } from "./security-headers.ts";
import type { BodyCheckOf } from "./signed-request.ts";

export const LARGEST_BODY = 1_048_576;
/** The largest file that the settings can allow, as base64, and a name beside it. */
const LARGEST_FILE_BODY = Math.ceil(104_857_600 / 3) * 4 + 65_536;
/** The largest package as base64, and beside it a lock, answers for a trial and the like. */
const LARGEST_PACKAGE_BODY = Math.ceil(MOST_PACKAGE_BYTES / 3) * 4 + LARGEST_BODY;
const LARGER: Partial<Readonly<Record<OperationName, number>>> = Object.freeze({
  "attachments.create": LARGEST_FILE_BODY,
  "packages.inspect": LARGEST_PACKAGE_BODY,
  "plugins.install": LARGEST_PACKAGE_BODY,
  "plugins.update": LARGEST_PACKAGE_BODY,
  "plugins.try": LARGEST_PACKAGE_BODY,
  "skills.install": LARGEST_PACKAGE_BODY,
});
/** The most bytes that an operation's body may have; a file or a package comes in one piece, everything else is small. */
export const largestBody = (operation: OperationName): number => LARGER[operation] ?? LARGEST_BODY;
export const LARGEST_HEADERS = 16_384;

const BY_CODE: Readonly<Record<string, (mostBytes: number) => MoltbotError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => moltbotError("REQUEST_NOT_JSON"),
  FST_ERR_CTP_INVALID_JSON_BODY: () => moltbotError("REQUEST_NOT_JSON"),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => moltbotError("REQUEST_NOT_JSON"),
  FST_ERR_CTP_BODY_TOO_LARGE: (limit) => moltbotError("REQUEST_TOO_LARGE", { limit }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    moltbotError("REQUEST_INVALID", { path: "the header content-length", problem: "the body has another length" }),
  FST_ERR_BAD_URL: () => moltbotError("ROUTE_NOT_FOUND"),
  FST_ERR_MAX_PARAM_LENGTH: () => moltbotError("ROUTE_NOT_FOUND"),
};

/** A body that was refused before anybody read it as JSON. */
class RefusedBody extends Error {
  readonly refusal: MoltbotError;
  constructor(refusal: MoltbotError) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/** What the framework could not do, in our words; what it does not know is a bug. */
export const frameworkError = (
  error: FastifyError,
  arrival: Arrival,
  log: LogPort,
  mostBytes = LARGEST_BODY,
): MoltbotError =>
  error instanceof RefusedBody
    ? error.refusal
    : (BY_CODE[error.code]?.(mostBytes) ?? internalError(error, arrival, log));

/** Answers on a bare connection, with the headers of every answer, and ends it: there is no second chance on it. */
export const endWithProblem = (
  socket: Duplex,
  error: MoltbotError,
  arrival: Pick<Arrival, "path" | "traceId">,
): void => {
  if (!socket.writable) return void socket.destroy();
  const { status, headers: told, body } = refusalOf(error, arrival);
  const headers = {
    ...API_HEADERS,
    ...told,
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${body}`);
};

/** What the parser cannot read gets an answer too. */
export const answerUnreadable = (error: Error & { readonly code?: string }, socket: Socket, traceId: string): void => {
  const told =
    error.code === "HPE_HEADER_OVERFLOW"
      ? moltbotError("REQUEST_TOO_LARGE", { limit: LARGEST_HEADERS })
      : moltbotError("REQUEST_INVALID", { path: "the request", problem: "it is not HTTP/1.1 as this server reads it" });
  endWithProblem(socket, told, { path: "/", traceId });
};

/** REQUEST_INVALID naming a key that stands twice: what was looked at need not be what is done then. */
const unambiguous = (text: string): Result<void> => {
  const key = repeatedKey(text);
  return key === undefined ? ok(undefined) : err(moltbotError("REQUEST_INVALID", standsTwice(key.slice(0, 100))));
};
const standsTwice = (key: string): Readonly<Record<"path" | "problem", string>> => ({
  path: key === "" ? "the body" : key,
  problem: `the key ${JSON.stringify(key)} stands twice in one object`,
});

/** Reads JSON text as bodies are read; REQUEST_NOT_JSON, or REQUEST_INVALID where a key stands twice. For doors where the framework reads no body. */
export const jsonReader = (app: FastifyInstance): ((text: string) => Result<unknown>) => {
  const parse = app.getDefaultJsonParser("error", "error");
  return (text) => {
    let read: Result<unknown> = err(moltbotError("REQUEST_NOT_JSON"));
    // The framework's parser asks nothing of the request and calls back before it returns.
    void parse({} as FastifyRequest, text, (error: Error | null, value?: unknown) => {
      if (error === null) read = ok(value);
    });
    const clear = read.ok ? unambiguous(text) : read;
    return clear.ok ? read : clear;
  };
};

/** Bodies are JSON in strict UTF-8 in which no key stands twice, and the ones that were signed; one that would set a prototype is not JSON to us. */
export const parseJsonBodies = (app: FastifyInstance, bodyCheck: BodyCheckOf): void => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer", bodyLimit: LARGEST_BODY },
    (request, body: Buffer, next) => {
      const read = (): void => {
        let text: string;
        try {
          text = decoder.decode(body);
        } catch {
          return next(Object.assign(new Error("not UTF-8"), { code: "FST_ERR_CTP_INVALID_JSON_BODY" }), undefined);
        }
        return void parse(request, text, (error: Error | null, value?: unknown) => {
          const clear = error === null ? unambiguous(text) : ok(undefined);
          return clear.ok ? next(error, value) : refuse(clear.error);
        });
      };
      const refuse = (error: MoltbotError): void => next(new RefusedBody(error), undefined);
      const check = bodyCheck(request.raw);
      if (check === undefined) return read();
      return void check(body).then(
        (checked) => (checked.ok ? read() : refuse(checked.error)),
        () => refuse(moltbotError("SIGNATURE_INVALID", { problem: "the body could not be held against it" })),
      );
    },
  );
};
