import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the gateway of a test was asked. */
export interface Asked {
  readonly route: string;
  readonly body: unknown;
  readonly accept: string;
}

/** What it answers to `METHOD path`: a status with JSON, or server-sent events. */
export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly events: readonly (readonly [name: string, data: unknown])[] };

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? null : JSON.parse(text);
};

const send = (response: ServerResponse, answer: Answer): void => {
  if ("json" in answer) {
    const status = answer.status ?? 200;
    response.writeHead(status, { "content-type": status >= 400 ? "application/problem+json" : "application/json" });
    response.end(JSON.stringify(answer.json));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(
    answer.events
      .map(([name, data], at) => `id: ${String(at)}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
      .join(""),
  );
};

/** A gateway that listens on the socket of a new home and answers from a table; what is not in the table is not found. */
export const startFakeGateway = async (answers: Readonly<Record<string, Answer>>) => {
  const home = mkdtempSync(join(tmpdir(), "moltbot-cli-"));
  mkdirSync(join(home, "run"));
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const route = `${request.method ?? ""} ${request.url ?? ""}`;
      asked.push({ route, body: await bodyOf(request), accept: String(request.headers.accept) });
      send(
        response,
        answers[route] ?? {
          status: 404,
          json: { type: "about:blank", title: "no", status: 404, code: "ROUTE_NOT_FOUND" },
        },
      );
    })();
  });
  await new Promise<void>((resolve) => server.listen(join(home, "run", "gateway.sock"), resolve));
  return {
    home,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
};
