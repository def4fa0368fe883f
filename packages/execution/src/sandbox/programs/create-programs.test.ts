import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Result } from "@moltbot/contracts";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import { createWorkspaceCopy } from "../copy/create-workspace-copy.ts";
import { noWallHere } from "../wall/test-support/no-wall-here.ts";
import type { WallState } from "../wall/check-wall.ts";
import type { Wall } from "../wall/wall.ts";
import { paperWall } from "./test-support/paper-wall.ts";
import { backgroundLimitsOf, limitsOf } from "./program-limits.ts";
import type { OpenGate, RunningProgram } from "./programs.ts";
import { CONVERSATION, OTHER_CONVERSATION, isRoot, plainCopy, setUp, until } from "./test-support/set-up.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;
const forever = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const world = async (...given: Parameters<typeof setUp>) => {
  const made = await setUp(...given);
  closing.push(made.close);
  return made;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);
const textOf = (result: Result<{ readonly output: Uint8Array }>): string =>
  result.ok ? Buffer.from(result.value.output).toString() : result.error.code;

const soon = () => new Promise((resolve) => void setTimeout(resolve, 20));

describe("programs", () => {
  it("run one at a time under a key, others beside them, and those that wait can be stopped", async () => {
    const paper = paperWall();
    const { programs, wish } = await world({ wall: paper.wall });
    const [first, waiting, stopped] = [new AbortController(), new AbortController(), new AbortController()];
    const one = programs.run(wish("a"), first.signal);
    const two = programs.run(wish("b"), waiting.signal);
    const three = programs.run(wish("c"), stopped.signal);
    const beside = programs.run(wish("d", { key: "two" }), waiting.signal);
    await soon();
    expect(paper.jobs).toEqual(["a", "d"]);
    stopped.abort();
    expect(codeOf(await three)).toBe("TURN_STOPPED");
    first.abort();
    await one;
    await soon();
    expect(paper.jobs).toEqual(["a", "d", "b"]);
    waiting.abort();
    await Promise.all([two, beside]);
    expect(codeOf(await programs.run(wish("e"), stopped.signal))).toBe("TURN_STOPPED");
    expect(paper.jobs).toEqual(["a", "d", "b"]);
  });

  it("are at most sixteen at once, of all keys", async () => {
    const paper = paperWall();
    const { programs, wish } = await world({ wall: paper.wall });
    const running = Array.from({ length: 20 }, (_unused, at) =>
      programs.run(wish("x", { key: `key ${String(at)}` }), forever),
    );
    await soon();
    expect(paper.running()).toBe(16);
    await programs.endAll();
    await Promise.all(running);
  });

  it("refuse where the wall is missing, where the copy cannot be made and where the gate does not open", async () => {
    let state: WallState = { kind: "missing", problem: "it leans", next: "" };
    const paper = paperWall(() => state);
    const { programs, wish, workspace, copy } = await world({ wall: paper.wall });
    expect([codeOf(await programs.run(wish("a"), forever)), codeOf(await programs.start(wish("a")))]).toEqual([
      "SANDBOX_UNAVAILABLE",
      "SANDBOX_UNAVAILABLE",
    ]);
    expect(copy.refreshed).toEqual([]);
    state = { kind: "ready" };
    expect(codeOf(await programs.run(wish("a", { hosts: ["example.org:443"] }), forever))).toBe("HOST_NOT_ALLOWED");
    writeFileSync(join(workspace, "too large"), "x");
    expect(codeOf(await programs.run(wish("a"), forever))).toBe("WORKSPACE_TOO_LARGE");
    expect(paper.jobs).toEqual([]);
  });

  it("wait no more for a key whose turn failed", async () => {
    const paper = paperWall();
    const { programs, wish } = await world({ wall: paper.wall });
    await programs.run(wish("a", { hosts: ["example.org:443"] }), forever);
    expect(codeOf(await programs.run(wish("short"), forever))).toBe("ok");
  });

  it("close the gate when they have ended, and where they cannot be started", async () => {
    const gates: string[] = [];
    const paper = paperWall();
    const openGate = async (socket: string) => {
      writeFileSync(socket, "");
      gates.push(socket);
      return ok({ close: async () => void gates.push("closed") });
    };
    const start: Wall["start"] = () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "no" }));
    const { programs, wish } = await world({ wall: { ...paper.wall, start }, openGate });
    await programs.run(wish("short", { hosts: ["example.org:443"] }), forever);
    expect(codeOf(await programs.start(wish("x", { hosts: ["example.org:443"] })))).toBe("SANDBOX_UNAVAILABLE");
    expect(gates).toEqual([expect.any(String), "closed", expect.any(String), "closed"]);
    expect(gates.filter((gate) => existsSync(gate))).toEqual([]);
  });

  it("are refused where the gate breaks, and leave none open", async () => {
    let closed = 0;
    const sockets: string[] = [];
    const hosts = ["example.org:443"];
    const codeWith = async (open: () => ReturnType<OpenGate>): Promise<string> => {
      const openGate: OpenGate = (socket) => {
        sockets.push(socket);
        return open();
      };
      const { programs, wish } = await world({ wall: paperWall().wall, openGate });
      return codeOf(await programs.run(wish("short", { hosts }), forever));
    };
    expect(await codeWith(() => Promise.reject(new Error("no")))).toBe("SANDBOX_UNAVAILABLE");
    // One that opens no socket cannot be given to anybody; a person's need not be.
    const code = await codeWith(async () => ok({ close: async () => void (closed += 1) }));
    expect([code, closed]).toEqual([isRoot ? "SANDBOX_UNAVAILABLE" : "ok", 1]);
    expect(sockets.map((socket) => existsSync(dirname(socket)))).toEqual([false, false]);
  });

  it("end, and leave no gate open, where the wall stops holding", async () => {
    const paper = paperWall();
    const { programs, wish } = await world({ wall: paper.wall });
    const one = programs.run(wish("a"), forever);
    const started = await programs.start(wish("b", { key: "two" }));
    paper.find({ kind: "ready" });
    expect([paper.running(), programs.running("two")]).toEqual([1, 1]);
    paper.find({ kind: "missing", problem: "it leans", next: "" });
    expect(await one).toMatchObject({ ok: true, value: { stop: "stopped" } });
    expect(started.ok && started.value.output().running).toBe(false);
    expect(programs.running("two")).toBe(0);
  });

  it("in the background are eight under a key and thirty-two in all, and the last that ended can be read", async () => {
    const { programs, wish } = await world({ wall: paperWall().wall });
    const started: RunningProgram[] = [];
    const begin = async (key: string): Promise<string> => {
      const one = await programs.start(wish("x", { key }));
      if (one.ok) started.push(one.value);
      return codeOf(one);
    };
    for (const key of ["a", "b", "c", "d"]) for (let at = 0; at < 8; at += 1) expect(await begin(key)).toBe("ok");
    expect([await begin("a"), await begin("e")]).toEqual(["PROGRAMS_FULL", "PROGRAMS_FULL"]);
    expect(programs.running("a")).toBe(8);
    const [first] = started;
    if (first === undefined) throw new Error("nothing was started");
    await first.end();
    expect([await begin("e"), programs.find("a", first.id)?.output().running]).toEqual(["ok", false]);
    expect(codeOf(first.input(Buffer.from("x"), false))).toBe("NOT_FOUND");
    await programs.endAll("a");
    expect([programs.running("a"), programs.running("b"), programs.find("a", first.id)]).toEqual([0, 8, null]);
    for (let at = 0; at < 12; at += 1) {
      expect(await begin("a")).toBe("ok");
      await started.at(-1)?.end();
    }
    const readable = started.slice(-12).map(({ id }) => programs.find("a", id) !== null);
    expect(readable).toEqual([...Array.from({ length: 4 }, () => false), ...Array.from({ length: 8 }, () => true)]);
  });

  it("are found under the key they were started with alone", async () => {
    const { programs, wish } = await world({ wall: paperWall().wall });
    const started = await programs.start(wish("x"));
    const id = started.ok ? started.value.id : "";
    expect([programs.find("one", id)?.id, programs.find("two", id), programs.find("one", "other")]).toEqual([
      id,
      null,
      null,
    ]);
  });

  it("of a conversation end and go with its copies when it is forgotten, others stay", async () => {
    const paper = paperWall();
    const { programs, wish, folder } = await world({ wall: paper.wall });
    const ours = await programs.start(wish("b"));
    const mine = programs.run(wish("a"), forever);
    const other = { ...wish("c", { key: "two" }) };
    const place = {
      ...other.place,
      conversationId: OTHER_CONVERSATION,
      copy: join(folder, "copies", OTHER_CONVERSATION, "two"),
    };
    await programs.start({ ...other, place });
    await soon();
    await programs.forget(CONVERSATION);
    expect(await mine).toMatchObject({ ok: true, value: { stop: "stopped" } });
    expect([ours.ok && ours.value.output().running, programs.running("two")]).toEqual([false, 1]);
    expect([existsSync(join(folder, "copies", CONVERSATION)), existsSync(place.copy)]).toEqual([false, true]);
    mkdirSync(join(folder, "outside"));
    await programs.forget("../outside" as typeof CONVERSATION); // no id that a schema lets through
    expect(existsSync(join(folder, "outside"))).toBe(true);
  });

  it("call a copy one after the other, also for others, and go on where a call fails", async () => {
    const begun: string[] = [];
    const ending: (() => void)[] = [];
    const slow = (what: string) => () =>
      new Promise<never>((_resolve, reject) => {
        begun.push(what);
        ending.push(() => reject(new Error(what)));
      });
    const copy = { ...plainCopy(), difference: slow("difference"), content: slow("content"), remove: slow("remove") };
    const { programs, wish } = await world({ wall: paperWall().wall, copy });
    const [one, other] = [wish("").place, wish("", { key: "two" }).place];
    const ended = Promise.allSettled([
      programs.copy.difference(one),
      programs.copy.content(one, "a"),
      programs.copy.difference(other),
      programs.copy.remove(one.copy),
      programs.copy.settle(one, []),
      programs.copy.refresh(one, AbortSignal.abort()),
    ]);
    await soon();
    expect(begun).toEqual(["difference", "difference"]);
    for (let looks = 0; looks < 4; looks += 1) {
      ending.shift()?.();
      await soon();
    }
    expect(begun).toEqual(["difference", "difference", "content", "remove"]);
    const outcomes = (await ended).map((how) => (how.status === "fulfilled" ? codeOf(how.value ?? done) : "failed"));
    expect(outcomes.join(" ")).toBe("failed failed failed failed ok TURN_STOPPED");
  });

  it("start no more when they were closed", async () => {
    const { programs, wish } = await world({ wall: paperWall().wall });
    await programs.close();
    expect([codeOf(await programs.run(wish("a"), forever)), codeOf(await programs.start(wish("a")))]).toEqual([
      "SANDBOX_UNAVAILABLE",
      "SANDBOX_UNAVAILABLE",
    ]);
  });

  it("get ten minutes and four hours at most", () => {
    expect([limitsOf(0.2).wallSeconds, limitsOf(120).wallSeconds, limitsOf(9e9).wallSeconds]).toEqual([1, 120, 600]);
    expect(backgroundLimitsOf(9e9).wallSeconds).toBe(14_400);
  });
});

describe.skipIf(missing !== null)(`programs behind the wall of this machine${WHY_NOT}`, () => {
  it("work on a copy: what they change is not in the workspace, and stays for the next", async () => {
    const { programs, wish, workspace } = await world();
    writeFileSync(join(workspace, "note.txt"), "as it was");
    writeFileSync(join(workspace, "both"), "");
    const first = await programs.run(
      wish("cat note.txt; echo changed > note.txt; mkdir sub; echo made > sub/new.txt"),
      forever,
    );
    expect([textOf(first), first.ok && first.value.conflicts]).toEqual(["as it was", ["both"]]);
    expect([readFileSync(join(workspace, "note.txt"), "utf8"), existsSync(join(workspace, "sub"))]).toEqual([
      "as it was",
      false,
    ]);
    expect(textOf(await programs.run(wish("cat new.txt", { cwd: "sub" }), forever))).toBe("made\n");
  });

  it("do so on the product's own copies: what differs is listed, and comes over again when the workspace changed", async () => {
    const hash = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    const { programs, wish, workspace } = await world({ copy: createWorkspaceCopy({ hash }) });
    writeFileSync(join(workspace, "note.txt"), "as it was");
    const first = await programs.run(wish("cat note.txt; echo made > new.txt; chmod 755 new.txt"), forever);
    expect(textOf(first)).toBe("as it was");
    const difference = await programs.copy.difference(wish("").place);
    expect(difference.ok && difference.value.changes).toMatchObject([
      { path: "new.txt", kind: "added", executable: true },
    ]);
    writeFileSync(join(workspace, "note.txt"), "as it is");
    expect(textOf(await programs.run(wish("cat note.txt new.txt"), forever))).toBe("as it ismade\n");
    await programs.forget(CONVERSATION);
    expect(existsSync(wish("").place.copy)).toBe(false);
  });

  it("get their input, and the beginning and the end of much output are kept", async () => {
    const { programs, wish } = await world();
    expect(textOf(await programs.run(wish("cat", { input: Buffer.from("given") }), forever))).toBe("given");
    const much = await programs.run(wish("seq 1 200000; sleep 0.1"), forever);
    expect(textOf(much)).toMatch(/^1\n2\n3\n[^…]*\n\[… \d+ bytes left out …\]\n[^…]*199999\n200000\n$/);
    expect(much.ok && [much.value.dropped > 1_000_000, much.value.output.length < 300_000]).toEqual([true, true]);
  });

  it("are not variables, whatever they are called", async () => {
    const { programs, wish } = await world();
    const ran = await programs.run({ ...wish(""), argv: ["LANG=de", "/usr/bin/env"] }, forever);
    expect(ran.ok && ran.value.exitCode).toBe(127);
  });

  it("of a real project run: the runtime, its threads, its children and its loopback are there", async () => {
    const { programs, wish, workspace } = await world();
    writeFileSync(
      join(workspace, "sum.test.mjs"),
      `import { test } from "node:test"; import assert from "node:assert"; import { createServer } from "node:http"; import { Worker } from "node:worker_threads";
       test("a server and a worker", async () => {
         const server = createServer((request, response) => response.end("served")).listen(0, "127.0.0.1");
         await new Promise((resolve) => server.once("listening", resolve));
         assert.equal(await (await fetch("http://127.0.0.1:" + server.address().port)).text(), "served");
         server.close();
         await new Promise((resolve) => new Worker("0", { eval: true }).once("exit", resolve));
       });`,
    );
    const ran = await programs.run(wish("/moltbot/node --test 2>&1"), forever);
    expect(textOf(ran)).toContain("pass 1");
    expect(ran.ok && ran.value.exitCode).toBe(0);
  });

  it("in the background are spoken to, heard and ended, while others run on the same copy", async () => {
    const { programs, wish } = await world();
    const started = await programs.start(
      wish("echo begun; while read line; do echo heard $line; done; echo over; exit 5"),
    );
    if (!started.ok) throw new Error(started.error.message);
    const one = started.value;
    let heard = "";
    const listen = (): string => (heard += Buffer.from(one.output().output).toString());
    expect(await until(() => listen().includes("begun"))).toBe(true);
    expect(textOf(await programs.run(wish("echo beside"), forever))).toBe("beside\n");
    expect(codeOf(one.input(Buffer.from("this\n"), false))).toBe("ok");
    expect(await until(() => listen().includes("heard this"))).toBe(true);
    one.input(Buffer.from("last\n"), true);
    expect(await until(() => listen().includes("over"))).toBe(true);
    expect(await until(() => !one.output().running)).toBe(true);
    expect(one.output()).toMatchObject({ exitCode: 5, stop: null, running: false, dropped: 0 });
    expect(codeOf(one.input(Buffer.from("x"), false))).toBe("NOT_FOUND");
  });

  it("in the background that read nothing are told only so much", async () => {
    const { programs, wish } = await world();
    const started = await programs.start(wish("sleep 10"));
    if (!started.ok) throw new Error(started.error.message);
    const codes = Array.from({ length: 40 }, () => codeOf(started.value.input(Buffer.alloc(65_536), false)));
    expect([codes[0], codes.at(-1), started.value.output().running]).toEqual(["ok", "TOOL_FAILED", true]);
  });

  it("in the background that write without end are held back, and what nobody read in time is counted", async () => {
    const { programs, wish } = await world();
    const started = await programs.start(wish("yes"));
    if (!started.ok) throw new Error(started.error.message);
    await new Promise((resolve) => void setTimeout(resolve, 1_000));
    const { output, dropped, running } = started.value.output();
    expect([output.length, running]).toEqual([1024 * 1024, true]);
    expect(dropped).toBeGreaterThan(0);
    // At full speed it would be hundreds.
    expect(dropped).toBeLessThan(40 * 1024 * 1024);
    await started.value.end();
    expect(started.value.output()).toMatchObject({ running: false, stop: "stopped" });
  });
});
