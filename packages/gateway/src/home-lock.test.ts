import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockHome } from "./home-lock.ts";

let folder = "";
const lock = (): string => join(folder, "gateway.pid");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another process that takes the lock when the clock says so, says "held" or the error's code, and holds it until its input ends. */
const other = (at: number) => {
  const program = `
    import { lockHome } from ${JSON.stringify(join(import.meta.dirname, "home-lock.ts"))};
    while (Date.now() < ${String(at)});
    const taken = lockHome(${JSON.stringify(lock())});
    process.stdout.write(taken.ok ? "held" : taken.error.code);
    process.stdin.on("end", () => { if (taken.ok) taken.value(); process.exit(0); });
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["pipe", "pipe", "inherit"],
    cwd: import.meta.dirname,
  });
  return {
    pid: child.pid ?? 0,
    says: new Promise<string>((resolve) => {
      child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString()));
    }),
    end: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
    kill: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
};

describe("the lock of a home", () => {
  it("is held once, and free again after it is given back", () => {
    const first = lockHome(lock());
    expect(first.ok).toBe(true);
    expect(lockHome(lock())).toMatchObject({
      ok: false,
      error: { code: "HOME_IN_USE", context: { pid: process.pid } },
    });
    if (first.ok) first.value();
    expect(readdirSync(folder)).toEqual([]);
    expect(lockHome(lock()).ok).toBe(true);
  });

  it("refuses a second process while the first lives, and names the first", async () => {
    const holder = other(0);
    expect(await holder.says).toBe("held");
    expect(lockHome(lock())).toMatchObject({ ok: false, error: { code: "HOME_IN_USE", context: { pid: holder.pid } } });
    await holder.end();
    expect(lockHome(lock()).ok).toBe(true);
  });

  it("that a killed process left is taken over", async () => {
    const holder = other(0);
    expect(await holder.says).toBe("held");
    await holder.kill();
    expect(existsSync(lock())).toBe(true);
    expect(lockHome(lock()).ok).toBe(true);
    expect(readFileSync(lock(), "utf8")).toMatch(new RegExp(`^${String(process.pid)} `));
  });

  it.runIf(existsSync("/proc/self/stat"))(
    "of a pid that another program has now is taken over: it began at another time",
    () => {
      writeFileSync(lock(), `${String(process.ppid)} 1\n`);
      expect(lockHome(lock()).ok).toBe(true);
    },
  );

  it("of a living pid without a start time is respected", () => {
    writeFileSync(lock(), `${String(process.ppid)}\n`);
    expect(lockHome(lock())).toMatchObject({ ok: false, error: { code: "HOME_IN_USE" } });
  });

  it.each(["", "nonsense", "-1 5", "0", "1.5"])("with text that names no process (%j) is taken over", (text) => {
    writeFileSync(lock(), text);
    expect(lockHome(lock()).ok).toBe(true);
  });

  it("is not removed by one who holds it no more", () => {
    const first = lockHome(lock());
    writeFileSync(lock(), "1 1\n");
    if (first.ok) first.value();
    expect(existsSync(lock())).toBe(true);
  });

  it("goes to one of two processes that start together over a stale one", async () => {
    writeFileSync(lock(), "4194999 1\n");
    const at = Date.now() + 700;
    const both = [other(at), other(at)];
    const says = await Promise.all(both.map((one) => one.says));
    expect(says.toSorted()).toEqual(["HOME_IN_USE", "held"]);
    await Promise.all(both.map((one) => one.end()));
    expect(readdirSync(folder)).toEqual([]);
  });
});
