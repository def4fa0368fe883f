import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import fastify from "fastify";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { LogPort } from "@moltbot/contracts";
import { answerProblem } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { LARGEST_BODY, frameworkError, parseJsonBodies } from "./framework-errors.ts";
import type { Gate } from "./gate.ts";
import { gatedServer } from "./gated-server.ts";
import type { Handler, Upgrades } from "./gated-server.ts";
import { answerNotFound } from "./public-paths.ts";
import type { BodyCheckOf } from "./signed-request.ts";

/** The framework with both servers. */
export interface Framework {
  readonly app: FastifyInstance;
  /** The same routes behind the local socket. */
  readonly localServer: Server;
  readonly upgrades: Upgrades;
}

export interface FrameworkOptions {
  readonly log: LogPort;
  readonly newTraceId: () => string;
  readonly tls?: object | null;
  readonly bodyCheck: BodyCheckOf;
}

/** Makes the framework with both servers, and puts every way it may fail into problem documents. */
export const startFramework = (
  gate: Gate,
  arrivalOf: (request: FastifyRequest) => Arrival,
  { log, newTraceId, tls, bodyCheck }: FrameworkOptions,
  answerElse: typeof answerNotFound = answerNotFound,
): Framework => {
  const answerError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const arrival = arrivalOf(request);
    // The framework asks it of a method that no path here takes, before it looks whether one does.
    if (error.code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE") return answerElse(request, reply, arrival);
    return answerProblem(reply, frameworkError(error, arrival, log, request.routeOptions?.bodyLimit), arrival);
  };
  const upgrades: Upgrades = new EventEmitter();
  const local: { handler: Handler } = { handler: (_, response) => response.destroy() };
  const app: FastifyInstance = fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: LARGEST_BODY,
    routerOptions: { maxParamLength: 300 },
    serverFactory: (handler) => {
      local.handler = handler;
      return gatedServer({ gate, handler, upgrades, local: false, encrypted: (tls ?? null) !== null, newTraceId });
    },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  });
  parseJsonBodies(app, bodyCheck);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => answerElse(request, reply, arrivalOf(request)));
  const localServer = gatedServer({
    gate,
    handler: (request, response) => local.handler(request, response),
    upgrades,
    local: true,
    encrypted: false,
    newTraceId,
  });
  return { app, localServer, upgrades };
};
