import fc from "fast-check";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import { countedAddress } from "./arrival.ts";
import { parseJsonBodies } from "./framework-errors.ts";
import { allowedHostNames } from "./origin-rules.ts";
import { AGENT_ID } from "./testing/sample.ts";
import { ask, askRaw, bearer, startServer } from "./testing/start-server.ts";
import type { Answer, TestServer, Wish } from "./testing/start-server.ts";

/** A world that an attack would change: the messages a handler has accepted. */
const startWorld = async (wish: Wish = {}): Promise<TestServer & { readonly world: string[] }> => {
  const world: string[] = [];
  const server = await startServer({
    ...wish,
    handlers: {
      "messages.send": async (_, input: { content: string }) => {
        world.push(input.content);
        return ok({});
      },
      "agents.list": async () =>
        ok([{ id: AGENT_ID, name: "private name", model: "demo", status: "idle", capabilities: [], reading: "auto" }]),
    },
  });
  return Object.assign(server, { world });
};
type World = Awaited<ReturnType<typeof startWorld>>;

const cookie = { cookie: "moltbot_session=good-cookie" };
const post = ({ port }: World, headers: Record<string, string>): Promise<Answer> =>
  ask({ port, method: "POST", path: `/v2/agents/${AGENT_ID}/messages`, headers, body: '{"content":"attack"}' });
/** What a browser sends from another origin, with the victim's cookie along. */
const crossSite = (world: World, origin: string): Promise<Answer> => post(world, { ...cookie, origin });
/** What a browser sends from a page whose own name was pointed at loopback. */
const rebound = (world: World): Promise<Answer> =>
  ask({
    port: world.port,
    path: "/v2/agents",
    headers: {
      ...cookie,
      host: `evil.example:${world.port}`,
      origin: `http://evil.example:${world.port}`,
      "sec-fetch-site": "same-origin",
    },
  });

let world: World;
beforeAll(async () => {
  world = await startWorld({ allowedHosts: ["moltbot.example", "other.example:8443"] });
});
afterAll(async () => world.server.close());

describe("the Host header", () => {
  it.each([
    "evil.example",
    "127.0.0.1",
    "localhost",
    "127.0.0.1:1",
    "localhost.evil.example:PORT",
    "127.0.0.1:PORT.",
    "127.0.0.2:PORT",
    "0.0.0.0:PORT",
    "[::]:PORT",
    "localhost:PORT@evil.example",
    "other.example:PORT",
  ])("refuses %j", async (host) => {
    const answer = await ask({
      port: world.port,
      path: "/healthz",
      headers: { host: host.replace("PORT", String(world.port)) },
    });
    expect(answer.status).toBe(421);
    expect(answer.json["code"]).toBe("REQUEST_HOST_REFUSED");
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  it.each([
    "127.0.0.1:PORT",
    "localhost:PORT",
    "LOCALHOST:PORT",
    "[::1]:PORT",
    "moltbot.example",
    "moltbot.example:PORT",
    "other.example:8443",
  ])("accepts %j", async (host) => {
    expect(
      (await ask({ port: world.port, path: "/healthz", headers: { host: host.replace("PORT", String(world.port)) } }))
        .status,
    ).toBe(200);
  });

  it("knows a listener on port 80 by its bare name", () => {
    expect(allowedHostNames("127.0.0.1", 80, []).has("localhost")).toBe(true);
    expect([...allowedHostNames("::1", 8080, ["fd00::1"])]).toContain("[::1]:8080");
  });

  it("refuses two Host headers, no Host header and a target that names a host itself", async () => {
    const good = `127.0.0.1:${world.port}`;
    expect(await askRaw(world.port, `GET /healthz HTTP/1.1\r\nHost: ${good}\r\nHost: evil.example\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 4(00|21)/,
    );
    expect(await askRaw(world.port, "GET /healthz HTTP/1.1\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
    expect(await askRaw(world.port, "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n")).toMatch(/^HTTP\/1\.1 421/);
    expect(await askRaw(world.port, "GET /healthz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 421/);
    expect(await askRaw(world.port, `GET http://evil.example/healthz HTTP/1.1\r\nHost: ${good}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 421/,
    );
    expect(await askRaw(world.port, `OPTIONS * HTTP/1.1\r\nHost: ${good}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 421/);
  });
});

describe("a body in which a key stands twice", () => {
  const path = `/v2/agents/${AGENT_ID}/messages`;
  it("is refused by that key, before any handler", async () => {
    const before = world.world.length;
    for (const body of [
      `{"content":"harmless","content":"attack"}`,
      String.raw`{"content":"a","\u0063ontent":"attack"}`,
    ]) {
      const answer = await ask({ port: world.port, method: "POST", path, headers: bearer("owner-token"), body });
      expect([answer.status, answer.json["code"]]).toEqual([400, "REQUEST_INVALID"]);
      expect(answer.json["detail"]).toContain(`"content" stands twice`);
    }
    const nested = `{"content":"x","blocks":[{"from":"a","text":"b","from":"c"}]}`;
    const answer = await ask({ port: world.port, method: "POST", path, headers: bearer("owner-token"), body: nested });
    expect(answer.json["detail"]).toContain(`"from" stands twice`);
    expect(world.world).toHaveLength(before);
  });

  it("unplug: with the framework's own reader, what whoever looked first saw is not what is done", async () => {
    const told = async (guard: (app: FastifyInstance) => void): Promise<string> => {
      const app = fastify();
      guard(app);
      app.post("/", async (request) => request.body);
      const headers = { "content-type": "application/json" };
      const answer = await app.inject({ method: "POST", url: "/", headers, payload: `{"to":"ada","to":"thief"}` });
      await app.close();
      return answer.body;
    };
    expect(await told(() => undefined)).toBe(`{"to":"thief"}`);
    expect(await told((app) => parseJsonBodies(app, () => undefined))).not.toContain("thief");
  });
});

describe("smuggling", () => {
  const good = (): string =>
    `Host: 127.0.0.1:${world.port}\r\nAuthorization: Bearer owner-token\r\nContent-Type: application/json\r\n`;
  const target = `POST /v2/agents/${AGENT_ID}/messages HTTP/1.1\r\n`;
  it.each([
    ["a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 40\r\n"],
    ["two credentials", "Authorization: Bearer member-token\r\nContent-Length: 2\r\n"],
    ["two content types", "Content-Type: text/plain\r\nContent-Length: 2\r\n"],
    ["a space before the colon", "Content-Length : 2\r\n"],
    ["a folded header", "X-A: 1\r\n b\r\nContent-Length: 2\r\n"],
    ["an unknown transfer encoding", "Transfer-Encoding: xchunked\r\n"],
  ])("refuses %s", async (_, headers) => {
    const before = world.world.length;
    expect(await askRaw(world.port, `${target}${good()}${headers}\r\n{"content":"attack"}`)).toMatch(
      /^HTTP\/1\.1 (4|501)/,
    );
    expect(world.world.length).toBe(before);
  });
});

describe("the Origin header", () => {
  it.each([
    "http://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://localhost",
    "https://127.0.0.1.evil.example",
    "file://",
    "http://127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT",
    "http://localhost:PORT",
  ])("refuses %j, with a cookie or a token or nothing", async (origin) => {
    const from = origin.replace("PORT", String(world.port));
    for (const headers of [cookie, bearer("owner-token"), {}]) {
      expect((await post(world, { ...headers, origin: from })).json["code"]).toBe("REQUEST_ORIGIN_REFUSED");
    }
    expect(world.world).toEqual([]);
    expect((await ask({ port: world.port, path: "/healthz", headers: { origin: from } })).status).toBe(403);
  });

  it("accepts the page's own origin; one by https only where the request came by https, as a declared proxy says", async () => {
    expect((await crossSite(world, `http://127.0.0.1:${world.port}`)).status).toBe(200);
    const page = { ...cookie, host: "moltbot.example", origin: "https://moltbot.example" };
    const forwarded = { "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https" };
    expect((await post(world, page)).status).toBe(403);
    expect((await post(world, { ...page, ...forwarded })).status).toBe(403);
    const behind = await startWorld({ allowedHosts: ["moltbot.example"], proxies: ["127.0.0.1"] });
    expect((await post(behind, { ...page, ...forwarded })).status).toBe(200);
    expect((await post(behind, { ...page, ...forwarded, origin: "http://moltbot.example" })).status).toBe(403);
    expect(behind.world).toEqual(["attack"]);
    await behind.server.close();
    world.world.length = 0;
  });
});

describe("another site's page", () => {
  const embedded = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
  it("may link here, and embed nothing", async () => {
    const visit = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    expect((await ask({ port: world.port, path: "/signin", headers: visit })).status).toBe(200);
    expect((await ask({ port: world.port, path: "/v2/agents", headers: { ...visit, ...cookie } })).status).toBe(403);
    for (const dest of ["image", "iframe", "script", "empty"]) {
      expect(
        (await ask({ port: world.port, path: "/", headers: { ...embedded, "sec-fetch-dest": dest } })).json["code"],
      ).toBe("REQUEST_ORIGIN_REFUSED");
    }
    expect(
      (await ask({ port: world.port, method: "POST", path: "/v2/sessions", headers: visit, body: "{}" })).status,
    ).toBe(403);
  });

  it("cannot use up what strangers of this address may ask", async () => {
    const small = await startWorld({ rateLimits: { unauthenticated: 2 } });
    for (let index = 0; index < 20; index += 1) await ask({ port: small.port, path: "/v2/agents", headers: embedded });
    expect((await ask({ port: small.port, path: "/v2/agents" })).json["code"]).toBe("NOT_SIGNED_IN");
    await small.server.close();
  });
});

describe("a cookie", () => {
  it.each([
    ["POST", {}, 403],
    ["POST", { "sec-fetch-site": "cross-site" }, 403],
    ["POST", { "sec-fetch-site": "same-site" }, 403],
    ["POST", { "sec-fetch-site": "none" }, 403],
    ["POST", { "sec-fetch-site": "same-origin" }, 200],
    ["POST", { origin: "OWN" }, 200],
    ["POST", { origin: "OWN", "sec-fetch-site": "same-site" }, 403],
    ["GET", {}, 200],
    ["GET", { "sec-fetch-site": "none" }, 200],
    ["GET", { "sec-fetch-site": "same-site" }, 403],
    ["GET", { "sec-fetch-site": "cross-site" }, 403],
  ] as const)("on %s with %j gets %i", async (method, extra, status) => {
    const headers = { ...cookie, ...extra, ...("origin" in extra ? { origin: `http://127.0.0.1:${world.port}` } : {}) };
    const answer =
      method === "POST" ? await post(world, headers) : await ask({ port: world.port, path: "/v2/agents", headers });
    expect(answer.status).toBe(status);
    expect(world.world.length).toBe(method === "POST" && status === 200 ? 1 : 0);
    world.world.length = 0;
  });

  it("needs JSON, so that no form can be posted even where origins were blind", async () => {
    const own = `http://127.0.0.1:${world.port}`;
    const answer = await post(world, { ...cookie, origin: own, "content-type": "text/plain" });
    expect(answer.json["code"]).toBe("REQUEST_NOT_JSON");
    expect(world.world).toEqual([]);
  });
});

describe("unplug the Host check", () => {
  it("keeps a rebound page from reading, and lets it read without the check", async () => {
    const refused = await rebound(world);
    expect(refused.status).toBe(421);
    expect(refused.text).not.toContain("private name");
    const open = await startWorld({ controls: { hostAllowed: () => true } });
    expect((await rebound(open)).text).toContain("private name");
    await open.server.close();
  });
});

describe("unplug the Origin check", () => {
  it("keeps another site from sending a message with the owner's cookie, and lets it without the check", async () => {
    expect((await crossSite(world, "http://evil.example")).status).toBe(403);
    expect(world.world).toEqual([]);
    const open = await startWorld({ controls: { originAllowed: () => true } });
    await crossSite(open, "http://evil.example");
    expect(open.world).toEqual(["attack"]);
    await open.server.close();
  });
});

describe("unplug the cookie rule", () => {
  it("keeps a cookie that travelled by itself, without a word of where from, from sending a message, and lets it without the rule", async () => {
    expect((await post(world, cookie)).status).toBe(403);
    expect(world.world).toEqual([]);
    const open = await startWorld({ controls: { cookieMaySpeak: () => true } });
    await post(open, cookie);
    expect(open.world).toEqual(["attack"]);
    await open.server.close();
  });
});

describe("the counted address", () => {
  it("is the IPv4 address, also when it arrives mapped", () => {
    expect(countedAddress("::ffff:192.0.2.7")).toBe("192.0.2.7");
    expect(countedAddress("192.0.2.7")).toBe("192.0.2.7");
    expect(countedAddress("::1")).toBe("::1");
    expect(countedAddress(undefined)).toBe("unknown");
  });

  it("is one for all addresses of an IPv6 /64, however they are written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }),
        (network, host) => {
          const text = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(":");
          const full = `${text([0x2001, ...network.slice(1)])}:${text(host)}`;
          expect(countedAddress(full)).toBe(
            countedAddress(`${text([0x2001, ...network.slice(1)])}::${text(host.slice(1))}`),
          );
        },
      ),
    );
    expect(countedAddress("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
    expect(countedAddress("2001:db8:1:2::9")).not.toBe(countedAddress("2001:db8:1:3::9"));
  });
});
