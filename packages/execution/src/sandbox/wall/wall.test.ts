import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { faultIn, findBubblewrap, nextForNamespaces } from "./check-wall.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";
import { runBy } from "./run-behind-wall.ts";
import { createWall } from "./wall.ts";
import type { WallJob, WallOutcome } from "./wall-job.ts";

const WHOLE = [
  "Uid: 1000 1000 1000 1000",
  "CapEff: 0000000000000000",
  "CapBnd: 0000000000000000",
  "NoNewPrivs: 1",
  "Seccomp: 2",
  "first process: 0",
  "interfaces: 1",
  "cgroup: cgroup:[2]",
  "ipc: ipc:[2]",
  "mnt: mnt:[2]",
  "net: net:[2]",
  "pid: pid:[2]",
  "uts: uts:[2]",
  "processes: 5",
  "writes: /workspace",
  "processes at most: 1024",
].join("\n");
/** Where the gateway of these tests stands. */
const OUTSIDE = Object.fromEntries(["cgroup", "ipc", "mnt", "net", "pid", "uts"].map((name) => [name, `${name}:[1]`]));
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
    diskBytes: 1,
  },
};
const pause = () => new Promise((resolve) => void setTimeout(resolve, 30));
const startCodeOf = (wall: ReturnType<typeof createWall>): string => {
  const started = wall.start(JOB);
  return started.ok ? "started" : started.error.code;
};
const said = (answer: string, exitCode: number | null = 0, errors = "") => {
  const outcome: WallOutcome = {
    exitCode,
    stop: null,
    output: Buffer.from(answer),
    errors: Buffer.from(errors),
    dropped: 0,
    milliseconds: 1,
  };
  return ok(outcome);
};

describe("the self-check", () => {
  it("believes only a program that found everything as it must be", () => {
    expect(faultIn(WHOLE, 1_024, OUTSIDE)).toBeNull();
  });

  it.each([
    ["Seccomp: 2", "Seccomp: 0", "filter"],
    ["NoNewPrivs: 1", "NoNewPrivs: 0", "privileges"],
    ["CapEff: 0000000000000000", "CapEff: 00000000a80425fb", "capabilities"],
    ["CapBnd: 0000000000000000", "CapBnd: 000001ffffffffff", "back"],
    ["CapBnd: 0000000000000000", "", "back"],
    ["first process: 0", "first process: 58", "the process that ends them"],
    ["interfaces: 1", "interfaces: 3", "network"],
    ["processes: 5", "processes: 212", "processes of this machine"],
    ["processes: 5", "processes: many", "processes of this machine"],
    ["processes: 5", "", "processes of this machine"],
    ["pid: pid:[2]", "pid: pid:[1]", "apart from this machine (pid)"],
    ["mnt: mnt:[2]", "", "apart from this machine (mnt)"],
    ["net: net:[2]", "net: ", "apart from this machine (net)"],
    ["writes: /workspace", "writes: /usr\nwrites: /workspace", "written"],
    ["writes: /workspace", "nothing", "written"],
    ["processes at most: 1024", "processes at most: unlimited", "processes"],
    ["Uid: 1000 1000 1000 1000", "Uid: 0 0 0 0", "root"],
    ["Uid: 1000 1000 1000 1000", "", "root"],
    ["uts: uts:[2]", "uts: uts:[2]\nsees: /home", "/home"],
  ])("finds the fault where %j is %j", (was, is, word) => {
    expect(faultIn(WHOLE.replace(was, is), 1_024, OUTSIDE)).toContain(word);
  });

  it("believes nothing of a silent program", () => {
    expect(faultIn("", 1_024, OUTSIDE)).not.toBeNull();
  });
});

describe("a wall", () => {
  const ground = (answer: ReturnType<typeof said> | ReturnType<typeof err>) => ({
    platform: "linux",
    find: () => "/usr/bin/bwrap",
    runBy: () => async () => answer as ReturnType<typeof said>, // an error has the same shape to whoever reads it
    startBy: () => () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "none" })),
    beginBy: () => () => err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "none" })),
    everyMs: 10,
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

  it("is looked at again and again, and runs nothing from the moment on at which it holds no more", async () => {
    let answer = WHOLE;
    const wall = createWall({ ...ground(said("")), runBy: () => async () => said(answer), everyMs: 5 });
    const seen: string[] = [];
    const endWatch = wall.watch(({ kind }) => void seen.push(kind));
    const has = async (kind: string): Promise<void> => {
      while (seen.at(-1) !== kind) await pause();
    };
    await has("ready");
    expect(await codeOf(wall)).toBe("ran");
    answer = WHOLE.replace("Seccomp: 2", "Seccomp: 0");
    await has("missing");
    expect([await codeOf(wall), startCodeOf(wall)]).toEqual(["SANDBOX_UNAVAILABLE", "SANDBOX_UNAVAILABLE"]);
    endWatch();
    await pause();
    const looks = seen.length;
    await pause();
    expect(seen).toHaveLength(looks);
  });

  it.each([
    ["bubblewrap fails", said("", 1, "bwrap: Creating new namespace failed"), true],
    ["it cannot be started", err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "gone" })), true],
    ["a program fails", said("", 1, "not found"), false],
    ["a program says so", said("bwrap: ", 1), false],
    ["it was stopped", err(moltbotError("TURN_STOPPED")), false],
  ])("is looked at after a start that failed: where %s", async (_what, answer, isLookedAt) => {
    let isFirst = true;
    const runBy = () => async (job: WallJob) => {
      if (job === JOB) return answer as ReturnType<typeof said>; // an error has the same shape to whoever reads it
      const found = isFirst ? said(WHOLE) : said("");
      isFirst = false;
      return found;
    };
    const wall = createWall({ ...ground(said("")), runBy });
    await wall.check();
    await wall.run(JOB, AbortSignal.timeout(1_000));
    await pause();
    expect(wall.state().kind).toBe(isLookedAt ? "missing" : "ready");
  });

  it("is looked at after a start in the background that failed", async () => {
    let answer = WHOLE;
    const wall = createWall({ ...ground(said("")), runBy: () => async () => said(answer) });
    await wall.check();
    answer = "";
    expect(startCodeOf(wall)).toBe("SANDBOX_UNAVAILABLE");
    await pause();
    expect(wall.state().kind).toBe("missing");
  });

  it("runs nothing when bubblewrap went, and runs again when it was installed", async () => {
    let place: string | null = "/usr/bin/bwrap";
    const wall = createWall({ ...ground(said(WHOLE)), find: () => place });
    await wall.check();
    place = null;
    expect([await codeOf(wall), startCodeOf(wall)]).toEqual(["SANDBOX_UNAVAILABLE", "SANDBOX_UNAVAILABLE"]);
    await pause();
    expect(wall.state()).toMatchObject({ problem: "bubblewrap is not installed" });
    place = "/usr/bin/bwrap";
    expect([await wall.check(), await codeOf(wall)]).toEqual([{ kind: "ready" }, "ran"]);
  });

  it("that did not hold for a moment runs again soon after somebody asked, and not first when the clock says so", async () => {
    let stop: WallOutcome["stop"] = "time";
    const wall = createWall({ ...ground(said("")), runBy: () => async () => ok({ ...said(WHOLE).value, stop }) });
    expect(await wall.check()).toMatchObject({ kind: "missing" });
    stop = null;
    expect([await codeOf(wall), startCodeOf(wall)]).toEqual(["SANDBOX_UNAVAILABLE", "SANDBOX_UNAVAILABLE"]);
    await pause();
    expect([wall.state().kind, await codeOf(wall)]).toEqual(["ready", "ran"]);
  });

  it("that cannot be looked at is none, and two who ask wait for one look", async () => {
    let looks = 0;
    const runBy = () => async () => {
      looks += 1;
      await pause();
      throw new Error("no room");
    };
    const wall = createWall({ ...ground(said("")), runBy });
    const both = await Promise.all([wall.check(), wall.check()]);
    expect([both[0], looks]).toEqual([both[1], 1]);
    expect(both[0]).toMatchObject({ kind: "missing", problem: "it could not be checked" });
  });

  it("says which limit ended the program that looked", async () => {
    const wall = createWall(ground(ok({ ...said("").value, exitCode: null, stop: "disk" as const })));
    expect(await wall.check()).toMatchObject({ problem: expect.stringContaining("(disk)") as string });
  });

  it.each([
    ["kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"],
    ["user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"],
    ["kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"],
  ])("says what opens %s where it is %s", (place, closed, next) => {
    expect(nextForNamespaces((asked) => (asked === place ? closed : null))).toContain(next);
    expect(nextForNamespaces((asked) => (asked === place ? "15000" : null))).toContain("containers");
  });

  it("says what keeps namespaces from being made", async () => {
    const silent = createWall(ground(said("", 1)));
    expect(await silent.check()).toMatchObject({ problem: expect.stringContaining("namespaces") as string });
    const broken = createWall(ground(err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "gone" }))));
    expect(await broken.check()).toMatchObject({ problem: expect.stringContaining("gone") as string });
  });

  it.skipIf(noWallHere() !== null || !existsSync("/proc"))("of this machine holds", async () => {
    const wall = createWall();
    expect(await wall.check()).toEqual({ kind: "ready" });
  });

  it.skipIf(findBubblewrap() === null)("that is not there cannot be started", async () => {
    const ran = await runBy("/nowhere/bwrap")(JOB, AbortSignal.timeout(1_000));
    expect(ran.ok ? "ran" : ran.error.code).toBe("SANDBOX_UNAVAILABLE");
  });
});
