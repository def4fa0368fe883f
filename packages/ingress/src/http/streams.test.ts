import { PassThrough } from "node:stream";
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { RequestContext } from "@moltbot/contracts";
import { openEventStream } from "./event-stream.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { AGENT_ID, MEMBER, OWNER, STRANGER, delta, report, sent } from "./testing/sample.ts";
import { ask, bearer, followStream, startServer } from "./testing/start-server.ts";
import type { TestServer, Wish } from "./testing/start-server.ts";

let running: TestServer | undefined;
const start = async (wish: Wish = {}): Promise<TestServer> => (running = await startServer(wish));
afterEach(async () => {
  await running?.server.close();
  running = undefined;
});

const owner = bearer("owner-token");
const path = `/v2/agents/${AGENT_ID}/messages`;
const body = '{"content":"hello"}';

describe("a streamed message", () => {
  it("hands out the turn's events and closes with its report", async () => {
    const { port } = await start({
      handlers: {
        "messages.send": async ({ emit }: RequestContext) => {
          emit?.(delta("Hel"));
          emit?.(delta("lo"));
          return ok(report("hello"));
        },
      },
    });
    const stream = await followStream(port, path, owner, body);
    await stream.ended;
    expect(stream.status).toBe(200);
    expect(stream.text().match(/^event: .*$/gm)).toEqual([
      "event: message:delta",
      "event: message:delta",
      "event: turn:report",
    ]);
    expect(stream.text()).toContain('"text":"Hel"');
  });

  it("carries the headers of every answer", async () => {
    const { port } = await start({ handlers: { "messages.send": async () => ok(report("x")) } });
    const answer = await ask({ port, method: "POST", path, headers: { ...owner, accept: "text/event-stream" }, body });
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    expect(answer.headers["cache-control"]).toBe("no-store");
    for (const [name, value] of Object.entries(SECURITY_HEADERS))
      expect(answer.headers[name.toLowerCase()]).toBe(value);
  });

  it("ends with a problem when the handler refuses, and when it breaks, without its words", async () => {
    const { port } = await start({
      handlers: {
        "messages.send": async (_, { content }: { content: string }) => {
          if (content === "break") throw new Error("canary");
          return err(moltbotError("MESSAGE_EMPTY"));
        },
      },
    });
    const refused = await followStream(port, path, owner, body);
    await refused.ended;
    expect(refused.text()).toContain("event: problem");
    expect(refused.text()).toContain("MESSAGE_EMPTY");
    const broken = await followStream(port, path, owner, '{"content":"break"}');
    await broken.ended;
    expect(broken.text()).toContain('"code":"INTERNAL"');
    expect(broken.text()).not.toContain("canary");
  });

  it("answers bad input with a plain problem, before any stream", async () => {
    const { port } = await start();
    const answer = await ask({
      port,
      method: "POST",
      path,
      headers: { ...owner, accept: "text/event-stream" },
      body: "{}",
    });
    expect(answer.status).toBe(400);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
  });

  it("aborts the signal when the client leaves, and the handler goes on as it decides", async () => {
    let finished = false;
    const { port } = await start({
      handlers: {
        "messages.send": async ({ signal, emit }: RequestContext) => {
          emit?.(delta("first"));
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          emit?.(delta("nobody reads this"));
          finished = true;
          return ok(report("done all the same"));
        },
      },
    });
    const stream = await followStream(port, path, owner, body);
    await stream.until("first");
    stream.leave();
    await expect.poll(() => finished).toBe(true);
  });

  it("beats while nothing happens", async () => {
    const { port } = await start({
      heartbeat: 20,
      handlers: {
        "messages.send": async () => new Promise((resolve) => setTimeout(() => resolve(ok(report("slow"))), 90)),
      },
    });
    const stream = await followStream(port, path, owner, body);
    await stream.ended;
    expect(stream.text()).toContain(": still here");
    expect(stream.text()).toContain("turn:report");
  });

  it("is told when the gateway shuts down", async () => {
    const { port, server } = await start({
      handlers: {
        "messages.send": async ({ signal }: RequestContext) =>
          new Promise((resolve) => signal.addEventListener("abort", () => resolve(ok(report("x"))))),
      },
    });
    const stream = await followStream(port, path, owner, body);
    await stream.until(": open");
    await server.close();
    await stream.ended;
    expect(stream.text()).toContain("SHUTTING_DOWN");
  });
});

describe("the event stream", () => {
  it("shows each principal only what it may see", async () => {
    const { port, bus } = await start();
    const mine = await followStream(port, "/v2/events", owner);
    const theirs = await followStream(port, "/v2/events", bearer("member-token"));
    await Promise.all([mine.until(": open"), theirs.until(": open")]);
    bus.push(delta("for the owner", OWNER));
    bus.push({ ...delta("other tenant, same audience", STRANGER), audience: [OWNER.id, MEMBER.id] });
    bus.push(delta("for the member", MEMBER));
    expect(await mine.until("for the owner")).toMatch(/^id: 01900000-0000-7/m);
    await theirs.until("for the member");
    bus.push(sent("last", OWNER));
    await mine.until("last");
    expect(mine.text()).not.toContain("for the member");
    expect(mine.text()).not.toContain("other tenant");
    expect(theirs.text()).not.toContain("for the owner");
    mine.leave();
    theirs.leave();
  });

  it("refuses who is not signed in", async () => {
    const { port } = await start();
    expect((await ask({ port, path: "/v2/events" })).status).toBe(401);
    expect((await ask({ port, method: "POST", path: "/v2/events", headers: owner })).status).toBe(405);
  });

  it("continues after the last event a client saw, or says that there is a gap", async () => {
    const { port, bus } = await start();
    const [first, second, foreign] = [sent("first"), sent("second"), sent("foreign", STRANGER)];
    for (const event of [first, foreign, second]) bus.push(event);
    const again = await followStream(port, "/v2/events", { ...owner, "last-event-id": first.id });
    expect(await again.until("second")).not.toMatch(/first|foreign/);
    const lost = await followStream(port, "/v2/events", { ...owner, "last-event-id": "unknown" });
    await lost.until("event: stream:gap");
    again.leave();
    lost.leave();
  });

  it("forgets old events rather than growing", async () => {
    const { port, bus } = await start();
    const old = sent("old");
    bus.push(old);
    for (let index = 0; index < 300; index += 1) bus.push(sent("newer"));
    const lost = await followStream(port, "/v2/events", { ...owner, "last-event-id": old.id });
    await lost.until("event: stream:gap");
    lost.leave();
  });

  it("stops when the credential is revoked", async () => {
    const { port, identity } = await start({ heartbeat: 20 });
    const stream = await followStream(port, "/v2/events", owner);
    await stream.until(": still here");
    identity.revoked.add("owner-token");
    await stream.ended;
    expect(stream.text()).toContain("NOT_SIGNED_IN");
  });

  it("stops behind a lockout too that somebody else caused", async () => {
    const { port, identity } = await start({ heartbeat: 20 });
    const stream = await followStream(port, "/v2/events", owner);
    await stream.until(": still here");
    identity.revoked.add("owner-token");
    identity.lockedOut = true;
    await stream.ended;
    expect(stream.text()).toContain("NOT_SIGNED_IN");
  });

  it("stops when the credential cannot be checked any more", async () => {
    const { port, identity } = await start({ heartbeat: 20 });
    const stream = await followStream(port, "/v2/events", owner);
    await stream.until(": open");
    identity.stillGood = () => Promise.reject(new Error("the database is gone"));
    await stream.ended;
    expect(stream.text()).toContain("NOT_SIGNED_IN");
  });

  it("gives one principal a bounded number of streams", async () => {
    const { port } = await start();
    const streams = await Promise.all(Array.from({ length: 32 }, () => followStream(port, "/v2/events", owner)));
    expect((await ask({ port, path: "/v2/events", headers: owner })).json["code"]).toBe("RATE_LIMITED");
    const other = await followStream(port, "/v2/events", bearer("member-token"));
    expect(other.status).toBe(200);
    for (const stream of [...streams, other]) stream.leave();
  });
});

describe("a client that reads slowly", () => {
  it("is told that it is dropped, and nothing more is kept for it", () => {
    vi.useFakeTimers();
    const pipe = new PassThrough({ highWaterMark: 1 });
    const response = Object.assign(pipe, { writeHead: () => pipe }) as unknown as ServerResponse; // only the writing side is used
    let closed = 0;
    const stream = openEventStream(response, {
      backlog: 100,
      onClose: () => {
        closed += 1;
      },
    });
    for (let index = 0; index < 50; index += 1) stream.write(`data: ${"x".repeat(50)}\n\n`);
    expect(closed).toBe(1);
    expect(pipe.writableEnded).toBe(true);
    expect(pipe.writableLength).toBeLessThan(500);
    vi.advanceTimersByTime(5000);
    expect(pipe.destroyed).toBe(true);
    vi.useRealTimers();
  });
});
