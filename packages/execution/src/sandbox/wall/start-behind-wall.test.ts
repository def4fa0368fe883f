import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SPARE_ID } from "./bubblewrap-arguments.ts";
import { asPerson } from "./test-support/as-person.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";

const noWall = noWallHere();
const WHY_NOT = noWall === null ? "" : ` (skipped: ${noWall})`;
const PARENT = fileURLToPath(new URL("test-support/hold-a-program.ts", import.meta.url));
const UNTYING = fileURLToPath(new URL("test-support/untie-first-process.ts", import.meta.url));
const pause = (milliseconds: number) => new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** Processes of this machine that work in a folder, whatever they see it as. */
const workingIn = (folder: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/mountinfo`, "utf8").includes(folder.replaceAll(" ", "\\040")) &&
          readlinkSync(`/proc/${name}/exe`) !== process.execPath
        );
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it went with its namespace
  }
};

describe.skipIf(noWall !== null)(`what runs in the background${WHY_NOT}`, () => {
  let workspace = "";
  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), "moltbot-held-"));
    if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
  });
  afterEach(async () => {
    for (const pid of workingIn(workspace)) killQuietly(pid);
    await pause(50);
    rmSync(workspace, { recursive: true, force: true });
  });

  /** Whether it still writes when whoever started it was killed. */
  const outlives = async (removed = ""): Promise<boolean> => {
    const parent = spawn(process.execPath, [PARENT, workspace, removed], { stdio: ["ignore", "pipe", "inherit"] });
    const said = await new Promise<string>((resolve) => parent.stdout.once("data", (bytes) => resolve(String(bytes))));
    expect(said).toBe("begun\n");
    const beat = join(workspace, "beat");
    for (let looks = 0; looks < 100 && !existsSync(beat); looks += 1) await pause(50);
    expect(workingIn(workspace).length).toBeGreaterThan(1);
    const gone = new Promise((resolve) => parent.once("exit", resolve));
    parent.kill("SIGKILL");
    await gone;
    // As long as it takes where it ends, and long enough to be believed where it does not.
    for (let looks = 0; looks < 20 && workingIn(workspace).length > 0; looks += 1) await pause(50);
    const before = readFileSync(beat, "utf8");
    await pause(500);
    const isAlive = readFileSync(beat, "utf8") !== before;
    expect(workingIn(workspace).length > 0).toBe(isAlive);
    return isAlive;
  };

  it("dies with the gateway, even one that is killed", async () => {
    expect(await outlives()).toBe(false);
  });
  it("unplug: without the tie to its parent it outlives it", async () => {
    expect(await outlives("--die-with-parent")).toBe(true);
  });
});

/** Why this machine cannot show what an ordinary person's programs do to the first process of their namespace. */
const personMissing = (): string | null => {
  if (noWall !== null) return noWall;
  if (process.arch !== "x64") return `the attack is not written for ${process.arch}`;
  if (!existsSync("/usr/bin/python3")) return "the attack needs python3";
  const yama = "/proc/sys/kernel/yama/ptrace_scope";
  if (existsSync(yama) && readFileSync(yama, "utf8").trim() !== "0") return "this kernel holds it back as well: Yama";
  const person = asPerson(UNTYING);
  return person.can ? null : person.why;
};
const missing = personMissing();
const BECAUSE = missing === null ? "" : ` (skipped: ${missing})`;

/** Programs of a gateway that is root have another id than the first process; those of a person have the same. */
describe.skipIf(missing !== null)(`a person's program that takes over the first process${BECAUSE}`, () => {
  let workspace = "";
  let parent: ReturnType<typeof spawn> | null = null;
  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), "moltbot-untied-"));
    const { uid, gid } = whoIs();
    if (uid !== undefined && gid !== undefined) chownSync(workspace, uid, gid);
  });
  afterEach(async () => {
    parent?.kill("SIGKILL");
    for (const pid of workingIn(workspace)) killQuietly(pid);
    await pause(50);
    rmSync(workspace, { recursive: true, force: true });
  });
  const whoIs = (): { readonly uid?: number; readonly gid?: number } => {
    const person = asPerson(UNTYING);
    return person.can && person.uid !== undefined && person.gid !== undefined
      ? { uid: person.uid, gid: person.gid }
      : {};
  };
  const beat = (): string => join(workspace, "beat");
  const isBeating = async (): Promise<boolean> => {
    const before = existsSync(beat()) ? readFileSync(beat(), "utf8") : "";
    await pause(400);
    return existsSync(beat()) && readFileSync(beat(), "utf8") !== before;
  };
  /** Starts it, and gives what its gateway says from then on. */
  const attack = async (isShown: boolean): Promise<() => string> => {
    const gateway = spawn(process.execPath, [UNTYING, workspace, isShown ? "shown" : ""], {
      ...whoIs(),
      cwd: "/",
      stdio: ["ignore", "pipe", "inherit"],
    });
    parent = gateway;
    let said = "";
    gateway.stdout.on("data", (bytes) => (said += String(bytes)));
    for (let looks = 0; looks < 100 && !existsSync(beat()); looks += 1) await pause(50);
    expect([said, existsSync(beat())]).toEqual(["begun\n", true]);
    return () => said;
  };
  const outlivesItsLimit = async (isShown: boolean): Promise<boolean> => {
    const said = await attack(isShown);
    await pause(3_000);
    const isAlive = await isBeating();
    expect(said()).toBe(isAlive ? "begun\n" : "begun\nended: time\n");
    return isAlive;
  };
  const outlivesItsGateway = async (isShown: boolean): Promise<boolean> => {
    await attack(isShown);
    parent?.kill("SIGKILL");
    await pause(300);
    return isBeating();
  };

  it("is ended by its limit", async () => {
    expect(await outlivesItsLimit(false)).toBe(false);
  });
  it("is ended by its limit even with the first process in sight, which is ended by name", async () => {
    expect(await outlivesItsLimit(true)).toBe(false);
  });
  it("dies with the gateway that is killed", async () => {
    expect(await outlivesItsGateway(false)).toBe(false);
  });
  it("unplug: with the first process in sight it outlives it", async () => {
    expect(await outlivesItsGateway(true)).toBe(true);
  });
});
