import type { FastifyRequest } from "fastify";
import type { ClockPort, EventBus, IdentityPort, LogPort } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { bindOperations } from "./bind-operations.ts";
import { bindSocket } from "./bind-socket.ts";
import type { BoundHandlers } from "./call-operation.ts";
import { createDesk } from "./desk.ts";
import { createEventHub } from "./event-hub.ts";
import { frameOf } from "./event-stream.ts";
import { startFramework } from "./framework.ts";
import { CONTROLS, createGate } from "./gate.ts";
import type { Controls } from "./gate.ts";
import { createListener } from "./listener.ts";
import type { HttpServer, ListenPlace } from "./listener.ts";
import { bindOpenAi } from "./openai/bind-openai.ts";
import type { OpenAiHandlers } from "./openai/handlers.ts";
import { bindPublicPaths } from "./public-paths.ts";
import { DEFAULT_RATE_LIMITS, createRateLimits } from "./rate-limits.ts";
import type { RateLimits } from "./rate-limits.ts";
import { bindEvents } from "./v2/events.ts";
import { loadWebFiles } from "./web-files.ts";
import type { WebFiles } from "./web-files.ts";

export type { HttpServer } from "./listener.ts";

export interface HttpServerOptions extends ListenPlace {
  readonly handlers: BoundHandlers;
  /** What answers under `/openai/v1`; absent: nothing is there. */
  readonly openai?: OpenAiHandlers;
  readonly identity: IdentityPort;
  readonly events: EventBus;
  /** The built web app; null when it was not built. */
  readonly webDirectory: string | null;
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

/** The server with its controls as arguments: only tests hand in others, to show what each stops. */
export const buildHttpServer = (options: HttpServerOptions, controls: Controls): HttpServer => {
  const { identity, log, clock, newTraceId, heartbeat, handlers } = options;
  let closing = false;
  let hostNames: ReadonlySet<string> = new Set();
  let files: WebFiles = () => undefined;
  const turnStreams = new Set<() => void>();
  const onShutdown = (end: () => void): (() => void) => {
    turnStreams.add(end);
    return () => turnStreams.delete(end);
  };
  const gate = createGate({
    hostNames: () => hostNames,
    closing: () => closing,
    newTraceId,
    controls,
    proxies: options.proxies ?? [],
    turnedAway: (request, arrival) => limits.turnedAway(request, arrival),
  });
  const arrivalOf = (request: FastifyRequest): Arrival => gate.arrivalOf(request.raw);
  const limits = createRateLimits({ ...DEFAULT_RATE_LIMITS, ...options.rateLimits }, gate.watch);
  const desk = createDesk(identity, limits, controls);
  const hub = createEventHub(options.events);
  const { app, localServer, upgrades } = startFramework(gate, arrivalOf, {
    ...options,
    bodyCheck: desk.bodyCheck,
  });
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
  if (options.openai !== undefined)
    bindOpenAi(app, { handlers: options.openai, clock, log, desk, arrivalOf, newTraceId, heartbeat, onShutdown });
  bindPublicPaths(app, { limits, arrivalOf, ready: options.ready, version: options.version, files: () => files });

  return createListener({
    app,
    localServer,
    upgrades,
    place: options,
    placeNeedsTls: controls.placeNeedsTls,
    prepare: async () => {
      files = await loadWebFiles(options.webDirectory);
    },
    named: (names) => {
      hostNames = names;
    },
    end: () => {
      closing = true;
      hub.close(frameOf("stream:closing", {}));
      for (const end of turnStreams) end();
      sockets.close();
    },
    cut: () => sockets.terminate(),
  });
};

/** Makes the gateway's listener: HTTP on `host:port`, and the local owner's socket. */
export const createHttpServer = (options: HttpServerOptions): HttpServer => buildHttpServer(options, CONTROLS);
