import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WALL_PARTS } from "./begin-behind-wall.ts";
import { SPARE_ID } from "./bubblewrap-arguments.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";
import { findControlGroups } from "./control-groups.ts";
import { runBy } from "./run-behind-wall.ts";
import type { WallLimits } from "./wall-job.ts";

const LIMITS: WallLimits = {
  wallSeconds: 10,
  cpuSeconds: 10,
  processes: 32,
  openFiles: 64,
  fileBytes: 1_000_000,
  outputBytes: 1_000_000,
  memoryBytes: 200_000_000,
  temporaryBytes: 1_000_000,
  diskBytes: 1_000_000_000,
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A tree of plain files in the shape of the kernel's; nothing counts here, so that only what is written can be seen. */
const tree = (own = "0::/system.slice/moltbot.service/gateway\n", controllers = "cpu io memory pids\n") => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-groups-"));
  folders.push(root);
  const parent = join(root, "system.slice/moltbot.service");
  mkdirSync(join(parent, "gateway"), { recursive: true });
  writeFileSync(join(parent, "cgroup.controllers"), controllers);
  const ownGroup = join(root, "own");
  writeFileSync(ownGroup, own);
  return { root, parent, ownGroup };
};
const read = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");

describe("control groups", () => {
  it("are made beside the gateway's own, with memory and processes counted by the kernel", () => {
    const ground = tree();
    const group = findControlGroups(ground).open(LIMITS);
    expect(read(ground.parent, "cgroup.subtree_control")).toBe("+memory +pids");
    const { folder } = group ?? { folder: "" };
    expect(folder.startsWith(join(ground.parent, "program-"))).toBe(true);
    expect(["memory.max", "memory.swap.max", "memory.oom.group", "pids.max"].map((name) => read(folder, name))).toEqual(
      ["200000000", "0", "1", "40"],
    );
  });

  it.each([
    ["of the first version", tree("4:memory:/a\n1:name=systemd:/b\n")],
    ["that nobody delegated", tree("0::/user.slice/session-1.scope\n")],
    ["without memory", tree(undefined, "cpu pids\n")],
    ["that are not there", { root: "/nowhere", ownGroup: "/nowhere/own" }],
  ])("are none: %s", (_what, ground) => {
    expect(findControlGroups(ground).open(LIMITS)).toBeNull();
  });

  it("are none where one cannot be made", () => {
    const ground = tree();
    const groups = findControlGroups(ground);
    rmSync(ground.parent, { recursive: true });
    expect(groups.open(LIMITS)).toBeNull();
  });

  it("that a killed gateway left are removed, where they are empty", () => {
    const ground = tree();
    mkdirSync(join(ground.parent, "program-1-1"));
    mkdirSync(join(ground.parent, "program-1-2/busy"), { recursive: true });
    findControlGroups(ground);
    expect(readdirSync(ground.parent).filter((name) => name.startsWith("program-"))).toEqual(["program-1-2"]);
  });

  it("say who ran out of memory, and are emptied at the end", async () => {
    const group = findControlGroups(tree()).open(LIMITS);
    if (group === null) throw new Error("no group");
    expect(group.ranOutOfMemory()).toBe(false);
    writeFileSync(join(group.folder, "memory.events"), "low 0\noom 1\noom_kill 0\n");
    expect(group.ranOutOfMemory()).toBe(false);
    writeFileSync(join(group.folder, "memory.events"), "low 0\noom 1\noom_kill 3\n");
    expect(group.ranOutOfMemory()).toBe(true);
    await group.remove();
    expect(read(group.folder, "cgroup.kill")).toBe("1");
  });

  it.skipIf(noWallHere() !== null)(
    "hold a program from its first instruction, and its end is told as theirs",
    async () => {
      const workspace = mkdtempSync(join(tmpdir(), "moltbot-grouped-"));
      folders.push(workspace);
      if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
      const groups = findControlGroups(tree());
      const run = async (isOut: boolean) => {
        let folder = "";
        const parts = {
          ...WALL_PARTS,
          openGroup: (limits: WallLimits) => {
            const group = groups.open(limits);
            folder = group?.folder ?? "";
            if (isOut) writeFileSync(join(folder, "memory.events"), "oom_kill 1\n");
            return group;
          },
        };
        const job = { argv: ["/bin/sh", "-c", "echo ran; exit 3"], workspace, limits: LIMITS };
        const ran = await runBy("/usr/bin/bwrap", parts)(job, new AbortController().signal);
        // The kernel reads 0 as whoever writes it.
        expect(read(folder, "cgroup.procs")).toBe("0\n");
        return ran.ok ? [ran.value.exitCode, ran.value.stop, Buffer.from(ran.value.output).toString()] : [];
      };
      expect(await run(false)).toEqual([3, null, "ran\n"]);
      expect(await run(true)).toEqual([null, "memory", "ran\n"]);
    },
  );

  it.skipIf(noWallHere() !== null)("that went keep nobody from running", async () => {
    const workspace = mkdtempSync(join(tmpdir(), "moltbot-grouped-"));
    folders.push(workspace);
    if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
    const gone = { folder: join(workspace, "nowhere"), ranOutOfMemory: () => false, remove: async () => undefined };
    const parts = { ...WALL_PARTS, openGroup: () => gone };
    const job = { argv: ["true"], workspace, limits: LIMITS };
    const ran = await runBy("/usr/bin/bwrap", parts)(job, new AbortController().signal);
    expect([ran.ok && ran.value.exitCode, existsSync(gone.folder)]).toEqual([0, false]);
  });
});
