import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, OPERATION_NAMES, ROLES, err, moltbotError, ok, roleSuffices } from "@moltbot/contracts";
import { createHttpServer } from "./index.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { isBound } from "./call-operation.ts";
import { AGENT_ID, OWNER, nextId } from "./testing/sample.ts";
import { ask, askRaw, bearer, startServer } from "./testing/start-server.ts";
import type { Answer, Ask, TestServer } from "./testing/start-server.ts";

let running: TestServer;
beforeAll(async () => {
  running = await startServer({
    handlers: {
      "agents.list": async () =>
        ok([
          {
            id: AGENT_ID,
            ownerId: OWNER.id,
            name: "Molt",
            model: "demo",
            status: "idle",
            capabilities: ["clock.now"],
            reading: "auto",
          },
        ]),
      "audit.head": async () => {
        throw new Error("canary-in-a-bug: SELECT secret");
      },
      "audit.verify": async () => err(moltbotError("INTERNAL", { traceId: "made-elsewhere" })),
      "capabilities.list": async () => err(moltbotError("APPROVAL_DENIED")),
    },
  });
});
afterAll(async () => running.server.close());

const owner = bearer("owner-token");
const to = (wish: Ask): Promise<Answer> => ask({ port: running.port, ...wish });
const pathOf = (path: string): string => path.replace("{name}", "a-secret").replace(/\{\w+\}/g, () => nextId());
const carriesHeaders = (answer: Answer): void => {
  const expected = Object.fromEntries(
    Object.entries(SECURITY_HEADERS).map(([name, value]) => [name.toLowerCase(), value]),
  );
  expect(answer.headers).toMatchObject(expected);
};

describe("routes of the registry", () => {
  it("answers a bare array that its schema accepts", async () => {
    const answer = await to({ path: "/v2/agents", headers: owner });
    expect(answer.status).toBe(200);
    expect(OPERATIONS["agents.list"].output.parse(answer.json)).toHaveLength(1);
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  it("hands the handler path parameters and body as one parsed input with defaults", async () => {
    const answer = await to({
      method: "POST",
      path: `/v2/agents/${AGENT_ID}/messages`,
      headers: owner,
      body: JSON.stringify({ content: "hello" }),
    });
    expect(answer.status).toBe(200);
    const call = running.called.at(-1);
    expect(call?.name).toBe("messages.send");
    expect(call?.input).toEqual({ agentId: AGENT_ID, content: "hello", blocks: [], wait: true });
    expect(call?.context.principal).toBe(OWNER);
    expect(call?.context.emit).toBeUndefined();
  });

  it("reads the query of a GET and answers with the operation's status", async () => {
    await to({ path: "/v2/conversations?limit=7", headers: owner });
    expect(running.called.at(-1)?.input).toEqual({ limit: 7 });
    const created = await to({ method: "POST", path: "/v2/agents", headers: owner, body: '{"name":"Two"}' });
    expect(created.status).toBe(201);
  });

  it("parses lists and objects inside a body, with their defaults", async () => {
    const approvalId = nextId();
    const limits = [{ kind: "time-window", days: [1], from: "08:00", to: "18:00", zone: "Europe/Berlin" }];
    const answers = [
      { approvalId, answer: "allow", scope: "always", constraints: limits, expires: "never" },
      { approvalId: nextId(), answer: "deny", reason: "no", stop: true },
    ];
    const sent = { method: "POST", headers: owner };
    await to({ ...sent, path: "/v2/approval-answers", body: JSON.stringify({ answers }) });
    expect(running.called.at(-1)).toMatchObject({
      name: "approvals.answers",
      input: { answers: [answers[0], { ...answers[1], scope: "once" }] },
    });
    await to({ ...sent, path: "/v2/policy/simulations", body: `{"revoke":["${approvalId}"]}` });
    expect(running.called.at(-1)).toMatchObject({
      name: "policy.simulate",
      input: { grant: [], revoke: [approvalId] },
    });
    await to({ ...sent, method: "PUT", path: "/v2/policy", body: '{"text":""}' });
    expect(running.called.at(-1)).toMatchObject({ name: "policy.set", input: { text: "" } });
    await to({ ...sent, path: "/v2/stop" });
    expect(running.called.at(-1)).toMatchObject({ name: "system.stop", input: {} });
    await to({ ...sent, path: "/v2/resume" });
    expect(running.called.at(-1)).toMatchObject({ name: "system.resume", input: { grants: "starting" } });
  });

  it("lets no path stand in the way of another", async () => {
    const id = nextId();
    for (const name of OPERATION_NAMES.filter(isBound)) {
      const { method, path } = OPERATIONS[name];
      const before = running.called.length;
      const address = path.replace("{name}", "a-secret").replace(/\{\w+\}/g, id);
      const inQuery = method === "GET" || method === "DELETE";
      const answer = await to({ method, path: address, headers: owner, ...(inQuery ? {} : { body: "{}" }) });
      // Either its own handler was reached, or its own schema missed a field; never another operation's handler.
      if (answer.json["code"] === "REQUEST_INVALID") expect(running.called.length).toBe(before);
      else expect(running.called.at(-1)?.name).toBe(name);
    }
  });

  it("takes an empty body where nothing is needed", async () => {
    expect((await to({ method: "POST", path: "/v2/doctor", headers: owner })).status).toBe(200);
  });

  it.each([
    [
      "an unknown field",
      { method: "POST", path: "/v2/agents", body: '{"name":"x","admin":true}' },
      400,
      "REQUEST_INVALID",
      "admin",
    ],
    ["a missing field", { method: "POST", path: "/v2/agents", body: "{}" }, 400, "REQUEST_INVALID", "name"],
    ["a wrong id", { path: "/v2/agents/not-an-id" }, 400, "REQUEST_INVALID", "agentId"],
    ["a body that is no object", { method: "POST", path: "/v2/agents", body: "[1]" }, 400, "REQUEST_INVALID", "body"],
    [
      "a parameter that the body repeats",
      { method: "POST", path: `/v2/agents/${AGENT_ID}/messages`, body: `{"agentId":"${AGENT_ID}","content":"x"}` },
      400,
      "REQUEST_INVALID",
      "agentId",
    ],
    ["a repeated query key", { path: "/v2/conversations?limit=1&limit=2" }, 400, "REQUEST_INVALID", "limit"],
    ["broken JSON", { method: "POST", path: "/v2/agents", body: '{"name":' }, 400, "REQUEST_NOT_JSON", ""],
    [
      "a body that sets a prototype",
      { method: "PATCH", path: "/v2/config", body: '{"key":"a","value":{"__proto__":{"x":1}}}' },
      400,
      "REQUEST_NOT_JSON",
      "",
    ],
    [
      "bytes that are not UTF-8",
      { method: "POST", path: "/v2/agents", body: Buffer.from([0x22, 0xff, 0x22]) },
      400,
      "REQUEST_NOT_JSON",
      "",
    ],
    [
      "another content type",
      { method: "POST", path: "/v2/agents", body: "name=x", headers: { "content-type": "text/plain" } },
      400,
      "REQUEST_NOT_JSON",
      "",
    ],
    [
      "more than a mebibyte",
      { method: "POST", path: "/v2/agents", body: JSON.stringify({ name: "x".repeat(1_100_000) }) },
      413,
      "REQUEST_TOO_LARGE",
      "",
    ],
    ["an unknown path", { path: "/v2/nothing" }, 404, "ROUTE_NOT_FOUND", ""],
    ["an unknown method", { method: "DELETE", path: "/v2/agents" }, 405, "METHOD_NOT_ALLOWED", ""],
    ["a GET where only POST is", { path: "/v2/doctor" }, 405, "METHOD_NOT_ALLOWED", ""],
    ["a path that does not decode", { path: "/v2/agents/%zz" }, 404, "ROUTE_NOT_FOUND", ""],
  ] as const)("refuses %s with a problem document", async (_, wish, status, code, at) => {
    const headers = { ...owner, ...("headers" in wish ? wish.headers : {}) };
    const answer = await to({ ...wish, headers });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json).toMatchObject({ code, status, type: `urn:moltbot:error:${code}` });
    expect(Object.keys(answer.json).toSorted()).toEqual([
      "code",
      "context",
      "detail",
      "family",
      "instance",
      "next",
      "recoverable",
      "status",
      "title",
      "traceId",
      "type",
    ]);
    expect(String(answer.json["next"])).toContain(at);
    expect(answer.json["traceId"]).toMatch(/^[0-9a-f]{32}$/);
    carriesHeaders(answer);
  });

  it("names the methods a path takes", async () => {
    expect((await to({ method: "PUT", path: "/v2/agents", headers: owner })).headers["allow"]).toBe("GET, POST");
  });

  it("passes a handler's error on with its status", async () => {
    expect((await to({ path: "/v2/capabilities", headers: owner })).json).toMatchObject({
      code: "APPROVAL_DENIED",
      status: 403,
      family: "GuardError",
    });
  });

  it("answers a bug with its trace id and logs where it was, never what it said", async () => {
    const answer = await to({ path: "/v2/audit/head", headers: owner });
    expect(answer.status).toBe(500);
    expect(answer.json["code"]).toBe("INTERNAL");
    expect(answer.text).not.toContain("canary");
    const line = running.logged.at(-1) ?? "";
    expect(line).toContain(String(answer.json["traceId"]));
    expect(line).toContain("server.test.ts");
    expect(line).not.toContain("canary");
  });

  it("gives INTERNAL of a handler the trace of this request", async () => {
    const answer = await to({ method: "POST", path: "/v2/audit/verify", headers: owner });
    expect(answer.json["detail"]).toContain(String(answer.json["traceId"]));
  });

  it("continues a trace for a bearer and starts a new one for everybody else", async () => {
    const traceparent = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`;
    await to({ path: "/v2/agents", headers: { ...owner, traceparent } });
    expect(running.called.at(-1)?.context.traceId).toBe("ab".repeat(16));
    await to({ path: "/v2/agents", headers: { cookie: "moltbot_session=good-cookie", traceparent } });
    expect(running.called.at(-1)?.context.traceId).not.toBe("ab".repeat(16));
  });

  it("aborts the handler's signal when the caller goes away", async () => {
    let seen: AbortSignal | undefined;
    const waiting = await startServer({
      handlers: {
        "turns.get": async ({ signal }) =>
          new Promise((resolve) => {
            seen = signal;
            signal.addEventListener("abort", () => resolve(ok({})));
          }),
      },
    });
    void askRaw(
      waiting.port,
      `GET /v2/turns/${nextId()}?wait=true HTTP/1.1\r\nHost: 127.0.0.1:${waiting.port}\r\nAuthorization: Bearer owner-token\r\n\r\n`,
    );
    await expect.poll(() => seen?.aborted, { timeout: 3000 }).toBe(true);
    await waiting.server.close();
  });
});

describe("roles", () => {
  const cases = OPERATION_NAMES.flatMap((name) => [...ROLES, "nobody" as const].map((role) => ({ name, role })));
  it.each(cases)("$role asks for $name", async ({ name, role }) => {
    const { method, path, role: required } = OPERATIONS[name];
    const before = running.called.length;
    const body = method === "GET" || method === "DELETE" ? {} : { body: "{}" };
    const answer = await to({
      method,
      path: pathOf(path),
      headers: role === "nobody" ? {} : bearer(`${role}-token`),
      ...body,
    });
    if (required === null) {
      expect(answer.json["code"]).toBe("REQUEST_INVALID");
    } else if (role === "nobody") {
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer, DPoP algs="ES256 EdDSA"');
      expect(answer.json["code"]).toBe("NOT_SIGNED_IN");
    } else if (!roleSuffices(role, required)) {
      expect(answer.json).toMatchObject({ code: "ROLE_INSUFFICIENT", status: 403 });
    } else {
      expect(["ROLE_INSUFFICIENT", "NOT_SIGNED_IN", "ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED"]).not.toContain(
        answer.json["code"],
      );
    }
    if (required !== null && (role === "nobody" || !roleSuffices(role, required)))
      expect(running.called.length).toBe(before);
    carriesHeaders(answer);
  });

  it("does not read a stranger's body before it refuses", async () => {
    const answer = await askRaw(
      running.port,
      `POST /v2/agents HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{`,
    );
    expect(answer).toContain("401");
  });
});

describe("credentials", () => {
  it.each([
    ["two at once", { ...owner, cookie: "moltbot_session=good-cookie" }, "REQUEST_INVALID"],
    ["two session cookies", { cookie: "moltbot_session=good-cookie; moltbot_session=other" }, "REQUEST_INVALID"],
    ["another scheme", { authorization: "Basic b3duZXI6dG9rZW4=" }, "TOKEN_INVALID"],
    ["an empty token", { authorization: "Bearer " }, "TOKEN_INVALID"],
    ["two words", { authorization: "Bearer owner-token owner-token" }, "TOKEN_INVALID"],
    ["a wrong token", bearer("wrong-token"), "TOKEN_INVALID"],
    ["a wrong cookie", { cookie: "moltbot_session=wrong" }, "NOT_SIGNED_IN"],
  ] as const)("refuses %s", async (_, headers, code) => {
    const before = running.called.length;
    expect((await to({ path: "/v2/agents", headers })).json["code"]).toBe(code);
    expect(running.called.length).toBe(before);
  });

  it("does not take a token from the address", async () => {
    const refused = { status: 400, json: { code: "REQUEST_INVALID" } };
    expect(await to({ path: "/v2/agents?token=owner-token&access_token=owner-token" })).toMatchObject(refused);
    const beside = await to({ path: "/v2/agents?access_token=owner-token", headers: owner });
    expect(beside).toMatchObject(refused);
    expect(beside.text).not.toContain("owner-token");
  });

  it("says when a locked-out address may come back", async () => {
    const answer = await to({ path: "/v2/agents", headers: bearer("locked-token") });
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBe("30");
  });

  it("turns a code into a cookie that no script reads, and ends that session", async () => {
    const signed = await to({ method: "POST", path: "/v2/sessions", body: '{"code":"a-code-of-sixteen-or-more"}' });
    expect(signed.status).toBe(201);
    expect(signed.text).not.toContain("good-cookie");
    expect(signed.headers["set-cookie"]).toEqual([
      "moltbot_session=good-cookie; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000",
    ]);
    const own = `http://127.0.0.1:${running.port}`;
    const cookie = { cookie: "other=1; moltbot_session=good-cookie", origin: own };
    expect((await to({ path: "/v2/sessions/current", headers: cookie })).status).toBe(200);
    const ended = await to({ method: "DELETE", path: "/v2/sessions/current", headers: cookie });
    expect(ended.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
    expect((await to({ path: "/v2/sessions/current", headers: cookie })).status).toBe(401);
    running.identity.revoked.clear();
  });

  it("refuses a wrong code without a cookie", async () => {
    const answer = await to({ method: "POST", path: "/v2/sessions", body: '{"code":"not-a-code-at-all-never"}' });
    expect(answer.json["code"]).toBe("SIGN_IN_LINK_INVALID");
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  it("ends nothing for a bearer and says so by success", async () => {
    expect((await to({ method: "DELETE", path: "/v2/sessions/current", headers: owner })).status).toBe(200);
  });
});

describe("anything a caller may send", () => {
  it("never makes a 500", async () => {
    const names = OPERATION_NAMES.filter((name) => name !== "audit.head" && name !== "audit.verify");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.json(),
        fc.string({ maxLength: 40 }),
        fc.webQueryParameters(),
        async (name, body, part, query) => {
          const { method, path } = OPERATIONS[name];
          const address = path.replace(/\{\w+\}/g, () => encodeURIComponent(part) || "x");
          const inQuery = method === "GET" || method === "DELETE";
          const answer = await to({
            method,
            path: inQuery ? `${address}?${query.replace(/[^\x21-\x7e]/g, "")}` : address,
            headers: owner,
            ...(inQuery ? {} : { body }),
          });
          expect(answer.status).toBeLessThan(500);
          carriesHeaders(answer);
        },
      ),
      { numRuns: 150 },
    );
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("never makes a 500 of raw bytes, and always answers with the headers when it answers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 60 }), async (junk) => {
        const answer = await askRaw(running.port, `${junk}\r\nHost: x\r\n\r\n`);
        if (answer !== "") {
          expect(answer).not.toMatch(/^HTTP\/1\.1 500/);
          expect(answer.toLowerCase()).toContain("content-security-policy: default-src 'none'");
        }
      }),
      { numRuns: 20 },
    );
  });

  it("refuses headers past the limit, with the headers of every answer", async () => {
    const answer = await askRaw(
      running.port,
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toContain("413");
    expect(answer).toContain("REQUEST_TOO_LARGE");
    expect(answer).toContain("X-Content-Type-Options: nosniff");
  });
});

describe("the public paths", () => {
  it("says that it lives, and whether it is ready", async () => {
    let ready = false;
    const starting = await startServer({ ready: () => ready });
    expect((await ask({ port: starting.port, path: "/healthz" })).json).toEqual({ status: "ok" });
    expect((await ask({ port: starting.port, path: "/readyz" })).status).toBe(503);
    ready = true;
    expect((await ask({ port: starting.port, path: "/readyz" })).status).toBe(200);
    expect((await ask({ port: starting.port, method: "HEAD", path: "/healthz" })).text).toBe("");
    await starting.server.close();
  });

  it("says how to build the web app when there is none", async () => {
    const answer = await to({ path: "/" });
    expect(answer.headers["content-type"]).toContain("text/plain");
    expect(answer.text).toContain("npm run build");
    carriesHeaders(answer);
  });

  it("serves the files that were there, and nothing beside them", async () => {
    const base = mkdtempSync(join(tmpdir(), "moltbot-web-"));
    const web = join(base, "web");
    mkdirSync(join(web, "assets"), { recursive: true });
    writeFileSync(join(base, "secret.txt"), "outside");
    writeFileSync(join(web, "index.html"), "<!doctype html><title>Moltbot</title>");
    writeFileSync(join(web, "assets", "app-abc123.js"), `export const a = "${"x".repeat(3000)}";`);
    symlinkSync(join(base, "secret.txt"), join(web, "link.txt"));
    const serving = await startServer({ webDirectory: web });
    const get = (path: string, headers = {}): Promise<Answer> => ask({ port: serving.port, path, headers });
    for (const path of ["/", "/signin", "/index.html"]) {
      const index = await get(path);
      expect(index.headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(index.headers["cache-control"]).toBe("no-cache");
      carriesHeaders(index);
    }
    const script = await get("/assets/app-abc123.js");
    expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(script.headers["cache-control"]).toContain("immutable");
    const small = await get("/assets/app-abc123.js", { "accept-encoding": "gzip, br" });
    expect(small.headers["content-encoding"]).toBe("gzip");
    for (const path of [
      "/link.txt",
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/assets/../../secret.txt",
      "/assets/..%2f..%2fsecret.txt",
      "//secret.txt",
      "/index.html%00",
      "/assets",
    ]) {
      const answer = await get(path);
      expect(`${path} ${answer.status}`).toBe(`${path} 404`);
      expect(answer.text).not.toContain("outside");
    }
    writeFileSync(join(web, "later.txt"), "written after the start");
    expect((await get("/later.txt")).status).toBe(404);
    await serving.server.close();
    rmSync(base, { recursive: true });
  });
});

describe("rates", () => {
  it("limits strangers and principals apart, and says when to come back", async () => {
    const limited = await startServer({ rateLimits: { unauthenticated: 3, perPrincipal: 20, files: 4 } });
    const many = async (count: number, wish: Ask): Promise<readonly number[]> =>
      (await Promise.all(Array.from({ length: count }, () => ask({ port: limited.port, ...wish })))).map(
        ({ status }) => status,
      );
    const strangers = await many(6, { path: "/v2/agents", headers: bearer("wrong-token") });
    expect(strangers.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect((await many(5, { path: "/v2/agents", headers: owner })).every((status) => status === 200)).toBe(true);
    expect(await many(12, { path: "/v2/agents", headers: owner })).toContain(429);
    expect((await ask({ port: limited.port, path: "/v2/agents", headers: bearer("member-token") })).status).toBe(200);
    expect(await many(12, { path: "/healthz" })).toContain(429);
    // Tries to sign in have a budget of their own, of a minute: wrong tokens of others at the address do not use it up.
    const signIns = await many(20, { method: "POST", path: "/v2/sessions", body: "{}" });
    expect(signIns.filter((status) => status === 429)).toHaveLength(2);
    await limited.server.close();
  });
});

describe("listening", () => {
  it("names the port that is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startServer({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is already in use.`);
    other.close();
  });

  it("gives an address that people can open when it listens everywhere", async () => {
    const everywhere = await startServer({ host: "0.0.0.0", proxies: ["192.0.2.1"] });
    expect(everywhere.url).toBe(`http://127.0.0.1:${everywhere.port}`);
    expect((await ask({ port: everywhere.port, path: "/healthz" })).status).toBe(200);
    await everywhere.server.close();
  });

  it("names a host it cannot listen on", async () => {
    await expect(startServer({ host: "203.0.113.7", proxies: ["192.0.2.1"] })).rejects.toThrow("gateway.host");
  });

  it("finishes what runs, takes nothing new, and is gone", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const closing = await startServer({
      handlers: {
        "agents.list": async () => {
          await held;
          return ok([]);
        },
      },
    });
    const answer = ask({ port: closing.port, path: "/v2/agents", headers: owner });
    await expect.poll(() => closing.called.length).toBe(1);
    const closed = closing.server.close();
    release();
    expect((await answer).status).toBe(200);
    await closed;
    await expect(ask({ port: closing.port, path: "/healthz" })).rejects.toThrow("ECONNREFUSED");
  });

  it("is made by the public door with the real controls", async () => {
    expect(typeof createHttpServer).toBe("function");
    const { identity, bus } = running;
    const server = createHttpServer({
      handlers: {} as never,
      identity,
      events: bus,
      webDirectory: null,
      host: "127.0.0.1",
      port: 0,
      allowedHosts: [],
      socketPath: null,
      ready: () => true,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      clock: {
        now: () => {
          throw new Error("unused");
        },
        monotonic: () => 0,
      },
      version: "0",
      newTraceId: () => "0".repeat(32),
    });
    const listening = await server.listen();
    expect(listening.ok).toBe(true);
    const port = Number(new URL(listening.ok ? listening.value.url : "").port);
    expect((await ask({ port, path: "/healthz", headers: { host: "evil.example" } })).status).toBe(421);
    await server.close();
  });
});
