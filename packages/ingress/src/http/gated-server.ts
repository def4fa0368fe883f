import type { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { createServer as createEncryptedServer } from "node:https";
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { wantsSocket } from "./bind-socket.ts";
import { LARGEST_HEADERS, answerUnreadable, endWithProblem } from "./framework-errors.ts";
import type { Gate } from "./gate.ts";
import { TLS_OPTIONS } from "./tls.ts";

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
  /** Whether it speaks TLS; its certificate is handed to it before it listens. */
  readonly encrypted: boolean;
  readonly newTraceId: () => string;
}

/** Whether the HTTP parser failed; everything else on a connection, a TLS handshake above all, has nobody to answer to. */
const isParserError = ({ code }: { readonly code?: string }): boolean =>
  code !== undefined && (code.startsWith("HPE_") || code.startsWith("ERR_HTTP_"));

/** A server whose every request passes the gate before the framework sees it. */
export const gatedServer = ({ gate, handler, upgrades, local, encrypted, newTraceId }: Door): Server => {
  const hear: Handler = (request, response) => {
    if (gate.admit(request, response, local)) handler(request, response);
  };
  const server: Server = encrypted
    ? createEncryptedServer({ ...SERVER, ...TLS_OPTIONS }, hear)
    : createServer(SERVER, hear);
  server.maxConnections = MOST_CONNECTIONS;
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const error = gate.check(request, local);
    if (error === undefined) upgrades.emit("upgrade", request, socket, head);
    else endWithProblem(socket, error, gate.arrivalOf(request));
  });
  // Both servers' streams are net sockets.
  server.on("clientError", (error: Error & { code?: string }, socket) =>
    isParserError(error) ? answerUnreadable(error, socket as Socket, newTraceId()) : socket.destroy(),
  );
  return server;
};
