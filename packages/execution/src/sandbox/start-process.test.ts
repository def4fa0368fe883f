import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createSandbox } from "./index.ts";
import type { SandboxLimits, SandboxProcess } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MB = 1024 * 1024;
const onLinux = process.platform === "linux";

const program = (source: string): string => {
  const path = join(folder, `program-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    path,
    `import { writeSync } from "node:fs";\nconst say = (line) => writeSync(3, line + "\\n");\n${source}`,
  );
  return path;
};
const start = (
  source: string,
  args: readonly string[] = [],
  limits: SandboxLimits = { memoryBytes: 512 * MB },
): SandboxProcess => {
  const started = createSandbox().start({
    argv: [process.execPath, program(source), ...args],
    cwd: folder,
    env: {},
    limits,
  });
  if (!started.ok) throw new Error(started.error.message);
  return started.value;
};
const linesOf = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};
const firstLine = async (running: SandboxProcess): Promise<string> => {
  for await (const line of running.lines) return line;
  return "";
};
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !onLinux || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const until = async (condition: () => boolean): Promise<void> => {
  for (let count = 0; count < 200 && !condition(); count += 1) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe("a process in the sandbox", () => {
  it("talks line by line and ends when its input does", async () => {
    const running = start(
      `process.stdin.setEncoding("utf8").on("data", (text) => say("heard " + text.trim())).on("end", () => process.exit(7));`,
    );
    expect(running.write("hello")).toBe(true);
    expect(await firstLine(running)).toBe("heard hello");
    await running.kill();
    expect((await running.exited).signal).toBe("SIGTERM");
    expect(running.write("more")).toBe(false);
  });

  it("hands out every line that was written before the end", async () => {
    const running = start(`for (let i = 0; i < 500; i += 1) say("line " + i); process.exit(3);`);
    expect(await linesOf(running.lines)).toHaveLength(500);
    expect(await running.exited).toEqual({ code: 3, signal: null });
  });

  it("sees an empty environment whatever the gateway's holds", async () => {
    process.env["SANDBOX_CANARY"] = "canary-4812";
    try {
      const running = start(`say(JSON.stringify(process.env)); setInterval(() => {}, 1000);`);
      expect(await firstLine(running)).toBe("{}");
      if (onLinux) expect(readFileSync(`/proc/${running.pid}/environ`, "utf8")).toBe("");
      await running.kill();
    } finally {
      delete process.env["SANDBOX_CANARY"];
    }
  });

  it("gets its arguments as they are: no shell reads them", async () => {
    const planted = join(folder, "planted");
    const running = start(`say(JSON.stringify(process.argv.slice(2)));`, [
      "; touch planted",
      `$(touch ${planted})`,
      "*",
    ]);
    expect(JSON.parse(await firstLine(running))).toEqual(["; touch planted", `$(touch ${planted})`, "*"]);
    await running.exited;
    expect(existsSync(planted)).toBe(false);
  });

  it("inherits no descriptor but its pipes, and its standard output leads nowhere", async () => {
    const running = start(`console.log("to nobody");
      import { readlinkSync } from "node:fs";
      say(process.platform === "linux" ? [0, 1, 2, 3].map((fd) => readlinkSync("/proc/self/fd/" + fd).replace(/\\d+/, "")).join() : "");`);
    expect(await linesOf(running.lines)).toEqual([onLinux ? "socket:[],/dev/null,socket:[],socket:[]" : ""]);
  });

  it("keeps only the end of its error output", async () => {
    const running = start(`process.stderr.write("x".repeat(100000) + "last words", () => process.exit(1));`);
    await running.exited;
    expect(running.lastWords()).toMatch(/last words$/);
    expect(running.lastWords().length).toBeLessThanOrEqual(8192);
  });

  it("is refused when the program is missing, relative or unnamed", () => {
    const limits = { memoryBytes: MB };
    for (const argv of [["/nowhere/program"], ["node", "x"], []]) {
      const started = createSandbox().start({ argv, cwd: folder, env: {}, limits });
      expect(!started.ok && started.error.code).toBe("SANDBOX_UNAVAILABLE");
    }
    const nul = createSandbox().start({ argv: [process.execPath, "a\0b"], cwd: folder, env: {}, limits });
    expect(!nul.ok && nul.error.code).toBe("SANDBOX_UNAVAILABLE");
  });
});

describe("the end of a process in the sandbox", () => {
  it("comes by force when it ignores the request", async () => {
    const running = start(`process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); say("up");`);
    await firstLine(running);
    await running.kill();
    expect((await running.exited).signal).toBe("SIGKILL");
    expect(alive(running.pid)).toBe(false);
  });

  it("comes to its children too", async () => {
    const running = start(`import { spawn } from "node:child_process";
      const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1000)"], { stdio: "ignore" });
      say(String(child.pid)); setInterval(() => {}, 1000);`);
    const grandchild = Number(await firstLine(running));
    expect(alive(grandchild)).toBe(true);
    await running.kill();
    await until(() => !alive(grandchild));
    expect(alive(grandchild)).toBe(false);
  });

  it.runIf(onLinux)("comes when it takes more memory than it may, outside V8's heap too", async () => {
    const running = start(`const kept = []; setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 20);`, [], {
      memoryBytes: 160 * MB,
    });
    expect((await running.exited).signal).toBe("SIGKILL");
  });

  it.runIf(onLinux)("unplug: without the watch the same program goes far over the limit", async () => {
    const greedy = program(
      `const kept = []; for (let i = 0; i < 20; i += 1) kept.push(Buffer.alloc(16 * 1024 * 1024, 1)); say("took it"); setTimeout(() => process.exit(0), 50);`,
    );
    const child = spawn(process.execPath, ["--max-old-space-size=64", greedy], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const [, , , output] = child.stdio;
    const said = await new Promise<string>((resolve) =>
      output?.on("data", (bytes: Buffer) => resolve(bytes.toString())),
    );
    expect(said).toBe("took it\n");
  });

  it("comes when its time is over", async () => {
    const running = start(`setInterval(() => {}, 1000);`, [], { memoryBytes: 512 * MB, seconds: 0.2 });
    expect((await running.exited).signal).toBe("SIGKILL");
  });

  it("comes when it writes a line without end", async () => {
    const running = start(`const piece = "x".repeat(65536); for (;;) writeSync(3, piece);`);
    expect(await linesOf(running.lines)).toEqual([]);
    expect((await running.exited).signal).toBe("SIGKILL");
  });
});

describe("the empty environment, unplugged", () => {
  it("unplug: a process that is started the ordinary way reads the gateway's secrets", async () => {
    process.env["SANDBOX_CANARY"] = "canary-4812";
    try {
      const child = spawn(process.execPath, ["-p", "process.env.SANDBOX_CANARY"]);
      const said = await new Promise<string>((resolve) =>
        child.stdout.on("data", (bytes: Buffer) => resolve(bytes.toString())),
      );
      expect(said).toBe("canary-4812\n");
    } finally {
      delete process.env["SANDBOX_CANARY"];
    }
  });
});
