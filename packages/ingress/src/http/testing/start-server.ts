import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { OPERATION_NAMES, ok } from "@moltbot/contracts";
import type { LogPort, OperationName, RequestContext, Result } from "@moltbot/contracts";
import { CONTROLS } from "../gate.ts";
import type { Controls } from "../gate.ts";
import { buildHttpServer } from "../server.ts";
import type { HttpServer, HttpServerOptions } from "../server.ts";
import { NOW, createTestBus, createTestIdentity } from "./sample.ts";

type Handler = (context: RequestContext, input: never) => Promise<Result<unknown>>;
export interface Called {
  readonly name: OperationName;
  readonly context: RequestContext;
  readonly input: unknown;
}
export interface TestServer {
  readonly server: HttpServer;
  readonly url: string;
  readonly port: number;
  readonly called: Called[];
  readonly logged: string[];
  readonly bus: ReturnType<typeof createTestBus>;
  readonly identity: ReturnType<typeof createTestIdentity>;
}
export interface Wish extends Partial<Omit<HttpServerOptions, "handlers">> {
  readonly handlers?: Partial<Record<OperationName, Handler>>;
  readonly controls?: Partial<Controls>;
}

/** A real listener on a free loopback port; handlers that are not given answer `{}` and are noted. */
export const startServer = async (wish: Wish = {}): Promise<TestServer> => {
  const { handlers: given = {}, controls, ...rest } = wish;
  const called: Called[] = [];
  const logged: string[] = [];
  const bus = createTestBus();
  const identity = createTestIdentity();
  const handlers = Object.fromEntries(
    OPERATION_NAMES.map((name) => [
      name,
      async (context: RequestContext, input: never): Promise<Result<unknown>> => {
        called.push({ name, context, input });
        return (await given[name]?.(context, input)) ?? ok({});
      },
    ]),
  ) as unknown as HttpServerOptions["handlers"]; // a test's handlers answer what the test needs
  const write = (message: string, fields?: object): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: LogPort = { debug: write, info: write, warn: write, error: write };
  let trace = 0;
  const server = buildHttpServer(
    {
      identity,
      events: bus,
      webDirectory: null,
      host: "127.0.0.1",
      port: 0,
      allowedHosts: [],
      socketPath: null,
      ready: () => true,
      log,
      clock: { now: () => NOW, monotonic: () => 0 },
      version: "0.0.0-test",
      newTraceId: () => (trace += 1).toString(16).padStart(32, "0"),
      rateLimits: { unauthenticated: 100_000, perPrincipal: 100_000, files: 100_000 },
      ...rest,
      handlers,
    },
    { ...CONTROLS, ...controls },
  );
  const listening = await server.listen();
  if (!listening.ok) throw new Error(listening.error.message);
  return {
    server,
    url: listening.value.url,
    port: Number(new URL(listening.value.url).port),
    called,
    logged,
    bus,
    identity,
  };
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}
export interface Ask {
  readonly port?: number;
  readonly socketPath?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

const asJson = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** One request with node:http, which lets a test set any header. */
export const ask = (wish: Ask): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        ...(wish.socketPath === undefined ? { host: "127.0.0.1", port: wish.port } : { socketPath: wish.socketPath }),
        method: wish.method ?? "GET",
        path: wish.path ?? "/",
        headers: { ...(wish.body === undefined ? {} : { "content-type": "application/json" }), ...wish.headers },
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: asJson(text) });
        });
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(wish.body);
  });

/** Sends bytes as they are and gives what comes back until the other side closes (or half a second passes). */
export const askRaw = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const timer = setTimeout(() => socket.destroy(), 500);
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });

export const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });

/** Follows an event stream and gives its text as it grows. */
export const followStream = (
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<{
  text: () => string;
  until: (piece: string) => Promise<string>;
  ended: Promise<void>;
  leave: () => void;
  status: number;
}> =>
  new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: "127.0.0.1",
        port,
        path,
        method: body === undefined ? "GET" : "POST",
        headers: {
          accept: "text/event-stream",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        agent: false,
      },
      (incoming) => {
        let text = "";
        const waiting = new Set<() => void>();
        incoming.setEncoding("utf8");
        const notify = (): void => waiting.forEach((check) => check());
        incoming.on("data", (chunk: string) => {
          text += chunk;
          notify();
        });
        incoming.on("error", () => undefined);
        const ended = new Promise<void>((done) =>
          incoming.on("close", () => {
            done();
            notify();
          }),
        );
        resolve({
          status: incoming.statusCode ?? 0,
          text: () => text,
          ended,
          leave: () => outgoing.destroy(),
          until: (piece) =>
            new Promise((found, missing) => {
              const timer = setTimeout(() => missing(new Error(`never saw ${piece} in ${text}`)), 5000);
              const check = (): void => {
                if (!text.includes(piece)) return;
                clearTimeout(timer);
                waiting.delete(check);
                found(text);
              };
              waiting.add(check);
              check();
            }),
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
