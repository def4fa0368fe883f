import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SPARE_ID, bubblewrapArguments } from "./bubblewrap-arguments.ts";
import { WALL_PARTS } from "./begin-behind-wall.ts";
import type { WallParts } from "./begin-behind-wall.ts";
import { checkWall } from "./check-wall.ts";
import { runBy } from "./run-behind-wall.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";
import type { WallLimits, WallOutcome } from "./wall-job.ts";

const BUBBLEWRAP = "/usr/bin/bwrap";
const missing = noWallHere();
const isThere = missing === null;
const isRoot = process.getuid?.() === 0;
const CANARY = "the-canary-of-the-host-7f31";

const LIMITS: WallLimits = {
  wallSeconds: 5,
  cpuSeconds: 3,
  // As root those of every program of this machine count, also of what runs beside these tests: more than any of them may have.
  processes: 1_024,
  openFiles: 128,
  fileBytes: 50_000_000,
  outputBytes: 1_000_000,
  memoryBytes: 300_000_000,
  temporaryBytes: 5_000_000,
  diskBytes: 500_000_000,
};

const outside = isThere ? mkdtempSync(join(tmpdir(), "moltbot-outside-")) : "";
const workspace = join(outside, "workspace");

const run = async (script: string, parts?: Partial<WallParts>, limits: Partial<WallLimits> = {}) => {
  const ran = await runBy(BUBBLEWRAP, { ...WALL_PARTS, ...parts })(
    { argv: ["/bin/sh", "-c", script], workspace, limits: { ...LIMITS, ...limits } },
    AbortSignal.timeout(20_000),
  );
  if (!ran.ok) throw new Error(ran.error.message);
  return ran.value;
};
const words = ({ output, errors }: WallOutcome): string => Buffer.concat([output, errors]).toString();

/** The wall without some of its arguments, each with as many as follow it, and with more of them at its end. */
const without = (removed: Readonly<Record<string, number>>, more: readonly string[] = []): Partial<WallParts> => ({
  argumentsOf: (job, root) => {
    const kept: string[] = [];
    const whole = bubblewrapArguments(job, root);
    const last = whole.indexOf("--remount-ro");
    const all = [...whole.slice(0, last), ...more, ...whole.slice(last)];
    for (let at = 0; at < all.length; at += 1) {
      const skipped = removed[all[at] ?? ""];
      if (skipped === undefined) kept.push(all[at] ?? "");
      else at += skipped;
    }
    return kept;
  },
});

/** A program in the spare id's or the person's own name: whom signals from behind the wall could reach. */
const bystander = () =>
  spawn("/bin/sleep", ["30"], isRoot ? { uid: SPARE_ID, gid: SPARE_ID, stdio: "ignore" } : { stdio: "ignore" });

const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

describe.skipIf(!isThere)(`from behind the wall${WHY_NOT}`, () => {
  beforeAll(async () => {
    const { mkdirSync, chmodSync } = await import("node:fs");
    mkdirSync(workspace);
    chmodSync(outside, 0o755);
    writeFileSync(join(outside, "canary.txt"), CANARY, { mode: 0o644 });
    if (isRoot) chownSync(workspace, SPARE_ID, SPARE_ID);
  });
  afterAll(() => rmSync(outside, { recursive: true, force: true }));

  it("a program runs, writes into the workspace, and its code and output come back", async () => {
    const ran = await run("echo hello; echo bad >&2; echo kept > note.txt; id -un; exit 7");
    expect(ran).toMatchObject({ exitCode: 7, stop: null });
    expect([Buffer.from(ran.output).toString(), Buffer.from(ran.errors).toString()]).toEqual([
      "hello\nmoltbot\n",
      "bad\n",
    ]);
    expect(readFileSync(join(workspace, "note.txt"), "utf8")).toBe("kept\n");
  });

  describe("no file outside", () => {
    const attack = `cat '${join(outside, "canary.txt")}' /workspace/../canary.txt /proc/1/root'${join(outside, "canary.txt")}' /proc/1/cwd/*; ln -s '${join(outside, "canary.txt")}' link; cat link; find / -xdev -name 'canary.txt' -exec cat {} +; ls /root /home /var /etc/shadow`;

    it("can be read", async () => {
      expect(words(await run(attack))).not.toContain(CANARY);
    });
    it("unplug: with the host's files in sight it is read", async () => {
      expect(words(await run(attack, without({}, ["--ro-bind", outside, outside])))).toContain(CANARY);
    });

    const write = `echo x > '${join(outside, "planted")}'; echo x > /usr/planted; echo x > /etc/planted; mkdir -p '${outside}' && echo x > '${join(outside, "planted")}'`;
    it("can be written", async () => {
      await run(write);
      expect(readdirSync(outside).toSorted()).toEqual(["canary.txt", "workspace"]);
      expect([existsSync("/usr/planted"), existsSync("/etc/planted")]).toEqual([false, false]);
    });
    it("unplug: with the folder bound for writing it is written", async () => {
      if (isRoot) chownSync(outside, SPARE_ID, SPARE_ID);
      await run(write, without({}, ["--bind", outside, outside]));
      if (isRoot) chownSync(outside, 0, 0);
      expect(existsSync(join(outside, "planted"))).toBe(true);
      rmSync(join(outside, "planted"));
    });
  });

  describe("no environment of the gateway", () => {
    const attack = "env; cat /proc/*/environ | tr '\\0' '\\n'; cat /proc/*/cmdline | tr '\\0' '\\n'";

    it("can be read, also through /proc", async () => {
      process.env["MOLTBOT_TEST_CANARY"] = CANARY;
      const seen = words(await run(attack));
      delete process.env["MOLTBOT_TEST_CANARY"];
      expect(seen).toContain("HOME=/workspace");
      expect(seen).not.toContain(CANARY);
    });
    it("unplug: handed to the program it is read", async () => {
      const ran = await run(attack, { ...without({ "--clearenv": 0 }), environment: { MOLTBOT_TEST_CANARY: CANARY } });
      expect(words(ran)).toContain(CANARY);
    });
  });

  describe("no server of this machine or its network", () => {
    const reached: string[] = [];
    const listening = createServer((socket) => {
      reached.push("tcp");
      socket.on("error", () => undefined);
      socket.destroy();
    });
    const local = createServer((socket) => {
      reached.push("socket");
      socket.on("error", () => undefined);
      socket.destroy();
    });
    const path = (): string => join(outside, "gateway.sock");
    const attack = (): string => {
      const { port } = listening.address() as AddressInfo; // listens on TCP
      return `python3 - <<'END'
import socket
for family, where in [(socket.AF_INET, ("127.0.0.1", ${String(port)})), (socket.AF_INET, ("169.254.169.254", 80)), (socket.AF_INET, ("192.168.1.1", 80)), (socket.AF_UNIX, "${path()}")]:
    try:
        s = socket.socket(family)
        s.settimeout(1)
        s.connect(where)
        print("reached", where)
    except OSError as error:
        print("refused", error.errno)
END`;
    };
    beforeAll(async () => {
      const { chmodSync } = await import("node:fs");
      await new Promise<void>((resolve) => void listening.listen(0, "127.0.0.1", resolve));
      await new Promise<void>((resolve) => void local.listen(path(), resolve));
      chmodSync(path(), 0o777);
    });
    afterAll(() => {
      listening.close();
      local.close();
    });

    it("can be reached", async () => {
      expect(words(await run(attack()))).toMatch(/^(refused \d+\n){4}$/);
      expect(reached).toEqual([]);
    });
    it("unplug: with the host's network it is reached", async () => {
      expect(words(await run(attack(), without({ "--unshare-net": 0 })))).toContain("reached ('127.0.0.1'");
      expect(reached).toEqual(["tcp"]);
    });
    it("unplug: with the folder of its socket in sight it is reached", async () => {
      reached.length = 0;
      expect(words(await run(attack(), without({}, ["--bind", outside, outside])))).toContain("gateway.sock");
      expect(reached).toEqual(["socket"]);
    });
  });

  describe("no process outside", () => {
    const attack = (pid: number): string => `kill -9 ${String(pid)}; ls /proc; kill -9 -1`;
    const survives = async (parts?: Partial<WallParts>): Promise<boolean> => {
      const other = bystander();
      const ended = new Promise<false>((resolve) => void other.once("exit", () => resolve(false)));
      await run(attack(other.pid ?? 0), parts);
      const outcome = await Promise.race([
        ended,
        new Promise<true>((resolve) => void setTimeout(() => resolve(true), 200)),
      ]);
      other.kill("SIGKILL");
      return outcome;
    };

    it("can be signalled", async () => {
      expect(await survives()).toBe(true);
    });
    it("unplug: without a process namespace it is", async () => {
      const mine = (pid: number): string => `kill -9 ${String(pid)}`;
      const other = bystander();
      const ended = new Promise<boolean>((resolve) => void other.once("exit", () => resolve(true)));
      await run(mine(other.pid ?? 0), without({ "--unshare-pid": 0 }));
      expect(await ended).toBe(true);
    });
  });

  describe("nothing that stays", () => {
    const attack = "(setsid sh -c 'sleep 1; echo later > /workspace/later.txt' >/dev/null 2>&1 &) ; echo begun";
    const late = join(workspace, "later.txt");
    const isWritten = async (parts?: Partial<WallParts>): Promise<boolean> => {
      rmSync(late, { force: true });
      await run(attack, parts);
      // Twice as long as it takes where it runs on, and no longer than it must where it does.
      for (let looks = 0; looks < 20 && !existsSync(late); looks += 1)
        await new Promise((resolve) => void setTimeout(resolve, 100));
      return existsSync(late);
    };

    it("runs on when the program has ended", async () => {
      expect(await isWritten()).toBe(false);
    });
    it("unplug: without a process namespace it does", async () => {
      expect(await isWritten(without({ "--unshare-pid": 0, "--die-with-parent": 0 }))).toBe(true);
    });
  });

  describe("no call to the kernel that ways out are made of", () => {
    const attack = `python3 - <<'END'
import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
CALLS = {"unshare": (272, 0x10000000), "ptrace": (101, 0), "keyctl": (250, 0, -3, 0), "bpf": (321, 0, 0, 0), "userfaultfd": (323, 1), "io_uring_setup": (425, 1, 0), "perf_event_open": (298, 0)}
for name, args in CALLS.items():
    ctypes.set_errno(0)
    print(name, libc.syscall(*args) >= 0 or ctypes.get_errno() != 1)
END`;
    const isX64 = process.arch === "x64";

    it.skipIf(!isX64)("gets through", async () => {
      const seen = words(await run(attack));
      expect(seen.trim().split("\n")).toHaveLength(7);
      expect(seen).not.toContain("True");
    });
    it.skipIf(!isX64)("unplug: without the filter some do", async () => {
      expect(words(await run(attack, without({ "--seccomp": 1 })))).toContain("True");
    });
  });

  describe("its own check", () => {
    const stateWithout = async (removed: Readonly<Record<string, number>>, more?: readonly string[]) => {
      const state = await checkWall(runBy(BUBBLEWRAP, { ...WALL_PARTS, ...without(removed, more) }));
      return state.kind === "ready" ? "ready" : state.problem;
    };
    it("finds nothing where all of it stands", async () => {
      expect(await stateWithout({})).toBe("ready");
    });
    it("finds nothing while programs have many processes", async () => {
      const stop = new AbortController();
      const crowd = runBy(BUBBLEWRAP)(
        {
          argv: ["/bin/sh", "-c", "for i in $(seq 60); do sleep 20 & done; echo all; wait"],
          workspace,
          limits: { ...LIMITS, wallSeconds: 20 },
        },
        stop.signal,
      );
      await new Promise((resolve) => void setTimeout(resolve, 1_000));
      const found = await stateWithout({});
      stop.abort();
      const ran = await crowd;
      expect([found, ran.ok && words(ran.value)]).toEqual(["ready", "all\n"]);
    });
    it.each<[string, Readonly<Record<string, number>>, readonly string[], string]>([
      ["the namespace of processes", { "--unshare-pid": 0 }, [], "apart from this machine (pid)"],
      ["the network", { "--unshare-net": 0 }, [], "network"],
      ["the host name", { "--unshare-uts": 0, "--hostname": 1 }, [], "apart from this machine (uts)"],
      ["messages", { "--unshare-ipc": 0 }, [], "apart from this machine (ipc)"],
      ["the filter", { "--seccomp": 1 }, [], "filter"],
      ["the first process", { "--remount-ro": 1 }, ["--proc", "/proc"], "take over"],
      ["a folder of this machine", {}, ["--ro-bind", "/var", "/var"], "in sight"],
      ["another place to write", {}, ["--perms", "0777", "--tmpfs", "/etc"], "written"],
    ])("finds that it is open: %s", async (_what, removed, more, problem) => {
      expect(await stateWithout(removed, more)).toContain(problem);
    });
    it.skipIf(!isRoot)("finds that capabilities could come back", async () => {
      expect(await stateWithout({ "--bounding-set=-all": 0 })).toContain("back");
    });
    it.skipIf(isRoot)("finds that the root may be written", async () => {
      expect(await stateWithout({ "--remount-ro": 1 })).toContain("written");
    });
  });

  describe("limits", () => {
    it("end a loop by its time of the processor, and what sleeps by the clock", async () => {
      const loop = await run("while :; do :; done", {}, { cpuSeconds: 1, wallSeconds: 15 });
      expect([loop.exitCode, loop.stop]).toEqual([137, null]);
      const sleeping = await run("sleep 20", {}, { wallSeconds: 1 });
      expect([sleeping.exitCode, sleeping.stop]).toEqual([null, "time"]);
    });
    it("stop a fork bomb, and everything it started", async () => {
      const ran = await run("bomb() { bomb | bomb & }; bomb; sleep 1", {}, { wallSeconds: 2, processes: 24 });
      expect(words(ran)).toContain("Cannot fork");
    });
    it("end what takes too much memory, alone or shared among children", async () => {
      const one = await run("python3 -c 'a = bytearray(1 << 30); import time; time.sleep(3)'");
      const many = await run(
        "for i in 1 2 3 4; do python3 -c 'a = bytearray(100_000_000); import time; time.sleep(3)' & done; wait",
      );
      expect([one.stop, many.stop]).toEqual(["memory", "memory"]);
    });
    it("have our runtime say itself that its heap is full, before anybody ends it", async () => {
      const greedy = "const kept = []; for (;;) kept.push(new Array(1_000).fill({}));";
      const ran = await runBy(BUBBLEWRAP)(
        { argv: ["/moltbot/node", "-e", greedy], workspace, node: process.execPath, limits: LIMITS },
        AbortSignal.timeout(20_000),
      );
      if (!ran.ok) throw new Error(ran.error.message);
      expect([ran.value.stop, ran.value.exitCode]).not.toEqual([null, 0]);
      expect([ran.value.stop, words(ran.value).includes("heap out of memory")]).toEqual([null, true]);
    });
    const uncounted = `python3 - <<'END'
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
held = 0
try:
    kept = os.memfd_create("kept")
    for _ in range(100): held += os.write(kept, bytes(1 << 20))
except OSError: pass
for _ in range(25):
    if libc.shmget(0, 4 << 20, 0o1600) >= 0: held += 4 << 20
print("kept", held >> 20)
END`;
    it("keep memory that belongs to no process from being made", async () => {
      expect(words(await run(uncounted)).trim()).toBe("kept 0");
    });
    it("unplug: without the filter it is", async () => {
      expect(words(await run(uncounted, without({ "--seccomp": 1 }))).trim()).toMatch(/^kept 1\d\d$/);
    });
    it("end what writes too much, to us, to a file or to /tmp", async () => {
      const talk = await run("yes");
      expect([talk.stop, talk.output.length]).toEqual(["output", LIMITS.outputBytes]);
      expect((await run("dd if=/dev/zero of=big bs=1M count=100 2>/dev/null")).exitCode).toBe(153);
      expect(words(await run("dd if=/dev/zero of=/tmp/big bs=1M count=100"))).toContain("No space left");
    });
    it("end what fills the disk, file by file", async () => {
      const fill = "i=0; while :; do head -c 20000000 /dev/zero > full$i; i=$((i+1)); done";
      const ran = await run(fill, {}, { diskBytes: 60_000_000 });
      await run("rm -f full*");
      expect(ran.stop).toBe("disk");
    });
    it("unplug: without the watch over the disk it is filled until the time is over", async () => {
      const fill = "i=0; while [ $i -lt 10 ]; do head -c 20000000 /dev/zero > full$i; i=$((i+1)); done; sleep 9";
      const ran = await run(fill, {}, { diskBytes: Number.MAX_SAFE_INTEGER, wallSeconds: 2 });
      const seen = readdirSync(workspace).filter((name) => name.startsWith("full"));
      await run("rm -f full*");
      expect([ran.stop, seen.length]).toEqual(["time", 10]);
    });
    it("hold for memory that looks like a disk, outside /tmp too", async () => {
      const places = "/ /etc /dev /moltbot /dev/pts /usr /proc";
      const script = `for place in ${places}; do (head -c 9000000 /dev/zero > $place/big) 2>/dev/null && echo "filled $place"; done; head -c 9000000 /dev/zero > /dev/shm/big`;
      const ran = words(await run(script));
      expect(ran).toContain("No space left");
      expect(ran).not.toContain("filled");
    });
    it.skipIf(isRoot)("unplug: where the root may be written it is filled", async () => {
      expect(
        words(await run("head -c 9000000 /dev/zero > /big && echo filled", without({ "--remount-ro": 1 }))),
      ).toContain("filled");
    });
    it("are obeyed at once where somebody stops it", async () => {
      const ran = await runBy(BUBBLEWRAP)(
        { argv: ["sleep", "20"], workspace, limits: LIMITS },
        AbortSignal.timeout(300),
      );
      expect(ran.ok && ran.value.stop).toBe("stopped");
    });
  });
});
