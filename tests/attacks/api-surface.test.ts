import { statSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, OPERATION_NAMES, roleSuffices } from "@moltbot/contracts";
import type { Role } from "@moltbot/contracts";
import { corpus, inBatches, must, startAttackHouse } from "../support/attack-house.ts";
import type { Answer, AttackHouse, Wish } from "../support/attack-house.ts";

const traversals = corpus<{ readonly paths: readonly { readonly path: string }[] }>("path-traversal.json");
const ID = "01890a5d-ac96-774b-bcce-b302099a8057"; // a well-formed id of nothing

/** A small generator with a fixed seed, so that a failure can be seen again (mulberry32). */
const dice = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

describe("the API: strangers, web pages and noise", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let tokens: Record<Role, string>;
  let json: Record<string, string>;
  const open = async (): Promise<void> => {
    house = await startAttackHouse();
    tokens = {
      owner: await house.tokenOf("owner"),
      admin: await house.tokenOf("admin"),
      member: await house.tokenOf("member"),
      viewer: await house.tokenOf("viewer"),
    };
    json = { authorization: `Bearer ${tokens.owner}`, "content-type": "application/json" };
  };
  const shut = async (): Promise<void> => {
    await house.checkAudit();
    await house.close();
  };
  beforeAll(open, 60_000);
  afterAll(shut);
  /** Wrong credentials lock an address out, so whoever tries them takes a gateway of its own and leaves a fresh one. */
  const fresh = async (): Promise<void> => {
    await shut();
    await open();
  };

  const alive = async (): Promise<void> =>
    expect(
      (await house.http({ method: "GET", path: "/v2/agents", headers: { authorization: `Bearer ${tokens.owner}` } }))
        .status,
    ).toBe(200);
  const standing = async (): Promise<unknown> => [
    must(await house.client.call("agents.list", {})).length,
    must(await house.client.call("tokens.list", {})).map((token) => ({ ...token, lastUsedAt: null })),
    must(await house.client.call("capabilities.list", {})),
    must(await house.client.call("secrets.list", {})),
    must(await house.client.call("config.list", {})),
    must(await house.client.call("plugins.list", {})),
    must(await house.client.call("skills.list", {})),
    must(await house.client.call("signers.list", {})),
    must(await house.client.call("conversations.list", {})).length,
  ];
  const pathOf = (pattern: string): string =>
    pattern
      .replace("{name}", "a-secret")
      .replace("{agentId}", house.agent.id)
      .replace(/\{\w+\}/g, ID);
  const signIn = async (): Promise<{ readonly cookie: string; readonly header: string }> => {
    const { url } = must(await house.client.call("links.create", {}));
    const answer = await house.http({
      method: "POST",
      path: "/v2/sessions",
      headers: { "content-type": "application/json", origin: house.gateway.url },
      body: JSON.stringify({ code: url.split("#code=")[1] }),
    });
    expect(answer.status).toBe(201);
    const header = answer.headers["set-cookie"]?.[0] ?? "";
    return { cookie: header.split(";")[0] ?? "", header };
  };

  it.each(OPERATION_NAMES.filter((name) => OPERATIONS[name].role !== null))(
    "lets nobody weaker do %s",
    async (name) => {
      const { method, path, role } = OPERATIONS[name];
      const before = await standing();
      const send = (headers: Record<string, string>): Promise<Answer> =>
        house.http({
          method,
          path: pathOf(path),
          headers: { "content-type": "application/json", ...headers },
          ...(method === "GET" || method === "DELETE" ? {} : { body: "{}" }),
        });
      expect((await send({})).status).toBe(401);
      for (const weaker of ["viewer", "member", "admin"] as const) {
        if (role === null || roleSuffices(weaker, role)) continue;
        const said = await send({ authorization: `Bearer ${tokens[weaker]}` });
        expect(said.status, weaker).toBe(403);
        expect(JSON.parse(said.text)).toMatchObject({ code: "ROLE_INSUFFICIENT" });
      }
      expect(await standing()).toEqual(before);
    },
  );

  it.each([
    ["a rebound name", () => `attacker.example:${String(house.port)}`],
    ["a name that ends in ours", () => `attacker-localhost:${String(house.port)}`],
    ["a name that begins with ours", () => `localhost.attacker.example:${String(house.port)}`],
    ["a wildcard DNS name", () => `127.0.0.1.nip.io:${String(house.port)}`],
    ["another port", () => "127.0.0.1:1"],
    ["the any-address", () => `0.0.0.0:${String(house.port)}`],
    ["a user before the host", () => `127.0.0.1:${String(house.port)}@attacker.example`],
    ["another loopback spelling", () => `2130706433:${String(house.port)}`],
    ["nothing", () => ""],
  ])("answers no request whose Host is %s", async (_what, host) => {
    for (const path of ["/v2/agents", "/", "/v2/openapi.json"]) {
      const said = await house.http({
        method: "GET",
        path,
        headers: { host: host(), authorization: `Bearer ${tokens.owner}` },
      });
      expect([400, 421], path).toContain(said.status);
    }
  });

  it("trusts no forwarded host, address or method", async () => {
    const forwarded = {
      "x-forwarded-host": `127.0.0.1:${String(house.port)}`,
      "x-forwarded-for": "127.0.0.1",
      forwarded: "host=localhost",
      "x-original-url": "/v2/agents",
      "x-http-method-override": "DELETE",
    };
    expect(
      (
        await house.http({
          method: "GET",
          path: "/v2/agents",
          headers: { ...forwarded, host: "attacker.example", authorization: `Bearer ${tokens.owner}` },
        })
      ).status,
    ).toBe(421);
    expect((await house.http({ method: "GET", path: "/v2/agents", headers: forwarded })).status).toBe(401);
    expect(
      (
        await house.http({
          method: "GET",
          path: "/v2/policy",
          headers: { ...forwarded, authorization: `Bearer ${tokens.viewer}` },
        })
      ).status,
    ).toBe(403);
  });

  it("answers no other web origin, whatever it carries, and hands out no CORS", async () => {
    const { cookie } = await signIn();
    const origins = [
      "null",
      "https://attacker.example",
      `http://attacker.example:${String(house.port)}`,
      "http://127.0.0.1:1",
      `http://127.0.0.1:${String(house.port)}.attacker.example`,
      "file://",
      "chrome-extension://abc",
      "",
    ];
    const before = await standing();
    for (const origin of origins) {
      for (const [method, path, body] of [
        ["POST", "/v2/tokens", "{}"],
        ["PATCH", "/v2/config", '{"key":"owner.name","value":"Mallory"}'],
        ["DELETE", `/v2/tokens/${ID}`, undefined],
      ] as const) {
        for (const headers of [{ cookie }, { authorization: `Bearer ${tokens.owner}` }]) {
          const said = await house.http({
            method,
            path,
            headers: { ...headers, origin, "content-type": "application/json" },
            ...(body === undefined ? {} : { body }),
          });
          expect(said.status, `${method} ${path} from ${origin} with ${Object.keys(headers).join()}`).toBe(403);
          expect(said.headers["access-control-allow-origin"]).toBeUndefined();
        }
      }
      const preflight = await house.http({
        method: "OPTIONS",
        path: "/v2/agents",
        headers: { origin, "access-control-request-method": "POST" },
      });
      expect(preflight.status).toBeGreaterThanOrEqual(400);
      expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();
    }
    expect(await standing()).toEqual(before);
  });

  it("changes nothing for a cookie without an origin, nor for a form or plain text", async () => {
    const { cookie } = await signIn();
    const before = await standing();
    const bare = await house.http({
      method: "POST",
      path: "/v2/tokens",
      headers: { cookie, "content-type": "application/json" },
      body: "{}",
    });
    expect(bare.status).toBe(403);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/json, text/plain",
      "text/plain; application/json",
      "application/jsonp",
      "application/csp-report",
    ]) {
      for (const headers of [{ cookie, origin: house.gateway.url }, { authorization: `Bearer ${tokens.owner}` }]) {
        const said = await house.http({
          method: "POST",
          path: "/v2/tokens",
          headers: { ...headers, "content-type": type },
          body: '{"role":"owner"}',
        });
        expect([400, 403, 415], type).toContain(said.status);
      }
    }
    expect(await standing()).toEqual(before);
    const own = await house.http({
      method: "POST",
      path: "/v2/sign-in-links",
      headers: { cookie, origin: house.gateway.url, "content-type": "application/json" },
      body: "{}",
    });
    expect(own.status).toBe(201);
  });

  it("keeps the session cookie from scripts and other sites, and ends it for good", async () => {
    await fresh();
    const { cookie, header } = await signIn();
    expect(header).toMatch(/;\s*HttpOnly/i);
    expect(header).toMatch(/;\s*SameSite=Strict/i);
    expect(header).toMatch(/;\s*Path=\//i);
    expect(header).not.toMatch(/;\s*Domain=/i);
    const who = (): Promise<Answer> => house.http({ method: "GET", path: "/v2/sessions/current", headers: { cookie } });
    expect((await who()).status).toBe(200);
    const [name = "", value = ""] = cookie.split("=");
    expect(
      (await house.http({ method: "GET", path: "/v2/sessions/current", headers: { authorization: `Bearer ${value}` } }))
        .status,
    ).toBe(401);
    expect(
      (
        await house.http({
          method: "GET",
          path: "/v2/sessions/current",
          headers: { cookie: `${name}=${tokens.owner}` },
        })
      ).status,
    ).toBe(401);
    expect(
      (
        await house.http({
          method: "DELETE",
          path: "/v2/sessions/current",
          headers: { cookie, origin: house.gateway.url },
        })
      ).status,
    ).toBeLessThan(300);
    expect((await who()).status).toBe(401);
  });

  it("takes a sign-in code once, though eight ask at once, and never from another origin", async () => {
    await fresh();
    const { url } = must(await house.client.call("links.create", {}));
    const body = JSON.stringify({ code: url.split("#code=")[1] });
    const send = (origin: string): Promise<Answer> =>
      house.http({
        method: "POST",
        path: "/v2/sessions",
        headers: { "content-type": "application/json", origin },
        body,
      });
    expect((await send("https://attacker.example")).status).toBe(403);
    const said = await Promise.all(Array.from({ length: 8 }, () => send(house.gateway.url)));
    expect(said.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(said.filter(({ status }) => status === 401 || status === 429)).toHaveLength(7);
    // Seven wrong ones were counted: the eighth is not even looked at for a moment.
    expect([401, 429]).toContain((await send(house.gateway.url)).status);
    expect(said.map(({ text }) => text).join()).not.toContain("code=");
  });

  it("takes a token from the Authorization header alone", async () => {
    await fresh();
    const { owner } = tokens;
    const tries: readonly Wish[] = [
      { method: "GET", path: `/v2/status?token=${owner}` },
      { method: "GET", path: `/v2/status?access_token=${owner}` },
      { method: "GET", path: `/v2/status?authorization=Bearer%20${owner}` },
      { method: "GET", path: "/v2/status", headers: { "x-api-key": owner } },
      { method: "GET", path: "/v2/status", headers: { "proxy-authorization": `Bearer ${owner}` } },
      {
        method: "GET",
        path: "/v2/status",
        headers: { cookie: `token=${owner}; session=${owner}; authorization=${owner}` },
      },
      { method: "GET", path: "/v2/status", headers: { authorization: owner } },
      { method: "GET", path: "/v2/status", headers: { authorization: `Token ${owner}` } },
      {
        method: "GET",
        path: "/v2/status",
        headers: { authorization: `Basic ${Buffer.from(`owner:${owner}`).toString("base64")}` },
      },
    ];
    for (const wish of tries) expect([400, 401], wish.path).toContain((await house.http(wish)).status);
    expect(
      (
        await house.http({
          method: "GET",
          path: `/v2/agents?token=${owner}`,
          headers: { authorization: `Bearer ${owner}` },
        })
      ).text,
    ).not.toContain(owner);
  });

  it("revokes a token at once", async () => {
    await fresh();
    const made = must(await house.client.call("tokens.create", { name: "short", role: "owner" }));
    const look = (): Promise<Answer> =>
      house.http({ method: "GET", path: "/v2/agents", headers: { authorization: `Bearer ${made.token}` } });
    expect((await look()).status).toBe(200);
    must(await house.client.call("tokens.revoke", { tokenId: made.id }));
    expect((await look()).status).toBe(401);
  });

  it.each([
    [
      "a body of eight megabytes",
      () => ({
        method: "POST",
        path: "/v2/agents",
        headers: json,
        body: JSON.stringify({ name: "x".repeat(8_000_000) }),
      }),
      [413],
    ],
    [
      "a hundred thousand brackets",
      () => ({
        method: "POST",
        path: "/v2/agents",
        headers: json,
        body: `{"name":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      }),
      [400, 413],
    ],
    [
      "a deep object in a setting",
      () => ({
        method: "PATCH",
        path: "/v2/config",
        headers: json,
        body: `{"key":"owner.name","value":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`,
      }),
      [400, 413],
    ],
    [
      "a deep array in a setting",
      () => ({
        method: "PATCH",
        path: "/v2/config",
        headers: json,
        body: `{"key":"models.providers","value":${"[".repeat(3_000)}${"]".repeat(3_000)}}`,
      }),
      [400, 413],
    ],
    [
      "a zip bomb",
      () => ({
        method: "POST",
        path: "/v2/agents",
        headers: { ...json, "content-encoding": "gzip" },
        body: gzipSync(JSON.stringify({ name: "x".repeat(50_000_000) })),
      }),
      [400, 413, 415],
    ],
    [
      "a path of 60 kilobytes",
      () => ({ method: "GET", path: `/v2/agents/${"a".repeat(60_000)}`, headers: json }),
      [400, 404, 413, 414, 431],
    ],
    [
      "60 kilobytes of headers",
      () => ({ method: "GET", path: "/v2/agents", headers: { ...json, "x-long": "a".repeat(60_000) } }),
      [400, 413, 431],
    ],
    [
      "a message of 32,001 characters",
      () => ({
        method: "POST",
        path: `/v2/agents/${house.agent.id}/messages`,
        headers: json,
        body: JSON.stringify({ content: "x".repeat(32_001), conversationId: "new" }),
      }),
      [413],
    ],
    ["an empty body", () => ({ method: "POST", path: "/v2/agents", headers: json, body: "" }), [400]],
    [
      "a body that is no UTF-8",
      () => ({ method: "POST", path: "/v2/agents", headers: json, body: Buffer.from('{"name":"\xff\xfe"}', "latin1") }),
      [400],
    ],
    [
      "a limit that is no number",
      () => ({ method: "GET", path: "/v2/conversations?limit=1e9&limit=2", headers: json }),
      [400],
    ],
    ["an unknown query", () => ({ method: "GET", path: "/v2/agents?__proto__[x]=1", headers: json }), [400]],
    [
      "a regular expression for a search",
      () => ({
        method: "GET",
        path: `/v2/conversations/${ID}/messages?head=${encodeURIComponent("(a+)+$")}`,
        headers: json,
      }),
      [404],
    ],
  ] as const)("says a clear no to %s", async (_what, wish, statuses) => {
    const said = await house.http(wish());
    expect(statuses).toContain(said.status === 0 && /ECONNRESET|EPIPE/.test(said.text) ? statuses[0] : said.status);
    await alive();
  });

  it.skipIf(traversals === null)("serves no file of this machine through its web folder", async () => {
    const paths =
      traversals?.paths
        .filter((_, index) => index % 2 === 0)
        .map(({ path }) => path.replaceAll("{FILE}", "package.json")) ?? [];
    for (const batch of inBatches(paths, 16)) {
      const said = await Promise.all(
        batch.map((path) =>
          house.raw(
            `GET ${`/${path}`.replaceAll(/[^\x21-\x7e]/g, "")} HTTP/1.1\r\nHost: 127.0.0.1:${String(house.port)}\r\nConnection: close\r\n\r\n`,
          ),
        ),
      );
      for (const [index, text] of said.entries()) {
        expect(text, batch[index]).not.toMatch(/root:x:0|"workspaces"|"private": true/);
        expect(text, batch[index]).not.toMatch(/^HTTP\/1\.1 5/);
      }
    }
  });

  it.each([
    [
      "both a length and chunks",
      "POST /v2/agents HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    ],
    ["two lengths", "POST /v2/agents HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"],
    ["two hosts", "GET /v2/agents HTTP/1.1\r\nHost: HOST\r\nHost: attacker.example\r\n\r\n"],
    ["no host", "GET /v2/agents HTTP/1.1\r\n\r\n"],
    ["an old protocol without a host", "GET /v2/agents HTTP/1.0\r\n\r\n"],
    [
      "a foreign absolute target",
      "GET http://attacker.example/v2/agents HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
    ],
    ["a tunnel", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: HOST\r\n\r\n"],
    ["a trace", "TRACE / HTTP/1.1\r\nHost: HOST\r\nX-Secret: 1\r\n\r\n"],
    [
      "a WebSocket",
      "GET /v2/events HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: https://attacker.example\r\n\r\n",
    ],
    ["HTTP/2 in the clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"],
    ["a header that is split", "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\u0000b\r\n\r\n"],
    ["a folded header", "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\n\r\n"],
    ["noise", "\u0000\u0001\u0002\u00ff\u00fe".repeat(500)],
  ])("answers %s with a refusal or nothing, and lives", async (_what, bytes) => {
    const said = await house.raw(
      Buffer.from(bytes.replaceAll("HOST", `127.0.0.1:${String(house.port)}`), "latin1"),
      400,
    );
    expect(said).not.toMatch(/^HTTP\/1\.1 (1|2|3|5)\d\d/);
    await alive();
  });

  it("answers a thousand random requests without a fault of its own", async () => {
    const roll = dice(20_261_122);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(roll() * items.length)] as T; // a list with entries
    const noise = (length: number): string =>
      Array.from({ length }, () => String.fromCharCode(32 + Math.floor(roll() * 95))).join("");
    const pieces = [
      "v2",
      "agents",
      "messages",
      "tokens",
      "config",
      "approvals",
      "audit",
      "export",
      "turns",
      "stop",
      "answer",
      "secrets",
      "current",
      "events",
      "openapi.json",
      "%00",
      "%ff",
      "..",
      ".",
      "",
      "%2e%2e",
      "{agentId}",
      "null",
      "-1",
      ID,
      house.agent.id,
      "a".repeat(300),
      "é",
      "%F0%9F",
      "*",
      "__proto__",
      "constructor",
    ];
    const values: readonly unknown[] = [
      null,
      true,
      -1,
      1e308,
      "",
      "\u0000",
      "x".repeat(500),
      [],
      {},
      [[[]]],
      { __proto__: null },
      ID,
      house.agent.id,
      "new",
      "allow",
      "\ud800",
      2 ** 53,
    ];
    const keys = [
      "name",
      "model",
      "content",
      "conversationId",
      "answer",
      "scope",
      "key",
      "value",
      "hosts",
      "role",
      "days",
      "code",
      "wait",
      "idempotencyKey",
      "capabilities",
      "__proto__",
      "toString",
      "",
    ];
    const bodyOf = (): string => {
      const kind = roll();
      if (kind < 0.15) return noise(Math.floor(roll() * 200));
      const text = JSON.stringify(
        Object.fromEntries(Array.from({ length: Math.floor(roll() * 5) }, () => [pick(keys), pick(values)])),
      );
      return kind < 0.3 ? text.slice(0, Math.floor(roll() * text.length)) : text;
    };
    // A stop or a lock would do what it is for, and end what comes after.
    const kept = new Set<string>(["messages.send", "system.stop", "vault.lock"]);
    const known = OPERATION_NAMES.filter((name) => !name.startsWith("sessions.") && !kept.has(name));
    const wishes = Array.from({ length: 1000 }, (): Wish => {
      const operation = OPERATIONS[pick(known)];
      const path =
        roll() < 0.5
          ? operation.path.replace(/\{\w+\}/g, () => encodeURIComponent(String(pick([...pieces, "x", noise(8)]))))
          : `/${Array.from({ length: Math.floor(roll() * 6) }, () => pick(pieces)).join("/")}`;
      const query = roll() < 0.3 ? `?${encodeURIComponent(pick(keys))}=${encodeURIComponent(noise(6))}` : "";
      const method =
        roll() < 0.7
          ? operation.method
          : pick(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "SEARCH", "PROPFIND"]);
      const body = method === "GET" || method === "HEAD" ? undefined : bodyOf();
      return {
        method,
        path: `${path}${query}`.replaceAll(/[^\x21-\x7e]/g, "%C3%A9"),
        headers: {
          authorization: `Bearer ${pick([tokens.viewer, tokens.member, tokens.owner])}`,
          "content-type": pick(["application/json", "application/json", "text/plain", "x/y; charset=utf-7", ""]),
          accept: pick(["*/*", "application/json", "", "a/b"]),
          "last-event-id": noise(5).trim(),
        },
        ...(body === undefined ? {} : { body }),
      };
    }).filter(({ path }) => !path.includes("events") || !path.startsWith("/v2/events"));
    const faults: string[] = [];
    for (const batch of inBatches(wishes, 16)) {
      const said = await Promise.all(batch.map((wish) => house.http(wish)));
      for (const [index, { status, text }] of said.entries()) {
        if (status >= 500 || status === 0 || status === 429)
          faults.push(`${String(status)} ${text.slice(0, 200)} ${JSON.stringify(batch[index]).slice(0, 400)}`);
        if (/\n\s+at |node_modules|\.ts:\d/.test(text)) faults.push(`a stack: ${text.slice(0, 300)}`);
      }
    }
    expect(faults).toEqual([]);
    await alive();
  });

  it("shows nothing and does nothing under ids of nobody", async () => {
    for (const name of OPERATION_NAMES) {
      const { method, path } = OPERATIONS[name];
      if (!/\{(conversationId|turnId|approvalId|capabilityId|tokenId|agentId|id)\}/.test(path)) continue;
      const bodies: Readonly<Record<string, string>> = {
        "approvals.answer": '{"answer":"allow"}',
        "approvals.preview": '{"constraints":[]}',
        "turns.stop": "{}",
        "agents.reading": '{"reading":"auto"}',
        "agents.tools": '{"tools":"all"}',
        "attachments.create": '{"name":"a","content":"eA=="}',
      };
      const carries = method === "POST" || method === "PUT";
      const said = await house.http({
        method,
        path: path.replace(/\{\w+\}/g, ID),
        headers: carries ? json : { authorization: `Bearer ${tokens.owner}` },
        ...(carries ? { body: bodies[name] ?? '{"content":"x"}' } : {}),
      });
      expect([name, said.status]).toEqual([name, 404]);
    }
  });

  it.skipIf(process.platform === "win32")("opens its socket and its folders to this user alone", () => {
    expect(statSync(dirname(house.socket)).mode & 0o077).toBe(0);
    for (const folder of ["vault", "audit", "logs", "run", "workspaces"])
      expect(statSync(`${house.place.home}/${folder}`).mode & 0o077, folder).toBe(0);
  });

  it("locks out an address that guesses tokens, whatever address it claims, but not the socket", async () => {
    const said: number[] = [];
    for (let guess = 0; guess < 40; guess += 1) {
      said.push(
        (
          await house.http({
            method: "GET",
            path: "/v2/agents",
            headers: {
              authorization: `Bearer guess-${String(guess)}`,
              "x-forwarded-for": `10.0.0.${String(guess)}`,
              "x-real-ip": `10.0.1.${String(guess)}`,
            },
          })
        ).status,
      );
    }
    expect(said).toContain(429);
    expect(said.filter((status) => status !== 401 && status !== 429)).toEqual([]);
    expect((await house.client.call("agents.list", {})).ok).toBe(true);
  });
});
