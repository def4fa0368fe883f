import { request as httpRequest } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { unreachable } from "./problem.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** The socket of a gateway of this user, or an address with a bearer token. */
export type NodeTarget = { readonly socketPath: string } | { readonly url: string; readonly token: string | null };

const wrap = (message: IncomingMessage): TransportResponse => {
  message.setEncoding("utf8");
  async function* chunks(): AsyncGenerator<string> {
    for await (const chunk of message) yield String(chunk);
  }
  return {
    status: message.statusCode ?? 0,
    chunks,
    async text() {
      let text = "";
      for await (const chunk of chunks()) text += chunk;
      return text;
    },
  };
};

const headersOf = (request: TransportRequest, token: string | null): Record<string, string | number> => ({
  accept: request.accept,
  ...(request.body === null
    ? {}
    : { "content-type": "application/json", "content-length": Buffer.byteLength(request.body) }),
  ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  ...(request.lastEventId === undefined ? {} : { "last-event-id": request.lastEventId }),
});

/**
 * A transport for programs: over the gateway's socket, where the operating system says who asks, or over HTTP with a token. It
 * loads node:http alone, so that a command starts at once. https works through a program that ends TLS in front of the gateway.
 */
export const nodeTransport = (target: NodeTarget): Transport => {
  const base = "url" in target ? new URL(target.url) : null;
  const address = "url" in target ? target.url : target.socketPath;
  const token = "url" in target ? target.token : null;
  const place: RequestOptions =
    "url" in target
      ? { protocol: base?.protocol, hostname: base?.hostname.replace(/^\[|\]$/g, ""), port: base?.port }
      : { socketPath: target.socketPath, headers: { host: "localhost" } };
  const open = async (): Promise<typeof httpRequest> =>
    base?.protocol === "https:" ? (await import("node:https")).request : httpRequest;

  return {
    address,
    async send(request) {
      const start = await open();
      return new Promise((resolve) => {
        const outgoing = start(
          {
            ...place,
            method: request.method,
            path: request.path,
            headers: headersOf(request, token),
            agent: false,
            ...(request.signal === undefined ? {} : { signal: request.signal }),
          },
          (message) => resolve({ ok: true, value: wrap(message) }),
        );
        outgoing.on("error", () => resolve({ ok: false, error: unreachable(address) }));
        outgoing.end(request.body ?? undefined);
      });
    },
  };
};
