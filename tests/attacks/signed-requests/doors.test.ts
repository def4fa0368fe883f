/** Signed requests at the doors: the same identity as the gateway's, behind a real listener. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, instantOf, ok } from "@moltbot/contracts";
import type { ClockPort, RequestContext } from "@moltbot/contracts";
import type { Weakening } from "../../../packages/ingress/src/identity/identity.ts";
import { buildIdentity } from "../../../packages/ingress/src/identity/identity.ts";
import { createSigner, digestOf } from "../../../packages/ingress/src/identity/testing/signer.ts";
import type { SignatureWish, TestSigner } from "../../../packages/ingress/src/identity/testing/signer.ts";
import { createWorld, must } from "../../../packages/ingress/src/identity/testing/world.ts";
import type { World } from "../../../packages/ingress/src/identity/testing/world.ts";
import { mustOpen, mustRefuse } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { sent } from "../../../packages/ingress/src/http/testing/sample.ts";
import { ask, followStream, startServer } from "../../../packages/ingress/src/http/testing/start-server.ts";
import type { Answer, TestServer } from "../../../packages/ingress/src/http/testing/start-server.ts";

const BODY = JSON.stringify({ name: "x", model: "default" });
const CHAT = JSON.stringify({ model: "moltbot", messages: [{ role: "user", content: "hello" }] });
const clock: ClockPort = { now: () => instantOf(Date.now()), monotonic: () => performance.now() };

let world: World;
let machine: TestSigner;
let thief: TestSigner;
let running: TestServer;
let token: string;

const start = async (weakening: Weakening = {}): Promise<TestServer> => {
  const identity = buildIdentity({ ...world.options, clock }, weakening);
  return startServer({
    identity: identity as never, // the server asks for what both have
    proxies: ["127.0.0.1"],
    openai: {
      models: async () => ok([]),
      chat: async (context: RequestContext) => {
        running.called.push({ name: "messages.send", context, input: null });
        return ok({ text: "hi", calls: [], finish: "stop", usage: null, turn: null });
      },
    },
  });
};

beforeAll(async () => {
  world = await createWorld();
  machine = await createSigner(clock);
  thief = await createSigner(clock);
  running = await start();
  const identity = buildIdentity({ ...world.options, clock }, {});
  const wish = { name: "x", role: "owner", days: 300, scopes: null, integrity: "authority" } as const;
  token = must(await identity.createToken(world.owner, { ...wish, key: machine.key })).token;
  // A signature from before the gateway began, to the second, is none.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
});
afterAll(async () => running.server.close());

const headersOf = (
  method: string,
  path: string,
  body?: string,
  wish?: SignatureWish,
  by = machine,
  scheme = "http",
): Readonly<Record<string, string>> =>
  by.headers(
    { method, url: `${scheme}://127.0.0.1:${running.port}${path}`, token, ...(body === undefined ? {} : { body }) },
    wish,
  );
const get = (path: string, headers = headersOf("GET", path)): Promise<Answer> =>
  ask({ port: running.port, path, headers });
const post = (path: string, body: string, headers = headersOf("POST", path, body)): Promise<Answer> =>
  ask({ port: running.port, method: "POST", path, headers, body });
const stamp = (answer: Answer): unknown => answer.json["code"] ?? answer.status;

describe("a signed request", () => {
  it("is served by REST, with a query, with a body and without one, and known as strong", async () => {
    expect(stamp(await get("/v2/agents"))).toBe(200);
    expect(running.called.at(-1)?.context).toMatchObject({ surface: "token", proof: { kind: "token", strong: true } });
    expect(stamp(await get("/v2/conversations?limit=5"))).toBe(200);
    expect(stamp(await post("/v2/agents", BODY))).toBe(OPERATIONS["agents.create"].status);
    expect(running.called.at(-1)?.input).toMatchObject({ name: "x" });
  });

  it("is served by the OpenAI surface", async () => {
    expect((await get("/openai/v1/models")).status).toBe(200);
    const before = running.called.length;
    expect((await post("/openai/v1/chat/completions", CHAT)).status).toBe(200);
    const lying = headersOf("POST", "/openai/v1/chat/completions", CHAT);
    const answer = await post("/openai/v1/chat/completions", CHAT.replace("hello", "hallo"), lying);
    expect([answer.status, answer.text]).toEqual([401, expect.stringContaining("SIGNATURE_INVALID")]);
    expect(running.called.length).toBe(before + 1);
  });

  it("opens a stream of events, and a streamed answer", async () => {
    const events = await followStream(running.port, "/v2/events", headersOf("GET", "/v2/events"));
    expect(events.status).toBe(200);
    running.bus.push(sent("for the owner", world.owner));
    await events.until("for the owner");
    events.leave();
  });

  it("opens a socket, whose frames are its machine's", async () => {
    const headers = headersOf("GET", "/v2/socket");
    const socket = await mustOpen({ port: running.port, headers });
    expect(await socket.ask("1", "agents.list")).toMatchObject({ ok: true });
    expect(await socket.ask("2", "agents.list")).toMatchObject({ ok: true });
    expect(running.called.at(-1)?.context).toMatchObject({ surface: "token", proof: { strong: true } });
    socket.leave();
    for (const wrong of [
      { authorization: `Bearer ${token}` },
      headers,
      headersOf("GET", "/v2/agents"),
      headersOf("GET", "/v2/socket", undefined, undefined, thief),
    ])
      expect((await mustRefuse({ port: running.port, headers: wrong })).status).toBe(401);
  });

  it("gets a ticket, and the ticket opens a stream without a signature", async () => {
    const made = await post("/v2/tickets", "{}");
    expect(made.status).toBe(201);
    const path = `/v2/events?ticket=${String(made.json["ticket"])}`;
    const events = await followStream(running.port, path, {});
    expect(events.status).toBe(200);
    events.leave();
  });

  it("names https where a declared proxy says so, and http where it does not", async () => {
    const behind = { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7" };
    const secure = headersOf("GET", "/v2/agents", undefined, undefined, machine, "https");
    expect(stamp(await get("/v2/agents", secure))).toBe("SIGNATURE_INVALID");
    expect(stamp(await get("/v2/agents", { ...secure, ...behind }))).toBe(200);
    expect(stamp(await get("/v2/agents", { ...headersOf("GET", "/v2/agents"), ...behind }))).toBe("SIGNATURE_INVALID");
  });
});

describe("attacks on a signed request", () => {
  it.each([
    [
      "the token without a signature",
      () => get("/v2/agents", { authorization: `Bearer ${token}` }),
      "SIGNATURE_INVALID",
    ],
    [
      "a signature by another key",
      () => get("/v2/agents", headersOf("GET", "/v2/agents", undefined, undefined, thief)),
      "SIGNATURE_INVALID",
    ],
    [
      "a signature by another key under the right name",
      () =>
        get(
          "/v2/agents",
          headersOf("GET", "/v2/agents", undefined, {
            parameters: { keyid: `"${machine.thumbprint}"` },
            signer: thief.privateKey,
          }),
        ),
      "SIGNATURE_INVALID",
    ],
    ["another path", () => get("/v2/people", headersOf("GET", "/v2/agents")), "SIGNATURE_INVALID"],
    [
      "another query",
      () => get("/v2/conversations?limit=6", headersOf("GET", "/v2/conversations?limit=5")),
      "SIGNATURE_INVALID",
    ],
    [
      "another method",
      () => post("/v2/agents", BODY, { ...headersOf("GET", "/v2/agents"), "content-digest": digestOf(BODY) }),
      "SIGNATURE_INVALID",
    ],
    [
      "another body",
      () => post("/v2/agents", BODY.replace("x", "y"), headersOf("POST", "/v2/agents", BODY)),
      "SIGNATURE_INVALID",
    ],
    ["a body that was none", () => post("/v2/agents", BODY, headersOf("POST", "/v2/agents")), "SIGNATURE_INVALID"],
    [
      "a body of a GET",
      () =>
        ask({
          port: running.port,
          path: "/v2/agents",
          headers: { ...headersOf("GET", "/v2/agents", BODY), "content-length": String(BODY.length) },
          body: BODY,
        }),
      "SIGNATURE_INVALID",
    ],
    [
      "a component stripped",
      () => get("/v2/agents", headersOf("GET", "/v2/agents", undefined, { covered: ["@method", "authorization"] })),
      "SIGNATURE_INVALID",
    ],
    [
      "hmac",
      () => get("/v2/agents", headersOf("GET", "/v2/agents", undefined, { parameters: { alg: '"hmac-sha256"' } })),
      "SIGNATURE_INVALID",
    ],
    [
      "a stale time",
      () => get("/v2/agents", headersOf("GET", "/v2/agents", undefined, { parameters: { created: "1600000000" } })),
      "SIGNATURE_INVALID",
    ],
    [
      "two signatures",
      () => {
        const one = headersOf("GET", "/v2/agents");
        return get("/v2/agents", { ...one, signature: `${one["signature"] ?? ""}, other=:AAAA:` });
      },
      "SIGNATURE_INVALID",
    ],
    ["the token in the address", () => get(`/v2/agents?token=${token}`, {}), "REQUEST_INVALID"],
  ] as const)("%s: refused, and nothing ran", async (_, attack, code) => {
    const before = running.called.length;
    expect(stamp(await attack())).toBe(code);
    expect(running.called.length).toBe(before);
  });

  it("a second header line of the signature: refused", async () => {
    const before = running.called.length;
    const one = headersOf("GET", "/v2/agents");
    const answer = await ask({
      port: running.port,
      path: "/v2/agents",
      headers: { ...one, signature: [one["signature"] ?? "", "other=:AAAA:"] },
    });
    expect([stamp(answer), running.called.length]).toEqual(["SIGNATURE_INVALID", before]);
  });

  it("a replay: refused and on record", async () => {
    const headers = headersOf("POST", "/v2/agents", BODY);
    expect(stamp(await post("/v2/agents", BODY, headers))).toBe(201);
    const before = running.called.length;
    expect(stamp(await post("/v2/agents", BODY, headers))).toBe("SIGNATURE_REPLAYED");
    expect(running.called.length).toBe(before);
    // At most once a minute: the socket's replay above counts as this one.
    const replays = world.recorded.filter(({ fields }) => fields["problem"] === "SIGNATURE_REPLAYED");
    expect(replays).toMatchObject([{ event: "signature:refused", details: { address: "127.0.0.1" } }]);
  });

  it("a body in pieces that is not the signed one: refused as well", async () => {
    const before = running.called.length;
    const headers = Object.entries(headersOf("POST", "/v2/agents", BODY)).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const host = `host: 127.0.0.1:${running.port}\r\n`;
    const head = `POST /v2/agents HTTP/1.1\r\n${host}content-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n`;
    const other = BODY.replace("x", "y");
    const whole = `${head}${headers.join("")}\r\n${other.length.toString(16)}\r\n${other}\r\n0\r\n\r\n`;
    const text = await new Promise<string>((resolve) => {
      const socket = connect(running.port, "127.0.0.1", () => socket.write(whole));
      let heard = "";
      socket.on("data", (chunk) => (heard += chunk.toString()));
      socket.on("close", () => resolve(heard));
    });
    expect(text).toContain("SIGNATURE_INVALID");
    expect(running.called.length).toBe(before);
  });
});

describe("unplug: without the look at the body", () => {
  it("another one than the signed one is carried out", async () => {
    const whole = running;
    running = await start({ signed: { check: () => ok(0), checkBody: () => ok(undefined) } });
    try {
      const headers = headersOf("POST", "/v2/agents", BODY);
      expect(stamp(await post("/v2/agents", BODY.replace("x", "y"), headers))).toBe(201);
      expect(running.called.at(-1)?.input).toMatchObject({ name: "y" });
    } finally {
      await running.server.close();
      running = whole;
    }
  });
});
