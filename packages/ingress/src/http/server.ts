import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, EventBus, IdentityPort, LogPort, Result } from "@moltbot/contracts";
import { answerProblem } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { bindOperations } from "./bind-operations.ts";
import { bindSocket } from "./bind-socket.ts";
import type { BoundHandlers } from "./call-operation.ts";
import { createDesk } from "./desk.ts";
import { createEventHub } from "./event-hub.ts";
import { frameOf } from "./event-stream.ts";
import { LARGEST_BODY, frameworkError, parseJsonBodies } from "./framework-errors.ts";
import { CONTROLS, createGate } from "./gate.ts";
import type { Controls, Gate } from "./gate.ts";
import { gatedServer } from "./gated-server.ts";
import type { Handler, Upgrades } from "./gated-server.ts";
import { listenLocally } from "./local-socket.ts";
import { allowedHostNames } from "./origin-rules.ts";
import { answerNotFound, bindPublicPaths } from "./public-paths.ts";
import { DEFAULT_RATE_LIMITS, createRateLimits } from "./rate-limits.ts";
import type { RateLimits } from "./rate-limits.ts";
import { bindEvents } from "./v2/events.ts";
import { loadWebFiles } from "./web-files.ts";
import type { WebFiles } from "./web-files.ts";

export interface HttpServerOptions {
  readonly handlers: BoundHandlers;
  readonly identity: IdentityPort;
  readonly events: EventBus;
  /** The built web app; null when it was not built. */
  readonly webDirectory: string | null;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Further names, with or without a port, under which the gateway may be called. */
  readonly allowedHosts: readonly string[];
  /** Where the local owner's socket stands; null for none. */
  readonly socketPath: string | null;
  readonly ready: () => boolean;
  readonly log: LogPort;
  readonly clock: ClockPort;
  readonly version: string;
  /** 32 lower-case hex digits, new each time. */
  readonly newTraceId: () => string;
  readonly rateLimits?: Partial<RateLimits>;
  /** Milliseconds between the comments that keep an event stream alive. */
  readonly heartbeat?: number;
}

/** A listener that has not started yet. */
export interface HttpServer {
  /** PORT_IN_USE, HOME_IN_USE or HOME_NOT_WRITABLE when it cannot; otherwise the address people use. */
  listen(): Promise<Result<{ readonly url: string }>>;
  /** Takes no new work, ends the event streams, gives running answers five seconds, then closes, sockets too. */
  close(): Promise<void>;
}

const DRAIN = 5_000;
interface Framework {
  readonly app: FastifyInstance;
  /** The same routes behind the local socket. */
  readonly localServer: Server;
  readonly upgrades: Upgrades;
}

/** The framework with both servers, and every way it may fail put into problem documents. */
const startFramework = (
  gate: Gate,
  arrivalOf: (request: FastifyRequest) => Arrival,
  { log, newTraceId }: HttpServerOptions,
): Framework => {
  const answerError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const arrival = arrivalOf(request);
    return answerProblem(reply, frameworkError(error, arrival, log), arrival);
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
      return gatedServer({ gate, handler, upgrades, local: false, newTraceId });
    },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  });
  parseJsonBodies(app);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => answerNotFound(request, reply, arrivalOf(request)));
  const localServer = gatedServer({
    gate,
    handler: (request, response) => local.handler(request, response),
    upgrades,
    local: true,
    newTraceId,
  });
  return { app, localServer, upgrades };
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";

const urlOf = (host: string, port: number): string => {
  // A wildcard is no address to go to; this machine's own is.
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
};

/** The server with its controls as arguments: only tests hand in others, to show what each stops. */
export const buildHttpServer = (options: HttpServerOptions, controls: Controls): HttpServer => {
  const { identity, log, clock, newTraceId, heartbeat, handlers, host } = options;
  let closing = false;
  let hostNames: ReadonlySet<string> = new Set();
  let files: WebFiles = () => undefined;
  const turnStreams = new Set<() => void>();
  const onShutdown = (end: () => void): (() => void) => {
    turnStreams.add(end);
    return () => turnStreams.delete(end);
  };
  const gate = createGate({ hostNames: () => hostNames, closing: () => closing, newTraceId, controls });
  const arrivalOf = (request: FastifyRequest): Arrival => gate.arrivalOf(request.raw);
  const limits = createRateLimits({ ...DEFAULT_RATE_LIMITS, ...options.rateLimits });
  const desk = createDesk(identity, limits, controls);
  const hub = createEventHub(options.events);
  const { app, localServer, upgrades } = startFramework(gate, arrivalOf, options);
  bindOperations(app, { handlers, identity, clock, log, desk, arrivalOf, heartbeat, onShutdown });
  bindEvents(app, { desk, hub, arrivalOf, heartbeat });
  const sockets = bindSocket(app, {
    handlers,
    log,
    desk,
    hub,
    arrivalOf,
    newTraceId,
    heartbeat,
    upgrades,
    inFlight: controls.inFlight,
  });
  bindPublicPaths(app, { limits, arrivalOf, ready: options.ready, version: options.version, files: () => files });

  const close = async (): Promise<void> => {
    closing = true;
    hub.close(frameOf("stream:closing", {}));
    for (const end of turnStreams) end();
    sockets.close();
    const force = setTimeout(() => {
      sockets.terminate();
      [app.server, localServer].forEach((server) => server.closeAllConnections());
    }, DRAIN);
    const localClosed = new Promise<void>((resolve) => localServer.close(() => resolve()));
    await Promise.all([app.close(), localClosed]);
    clearTimeout(force);
  };

  const listen = async (): Promise<Result<{ readonly url: string }>> => {
    files = await loadWebFiles(options.webDirectory);
    try {
      await app.listen({ host, port: options.port });
    } catch (thrown) {
      await close();
      const code = codeOf(thrown);
      if (code === "EADDRINUSE") return err(moltbotError("PORT_IN_USE", { host, port: options.port }));
      return err(
        moltbotError("CONFIG_INVALID_VALUE", { key: "gateway.host", problem: `it cannot be listened on (${code})` }),
      );
    }
    const { port } = app.server.address() as AddressInfo; // it listens on a port, not on a path
    hostNames = allowedHostNames(host, port, options.allowedHosts);
    const local = options.socketPath === null ? ok(undefined) : await listenLocally(localServer, options.socketPath);
    if (!local.ok) {
      await close();
      return local;
    }
    return ok({ url: urlOf(host, port) });
  };
  return { listen, close };
};

/** Makes the gateway's listener: HTTP on `host:port`, and the local owner's socket. */
export const createHttpServer = (options: HttpServerOptions): HttpServer => buildHttpServer(options, CONTROLS);
