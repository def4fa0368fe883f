import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, OPERATION_NAMES, ROLES, ok, roleSuffices } from "@moltbot/contracts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { isBound } from "./call-operation.ts";
import { AGENT_ID, OWNER, nextId, sent, shown } from "./testing/sample.ts";
import { ask, askRaw, bearer, startServer } from "./testing/start-server.ts";
import type { TestServer, Wish } from "./testing/start-server.ts";
import { mustOpen, mustRefuse, openSocket } from "./testing/open-socket.ts";
import type { SocketWish } from "./testing/open-socket.ts";

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
      ...wish.handlers,
    },
  });
  return Object.assign(server, { world });
};
type World = Awaited<ReturnType<typeof startWorld>>;

const cookie = { cookie: "moltbot_session=good-cookie" };
const owner = bearer("owner-token");
const attack = { agentId: AGENT_ID, content: "attack" };
/** Opens a socket as a page of that origin would and sends a message over it, if that is possible. */
const hijack = async ({ port }: World, headers: Record<string, string>): Promise<string> => {
  const socket = await openSocket({ port, headers });
  if ("status" in socket) return `${socket.status} ${String(socket.json["code"])}`;
  await socket.ask("1", "messages.send", attack);
  const read = JSON.stringify(await socket.ask("2", "agents.list"));
  socket.leave();
  return read;
};

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => world.server.close());
const here = (headers: Record<string, string> = owner): SocketWish => ({ port: world.port, headers });

describe("a page of another origin", () => {
  it.each([
    "http://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://localhost:PORT",
    "file://",
    "ws://127.0.0.1:PORT",
  ])("%j gets no socket, with a cookie or a token", async (origin) => {
    const from = origin.replace("PORT", String(world.port));
    for (const credential of [cookie, owner, {}]) {
      const refused = await mustRefuse(here({ ...credential, origin: from }));
      expect(refused).toMatchObject({ status: 403, json: { code: "REQUEST_ORIGIN_REFUSED" } });
      for (const [name, value] of Object.entries(SECURITY_HEADERS))
        expect(refused.headers[name.toLowerCase()]).toBe(value);
    }
    expect(world.world).toEqual([]);
  });

  it.each(["cross-site", "same-site"])("marked %s by the browser gets none either", async (site) => {
    expect((await mustRefuse(here({ ...cookie, "sec-fetch-site": site }))).status).toBe(403);
  });

  it("whose own name points here gets none", async () => {
    const name = `evil.example:${world.port}`;
    const refused = await mustRefuse(here({ ...cookie, host: name, origin: `http://${name}` }));
    expect(refused).toMatchObject({ status: 421, json: { code: "REQUEST_HOST_REFUSED" } });
  });

  it("that is our own gets one", async () => {
    const socket = await mustOpen(here({ ...cookie, origin: `http://127.0.0.1:${world.port}` }));
    expect((await socket.ask("1", "agents.list")).ok).toBe(true);
    socket.leave();
  });
});

describe("a cookie that travelled by itself", () => {
  it.each([{}, { "sec-fetch-site": "none" }])("opens no socket without the page's own origin (%j)", async (extra) => {
    expect(await mustRefuse(here({ ...cookie, ...extra }))).toMatchObject({ status: 403 });
  });
});

describe("unplug the Origin check of the socket", () => {
  it("keeps another site from using the owner's session, and lets it without the check", async () => {
    expect(await hijack(world, { ...cookie, origin: "http://evil.example" })).toBe("403 REQUEST_ORIGIN_REFUSED");
    expect(world.world).toEqual([]);
    const open = await startWorld({ controls: { originAllowed: () => true } });
    expect(await hijack(open, { ...cookie, origin: "http://evil.example" })).toContain("private name");
    expect(open.world).toEqual(["attack"]);
    await open.server.close();
  });
});

describe("unplug the Host check of the socket", () => {
  it("keeps a rebound page out, and lets it in without the check", async () => {
    const name = `evil.example:${world.port}`;
    expect(await hijack(world, { ...cookie, host: name, origin: `http://${name}` })).toBe("421 REQUEST_HOST_REFUSED");
    const open = await startWorld({ controls: { hostAllowed: () => true } });
    expect(await hijack(open, { ...cookie, host: name, origin: `http://${name}` })).toContain("private name");
    expect(open.world).toEqual(["attack"]);
    await open.server.close();
  });
});

describe("unplug the cookie rule of the socket", () => {
  it("keeps a cookie without a word of where from out, and lets it in without the rule", async () => {
    expect(await hijack(world, cookie)).toBe("403 REQUEST_ORIGIN_REFUSED");
    const open = await startWorld({ controls: { cookieMaySpeak: () => true } });
    await hijack(open, cookie);
    expect(open.world).toEqual(["attack"]);
    await open.server.close();
  });
});

describe("the handshake", () => {
  it.each([
    ["no credential", {}, 401, "NOT_SIGNED_IN"],
    ["a wrong token", bearer("wrong"), 401, "TOKEN_INVALID"],
    ["two credentials", { ...owner, ...cookie }, 400, "REQUEST_INVALID"],
    ["a locked-out address", bearer("locked-token"), 429, "LOCKED_OUT"],
  ])("is refused with %s", async (_, headers, status, code) => {
    expect(await mustRefuse(here(headers))).toMatchObject({ status, json: { code } });
  });

  it("takes no token from the address or a protocol's name", async () => {
    const address = { port: world.port, path: "/v2/socket?token=owner-token&access_token=owner-token" };
    expect(await mustRefuse(address)).toMatchObject({ status: 400, json: { code: "REQUEST_INVALID" } });
    expect((await mustRefuse(here({ "sec-websocket-protocol": "bearer, owner-token" }))).status).toBe(401);
    const socket = await mustOpen(here({ ...owner, "sec-websocket-protocol": "chat" }));
    expect(socket.headers["sec-websocket-protocol"]).toBeUndefined();
    expect(socket.headers["sec-websocket-extensions"]).toBeUndefined();
    socket.leave();
  });

  it.each([
    ["another path", { path: "/v2/agents" }, 200],
    ["a path written otherwise", { path: "/v2/sock%65t" }, 400],
    ["another method", { method: "POST" }, 405],
    ["another protocol", { headers: { ...owner, upgrade: "h2c" } }, 400],
    ["a body", { headers: { ...owner, "content-length": "0" } }, 400],
    ["an old version", { headers: { ...owner, "sec-websocket-version": "7" } }, 400],
    ["a bad key", { headers: { ...owner, "sec-websocket-key": "short" } }, 400],
  ] as const)("with %s opens nothing", async (_, wish, status) => {
    expect((await mustRefuse({ port: world.port, headers: owner, ...wish })).status).toBe(status);
  });

  it("says what it needs to a plain request", async () => {
    const answer = await ask({ port: world.port, path: "/v2/socket", headers: owner });
    expect(answer).toMatchObject({ status: 400, json: { code: "REQUEST_INVALID" } });
    expect((await ask({ port: world.port, path: "/v2/socket" })).status).toBe(401);
  });

  it("is counted against strangers like any request", async () => {
    const small = await startWorld({ rateLimits: { unauthenticated: 3 } });
    const codes: unknown[] = [];
    for (let index = 0; index < 6; index += 1) codes.push((await mustRefuse({ port: small.port })).json["code"]);
    expect(codes.slice(0, 3)).toEqual(["NOT_SIGNED_IN", "NOT_SIGNED_IN", "NOT_SIGNED_IN"]);
    expect(codes.slice(3)).toEqual(["RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]);
    await small.server.close();
  });

  it("with two Host headers or two credentials on the wire is refused", async () => {
    const upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const good = `Host: 127.0.0.1:${world.port}\r\nAuthorization: Bearer owner-token\r\n`;
    const twice = await askRaw(world.port, `GET /v2/socket HTTP/1.1\r\n${good}Host: evil.example\r\n${upgrade}\r\n`);
    expect(twice).toMatch(/^HTTP\/1\.1 4(00|21)/);
    const tokens = await askRaw(
      world.port,
      `GET /v2/socket HTTP/1.1\r\n${good}Authorization: Bearer viewer-token\r\n${upgrade}\r\n`,
    );
    expect(tokens).toMatch(/^HTTP\/1\.1 400/);
  });

  it("gives one credential a bounded number of sockets", async () => {
    const sockets = await Promise.all(Array.from({ length: 8 }, () => mustOpen(here(bearer("viewer-token")))));
    expect((await mustRefuse(here(bearer("viewer-token")))).json["code"]).toBe("RATE_LIMITED");
    (await mustOpen(here())).leave();
    for (const socket of sockets) socket.leave();
  });
});

describe("a frame", () => {
  it.each([
    ["no JSON", "hello"],
    ["an array", "[]"],
    ["null", "null"],
    ["a number", "1"],
    ["nothing", ""],
    ["no id", '{"operation":"agents.list"}'],
    ["an empty id", '{"id":"","operation":"agents.list"}'],
    ["a long id", `{"id":"${"x".repeat(65)}","operation":"agents.list"}`],
    ["an id that is a number", '{"id":1,"operation":"agents.list"}'],
    ["a key more", '{"id":"1","operation":"agents.list","role":"owner"}'],
    ["a prototype", '{"id":"1","operation":"agents.list","__proto__":{"role":"owner"}}'],
    [
      "a prototype in its input",
      '{"id":"1","operation":"config.set","input":{"key":"a","value":{"__proto__":{"x":1}}}}',
    ],
    [
      "a constructor's prototype",
      '{"id":"1","operation":"config.set","input":{"key":"a","value":{"constructor":{"prototype":{"x":1}}}}}',
    ],
  ])("of %s is refused, and the socket goes on", async (_, text) => {
    const before = world.called.length;
    const socket = await mustOpen(here());
    socket.sendFrame(1, Buffer.from(text));
    await socket.ask("after", "agents.list");
    expect(socket.heard[0]).toMatchObject({ id: null, ok: false });
    expect(["REQUEST_INVALID", "REQUEST_NOT_JSON"]).toContain(socket.heard[0]?.error?.["code"]);
    expect(world.called.slice(before).map(({ name }) => name)).toEqual(["agents.list"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    socket.leave();
  });

  it.each([
    ["an operation nobody knows", "agents.destroy", {}, "ROUTE_NOT_FOUND"],
    ["an object's own function", "constructor", {}, "ROUTE_NOT_FOUND"],
    ["a prototype's name", "__proto__", {}, "ROUTE_NOT_FOUND"],
    ["signing in, which sets a cookie", "sessions.create", { code: "a-code-of-sixteen-or-more" }, "METHOD_NOT_ALLOWED"],
    ["signing out, which sets a cookie", "sessions.end", {}, "METHOD_NOT_ALLOWED"],
    ["an input that is a list", "agents.list", [], "REQUEST_INVALID"],
    ["a field too many", "agents.create", { name: "x", role: "owner" }, "REQUEST_INVALID"],
    ["a path parameter that leads elsewhere", "agents.get", { agentId: "../capabilities" }, "REQUEST_INVALID"],
  ])("with %s is refused", async (_, operation, input, code) => {
    const before = world.called.length;
    const socket = await mustOpen(here());
    expect((await socket.ask("1", operation, input)).error?.["code"]).toBe(code);
    expect(world.called.length).toBe(before);
    socket.leave();
  });

  it("in which a key stands twice is refused by that key, and nothing is called", async () => {
    const before = world.called.length;
    const socket = await mustOpen(here());
    socket.sendFrame(1, Buffer.from(`{"id":"1","operation":"agents.list","operation":"system.stop","input":{}}`));
    socket.sendFrame(1, Buffer.from(`{"id":"2","operation":"agents.list","input":{}}`));
    await socket.answer("2");
    const [refused] = socket.heard;
    expect(refused).toMatchObject({ id: null, ok: false, error: { code: "REQUEST_INVALID" } });
    expect(refused?.error?.["detail"]).toContain(`"operation" stands twice`);
    expect(world.called.slice(before)).toHaveLength(1);
    socket.leave();
  });

  it("that nests without end is refused", async () => {
    const socket = await mustOpen(here());
    const deep = "[".repeat(5000) + "]".repeat(5000);
    socket.sendFrame(1, Buffer.from(`{"id":"1","operation":"config.set","input":{"key":"a","value":${deep}}}`));
    expect((await socket.answer("1")).error?.["code"]).toBe("REQUEST_INVALID");
    socket.leave();
  });

  it.each([
    ["bytes instead of text", 2, Buffer.from("{}"), {}, 1003],
    ["text that is not UTF-8", 1, Buffer.from([0x22, 0xff, 0x22]), {}, 1007],
    ["no mask", 1, Buffer.from("{}"), { masked: false }, 1002],
    ["an opcode nobody knows", 3, Buffer.from("{}"), {}, 1002],
    ["more than a mebibyte", 1, Buffer.alloc(1_048_577, 0x20), {}, 1009],
  ] as const)("with %s closes the socket", async (_, opcode, payload, wish, code) => {
    const before = world.called.length;
    const socket = await mustOpen(here());
    socket.sendFrame(opcode, payload, wish);
    expect(await socket.closed).toBe(code);
    expect(world.called.length).toBe(before);
  });

  it("that only promises to be huge closes the socket before its bytes come", async () => {
    const socket = await mustOpen(here());
    socket.sendRaw(Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]));
    expect(await socket.closed).toBe(1009);
  });

  it("in endless pieces closes the socket at a mebibyte", async () => {
    const socket = await mustOpen(here());
    socket.sendFrame(1, Buffer.alloc(600_000, 0x20), { final: false });
    socket.sendFrame(0, Buffer.alloc(600_000, 0x20), { final: false });
    expect(await socket.closed).toBe(1009);
  });
});

describe("roles on the socket", () => {
  const names = OPERATION_NAMES.filter(isBound);
  it.each(ROLES)("%s reaches exactly the operations of that role", async (role) => {
    const socket = await mustOpen(here(bearer(`${role}-token`)));
    for (const name of names) {
      const before = world.called.length;
      const answer = await socket.ask(name, name, {});
      const required = OPERATIONS[name].role;
      if (required !== null && roleSuffices(role, required)) {
        expect(answer.error?.["code"], name).not.toBe("ROLE_INSUFFICIENT");
      } else {
        expect(answer.error?.["code"], name).toBe("ROLE_INSUFFICIENT");
        expect(world.called.length).toBe(before);
      }
    }
    socket.leave();
  });
});

describe("a credential that ends", () => {
  it("says nothing more on an open socket from that moment", async () => {
    const own = await startWorld();
    const socket = await mustOpen({ port: own.port, headers: owner });
    await socket.ask("1", "agents.list");
    own.identity.revoked.add("owner-token");
    expect((await socket.ask("2", "messages.send", attack)).error?.["code"]).toBe("TOKEN_INVALID");
    expect(await socket.closed).toBe(1008);
    expect(own.world).toEqual([]);
    await own.server.close();
  });

  it("closes a socket that only listens", async () => {
    const own = await startWorld({ heartbeat: 30 });
    const socket = await mustOpen({ port: own.port, headers: owner });
    await socket.ask("1", "events.subscribe");
    own.identity.revoked.add("owner-token");
    expect(await socket.closed).toBe(1008);
    expect(socket.heard.at(-1)?.error?.["code"]).toBe("NOT_SIGNED_IN");
    await own.server.close();
  });

  it("closes a socket that only listens also behind a lockout that somebody else caused", async () => {
    const own = await startWorld({ heartbeat: 30 });
    const socket = await mustOpen({ port: own.port, headers: owner });
    own.identity.revoked.add("owner-token");
    own.identity.lockedOut = true;
    expect(await socket.closed).toBe(1008);
    expect(socket.heard.at(-1)?.error?.["code"]).toBe("NOT_SIGNED_IN");
    await own.server.close();
  });

  it("closes it when the credential cannot be checked any more", async () => {
    const own = await startWorld({ heartbeat: 30 });
    const [quiet, asking] = [
      await mustOpen({ port: own.port, headers: owner }),
      await mustOpen({ port: own.port, headers: owner }),
    ];
    own.identity.byToken = () => Promise.reject(new Error("the database is gone"));
    own.identity.stillGood = () => Promise.reject(new Error("the database is gone"));
    expect((await asking.ask("1", "messages.send", attack)).error?.["code"]).toBe("INTERNAL");
    expect(await quiet.closed).toBe(1008);
    expect(own.world).toEqual([]);
    await own.server.close();
  });

  it("takes a session along when it signs out elsewhere", async () => {
    const own = await startWorld();
    const headers = { ...cookie, origin: `http://127.0.0.1:${own.port}` };
    const socket = await mustOpen({ port: own.port, headers });
    await ask({ port: own.port, method: "DELETE", path: "/v2/sessions/current", headers });
    expect((await socket.ask("1", "messages.send", attack)).error?.["code"]).toBe("NOT_SIGNED_IN");
    expect(own.world).toEqual([]);
    await own.server.close();
  });
});

describe("unplug the look at the credential at each frame", () => {
  it("stops a token that was revoked a moment ago, and lets it act where it is believed for ever", async () => {
    const own = await startWorld();
    const act = async (): Promise<unknown> => {
      const socket = await mustOpen({ port: own.port, headers: owner });
      own.identity.revoked.add("owner-token");
      const answer = await socket.ask("1", "messages.send", attack);
      socket.leave();
      own.identity.revoked.clear();
      return answer.ok;
    };
    expect(await act()).toBe(false);
    expect(own.world).toEqual([]);
    own.identity.byToken = async () => ok(shown(OWNER, "token"));
    expect(await act()).toBe(true);
    expect(own.world).toEqual(["attack"]);
    await own.server.close();
  });
});

describe("unplug the look at the credential at each ping", () => {
  it("ends what a revoked token overhears, and goes on where it is believed for ever", async () => {
    const own = await startWorld({ heartbeat: 20 });
    const overhear = async (): Promise<boolean> => {
      const socket = await mustOpen({ port: own.port, headers: owner });
      await socket.ask("1", "events.subscribe");
      own.identity.revoked.add("owner-token");
      await new Promise((resolve) => setTimeout(resolve, 100));
      own.bus.push(sent("a private word"));
      await new Promise((resolve) => setTimeout(resolve, 30));
      socket.leave();
      own.identity.revoked.clear();
      return JSON.stringify(socket.heard).includes("a private word");
    };
    expect(await overhear()).toBe(false);
    own.identity.stillGood = async () => ok(undefined);
    expect(await overhear()).toBe(true);
    await own.server.close();
  });
});

describe("unplug the bound of what runs on one socket", () => {
  it("keeps one socket from filling the house with work, and lets it without the bound", async () => {
    const fill = async (wish: Wish): Promise<number> => {
      const release: (() => void)[] = [];
      const own = await startWorld({
        ...wish,
        handlers: { "turns.get": async () => new Promise((resolve) => release.push(() => resolve(ok({})))) },
      });
      const socket = await mustOpen({ port: own.port, headers: owner });
      const turnId = nextId();
      for (let index = 0; index < 90; index += 1)
        socket.say({ id: String(index), operation: "turns.get", input: { turnId } });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const running = release.length;
      release.forEach((go) => go());
      await own.server.close();
      return running;
    };
    expect(await fill({})).toBe(32);
    expect(await fill({ controls: { inFlight: Infinity } })).toBe(90);
  });
});

describe("a flood", () => {
  it("of requests is answered with a limit that HTTP shares, and others stay served", async () => {
    const own = await startWorld({ rateLimits: { perPrincipal: 40 } });
    const socket = await mustOpen({ port: own.port, headers: owner });
    for (let index = 0; index < 30; index += 1)
      socket.say({ id: String(index), operation: "messages.send", input: attack });
    const last = await socket.answer("29");
    expect(last.error?.["code"]).toBe("RATE_LIMITED");
    expect(own.world.length).toBeLessThan(10);
    expect((await ask({ port: own.port, path: "/v2/agents", headers: owner })).json["code"]).toBe("RATE_LIMITED");
    expect((await ask({ port: own.port, path: "/v2/agents", headers: bearer("member-token") })).status).toBe(200);
    await own.server.close();
  });

  it("of long requests leaves at most 32 in flight", async () => {
    let waiting = 0;
    const release: (() => void)[] = [];
    const own = await startWorld({
      handlers: {
        "turns.get": async () => {
          waiting += 1;
          return new Promise((resolve) => release.push(() => resolve(ok({}))));
        },
      },
    });
    const socket = await mustOpen({ port: own.port, headers: owner });
    const turnId = nextId();
    for (let index = 0; index < 60; index += 1)
      socket.say({ id: String(index), operation: "turns.get", input: { turnId } });
    expect((await socket.answer("59")).error?.["code"]).toBe("RATE_LIMITED");
    await expect.poll(() => waiting).toBe(32);
    release.forEach((go) => go());
    await socket.answer("31");
    expect((await socket.ask("again", "agents.list")).ok).toBe(true);
    await own.server.close();
  });

  it("of nonsense ends the socket", async () => {
    const socket = await mustOpen(here());
    for (let index = 0; index < 200; index += 1) socket.sendFrame(1, Buffer.from("nonsense"));
    expect(await socket.closed).toBe(1008);
    expect(socket.heard.length).toBe(100);
  });
});
