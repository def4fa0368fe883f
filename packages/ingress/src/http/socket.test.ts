import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { RequestContext } from "@moltbot/contracts";
import { AGENT_ID, MEMBER, OWNER, STRANGER, delta, report, sent } from "./testing/sample.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { TestServer, Wish } from "./testing/start-server.ts";
import { mustOpen } from "./testing/open-socket.ts";

let running: TestServer | undefined;
const start = async (wish: Wish = {}): Promise<TestServer> => (running = await startServer(wish));
afterEach(async () => {
  await running?.server.close();
  running = undefined;
});

const owner = bearer("owner-token");
const path = `/v2/agents/${AGENT_ID}/messages`;

describe("a request on the socket", () => {
  it("is parsed and answered as over HTTP, with a trace of its own", async () => {
    const { port, called } = await start({ handlers: { "agents.list": async () => ok([]) } });
    const socket = await mustOpen({ port, headers: owner });
    expect(await socket.ask("1", "agents.list")).toEqual({ id: "1", ok: true, output: [] });
    await socket.ask("2", "messages.send", { agentId: AGENT_ID, content: "hello" });
    await ask({ port, method: "POST", path, headers: owner, body: '{"content":"hello"}' });
    const [first, onSocket, overHttp] = called;
    expect(onSocket?.input).toEqual(overHttp?.input);
    expect(onSocket?.context.principal).toBe(OWNER);
    expect(first?.context.traceId).not.toBe(onSocket?.context.traceId);
    socket.leave();
  });

  it("is refused with the same problem document as over HTTP", async () => {
    const { port } = await start({ handlers: { "audit.head": async () => err(moltbotError("APPROVAL_DENIED")) } });
    const socket = await mustOpen({ port, headers: owner });
    const same = async (id: string, operation: string, input: unknown, http: Parameters<typeof ask>[0]) => {
      const { traceId: _, instance: __, ...there } = (await socket.ask(id, operation, input)).error ?? {};
      const { traceId: ___, instance: ____, ...here } = (await ask({ port, headers: owner, ...http })).json;
      expect(there).toEqual(here);
      expect(Object.keys(there)).toContain("code");
    };
    await same(
      "a",
      "agents.create",
      { name: "x", admin: true },
      { method: "POST", path: "/v2/agents", body: '{"name":"x","admin":true}' },
    );
    await same("b", "agents.create", {}, { method: "POST", path: "/v2/agents", body: "{}" });
    await same("c", "audit.head", {}, { path: "/v2/audit/head" });
    socket.leave();
  });

  it("of a stream is answered with what came of it in the end", async () => {
    const { port, called } = await start({ handlers: { "messages.send": async () => ok(report("hello")) } });
    const socket = await mustOpen({ port, headers: owner });
    const answer = await socket.ask("1", "messages.send", { agentId: AGENT_ID, content: "hi" });
    expect(answer.output).toMatchObject({ state: "done" });
    expect(called.at(-1)?.context.emit).toBeUndefined();
    socket.leave();
  });

  it("runs beside others, each answered when it is ready", async () => {
    let release = (): void => undefined;
    const { port } = await start({
      handlers: {
        "turns.get": async () => new Promise((resolve) => (release = () => resolve(ok({ late: true })))),
      },
    });
    const socket = await mustOpen({ port, headers: owner });
    socket.say({ id: "slow", operation: "turns.get", input: { turnId: report("x").turnId } });
    await socket.ask("quick", "agents.list");
    expect(socket.heard.map(({ id }) => id)).toEqual(["quick"]);
    release();
    expect((await socket.answer("slow")).output).toEqual({ late: true });
    socket.leave();
  });

  it("is told of a bug by its trace alone", async () => {
    const { port, logged } = await start({
      handlers: {
        "audit.head": async () => {
          throw new Error("canary");
        },
      },
    });
    const socket = await mustOpen({ port, headers: owner });
    const { error } = await socket.ask("1", "audit.head");
    expect(error?.["code"]).toBe("INTERNAL");
    expect(JSON.stringify(error)).not.toContain("canary");
    expect(logged.at(-1)).toContain(String(error?.["traceId"]));
    socket.leave();
  });

  it("aborts with the socket", async () => {
    let seen: AbortSignal | undefined;
    const { port } = await start({
      handlers: {
        "turns.get": async ({ signal }: RequestContext) =>
          new Promise((resolve) => {
            seen = signal;
            signal.addEventListener("abort", () => resolve(ok({})));
          }),
      },
    });
    const socket = await mustOpen({ port, headers: owner });
    socket.say({ id: "1", operation: "turns.get", input: { turnId: report("x").turnId } });
    await expect.poll(() => seen !== undefined).toBe(true);
    socket.leave();
    await expect.poll(() => seen?.aborted).toBe(true);
  });
});

describe("the door a request came through", () => {
  it("is told to the handler: token, session or the owner's own local socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-socket-"));
    const socketPath = join(folder, "run", "gateway.sock");
    const { port, called } = await start({ socketPath });
    const own = { cookie: "moltbot_session=good-cookie", origin: `http://127.0.0.1:${port}` };
    await ask({ port, path: "/v2/agents", headers: owner });
    await ask({ port, path: "/v2/agents", headers: own });
    await ask({ socketPath, path: "/v2/agents" });
    for (const wish of [{ port, headers: owner }, { port, headers: own }, { socketPath }]) {
      const socket = await mustOpen(wish);
      await socket.ask("1", "agents.list");
      socket.leave();
    }
    const doors = ["token", "session", "local"];
    expect(called.map(({ context }) => context.surface)).toEqual([...doors, ...doors]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("is told for a streamed message too", async () => {
    const { port, called } = await start({ handlers: { "messages.send": async () => ok(report("x")) } });
    await ask({
      port,
      method: "POST",
      path,
      headers: { ...owner, accept: "text/event-stream" },
      body: '{"content":"x"}',
    });
    expect(called.at(-1)?.context.surface).toBe("token");
  });
});

describe("events on the socket", () => {
  it("come to who asked for them, and only those they may see", async () => {
    const { port, bus } = await start();
    const mine = await mustOpen({ port, headers: owner });
    const theirs = await mustOpen({ port, headers: bearer("member-token") });
    const silent = await mustOpen({ port, headers: owner });
    await mine.ask("s", "events.subscribe");
    await mine.ask("again", "events.subscribe");
    await theirs.ask("s", "events.subscribe");
    bus.push(delta("for the owner", OWNER));
    bus.push({ ...delta("other tenant, same audience", STRANGER), audience: [OWNER.id, MEMBER.id] });
    bus.push(sent("for the member", MEMBER));
    await Promise.all([mine, theirs, silent].map((socket) => socket.ask("after", "agents.list")));
    const heard = [mine, theirs, silent].map((socket) => JSON.stringify(socket.heard.filter(({ event }) => event)));
    expect(heard[0]).toContain("for the owner");
    expect(mine.heard.filter(({ event }) => event)).toHaveLength(1);
    expect(heard[0]).not.toMatch(/member|other tenant/);
    expect(heard[1]).toContain("for the member");
    expect(heard[1]).not.toContain("for the owner");
    expect(heard[2]).toBe("[]");
    for (const socket of [mine, theirs, silent]) socket.leave();
  });
});

describe("a socket", () => {
  it("is pinged, and cut when nobody answers", async () => {
    const { port } = await start({ heartbeat: 30 });
    const alive = await mustOpen({ port, headers: owner });
    const dead = await mustOpen({ port, headers: owner });
    dead.deaf = true;
    expect(await dead.closed).toBe(0);
    expect(dead.pings()).toBe(1);
    await expect.poll(() => alive.pings()).toBeGreaterThan(3);
    expect((await alive.ask("1", "agents.list")).ok).toBe(true);
    alive.leave();
  });

  it("gives its last answer when the gateway shuts down, takes no more, and closes", async () => {
    let release = (): void => undefined;
    const { port, server } = await start({
      handlers: { "turns.get": async () => new Promise((resolve) => (release = () => resolve(ok({ late: true })))) },
    });
    const idle = await mustOpen({ port, headers: owner });
    const busy = await mustOpen({ port, headers: owner });
    busy.say({ id: "slow", operation: "turns.get", input: { turnId: report("x").turnId } });
    await busy.ask("1", "agents.list");
    const closing = server.close();
    expect(await idle.closed).toBe(1001);
    expect((await busy.ask("2", "agents.list")).error?.["code"]).toBe("SHUTTING_DOWN");
    release();
    expect((await busy.answer("slow")).output).toEqual({ late: true });
    expect(await busy.closed).toBe(1001);
    await closing;
  });

  it("is cut five seconds after the gateway began to shut down, whatever still runs", async () => {
    const { port, server } = await start({ handlers: { "turns.get": async () => new Promise(() => undefined) } });
    const stuck = await mustOpen({ port, headers: owner });
    stuck.say({ id: "for ever", operation: "turns.get", input: { turnId: report("x").turnId } });
    await stuck.ask("1", "agents.list");
    await server.close();
    expect(await stuck.closed).toBe(0);
  });
});
