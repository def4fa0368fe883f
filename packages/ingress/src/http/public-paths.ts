import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { OPERATIONS, moltbotError } from "@moltbot/contracts";
import { answerProblem } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { openApiDocument } from "./openapi.ts";
import type { RateLimiters } from "./rate-limits.ts";
import type { WebFiles } from "./web-files.ts";

const READS = ["GET", "HEAD"] as const;
const FIXED_PATHS: Readonly<Record<string, readonly string[]>> = {
  "/v2/events": ["GET"],
  "/v2/socket": ["GET"],
  "/v2/openapi.json": READS,
  "/v2/vault/state": READS,
  "/healthz": READS,
  "/readyz": READS,
  "/": READS,
  "/signin": READS,
};

/** The methods a path takes; none when nothing is there. */
const methodsAt = (path: string): readonly string[] => {
  const taken = Object.values(OPERATIONS)
    .filter((operation) => new RegExp(`^${operation.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path))
    .map(({ method }) => method);
  return [...new Set([...taken, ...(FIXED_PATHS[path] ?? [])])];
};

/** METHOD_NOT_ALLOWED with the methods that are, or ROUTE_NOT_FOUND. */
export const answerNotFound = (request: FastifyRequest, reply: FastifyReply, arrival: Arrival): FastifyReply => {
  const methods = methodsAt(arrival.path);
  if (methods.length === 0 || methods.includes(request.method))
    return answerProblem(reply, moltbotError("ROUTE_NOT_FOUND"), arrival);
  return answerProblem(reply.header("Allow", methods.join(", ")), moltbotError("METHOD_NOT_ALLOWED"), arrival);
};

export interface PublicPaths {
  readonly limits: RateLimiters;
  readonly arrivalOf: (request: FastifyRequest) => Arrival;
  readonly ready: () => boolean;
  readonly version: string;
  readonly files: () => WebFiles;
}

/** What anybody may read: whether it lives, what it can do, and the web app's files. */
export const bindPublicPaths = (
  app: FastifyInstance,
  { limits, arrivalOf, ready, version, files }: PublicPaths,
): void => {
  const publicly = (
    path: string,
    answer: (request: FastifyRequest, reply: FastifyReply, arrival: Arrival) => FastifyReply,
  ): void => {
    app.route({
      method: [...READS],
      url: path,
      handler: async (request, reply) => {
        const arrival = arrivalOf(request);
        const counted = await limits.files(arrival.address);
        return counted.ok ? answer(request, reply, arrival) : answerProblem(reply, counted.error, arrival);
      },
    });
  };
  let document: string | undefined;
  publicly("/healthz", (_, reply) => reply.send({ status: "ok" }));
  publicly("/readyz", (_, reply) =>
    ready() ? reply.send({ status: "ready" }) : reply.code(503).header("Retry-After", "1").send({ status: "starting" }),
  );
  // The door of a locked vault answers here that it is; whoever unlocked one waits for this.
  publicly("/v2/vault/state", (_, reply) => reply.send({ locked: false }));
  publicly("/v2/openapi.json", (_, reply) =>
    reply.type("application/json").send((document ??= JSON.stringify(openApiDocument(version)))),
  );
  publicly("/*", (request, reply, arrival) => {
    const file = files()(arrival.path, request.headers["accept-encoding"]);
    return file === undefined ? answerNotFound(request, reply, arrival) : reply.headers(file.headers).send(file.body);
  });
};
