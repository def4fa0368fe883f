import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import websocket from "@fastify/websocket";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort } from "@moltbot/contracts";
import { answerProblem } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import type { BoundHandlers } from "./call-operation.ts";
import { keyOf } from "./credential-key.ts";
import type { Desk, Visitor } from "./desk.ts";
import type { EventHub } from "./event-hub.ts";
import { LARGEST_BODY, jsonReader } from "./framework-errors.ts";
import { API_HEADERS } from "./security-headers.ts";
import { createTalk } from "./socket-talk.ts";
import type { Talk, Wire } from "./socket-talk.ts";
import { watchListener } from "./watch-listener.ts";

const PATH = "/v2/socket";
const PING = 30_000;
/** Open sockets of all tokens and sessions of one principal together. */
const SOCKETS_OF_ONE = 32;
/** Open sockets of one token or session, so that no single one holds them all; the local socket's are its own eight. */
const SOCKETS_OF_ONE_CREDENTIAL = 8;

/** The socket of the library (ws 8), which brings no types of its own. */
interface LibrarySocket extends Wire {
  ping(): void;
  on(event: "message", hear: (data: Buffer, binary: boolean) => void): void;
  on(event: "pong" | "close", hear: () => void): void;
}

export interface SocketBinding {
  readonly handlers: BoundHandlers;
  readonly log: LogPort;
  readonly desk: Desk;
  readonly hub: EventHub;
  readonly arrivalOf: (request: FastifyRequest) => Arrival;
  readonly newTraceId: () => string;
  /** Requests that one socket may have running at a time. */
  readonly inFlight: number;
  /** Milliseconds between pings. */
  readonly heartbeat: number | undefined;
  /** Upgrades that the gate let pass; the framework's own listener is never asked. */
  readonly upgrades: EventEmitter;
}

/** All open sockets. */
export interface Sockets {
  /** Takes no more frames, closes each socket when its last answer is out. */
  close(): void;
  terminate(): void;
}

interface Open {
  readonly talk: Talk;
  readonly visitor: Visitor;
}

/** Whether a request asks to leave HTTP for the one thing that is served there; every other one stays a plain request. */
export const wantsSocket = ({ method, url, headers }: IncomingMessage): boolean =>
  method === "GET" &&
  (url === PATH || (url ?? "").startsWith(`${PATH}?`)) &&
  headers.upgrade?.toLowerCase() === "websocket" &&
  headers["content-length"] === undefined &&
  headers["transfer-encoding"] === undefined;

const visitors = new WeakMap<FastifyRequest, Visitor>();

/** `GET /v2/socket`: requests and answers as text frames, with the same admission, parsing and handlers as HTTP. */
export const bindSocket = (app: FastifyInstance, binding: SocketBinding): Sockets => {
  const { desk, arrivalOf, upgrades, heartbeat, ...rest } = binding;
  const open = new Map<LibrarySocket, Open>();
  const parseJson = jsonReader(app);
  let closing = false;

  /** The bound that another socket of this visitor would pass. */
  const boundReached = ({ principal, credential }: Visitor): number | undefined => {
    const others = [...open.values()].map(({ visitor }) => visitor);
    const key = keyOf(credential);
    const same = others.filter((other) => keyOf(other.credential) === key);
    if (same.length >= SOCKETS_OF_ONE_CREDENTIAL) return SOCKETS_OF_ONE_CREDENTIAL;
    if (credential.kind === "local") return undefined;
    const remote = others.filter((other) => other.principal.id === principal.id && other.credential.kind !== "local");
    return remote.length >= SOCKETS_OF_ONE ? SOCKETS_OF_ONE : undefined;
  };

  const serve = (wire: LibrarySocket, request: FastifyRequest): void => {
    const visitor = visitors.get(request);
    // The hook below has answered every request without a visitor; a program that forgets it must not open a socket.
    if (visitor === undefined || boundReached(visitor) !== undefined) return wire.terminate();
    const talk = createTalk({ ...rest, wire, visitor, arrival: arrivalOf(request), desk, parseJson });
    open.set(wire, { talk, visitor });
    let answered = true;
    const beat = setInterval(() => {
      if (!answered) return wire.terminate();
      answered = false;
      wire.ping();
    }, heartbeat ?? PING);
    beat.unref();
    const unwatch = watchListener(
      () => desk.stillGood(visitor),
      heartbeat,
      (error) => talk.part(error),
    );
    wire.on("pong", () => {
      answered = true;
    });
    wire.on("message", (data, binary) => void talk.hear(data, binary));
    wire.on("close", () => {
      clearInterval(beat);
      unwatch();
      open.delete(wire);
      talk.end();
    });
    if (closing) talk.drain();
  };

  void app.register(websocket, {
    // Frames larger than a body may be are cut off by the library (close code 1009); nothing is compressed.
    options: { server: upgrades, maxPayload: LARGEST_BODY, perMessageDeflate: false, handleProtocols: () => false },
    errorHandler: (_error, wire: LibrarySocket) => wire.terminate(),
    preClose: (done) => done(),
  });
  void app.register(async (scoped) => {
    scoped.route({
      method: "GET",
      url: PATH,
      onRequest: async (request, reply) => {
        const arrival = arrivalOf(request);
        void reply.headers(API_HEADERS);
        // A socket can change things, so a cookie may open one only from our own page.
        const visitor = await desk.admit(request.raw, arrival, {
          operation: null,
          required: "viewer",
          changes: true,
          tickets: true,
        });
        if (!visitor.ok) return answerProblem(reply, visitor.error, arrival);
        const limit = boundReached(visitor.value);
        if (limit !== undefined)
          return answerProblem(reply, moltbotError("RATE_LIMITED", { limit, window: 1, retryAfter: 5 }), arrival);
        visitors.set(request, visitor.value);
        return undefined;
      },
      handler: (request, reply) =>
        answerProblem(
          reply,
          moltbotError("REQUEST_INVALID", {
            path: "the header upgrade",
            problem: "this path speaks WebSocket (RFC 6455) and needs an upgrade",
          }),
          arrivalOf(request),
        ),
      wsHandler: serve,
    });
  });

  return {
    close() {
      closing = true;
      open.forEach(({ talk }) => talk.drain());
    },
    terminate: () => open.forEach((_, wire) => wire.terminate()),
  };
};
