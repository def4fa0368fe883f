import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Result } from "@moltbot/contracts";
import { ok } from "@moltbot/contracts";
import type { OpenGate, RunningProgram } from "./programs.ts";
import { paperWall } from "./test-support/paper-wall.ts";
import { plainCopy, setUp } from "./test-support/set-up.ts";

const forever = new AbortController().signal;
const soon = () => new Promise((resolve) => void setTimeout(resolve, 20));
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0).toReversed()) await close();
});
const world = async (...given: Parameters<typeof setUp>) => {
  const made = await setUp(...given);
  closing.push(made.close);
  return made;
};

describe("ending what runs under a key", () => {
  it("ends what is waited for, what waits its turn and what is about to start there, and nothing elsewhere", async () => {
    const paper = paperWall();
    const { programs, wish } = await world({ wall: paper.wall });
    const running = programs.run(wish("a", { key: "mine" }), forever);
    const waiting = programs.run(wish("b", { key: "mine" }), forever);
    const starting = programs.start(wish("c", { key: "mine" }));
    const elsewhere = new AbortController();
    const other = programs.run(wish("d", { key: "other" }), elsewhere.signal);
    await soon();
    await programs.endAll("mine");
    expect([codeOf(await running), codeOf(await waiting), codeOf(await starting)]).toEqual([
      "ok",
      "TURN_STOPPED",
      "TURN_STOPPED",
    ]);
    expect([paper.jobs, paper.running(), programs.running("mine")]).toEqual([["a", "d"], 1, 0]);
    elsewhere.abort();
    await other;
  });

  it("lets go of its turn at once where whoever waits for its beginning is stopped", async () => {
    const paper = paperWall();
    const copy = plainCopy();
    const { programs, wish } = await world({ wall: paper.wall, copy });
    const running = programs.run(wish("a"), forever);
    const stop = new AbortController();
    const starting = programs.start(wish("b"), stop.signal);
    await soon();
    stop.abort();
    expect(codeOf(await starting)).toBe("TURN_STOPPED");
    await programs.endAll();
    await running;
    expect([paper.jobs, copy.refreshed.length]).toEqual([["a"], 1]);
  });

  it("makes no copy again that is removed behind it", async () => {
    const paper = paperWall();
    const copy = plainCopy();
    const { programs, wish } = await world({ wall: paper.wall, copy });
    const running = programs.run(wish("a"), forever);
    const starting = programs.start(wish("b"));
    await soon();
    await programs.endAll("one");
    await Promise.all([running, starting]);
    expect(copy.refreshed).toHaveLength(1);
  });
});

describe("programs that ended", () => {
  it("are kept to be read up to sixty-four in all, whatever their keys", async () => {
    const { programs, wish } = await world({ wall: paperWall().wall });
    const started: RunningProgram[] = [];
    for (let at = 0; at < 70; at += 1) {
      const one = await programs.start(wish("x", { key: `key ${String(at)}` }));
      if (!one.ok) throw new Error(one.error.message);
      started.push(one.value);
      await one.value.end();
    }
    const readable = started.map(({ id }, at) => programs.find(`key ${String(at)}`, id) !== null);
    expect(readable.filter(Boolean)).toHaveLength(64);
    expect(readable.slice(6).every(Boolean)).toBe(true);
  });
});

describe("a way out that breaks", () => {
  const hosts = ["example.org:443"];
  const breaking: OpenGate = async (socket) => {
    writeFileSync(socket, "");
    return ok({ close: () => Promise.reject(new Error("it does not close")) });
  };

  it("is an error with a name where the disk takes no folder for it", async () => {
    const { programs, wish, folder } = await world({ wall: paperWall().wall, openGate: breaking });
    vi.stubEnv("TMPDIR", join(folder, "not there"));
    expect([
      codeOf(await programs.run(wish("short", { hosts }), forever)),
      codeOf(await programs.start(wish("x", { hosts }))),
    ]).toEqual(["SANDBOX_UNAVAILABLE", "SANDBOX_UNAVAILABLE"]);
  });

  it("takes nothing from its program where it does not close", async () => {
    const { programs, wish } = await world({ wall: paperWall().wall, openGate: breaking });
    expect(codeOf(await programs.run(wish("short", { hosts }), forever))).toBe("ok");
    const started = await programs.start(wish("x", { hosts }));
    if (!started.ok) throw new Error(started.error.message);
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    await started.value.end();
    await soon();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it("is closed where the program does not even begin", async () => {
    let closed = 0;
    const openGate: OpenGate = async (socket) => {
      writeFileSync(socket, "");
      return ok({ close: async () => void (closed += 1) });
    };
    const run = () => Promise.reject(new Error("a mistake of ours"));
    const { programs, wish } = await world({ wall: { ...paperWall().wall, run }, openGate });
    await expect(programs.run(wish("x", { hosts }), forever)).rejects.toThrow("a mistake of ours");
    expect(closed).toBe(1);
  });
});
