import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WALL_PARTS } from "./begin-behind-wall.ts";
import { runBy } from "./run-behind-wall.ts";
import { startBy } from "./start-behind-wall.ts";
import { smallJob } from "./test-support/small-job.ts";

const WITHOUT_DESCRIPTORS = fileURLToPath(new URL("test-support/without-descriptors.ts", import.meta.url));
/** Nothing of the wall is needed here: a program of the system's stands in for bubblewrap. */
const STAND_IN = "/bin/true";
const isLinux = process.platform === "linux";

afterEach(() => vi.restoreAllMocks());

describe.skipIf(!isLinux)("a program that the system does not start", () => {
  it("is an error with a name, and leaves no group behind", async () => {
    let removed = 0;
    const parts = {
      ...WALL_PARTS,
      openGroup: () => ({ folder: "/nowhere", ranOutOfMemory: () => false, remove: async () => void (removed += 1) }),
    };
    const run = runBy(STAND_IN, parts);
    const forever = new AbortController().signal;
    for (const argv of [
      ["echo", "x".repeat(200_000)],
      ["echo", "a\0b"],
    ]) {
      const ran = await run(smallJob("/", argv), forever);
      expect(ran.ok ? "ran" : ran.error.code).toBe("SANDBOX_UNAVAILABLE");
    }
    expect(removed).toBe(2);
  });

  it("is an error with a name also where descriptors have run out", () => {
    const said = execFileSync("/bin/sh", ["-c", 'ulimit -n 64; exec "$0" "$1"', process.execPath, WITHOUT_DESCRIPTORS]);
    expect(said.toString()).toBe("begins SANDBOX_UNAVAILABLE SANDBOX_UNAVAILABLE");
  });
});

describe.skipIf(!isLinux)("a program that has ended", () => {
  it("is not ended again: its number may be somebody else's by then", async () => {
    const started = startBy(STAND_IN, { ...WALL_PARTS, openGroup: () => null })(smallJob("/"));
    if (!started.ok) throw new Error(started.error.message);
    await started.value.whenEnded;
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    await started.value.end();
    expect(kill).not.toHaveBeenCalled();
    expect(started.value.ended()).toMatchObject({ stop: null });
  });
});
