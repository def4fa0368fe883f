import { afterEach, describe, expect, it, vi } from "vitest";
import { OPERATION_NAMES, OPERATIONS, moltbotError } from "@moltbot/contracts";
import type { Credential } from "./credentials.ts";
import type { Arrival } from "./arrival.ts";
import { classOf } from "./operation-class.ts";
import { problemHeaders } from "./problem.ts";
import { rateHeaders } from "./rate-headers.ts";
import { createRateLimits } from "./rate-limits.ts";
import type { AnswerWatch, RateLimits } from "./rate-limits.ts";
import { AGENT_ID, MEMBER, OWNER } from "./testing/sample.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { TestServer, Wish } from "./testing/start-server.ts";
import { mustOpen } from "./testing/open-socket.ts";

let running: TestServer | undefined;
const start = async (wish: Wish = {}): Promise<TestServer> => {
  running = await startServer(wish);
  return running;
};
afterEach(async () => {
  vi.useRealTimers();
  await running?.server.close();
  running = undefined;
});
const owner = bearer("owner-token");
const LIMITS: RateLimits = { perPrincipal: 40, unauthenticated: 3, files: 3, bytesPerMinute: 4_000 };
const arrival = (bytes = 0): Arrival => ({
  local: false,
  address: "192.0.2.7",
  secure: true,
  proxied: false,
  bytes,
  traceId: "0".repeat(32),
  path: "/",
});
const token = (text: string): Credential => ({ kind: "token", text });

describe("the budgets in an answer's headers", () => {
  it("are what is left of the credential's and the person's, and of their kind for what changes something", async () => {
    const { port } = await start({ rateLimits: { perPrincipal: 40, bytesPerMinute: 8_000 } });
    const read = await ask({ port, path: "/v2/agents", headers: owner });
    expect(read.headers["ratelimit-policy"]).toBe(
      '"credential";q=10;w=1, "person";q=40;w=1, "credential-bytes";q=2000;w=60;qu="content-bytes", "person-bytes";q=8000;w=60;qu="content-bytes"',
    );
    expect(read.headers["ratelimit"]).toMatch(
      /^"credential";r=9;t=1, "person";r=39;t=1, "credential-bytes";r=2000;t=60, /,
    );
    const made = await ask({ port, method: "POST", path: "/v2/agents", headers: owner, body: '{"name":"x"}' });
    expect(made.headers["ratelimit-policy"]).toContain('"changes";q=1200;w=60');
    expect(made.headers["ratelimit-policy"]).not.toContain('"effects"');
    const committed = await ask({ port, method: "PUT", path: "/v2/policy", headers: owner, body: '{"text":""}' });
    expect(committed.headers["ratelimit"]).toMatch(/"changes";r=1198;t=60, "effects";r=239;t=60/);
  });

  it("stand in refusals too, beside the seconds to wait", async () => {
    const { port } = await start({ rateLimits: { perPrincipal: 4, unauthenticated: 2 } });
    await ask({ port, path: "/v2/agents", headers: owner });
    const refused = await ask({ port, path: "/v2/agents", headers: owner });
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.headers["ratelimit"]).toBe('"credential";r=0;t=1');
    const wrong = await ask({ port, path: "/v2/agents", headers: bearer("wrong") });
    expect(wrong.headers["ratelimit"]).toMatch(/^"address";r=1;t=1$/);
  });

  it("are told of a stream before it begins", async () => {
    const { port } = await start();
    const headers = await new Promise<Record<string, unknown>>((resolve) => {
      void ask({ port, path: "/v2/events", headers: { ...owner, "last-event-id": "never" } }).catch(() => undefined);
      void import("node:http").then(({ get }) =>
        get({ host: "127.0.0.1", port, path: "/v2/events", headers: owner, agent: false }, (incoming) => {
          resolve(incoming.headers);
          incoming.destroy();
        }),
      );
    });
    expect(headers["ratelimit"]).toContain('"credential";r=');
  });

  it("are structured fields: strings, whole numbers and nothing else", () => {
    const budget = { name: "person", quota: 10, window: 60, remaining: 3, reset: 7 };
    expect(rateHeaders([budget, { ...budget, name: "bytes", unit: "content-bytes" }])).toEqual({
      "RateLimit-Policy": '"person";q=10;w=60, "bytes";q=10;w=60;qu="content-bytes"',
      RateLimit: '"person";r=3;t=7, "bytes";r=3;t=7',
    });
    expect(rateHeaders([])).toEqual({});
  });

  it("come with the time to come back whenever the status is 429 or 503", () => {
    expect(problemHeaders(moltbotError("STEP_LIMIT", { limit: 1 }), 429)["Retry-After"]).toBe("10");
    expect(problemHeaders(moltbotError("SHUTTING_DOWN"), 503)["Retry-After"]).toBe("5");
    expect(problemHeaders(moltbotError("LOCKED_OUT", { retryAfter: 29.2 }), 429)["Retry-After"]).toBe("30");
    expect(problemHeaders(moltbotError("ROUTE_NOT_FOUND"), 404)["Retry-After"]).toBeUndefined();
  });
});

describe("the class of an operation", () => {
  it("is that of its effect in the registry, and reading for what is none", () => {
    for (const name of OPERATION_NAMES)
      expect(classOf(name), name).toBe(
        { read: "read", write: "write", execute: "write", commit: "effect" }[String(OPERATIONS[name].effect)],
      );
    expect([classOf(null), classOf("events.stream"), classOf("constructor")]).toEqual(["read", "read", "read"]);
  });
});

describe("what may be changed in a minute", () => {
  it("is bounded for a person over all tokens, and reading goes on", async () => {
    vi.useFakeTimers();
    const limits = createRateLimits(LIMITS);
    const passed = async (operation: string): Promise<number> => {
      let passes = 0;
      for (let second = 0; second < 50; second += 1) {
        for (let index = 0; index < 40; index += 1) {
          const caller = { principal: OWNER, credential: token(String(index % 4)) };
          if ((await limits.caller(caller, { arrival: arrival(), operation })).ok) passes += 1;
        }
        vi.advanceTimersByTime(1000);
      }
      return passes;
    };
    expect(await passed("policy.set")).toBe(240);
    expect(await passed("agents.list")).toBe(2000);
  });

  it("leaves another person and the local socket alone", async () => {
    const limits = createRateLimits({ ...LIMITS, perPrincipal: 4 });
    const asked = { arrival: arrival(), operation: "policy.set" };
    for (let index = 0; index < 4; index += 1)
      await limits.caller({ principal: OWNER, credential: token(String(index)) }, asked);
    expect((await limits.caller({ principal: OWNER, credential: token("x") }, asked)).ok).toBe(false);
    expect((await limits.caller({ principal: MEMBER, credential: token("y") }, asked)).ok).toBe(true);
    expect((await limits.caller({ principal: OWNER, credential: { kind: "local" } }, asked)).ok).toBe(true);
  });
});

describe("the bytes of a minute", () => {
  it("are counted before a body is read, and one token leaves its person three quarters", async () => {
    const { port, called } = await start({ rateLimits: { bytesPerMinute: 8_000 } });
    const body = JSON.stringify({ content: "x".repeat(2_100) });
    const send = { port, method: "POST", path: `/v2/agents/${AGENT_ID}/messages`, body };
    const refused = await ask({ ...send, headers: owner });
    expect(refused.json).toMatchObject({ code: "RATE_LIMITED", context: { limit: 2_000, window: 60 } });
    expect(called).toEqual([]);
    const page = { cookie: "moltbot_session=good-cookie", origin: `http://127.0.0.1:${port}` };
    expect((await ask({ port, path: "/v2/agents", headers: page })).status).toBe(200);
  });

  it("count answers and bodies that did not say how long they are", async () => {
    const { port } = await start({ rateLimits: { bytesPerMinute: 40_000 } });
    let last = 200;
    for (let index = 0; index < 60 && last === 200; index += 1)
      last = (await ask({ port, path: "/v2/agents", headers: owner })).status;
    expect(last).toBe(429);
  });

  it("count the frames of a socket", async () => {
    const { port } = await start({ rateLimits: { bytesPerMinute: 8_000 } });
    const socket = await mustOpen({ port, headers: owner });
    const input = { agentId: AGENT_ID, content: "x".repeat(2_100) };
    expect((await socket.ask("1", "messages.send", input)).error?.["code"]).toBe("RATE_LIMITED");
    socket.leave();
  });
});

describe("what runs at a time", () => {
  const held: (() => void)[] = [];
  const watch: AnswerWatch = {
    tell: () => undefined,
    after: (_, run) => {
      held.push(() => run(0));
      return true;
    },
  };
  it("is bounded for one credential and for a person, and free again when it is over", async () => {
    const limits = createRateLimits({ ...LIMITS, perPrincipal: 1000, bytesPerMinute: 1_000_000 }, watch);
    const asked = { arrival: arrival(), operation: "turns.get" };
    const pass = async (name: string): Promise<boolean> =>
      (await limits.caller({ principal: OWNER, credential: token(name) }, asked)).ok;
    const passes = async (name: string): Promise<number> => {
      let count = 0;
      while (count < 250 && (await pass(name))) count += 1;
      return count;
    };
    expect(await passes("a")).toBe(125);
    expect(await passes("b")).toBe(125);
    expect([await passes("c"), await passes("d"), await passes("e")]).toEqual([125, 125, 0]);
    expect((await limits.caller({ principal: MEMBER, credential: token("m") }, asked)).ok).toBe(true);
    held.splice(0, 10).forEach((end) => end());
    vi.useFakeTimers();
    expect(await pass("f")).toBe(true);
  });
});

describe("an address that floods with guesses", () => {
  const flood = async ({ port }: TestServer, times = 100): Promise<readonly unknown[]> =>
    Promise.all(
      Array.from({ length: times }, async (_, index) => {
        const answer = await ask({ port, path: "/v2/agents", headers: bearer(`guess-${String(index)}`) });
        expect(answer.headers["retry-after"] ?? "none").toMatch(answer.status === 429 ? /^[1-9]/ : /none/);
        return answer.json["code"];
      }),
    );

  it("is turned away before anybody looks at what it brings, while known tokens, sessions and files are served", async () => {
    const server = await start({ rateLimits: { unauthenticated: 1 } });
    const { port, identity } = server;
    const page = { cookie: "moltbot_session=good-cookie" };
    for (const headers of [owner, page]) expect((await ask({ port, path: "/v2/agents", headers })).status).toBe(200);
    const looks = identity.addresses.length;
    const codes = await flood(server);
    expect(codes.filter((code) => code === "RATE_LIMITED").length).toBeGreaterThan(80);
    // Eleven in a second are looked at, and those that came before the last of them was counted.
    expect(identity.addresses.length - looks).toBeLessThan(60);
    for (const headers of [owner, page]) expect((await ask({ port, path: "/v2/agents", headers })).status).toBe(200);
    expect((await ask({ port, path: "/healthz" })).status).toBe(200);
    expect((await ask({ port, path: "/v2/vault/state" })).status).toBe(200);
    const signIn = { port, method: "POST", path: "/v2/sessions", body: '{"code":"a-code-of-sixteen-or-more"}' };
    expect((await ask(signIn)).status).toBe(201);
  });

  it("is looked at while it only mistypes: a good token that was never seen before is served beside wrong ones", async () => {
    const server = await start({ rateLimits: { unauthenticated: 10 } });
    await flood(server, 40);
    expect((await ask({ port: server.port, path: "/v2/agents", headers: owner })).status).toBe(200);
  });

  it("is looked at again a second later", async () => {
    const server = await start({ rateLimits: { unauthenticated: 1 } });
    await flood(server, 60);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await ask({ port: server.port, path: "/v2/agents", headers: bearer("member-token") })).status).toBe(200);
  });

  it("forgets a known token that was refused once", async () => {
    const server = await start({ rateLimits: { unauthenticated: 1 } });
    const { port, identity } = server;
    await ask({ port, path: "/v2/agents", headers: owner });
    identity.revoked.add("owner-token");
    await flood(server, 60);
    await ask({ port, path: "/v2/agents", headers: owner });
    const looks = identity.addresses.length;
    await ask({ port, path: "/v2/agents", headers: owner });
    expect(identity.addresses.length).toBe(looks);
  });
});

describe("unplug the turning away of a flood", () => {
  it("looks at every guess of a flood, which is a look into the store each", async () => {
    const looksOf = async (turnedAway: boolean): Promise<number> => {
      const identity = { looked: 0 };
      const limits = createRateLimits({ ...LIMITS, unauthenticated: 5 });
      const at = { ...arrival(), path: "/v2/agents" };
      for (let index = 0; index < 1000; index += 1) {
        const request = { url: at.path, headers: bearer(`guess-${String(index)}`) } as never; // all that is read of one
        if (turnedAway && limits.turnedAway(request, at) !== undefined) continue;
        identity.looked += 1;
        await limits.refused(at, moltbotError("TOKEN_INVALID"), token(`guess-${String(index)}`));
      }
      return identity.looked;
    };
    expect(await looksOf(true)).toBe(56);
    expect(await looksOf(false)).toBe(1000);
  });
});

describe("an address that is locked out and goes on", () => {
  it("is turned away after a few more tries, with the time that is left, and what was good before is served", async () => {
    const limits = createRateLimits({ ...LIMITS, unauthenticated: 20 });
    const at = { ...arrival(), path: "/v2/agents" };
    const request = (text: string) => ({ url: at.path, headers: bearer(text) }) as never; // all that is read of one
    await limits.caller({ principal: OWNER, credential: token("known") });
    const locked = moltbotError("LOCKED_OUT", { retryAfter: 30 });
    let looked = 0;
    for (let index = 0; index < 100; index += 1) {
      if (limits.turnedAway(request(`guess-${String(index)}`), at) !== undefined) continue;
      looked += 1;
      expect(await limits.refused(at, locked, token(`guess-${String(index)}`))).toBe(locked);
    }
    expect(looked).toBe(6);
    expect(limits.turnedAway(request("guess"), at)).toBe(locked);
    expect(limits.turnedAway(request("known"), at)).toBeUndefined();
    expect(limits.turnedAway(request("guess"), { ...at, address: "192.0.2.8" })).toBeUndefined();
    expect(limits.turnedAway(request("guess"), { ...at, path: "/v2/vault/state" })).toBeDefined();
    const open = { url: "/v2/vault/state", method: "GET", headers: bearer("guess") } as never; // all that is read of one
    expect(limits.turnedAway(open, { ...at, path: "/v2/vault/state" })).toBeUndefined();
    const page = { url: at.path, headers: { cookie: "moltbot_session=anything" } } as never; // all that is read of one
    expect(limits.turnedAway(page, at)).toBeUndefined();
  });
});
