import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { faultIn, findBubblewrap } from "./check-wall.ts";
import { runBy } from "./run-behind-wall.ts";
import { createWall } from "./wall.ts";
import type { WallJob } from "./wall-job.ts";

const WHOLE = [
  "Uid: 1000 1000 1000 1000",
  "CapEff: 0000000000000000",
  "CapBnd: 0000000000000000",
  "NoNewPrivs: 1",
  "Seccomp: 2",
  "interfaces: 1",
  "processes: 5",
  "writes: /workspace",
  "processes at most: 16",
].join("\n");
const JOB: WallJob = {
  argv: ["true"],
  workspace: "/nowhere",
  limits: {
    wallSeconds: 1,
    cpuSeconds: 1,
    processes: 16,
    openFiles: 16,
    fileBytes: 1,
    outputBytes: 1,
    memoryBytes: 1,
    temporaryBytes: 1,
  },
};
const said = (answer: string, exitCode: number | null = 0) =>
  ok({ exitCode, stop: null, output: Buffer.from(answer), errors: new Uint8Array(), milliseconds: 1 });

describe("the self-check", () => {
  it("believes only a program that found everything as it must be", () => {
    expect(faultIn(WHOLE, 16)).toBeNull();
  });

  it.each([
    ["Seccomp: 2", "Seccomp: 0", "filter"],
    ["NoNewPrivs: 1", "NoNewPrivs: 0", "privileges"],
    ["CapEff: 0000000000000000", "CapEff: 00000000a80425fb", "capabilities"],
    ["interfaces: 1", "interfaces: 3", "network"],
    ["writes: /workspace", "writes: /usr\nwrites: /workspace", "written"],
    ["writes: /workspace", "nothing", "written"],
    ["processes at most: 16", "processes at most: unlimited", "processes"],
    ["Uid: 1000 1000 1000 1000", "Uid: 0 0 0 0", "root"],
    ["Uid: 1000 1000 1000 1000", "", "root"],
    ["processes: 5", "sees: /home", "/home"],
  ])("finds the fault where %j is %j", (was, is, word) => {
    expect(faultIn(WHOLE.replace(was, is), 16)).toContain(word);
  });

  it("believes nothing of a silent program", () => {
    expect(faultIn("", 16)).not.toBeNull();
  });
});

describe("a wall", () => {
  const ground = (answer: ReturnType<typeof said> | ReturnType<typeof err>) => ({
    platform: "linux",
    find: () => "/usr/bin/bwrap",
    runBy: () => async () => answer as ReturnType<typeof said>, // an error has the same shape to whoever reads it
  });
  const codeOf = async (wall: ReturnType<typeof createWall>) => {
    const ran = await wall.run(JOB, AbortSignal.timeout(1_000));
    return ran.ok ? "ran" : ran.error.code;
  };

  it("runs nothing before it was checked, and nothing where the check found a fault", async () => {
    const wall = createWall(ground(said(WHOLE.replace("Seccomp: 2", "Seccomp: 0"))));
    expect(await codeOf(wall)).toBe("SANDBOX_UNAVAILABLE");
    expect(await wall.check()).toMatchObject({ kind: "missing", problem: expect.stringContaining("filter") as string });
    expect(await codeOf(wall)).toBe("SANDBOX_UNAVAILABLE");
  });

  it("runs where everything is as it must be, until a later check finds that it is not", async () => {
    let answer = WHOLE;
    const wall = createWall({ ...ground(said("")), runBy: () => async () => said(answer) });
    expect([await wall.check(), await codeOf(wall)]).toEqual([{ kind: "ready" }, "ran"]);
    answer = WHOLE.replace("interfaces: 1", "interfaces: 2");
    await wall.check();
    expect(await codeOf(wall)).toBe("SANDBOX_UNAVAILABLE");
  });

  it("says what to install where there is none, and that other systems have none yet", async () => {
    const missing = createWall({ ...ground(said("")), find: () => null });
    expect(await missing.check()).toMatchObject({
      kind: "missing",
      next: expect.stringContaining("install") as string,
    });
    const elsewhere = createWall({ ...ground(said("")), platform: "darwin" });
    expect([elsewhere.state(), await codeOf(elsewhere)]).toMatchObject([{ kind: "missing" }, "SANDBOX_UNAVAILABLE"]);
  });

  it("says what keeps namespaces from being made", async () => {
    const silent = createWall(ground(said("", 1)));
    expect(await silent.check()).toMatchObject({ problem: expect.stringContaining("namespaces") as string });
    const broken = createWall(ground(err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "gone" }))));
    expect(await broken.check()).toMatchObject({ problem: expect.stringContaining("gone") as string });
  });

  it.skipIf(findBubblewrap() === null || !existsSync("/proc"))("of this machine holds", async () => {
    const wall = createWall();
    expect(await wall.check()).toEqual({ kind: "ready" });
  });

  it.skipIf(findBubblewrap() === null)("that is not there cannot be started", async () => {
    const ran = await runBy("/nowhere/bwrap")(JOB, AbortSignal.timeout(1_000));
    expect(ran.ok ? "ran" : ran.error.code).toBe("SANDBOX_UNAVAILABLE");
  });
});
