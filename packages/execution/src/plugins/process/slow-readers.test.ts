import { describe, expect, it } from "vitest";
import type { JsonValue, Result } from "@moltbot/contracts";
import { paperWorker } from "./test-support/paper-worker.ts";
import { createWaitingWords } from "./waiting-words.ts";

const pause = (milliseconds = 30) => new Promise((resolve) => void setTimeout(resolve, milliseconds));
const errorOf = (result: Result<JsonValue>) => (result.ok ? "ok" : result.error.message);
const ask = (call: string, id: number) => ({ type: "ask", call, id, method: "storage.get", params: '{"key":"k"}' });

describe("a worker that reads slowly", () => {
  it("is told everything in its order as soon as it reads on, and is ended by nobody", async () => {
    const worker = await paperWorker({}, async () => "x".repeat(1_000_000), { asksPerCall: 10 });
    const call = worker.call("a");
    worker.reads(false);
    const before = worker.told.length;
    for (const id of [1, 2, 3, 4, 5]) worker.say(ask("a", id));
    const other = worker.call("b");
    await pause();
    expect([worker.told.length, worker.faults]).toEqual([before, []]);
    worker.reads(true);
    await pause();
    expect(worker.told.slice(before).map(({ type, id }) => id ?? type)).toEqual(["call", 1, 2, 3, 4, 5]);
    for (const token of ["a", "b"]) worker.say({ type: "done", token, end: "value", text: "1" });
    expect([await call, await other, worker.faults]).toMatchObject([{ value: 1 }, { value: 1 }, []]);
  });

  it("is told nothing more of a call that is over", async () => {
    const worker = await paperWorker();
    const call = worker.call("a");
    worker.reads(false);
    worker.say(ask("a", 1));
    await pause();
    worker.say({ type: "done", token: "a", end: "value", text: "1" });
    await call;
    worker.reads(true);
    await pause();
    expect(worker.told.filter(({ type }) => type === "answer")).toEqual([]);
  });

  it("and reads nothing any more is ended by the clock of its call, and it is said why", async () => {
    const worker = await paperWorker();
    worker.reads(false);
    const began = performance.now();
    const [first, second] = [worker.call("a"), worker.call("b")];
    expect([errorOf(await first), errorOf(await second)]).toEqual([
      expect.stringContaining("1 seconds"),
      expect.stringContaining("it did not read what it was told"),
    ]);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(worker.faults).toEqual(["it did not read what it was told"]);
  });

  it("is kept only so much: for an answer beyond it hears that it passed a limit, and a call beyond is not made", async () => {
    const worker = await paperWorker({}, async () => "x".repeat(6_000_000), { asksPerCall: 5 });
    const call = worker.call("a");
    worker.reads(false);
    for (const id of [1, 2, 3]) worker.say(ask("a", id));
    await pause(100);
    const large = worker.process.call({
      kind: "tool",
      name: "run",
      args: { text: "x".repeat(6_000_000) },
      token: "b",
      signal: new AbortController().signal,
    });
    expect(errorOf(await large)).toContain("calls that it did not read yet");
    worker.reads(true);
    await pause();
    expect(worker.told.slice(-3).map(({ id, code }) => [id, code])).toEqual([
      [1, ""],
      [2, ""],
      [3, "PLUGIN_LIMIT"],
    ]);
    worker.say({ type: "done", token: "a", end: "value", text: "1" });
    expect([errorOf(await call), worker.faults]).toEqual(["ok", []]);
  });

  it("unplug: without that bound everything is kept for it", () => {
    const bounded = createWaitingWords(() => false, 10);
    const endless = createWaitingWords(() => false, Number.POSITIVE_INFINITY);
    const kept = (words: typeof bounded): number =>
      Array.from({ length: 100 }, () => words.say("a", "12345")).filter((isSaid) => isSaid).length;
    expect([kept(bounded), kept(endless)]).toEqual([2, 100]);
    for (const words of [bounded, endless]) {
      words.forget("a");
      expect(words.areThere()).toBe(false);
    }
  });
});

describe("a worker that asks more than is read for it", () => {
  it("hears that it passed a limit, and the house does not read it", async () => {
    let read = 0;
    const worker = await paperWorker({
      readingBudget: () => ({ take: () => read < 1 }),
      read: () => {
        read += 1;
        return { value: {} };
      },
    });
    void worker.call("a");
    for (const id of [1, 2]) worker.say(ask("a", id));
    await pause();
    expect([read, worker.asks.length, worker.faults]).toEqual([1, 1, []]);
    expect(worker.told.slice(-2).map(({ id, code }) => [id, code])).toContainEqual([2, "PLUGIN_LIMIT"]);
    await worker.process.end();
  });
  it("unplug: without the budget each of its asks is read", async () => {
    const worker = await paperWorker({ readingBudget: () => ({ take: () => true }) });
    void worker.call("a");
    for (const id of [1, 2, 3]) worker.say(ask("a", id));
    await pause();
    expect(worker.asks).toHaveLength(3);
    await worker.process.end();
  });
});
