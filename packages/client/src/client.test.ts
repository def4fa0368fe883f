import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { OPERATIONS, OPERATION_NAMES, moltbotError } from "@moltbot/contracts";
import type { AgentId, DomainEvent } from "@moltbot/contracts";
import { ROUTES, createClient, fetchTransport, problemToError, unreachable } from "./index.ts";
import type { Transport } from "./index.ts";
import { nodeTransport } from "./node.ts";

const AGENT = "01900000-0000-7000-8000-000000000001" as AgentId; // a brand on a constant
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
type Answer = (seen: Seen, response: ServerResponse, count: number) => void;

const listen = async (answer: Answer, socketPath?: string): Promise<{ url: string; seen: Seen[]; server: Server }> => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      seen.push(one);
      answer(one, response, seen.length);
    });
  });
  await new Promise<void>((resolve) =>
    socketPath === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(socketPath, resolve),
  );
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    url: typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "",
    seen,
    server,
  };
};
const json = (response: ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
const problem = (code: Parameters<typeof moltbotError>[0], status: number): object => {
  const error = moltbotError(code);
  return {
    type: "x",
    title: "x",
    status,
    detail: error.message,
    instance: "/",
    code,
    traceId: "0".repeat(32),
    next: error.next,
    family: error.name,
    recoverable: error.recoverable,
    context: { retryAfter: 3 },
  };
};
const stream = (response: ServerResponse, ...frames: readonly string[]): ServerResponse => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const frame of frames) response.write(frame);
  return response;
};

const transports: readonly [string, (url: string) => Transport][] = [
  ["fetch", (url) => fetchTransport({ origin: url, token: "mb_token" })],
  ["node", (url) => nodeTransport({ url, token: "mb_token" })],
];

describe("the routes", () => {
  it("are those of the registry, in both directions", () => {
    expect(ROUTES).toEqual(
      Object.fromEntries(OPERATION_NAMES.map((name) => [name, `${OPERATIONS[name].method} ${OPERATIONS[name].path}`])),
    );
  });
});

describe("errors", () => {
  it("says the same as the table when nobody answers", () => {
    expect(unreachable("http://x")).toEqual(moltbotError("GATEWAY_UNREACHABLE", { address: "http://x" }));
  });

  it.each(["", "<html>", "null", "[]", '{"code":1}', '{"code":"X"}'])("takes %j for no gateway", (body) => {
    expect(problemToError(body, "http://x").code).toBe("GATEWAY_UNREACHABLE");
  });
});

describe.each(transports)("over %s", (_, transport) => {
  it("puts path parameters, query and body where they belong", async () => {
    const { url, seen } = await listen((__, response) => json(response, 200, []));
    const client = createClient({ transport: transport(url) });
    await client.call("conversations.list", { limit: 5 });
    await client.call("messages.send", { agentId: AGENT, content: "hi", conversationId: undefined });
    await client.call("secrets.remove", { name: "a/b?c" });
    await client.call("agents.list", {});
    await client.call("approvals.measures", { days: 7 });
    await client.call("approvals.preview", { approvalId: AGENT, constraints: [{ kind: "count", limit: 3 }] });
    await client.call("policy.set", { text: "" });
    await client.call("system.stop", {});
    expect(seen.map(({ method, url: path, body }) => [method, path, body])).toEqual([
      ["GET", "/v2/conversations?limit=5", ""],
      ["POST", `/v2/agents/${AGENT}/messages`, '{"content":"hi"}'],
      ["DELETE", "/v2/secrets/a%2Fb%3Fc", ""],
      ["GET", "/v2/agents", ""],
      ["GET", "/v2/approval-measures?days=7", ""],
      ["POST", `/v2/approvals/${AGENT}/preview`, '{"constraints":[{"kind":"count","limit":3}]}'],
      ["PUT", "/v2/policy", '{"text":""}'],
      ["POST", "/v2/stop", "{}"],
    ]);
    expect(seen[1]?.headers["authorization"]).toBe("Bearer mb_token");
    expect(seen[1]?.headers["content-type"]).toBe("application/json");
    expect(seen[0]?.headers["content-type"]).toBeUndefined();
  });

  it("gives the output, or the gateway's error whole", async () => {
    const { url } = await listen((__, response, count) =>
      count === 1 ? json(response, 200, [{ name: "Molt" }]) : json(response, 403, problem("APPROVAL_DENIED", 403)),
    );
    const client = createClient({ transport: transport(url) });
    expect(await client.call("agents.list", {})).toEqual({ ok: true, value: [{ name: "Molt" }] });
    expect(await client.call("agents.list", {})).toEqual({
      ok: false,
      error: { ...moltbotError("APPROVAL_DENIED"), context: { retryAfter: 3 } },
    });
  });

  it("refuses an answer that does not fit its schema, when asked to look", async () => {
    const { url } = await listen((__, response) => json(response, 200, [{ name: "no agent" }]));
    expect(await createClient({ transport: transport(url), validate: true }).call("agents.list", {})).toMatchObject({
      ok: false,
      error: { code: "GATEWAY_UNREACHABLE" },
    });
    const { url: other } = await listen((__, response) => json(response, 200, []));
    expect(await createClient({ transport: transport(other), validate: true }).call("agents.list", {})).toEqual({
      ok: true,
      value: [],
    });
  });

  it.each<[string, Answer]>([
    ["something that is not JSON", (__, response) => void response.end("<html>")],
    ["an error page", (__, response) => void response.writeHead(502).end("<html>")],
    [
      "half an answer",
      (__, response) => {
        response.writeHead(200, { "content-length": "100" }).write("[");
        setTimeout(() => response.destroy(), 10);
      },
    ],
    [
      "half a problem",
      (__, response) => {
        response.writeHead(500, { "content-length": "100" }).write("{");
        setTimeout(() => response.destroy(), 10);
      },
    ],
    ["nothing", (__, response) => void response.destroy()],
  ])("calls %s an unreachable gateway", async (___, answer) => {
    const { url } = await listen(answer);
    expect(await createClient({ transport: transport(url) }).call("agents.list", {})).toEqual({
      ok: false,
      error: unreachable(url),
    });
  });

  it("says so when nobody listens, and when the caller gives up", async () => {
    expect(await createClient({ transport: transport("http://127.0.0.1:1") }).call("agents.list", {})).toEqual({
      ok: false,
      error: unreachable("http://127.0.0.1:1"),
    });
    const { url } = await listen(() => undefined);
    const given = new AbortController();
    setTimeout(() => given.abort(), 20);
    expect(
      (await createClient({ transport: transport(url) }).call("agents.list", {}, { signal: given.signal })).ok,
    ).toBe(false);
  });

  it("streams a turn's events and gives its report", async () => {
    const { url, seen } = await listen((__, response) =>
      stream(
        response,
        ": open\n\n",
        'event: message:delta\nid: 1\ndata: {"name":"message:delta"',
        "}\n\n",
        'event: turn:report\ndata: {"state":"done"}\n\n',
      ).end(),
    );
    const events: DomainEvent[] = [];
    const result = await createClient({ transport: transport(url) }).stream(
      "messages.send",
      { agentId: AGENT, content: "hi" },
      (event) => events.push(event),
    );
    expect(result).toEqual({ ok: true, value: { state: "done" } });
    expect(events).toEqual([{ name: "message:delta" }]);
    expect(seen[0]?.headers["accept"]).toBe("text/event-stream");
  });

  it("gives the problem of a stream, of its start, and of its breaking off", async () => {
    const { url } = await listen((__, response, count) => {
      if (count === 1)
        stream(response, `event: problem\ndata: ${JSON.stringify(problem("STEP_LIMIT", 429))}\n\n`).end();
      else if (count === 2) json(response, 400, problem("REQUEST_INVALID", 400));
      else {
        stream(response, ": open\n\n");
        setTimeout(() => response.destroy(), 10);
      }
    });
    const client = createClient({ transport: transport(url) });
    const codes: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const result = await client.stream(
        "messages.send",
        { agentId: AGENT, content: "hi" },
        () => undefined,
        new AbortController().signal,
      );
      codes.push(result.ok ? "ok" : result.error.code);
    }
    expect(codes).toEqual(["STEP_LIMIT", "REQUEST_INVALID", "GATEWAY_UNREACHABLE"]);
    const gone = await createClient({ transport: transport("http://127.0.0.1:1") }).stream(
      "messages.send",
      { agentId: AGENT, content: "hi" },
      () => undefined,
    );
    expect(gone.ok).toBe(false);
  });

  it("follows events across broken connections from where it was, waiting longer each time nobody answers", async () => {
    const { url, seen } = await listen((__, response, count) => {
      if (count === 1) {
        stream(response, 'event: message:sent\nid: 41\ndata: {"n":1}\n\n');
        setTimeout(() => response.destroy(), 10);
      } else if (count <= 4) json(response, 503, problem("SHUTTING_DOWN", 503));
      else if (count === 5)
        stream(
          response,
          "event: stream:gap\ndata: {}\n\n",
          'event: message:sent\nid: 42\ndata: {"n":2}\n\n',
          `event: problem\ndata: ${JSON.stringify(problem("SHUTTING_DOWN", 503))}\n\n`,
        ).end();
      else stream(response, 'event: message:sent\nid: 43\ndata: {"n":3}\n\n');
    });
    const waits: number[] = [];
    const states: string[] = [];
    const events: unknown[] = [];
    const leave = new AbortController();
    const result = await createClient({
      transport: transport(url),
      wait: async (milliseconds) => void waits.push(milliseconds),
    }).events(
      (event) => {
        events.push(event);
        if (events.length === 3) leave.abort();
      },
      leave.signal,
      { since: "40", onState: (state) => states.push(state) },
    );
    expect(result).toEqual({ ok: true, value: undefined });
    expect(events).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(seen.map(({ headers }) => headers["last-event-id"])).toEqual(["40", "41", "41", "41", "41", "42"]);
    expect(states).toEqual(["open", "waiting", "waiting", "waiting", "waiting", "open", "gap", "waiting", "open"]);
    const bounds = [
      [250, 500],
      [500, 1000],
      [1000, 2000],
      [2000, 4000],
      [250, 500],
    ] as const;
    expect(
      bounds.map(([least, most], index) => {
        const wait = waits[index] ?? 0;
        return wait >= least && wait <= most;
      }),
    ).toEqual(bounds.map(() => true));
  });

  it("goes on following when the gateway ended the stream behind a lockout", async () => {
    const { url } = await listen((__, response, count) =>
      count === 1
        ? stream(response, `event: problem\ndata: ${JSON.stringify(problem("LOCKED_OUT", 429))}\n\n`).end()
        : stream(response, 'event: message:sent\nid: 1\ndata: {"n":1}\n\n'),
    );
    const leave = new AbortController();
    const client = createClient({ transport: transport(url), wait: async () => undefined });
    expect(await client.events(() => leave.abort(), leave.signal)).toEqual({ ok: true, value: undefined });
  });

  it("stops following when the gateway refuses, at the door or later", async () => {
    const { url } = await listen((__, response, count) =>
      count === 1
        ? json(response, 401, problem("NOT_SIGNED_IN", 401))
        : stream(response, `event: problem\ndata: ${JSON.stringify(problem("NOT_SIGNED_IN", 401))}\n\n`),
    );
    const client = createClient({ transport: transport(url) });
    for (let index = 0; index < 2; index += 1)
      expect(await client.events(() => undefined, new AbortController().signal)).toMatchObject({
        ok: false,
        error: { code: "NOT_SIGNED_IN" },
      });
  });
});

describe("waiting", () => {
  it("ends at once when the caller leaves", async () => {
    const leave = new AbortController();
    setTimeout(() => leave.abort(), 20);
    expect(
      await createClient({ transport: nodeTransport({ url: "http://127.0.0.1:1", token: null }) }).events(
        () => undefined,
        leave.signal,
      ),
    ).toEqual({ ok: true, value: undefined });
    expect(
      (
        await createClient({ transport: nodeTransport({ url: "http://127.0.0.1:1", token: null }) }).events(
          () => undefined,
          leave.signal,
        )
      ).ok,
    ).toBe(true);
  });
});

describe("the page's own transport", () => {
  it("says where it looked", () => {
    expect(fetchTransport().address).toBe("this address");
  });
});

describe("the node transport", () => {
  it("speaks through a socket, and in UTF-8 across chunk boundaries", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-client-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const socketPath = join(folder, "s.sock");
    const { seen } = await listen((_, response) => {
      const bytes = Buffer.from('["ä…"]');
      response.writeHead(200);
      response.write(bytes.subarray(0, 3));
      setTimeout(() => response.end(bytes.subarray(3)), 20);
    }, socketPath);
    const client = createClient({ transport: nodeTransport({ socketPath }) });
    expect(await client.call("agents.list", {})).toEqual({ ok: true, value: ["ä…"] });
    expect(seen[0]?.headers["authorization"]).toBeUndefined();
    expect(seen[0]?.headers["origin"]).toBeUndefined();
  });

  it("names the socket when nobody listens there, and dials https where told", async () => {
    expect(
      await createClient({ transport: nodeTransport({ socketPath: "/nowhere/s.sock" }) }).call("agents.list", {}),
    ).toEqual({ ok: false, error: unreachable("/nowhere/s.sock") });
    expect(
      (
        await createClient({ transport: nodeTransport({ url: "https://[::1]:1", token: null }) }).call(
          "agents.list",
          {},
        )
      ).ok,
    ).toBe(false);
  });
});
