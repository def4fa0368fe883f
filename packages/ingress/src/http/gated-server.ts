import type { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { wantsSocket } from "./bind-socket.ts";
import { LARGEST_HEADERS, answerUnreadable, endWithProblem } from "./framework-errors.ts";
import type { Gate } from "./gate.ts";

const MOST_CONNECTIONS = 1024;
const SERVER: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: LARGEST_HEADERS,
  insecureHTTPParser: false,
  shouldUpgradeCallback: wantsSocket,
};

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Where requests that leave HTTP go once the gate let them pass. */
export type Upgrades = EventEmitter<{ upgrade: [request: IncomingMessage, socket: Duplex, head: Buffer] }>;

interface Door {
  readonly gate: Gate;
  readonly handler: Handler;
  readonly upgrades: Upgrades;
  readonly local: boolean;
  readonly newTraceId: () => string;
}

/** A server whose every request passes the gate before the framework sees it. */
export const gatedServer = ({ gate, handler, upgrades, local, newTraceId }: Door): Server => {
  const server = createServer(SERVER, (request, response) => {
    if (gate.admit(request, response, local)) handler(request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const error = gate.check(request, local);
    if (error === undefined) upgrades.emit("upgrade", request, socket, head);
    else endWithProblem(socket, error, gate.arrivalOf(request));
  });
  // A plain HTTP server's streams are net sockets.
  server.on("clientError", (error: Error & { code?: string }, socket) =>
    answerUnreadable(error, socket as Socket, newTraceId()),
  );
  return server;
};
