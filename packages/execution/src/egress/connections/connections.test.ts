import { gzipSync } from "node:zlib";
import {
  AgentId,
  CallId,
  ConversationId,
  done,
  err,
  label,
  moltbotError,
  PrincipalId,
  TurnId,
} from "@moltbot/contracts";
import type { Result, ToolCall } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createEgress } from "../create-egress.ts";
import { codeOf, get, open, redirectTo, SECRET, setUp, signal, tool } from "../test-support/set-up.ts";
import type { Answer } from "../test-support/set-up.ts";
import { keptLog, lenderOf, startWorld } from "../test-support/world.ts";
import type { Connection } from "./connection.ts";
import { createConnectionBook } from "./connection-book.ts";
import { behalfOf, dataKindOf } from "./on-behalf.ts";

const id = (n: number): string => `01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const ME = PrincipalId.parse(id(1));
const YOU = PrincipalId.parse(id(2));
const call: ToolCall = {
  id: CallId.parse(id(3)),
  turnId: TurnId.parse(id(4)),
  conversationId: ConversationId.parse(id(5)),
  agentId: AgentId.parse(id(6)),
  authority: ME,
  agentChain: [AgentId.parse(id(6))],
  tool: "http.get",
  arguments: { url: "http://example.org/" },
  label: label("authority", [ME]),
};

/** A record that can be told to fail, and what it holds. */
const recording = () => {
  const records: Connection[] = [];
  const state = { works: true };
  return {
    records,
    state,
    connected: async (connection: Connection): Promise<Result<void>> => {
      if (!state.works) return err(moltbotError("AUDIT_UNWRITABLE"));
      records.push(connection);
      return done;
    },
  };
};
const recorded = async (answer: Answer, parts: Parameters<typeof setUp>[1] = {}) => {
  const log = recording();
  return { ...log, ...(await setUp(answer, { ...parts, options: { connected: log.connected, ...parts.options } })) };
};
const mine = { ...tool("example.org:80"), tool: "http.get", behalf: behalfOf(call) };

describe("the record of a connection", () => {
  it("says who sent how much where, and that a secret went along, but neither its value nor its length", async () => {
    const { records, egress } = await recorded((_request, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x".repeat(100_000))),
    );
    const secret = { name: "weather", header: "x-api-key", prefix: "" };
    const body = "y".repeat(500);
    await egress.send(mine, { method: "POST", url: "http://example.org/a?b", body, secret }, signal);
    await egress.send(mine, { method: "POST", url: "http://example.org/a?b", body }, signal);
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      way: "tool",
      tool: "http.get",
      behalf: { person: ME, agentId: call.agentId, callId: call.id, turnId: call.turnId, data: "own" },
      host: "example.org",
      port: 80,
      methodClass: "write",
      secret: "weather",
      code: null,
    });
    expect(records[1]).toMatchObject({ secret: null, bytesOut: records[0]?.bytesOut });
    expect(records[0]?.bytesOut).toBeGreaterThan(500);
    expect(records[0]?.bytesOut).toBeLessThan(700);
    // As it came over the wire, not as it was unpacked.
    expect(records[0]?.bytesIn).toBeLessThan(1_000);
    expect(JSON.stringify(records)).not.toContain(SECRET);
  });

  it("is one for each hop of a redirect, and one for what failed", async () => {
    const { records, egress } = await recorded((request, response) => {
      if (request.url === "/cut") response.destroy();
      else if (request.url === "/large") response.write("too much");
      else redirectTo("/there")(request, response);
    });
    expect(codeOf(await egress.send(mine, get("http://example.org/start"), signal))).toBe("status 200");
    expect(codeOf(await egress.send(mine, get("http://example.org/cut"), signal))).toBe("FETCH_FAILED");
    const small = { ...get("http://example.org/large"), maxBytes: 2 };
    expect(codeOf(await egress.send(mine, small, signal))).toBe("RESPONSE_TOO_LARGE");
    await expect
      .poll(() => records.map(({ code }) => code))
      .toEqual([null, null, "FETCH_FAILED", "RESPONSE_TOO_LARGE"]);
    const inside = { ...tool("inside.example:80"), tool: "web.fetch" };
    const { egress: strict, records: refused } = await recorded((_request, response) => response.end(), {
      lookup: async () => ["10.0.0.1"],
    });
    await strict.send(inside, get("http://inside.example/"), signal);
    expect(refused).toMatchObject([{ code: "ADDRESS_REFUSED", host: "inside.example", bytesIn: 0, behalf: null }]);
  });

  it("is none where nobody was dialled", async () => {
    const { records, egress, world } = await recorded((_request, response) => response.end());
    await egress.send(mine, get("http://other.example/"), signal);
    await egress.send(mine, { method: "POST", url: "http://example.org/", body: SECRET }, signal);
    await egress.send(
      mine,
      { ...get("http://example.org/"), secret: { name: "none", header: "x-key", prefix: "" } },
      signal,
    );
    expect([records, world.dialled]).toEqual([[], []]);
  });

  it("comes for a model's answer when it has ended, was broken off, or was never read", async () => {
    const log = recording();
    const world = await startWorld((request, response) => {
      if (request.url === "/long") response.write("begun");
      else response.end("answer");
    });
    const person = { ...behalfOf(call), callId: null };
    const egress = createEgress({
      secrets: lenderOf("", "", ""),
      isCanary: () => false,
      log: keptLog(),
      connected: log.connected,
      behalf: () => person,
    });
    open.push(world, egress);
    const origin = `http://127.0.0.1:${String(world.port)}`;
    const fetch = egress.fetchFor({ kind: "provider", origin }, null);
    expect(await (await fetch(`${origin}/`, { method: "POST", body: "question" })).text()).toBe("answer");
    expect(log.records).toMatchObject([
      { way: "provider", tool: null, behalf: person, methodClass: "write", code: null },
    ]);
    const stop = new AbortController();
    const reader = (await fetch(`${origin}/long`, { signal: stop.signal })).body?.getReader();
    await reader?.read();
    stop.abort();
    await expect.poll(() => log.records.length).toBe(2);
    expect(log.records[1]).toMatchObject({ code: "FETCH_FAILED" });
    expect(log.records[1]?.bytesIn).toBeGreaterThanOrEqual(5);
    await (await fetch(`${origin}/long`)).body?.cancel();
    await expect.poll(() => log.records.length).toBe(3);
  });
});

describe("a connection without a record", () => {
  const one: Omit<Connection, "port"> = {
    way: "tool",
    tool: null,
    behalf: null,
    host: "example.org",
    methodClass: "read",
    secret: null,
    bytesOut: 1,
    bytesIn: 1,
    code: null,
  };

  it("is the last that tools make until it is on record", async () => {
    const { records, state, egress, world } = await recorded((_request, response) => response.end("x"));
    const ask = () => egress.send(mine, get("http://example.org/"), signal).then(codeOf);
    expect(await ask()).toBe("status 200");
    state.works = false;
    expect(await ask()).toBe("status 200");
    expect([await ask(), await ask()]).toEqual(["AUDIT_UNWRITABLE", "AUDIT_UNWRITABLE"]);
    const fetching = egress.fetchFor(mine, null)("http://example.org/");
    await expect(fetching).rejects.toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    expect([world.hits.length, records.length]).toEqual([2, 1]);
    state.works = true;
    expect(await ask()).toBe("status 200");
    expect([world.hits.length, records.length]).toEqual([3, 3]);
  });

  it("stops a redirect half-way", async () => {
    const { state, egress, world } = await recorded(redirectTo("/there"));
    state.works = false;
    expect(codeOf(await egress.send(mine, get("http://example.org/start"), signal))).toBe("AUDIT_UNWRITABLE");
    expect(world.hits.map(({ url }) => url)).toEqual(["/start"]);
  });

  it("unplug: without the book that refuses, tools go on unrecorded", async () => {
    const { records, state, egress, world } = await recorded((_request, response) => response.end("x"), {
      controls: { createBook: (record, log) => ({ ...createConnectionBook(record, log), ready: async () => done }) },
    });
    state.works = false;
    for (let n = 0; n < 3; n += 1) await egress.send(mine, get("http://example.org/"), signal);
    expect([world.hits.length, records.length]).toEqual([3, 0]);
  });

  it("is one of many that are tried again by one alone, as long as that one fails", async () => {
    let tries = 0;
    let works = false;
    const kept: number[] = [];
    const book = createConnectionBook(async ({ port }) => {
      tries += 1;
      if (!works) return err(moltbotError("AUDIT_UNWRITABLE"));
      kept.push(port);
      return done;
    }, keptLog());
    for (let port = 1; port <= 200; port += 1) book.ended({ ...one, port });
    expect([(await book.ready()).ok, (await book.ready()).ok, tries]).toEqual([false, false, 202]);
    works = true;
    expect(await book.ready()).toEqual(done);
    expect(kept).toEqual(Array.from({ length: 200 }, (_unused, at) => at + 1));
  });

  it("is kept in mind up to a thousand: models go on without a record, and may not fill the memory", async () => {
    let works = false;
    const kept: number[] = [];
    const log = keptLog();
    const book = createConnectionBook(async ({ port }) => {
      if (!works) return err(moltbotError("AUDIT_UNWRITABLE"));
      kept.push(port);
      return done;
    }, log);
    for (let port = 1; port <= 1_200; port += 1) book.ended({ ...one, port });
    expect((await book.ready()).ok).toBe(false);
    expect(log.lines).toHaveLength(1_200);
    works = true;
    expect(await book.ready()).toEqual(done);
    expect(kept).toEqual(Array.from({ length: 1_000 }, (_unused, at) => at + 1));
  });

  it("is told to the log, and a record that throws counts as one that failed", async () => {
    const log = keptLog();
    const book = createConnectionBook(() => Promise.reject(new Error(SECRET)), log);
    book.ended({ ...({} as Connection) }); // what it holds is not looked at
    const [one, two] = await Promise.all([book.ready(), book.ready()]);
    expect([one.ok, two.ok]).toEqual([false, false]);
    expect(log.lines.join()).toContain("could not be recorded");
    expect(log.lines.join()).not.toContain(SECRET);
  });
});

describe("the kind of data", () => {
  it("follows from who may know what a call was made of", () => {
    expect(dataKindOf("public", ME)).toBe("public");
    expect(dataKindOf([ME], ME)).toBe("own");
    expect(dataKindOf([ME, YOU], ME)).toBe("group");
    expect(dataKindOf([YOU], ME)).toBe("nobody");
    const values = { url: label("authority", "public") };
    expect(behalfOf({ ...call, values }).data).toBe("public");
    expect(behalfOf({ ...call, values, arguments: { url: "x", body: "y" } }).data).toBe("own");
    expect(behalfOf({ ...call, label: label("untrusted", [ME, YOU]) }).data).toBe("group");
  });
});
