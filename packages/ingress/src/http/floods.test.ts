import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { OPERATION_NAMES, ok } from "@moltbot/contracts";
import type { Principal } from "@moltbot/contracts";
import { readArrival } from "./arrival.ts";
import { bindOperations } from "./bind-operations.ts";
import { bindSocket } from "./bind-socket.ts";
import { createDesk } from "./desk.ts";
import type { Desk } from "./desk.ts";
import { createEventHub } from "./event-hub.ts";
import { parseJsonBodies } from "./framework-errors.ts";
import { CONTROLS } from "./gate.ts";
import { DEFAULT_RATE_LIMITS, STOPS, createRateLimits } from "./rate-limits.ts";
import type { Caller, RateLimiters } from "./rate-limits.ts";
import { AGENT_ID, NOW, OWNER, createTestBus, createTestIdentity, nextId, shown } from "./testing/sample.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { TestServer, Wish } from "./testing/start-server.ts";
import { mustOpen, mustRefuse } from "./testing/open-socket.ts";
import type { TestSocket } from "./testing/open-socket.ts";

const owner = bearer("owner-token");
const viewer = bearer("viewer-0");
const LOOKING: Principal = Object.freeze({ ...OWNER, role: "viewer" });

/** The owner has lent tokens out, `viewer-0`, `viewer-1` and so on, that may only look; they are the same principal. */
const lendTokens = (identity: TestServer["identity"]): void => {
  const byToken = identity.byToken.bind(identity);
  const stillGood = identity.stillGood.bind(identity);
  identity.stillGood = async (who) => (who.principal === LOOKING ? ok(undefined) : stillGood(who));
  identity.byToken = async (token, address) =>
    token.startsWith("viewer-") && token !== "viewer-token" ? ok(shown(LOOKING, "token")) : byToken(token, address);
};

const folder = mkdtempSync(join(tmpdir(), "moltbot-flood-"));
let running: TestServer | undefined;
const start = async (wish: Wish = {}): Promise<TestServer & { readonly socketPath: string }> => {
  const socketPath = join(folder, "run", "gateway.sock");
  const server = await startServer({ socketPath, ...wish });
  running = server;
  lendTokens(server.identity);
  return { ...server, socketPath };
};
afterEach(async () => {
  await running?.server.close();
  running = undefined;
  rmSync(join(folder, "run"), { recursive: true, force: true });
});

const stopsIn = ({ called }: Pick<TestServer, "called">): readonly string[] =>
  called.filter(({ name }) => name === "system.stop").map(({ context }) => context.surface);

/** A flood of one token over HTTP and as many sockets as it gets, until it is called off; gives what it was answered. */
const flood = async (port: number): Promise<{ readonly callOff: () => Promise<Readonly<Record<string, number>>> }> => {
  const answers: Record<string, number> = {};
  const note = (answer: string): void => void (answers[answer] = (answers[answer] ?? 0) + 1);
  let on = true;
  const overHttp = Array.from({ length: 6 }, async () => {
    while (on) note(`http ${(await ask({ port, path: "/v2/agents", headers: viewer })).status}`);
  });
  const sockets: TestSocket[] = [];
  const overSockets = Array.from({ length: 6 }, async (_, index) => {
    for (let round = 0; on; round += 1) {
      const socket = await mustOpen({ port, headers: viewer }).catch(() => undefined);
      if (socket === undefined) {
        note("socket refused");
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      sockets.push(socket);
      for (let frame = 0; on && frame < 60; frame += 1) {
        const answer = await socket.ask(`${index} ${round} ${frame}`, "agents.list");
        note(answer.error === undefined ? "frame ok" : "frame refused");
      }
      socket.leave();
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  return {
    async callOff() {
      on = false;
      await Promise.all([...overHttp, ...overSockets]);
      sockets.forEach((socket) => socket.leave());
      return answers;
    },
  };
};

describe("a lent token that floods HTTP and sockets at once", () => {
  it("keeps no stop of its owner out, whichever door the stop comes through, and leaves the others served", async () => {
    const house = await start({ rateLimits: { perPrincipal: 80 } });
    const { port, socketPath } = house;
    const page = { cookie: "moltbot_session=good-cookie", origin: `http://127.0.0.1:${port}` };
    const { callOff } = await flood(port);
    const socket = await mustOpen({ port, headers: owner });
    const codes: unknown[] = [];
    const served: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const stop = { method: "POST", path: "/v2/stop", body: "{}" };
      codes.push((await ask({ port, ...stop, headers: owner })).status);
      codes.push((await ask({ port, ...stop, headers: page })).status);
      codes.push((await ask({ socketPath, ...stop })).status);
      codes.push((await socket.ask(`stop ${round}`, "system.stop")).ok);
      for (const wish of [
        { port, headers: owner },
        { port, headers: page },
        { socketPath },
        { port, headers: bearer("member-token") },
      ])
        served.push((await ask({ path: "/v2/agents", ...wish })).status);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const answers = await callOff();
    socket.leave();
    expect(codes).toEqual(Array.from({ length: 4 }, () => [200, 200, 200, true]).flat());
    expect(served).toEqual(served.map(() => 200));
    const doors = ["token", "session", "local", "token"];
    expect(stopsIn(house)).toEqual([...doors, ...doors, ...doors, ...doors]);
    expect(answers["http 429"]).toBeGreaterThan(0);
    expect((answers["frame refused"] ?? 0) + (answers["socket refused"] ?? 0)).toBeGreaterThan(0);
  });

  it("together with so many others that all is used up still keeps no stop out, of everything or of one turn", async () => {
    const house = await start({ rateLimits: { perPrincipal: 8 } });
    const { port, socketPath } = house;
    const open = await mustOpen({ port, headers: owner });
    let on = true;
    const floods = Array.from({ length: 8 }, async (_, index) => {
      while (on) await ask({ port, path: "/v2/agents", headers: bearer(`viewer-${index}`) });
    });
    const codes: unknown[] = [];
    for (let round = 0; round < 4; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      codes.push((await ask({ port, method: "POST", path: "/v2/stop", headers: owner, body: "{}" })).status);
      codes.push((await ask({ port, method: "POST", path: `/v2/turns/${nextId()}/stop`, headers: owner })).status);
      codes.push((await open.ask(`all ${round}`, "system.stop")).ok);
      codes.push((await open.ask(`one ${round}`, "turns.stop", { turnId: nextId() })).ok);
      codes.push((await ask({ socketPath, path: "/v2/agents" })).status);
    }
    on = false;
    await Promise.all(floods);
    expect(codes).toEqual(Array.from({ length: 4 }, () => [200, 200, true, true, 200]).flat());
    expect(stopsIn(house)).toHaveLength(8);
    expect(house.called.filter(({ name }) => name === "turns.stop")).toHaveLength(8);
    open.leave();
  });

  it("holds at most eight sockets, all lent ones 32, and the local socket has eight of its own", async () => {
    const { port, socketPath } = await start();
    const opened: TestSocket[] = [];
    const fill = async (wish: Parameters<typeof mustOpen>[0], count: number): Promise<unknown> => {
      for (let index = 0; index < count; index += 1) opened.push(await mustOpen(wish));
      return (await mustRefuse(wish)).json["detail"];
    };
    expect(await fill({ port, headers: viewer }, 8)).toContain("the limit is 8");
    expect(await fill({ port, headers: owner }, 8)).toContain("the limit is 8");
    expect(await fill({ port, headers: bearer("viewer-1") }, 8)).toContain("the limit is 8");
    expect(await fill({ port, headers: bearer("viewer-2") }, 8)).toContain("the limit is 8");
    expect(await fill({ port, headers: bearer("viewer-3") }, 0)).toContain("the limit is 32");
    expect(await fill({ socketPath }, 8)).toContain("the limit is 8");
    opened.push(await mustOpen({ port, headers: bearer("member-token") }));
    opened[0]?.leave();
    await expect
      .poll(async () =>
        mustOpen({ port, headers: bearer("viewer-3") }).then(
          (one) => opened.push(one),
          () => 0,
        ),
      )
      .toBeGreaterThan(0);
    for (const socket of opened) socket.leave();
  });
});

describe("stops in plenty", () => {
  it("are bounded, and keep out neither the other kind of stop nor another credential's", async () => {
    const house = await start({ rateLimits: { perPrincipal: 20 } });
    const { port, socketPath } = house;
    const stop = { method: "POST", path: "/v2/stop", body: "{}" };
    const statuses = await Promise.all(
      Array.from({ length: 80 }, async () => (await ask({ port, ...stop, headers: owner })).status),
    );
    // Eighty requests may fall into two seconds, not into three; each lets the bucket and a quarter of 20 through.
    const most = 2 * (STOPS + 5);
    expect(stopsIn(house).length).toBeLessThanOrEqual(most);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(80 - most);
    expect((await ask({ port, method: "POST", path: `/v2/turns/${nextId()}/stop`, headers: owner })).status).toBe(200);
    expect((await ask({ socketPath, ...stop })).status).toBe(200);
    expect((await ask({ port, path: "/v2/agents", headers: bearer("viewer-0") })).status).toBe(200);
  });

  it("by who may not stop come from the common budget and stop nothing", async () => {
    const house = await start({ rateLimits: { perPrincipal: 8 } });
    const stop = { port: house.port, method: "POST", path: "/v2/stop", body: "{}", headers: viewer };
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await ask(stop)).json["code"]));
    expect(new Set(codes)).toEqual(new Set(["ROLE_INSUFFICIENT", "RATE_LIMITED"]));
    expect(codes.filter((code) => code === "ROLE_INSUFFICIENT").length).toBeLessThanOrEqual(4);
    const socket = await mustOpen({ port: house.port, headers: bearer("viewer-1") });
    expect((await socket.ask("1", "system.stop")).error?.["code"]).toBe("ROLE_INSUFFICIENT");
    const more = await Promise.all(["2", "3", "4", "5", "6"].map(async (id) => socket.ask(id, "system.stop")));
    expect(more.map(({ error }) => error?.["code"])).toContain("RATE_LIMITED");
    expect(stopsIn(house)).toEqual([]);
    socket.leave();
  });

  it("with wrong tokens stay under the lockout and the strangers' limit", async () => {
    const house = await start({ rateLimits: { unauthenticated: 3 } });
    const stop = { port: house.port, method: "POST", path: "/v2/stop", body: "{}" };
    expect((await ask({ ...stop, headers: bearer("locked-token") })).json["code"]).toBe("LOCKED_OUT");
    const codes: unknown[] = [];
    for (let index = 0; index < 12; index += 1)
      codes.push((await ask({ ...stop, headers: bearer("wrong") })).json["code"]);
    expect(codes).toContain("RATE_LIMITED");
    expect(codes.every((code) => code === "RATE_LIMITED" || code === "TOKEN_INVALID")).toBe(true);
    expect(stopsIn(house)).toEqual([]);
  });

  it("get through a socket that is full of long requests, and are bounded there themselves", async () => {
    const never = async (): Promise<never> => new Promise<never>(() => undefined);
    const { port, called } = await start({ handlers: { "turns.get": never, "turns.stop": never } });
    const socket = await mustOpen({ port, headers: owner });
    const turnId = nextId();
    for (let index = 0; index < 33; index += 1)
      socket.say({ id: `long ${index}`, operation: "turns.get", input: { turnId } });
    expect((await socket.answer("long 32")).error?.["code"]).toBe("RATE_LIMITED");
    expect((await socket.ask("other", "system.resume")).error?.["code"]).toBe("RATE_LIMITED");
    for (let index = 0; index < 6; index += 1)
      socket.say({ id: `stop ${index}`, operation: "turns.stop", input: { turnId } });
    expect((await socket.answer("stop 4")).error?.["code"]).toBe("RATE_LIMITED");
    expect((await socket.ask("all", "system.stop")).ok).toBe(true);
    expect(called.filter(({ name }) => name === "turns.stop")).toHaveLength(4);
    socket.leave();
  });
});

/** The routes and the socket of the gateway behind a desk that a test may weaken. */
const openHouse = async (weaken: {
  readonly limits?: (real: RateLimiters) => RateLimiters;
  readonly desk?: (real: Desk) => Desk;
}) => {
  const identity = createTestIdentity();
  lendTokens(identity);
  const real = createRateLimits({ ...DEFAULT_RATE_LIMITS, perPrincipal: 40 });
  const strict = createDesk(identity, weaken.limits?.(real) ?? real, CONTROLS);
  const desk = weaken.desk?.(strict) ?? strict;
  const stopped: string[] = [];
  const handlers = Object.fromEntries(
    OPERATION_NAMES.map((name) => [
      name,
      async () => {
        if (name === "system.stop") stopped.push(name);
        return ok({});
      },
    ]),
  ) as unknown as Parameters<typeof bindSocket>[1]["handlers"]; // the answers' shapes do not matter here
  const bus = createTestBus();
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const newTraceId = (): string => "0".repeat(31) + "1";
  const arrivalOf = (request: { readonly raw: Parameters<typeof readArrival>[0] }) =>
    readArrival(request.raw, false, newTraceId);
  const app = fastify();
  parseJsonBodies(app, () => undefined);
  const clock = { now: () => NOW, monotonic: () => 0 };
  const common = { handlers, log: quiet, desk, arrivalOf, heartbeat: undefined };
  bindOperations(app, { ...common, identity, clock, onShutdown: () => () => undefined });
  const upgrades = new EventEmitter();
  const sockets = bindSocket(app, { ...common, hub: createEventHub(bus), newTraceId, inFlight: 32, upgrades });
  app.server.on("upgrade", (...upgrade) => upgrades.emit("upgrade", ...upgrade));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo; // it listens on a port, not on a path
  return {
    port,
    stopped,
    close: async () => {
      sockets.terminate();
      await app.close();
    },
  };
};

describe("unplug the budget of each credential and the bucket of stops", () => {
  /** What the owner's twelve stops were answered while a lent token floods. */
  const stopUnderFlood = async (
    limits: (real: RateLimiters) => RateLimiters,
  ): Promise<{ codes: unknown[]; stopped: number }> => {
    const house = await openHouse({ limits });
    const socket = await mustOpen({ port: house.port, headers: owner });
    const { callOff } = await flood(house.port);
    const codes: unknown[] = [];
    for (let index = 0; index < 6; index += 1) {
      const stop = { port: house.port, method: "POST", path: "/v2/stop", headers: owner, body: "{}" };
      codes.push((await ask(stop)).json["code"] ?? "ok");
      codes.push((await socket.ask(String(index), "system.stop")).error?.["code"] ?? "ok");
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await callOff();
    socket.leave();
    await house.close();
    return { codes, stopped: house.stopped.length };
  };

  it("gets every stop of the owner through a lent token's flood, and has it refused where all share one bucket", async () => {
    const mended = await stopUnderFlood((real) => real);
    expect(new Set(mended.codes)).toEqual(new Set(["ok"]));
    expect(mended.stopped).toBe(12);
    const shared = createRateLimits({ ...DEFAULT_RATE_LIMITS, unauthenticated: 40 }).stranger;
    const byPrincipal = async ({ principal }: Caller) => shared(principal.id);
    const attacked = await stopUnderFlood((real) => ({ ...real, caller: byPrincipal, stop: byPrincipal }));
    expect(attacked.codes).toContain("RATE_LIMITED");
    expect(attacked.stopped).toBeLessThan(12);
  });

  it("keeps the owner served, and loses that where only the credential's own budget is missing", async () => {
    const readUnderFlood = async (limits: (real: RateLimiters) => RateLimiters): Promise<ReadonlySet<number>> => {
      const house = await openHouse({ limits });
      const { callOff } = await flood(house.port);
      const statuses = new Set<number>();
      for (let index = 0; index < 5; index += 1) {
        statuses.add((await ask({ port: house.port, path: `/v2/agents/${AGENT_ID}`, headers: owner })).status);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await callOff();
      await house.close();
      return statuses;
    };
    expect(await readUnderFlood((real) => real)).toEqual(new Set([200]));
    const shared = createRateLimits({ ...DEFAULT_RATE_LIMITS, unauthenticated: 40 }).stranger;
    const attacked = await readUnderFlood((real) => ({ ...real, caller: ({ principal }) => shared(principal.id) }));
    expect(attacked).toContain(429);
  });
});

describe("unplug the count of sockets by credential", () => {
  it("leaves the owner a socket beside a lent token's, and none where all credentials count as one", async () => {
    const openBeside = async (desk: (real: Desk) => Desk): Promise<string> => {
      const house = await openHouse({ desk });
      const taken: TestSocket[] = [];
      for (let index = 0; index < 8; index += 1) taken.push(await mustOpen({ port: house.port, headers: viewer }));
      const own = await mustOpen({ port: house.port, headers: owner }).then(
        (socket) => {
          taken.push(socket);
          return "opened";
        },
        () => "refused",
      );
      for (const socket of taken) socket.leave();
      await house.close();
      return own;
    };
    expect(await openBeside((real) => real)).toBe("opened");
    const one = { kind: "token", text: "one for all" } as const;
    const alike = (real: Desk): Desk => ({
      ...real,
      admit: async (...request) => {
        const admitted = await real.admit(...request);
        return admitted.ok ? ok({ ...admitted.value, credential: one }) : admitted;
      },
    });
    expect(await openBeside(alike)).toBe("refused");
  });
});
