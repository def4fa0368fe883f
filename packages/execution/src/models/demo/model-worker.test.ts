import { spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import pins from "./pins.json" with { type: "json" };
import { createSandbox } from "../../sandbox/index.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { MODELS_DIRECTORY, ask, request, workerSettings } from "../testing/model-harness.ts";
import { createDemoModel } from "./demo-model.ts";
import { createModelWorker } from "./model-worker.ts";
import type { ModelWorker } from "./model-worker.ts";
import { workerCommand } from "./worker-command.ts";
import type { WorkerSettings } from "./worker-session.ts";

const folder = mkdtempSync(join(tmpdir(), "model-worker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const opened: ModelWorker[] = [];
afterEach(async () => {
  for (const worker of opened.splice(0)) await worker.close();
});
const open = (changes: Partial<WorkerSettings> = {}) => {
  const worker = createModelWorker(workerSettings(changes));
  opened.push(worker);
  return { worker, model: createDemoModel(worker) };
};
const pidOf = (worker: ModelWorker): number => {
  const pid = worker.pid();
  if (pid === null) throw new Error("no process is warm");
  return pid;
};
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const until = async (condition: () => boolean): Promise<void> => {
  for (let count = 0; count < 250 && !condition(); count += 1) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe("the model's process", () => {
  it("starts with the first message, stays warm and ends when idle", async () => {
    const { worker, model } = open({ idleSeconds: 0.3 });
    expect(worker.pid()).toBeNull();
    expect((await ask(model, request("hello"))).finish).toBe("stop");
    const pid = pidOf(worker);
    await ask(model, request("hello"));
    expect(worker.pid()).toBe(pid);
    await until(() => worker.pid() === null);
    expect(worker.pid()).toBeNull();
    await until(() => !alive(pid));
    expect(alive(pid)).toBe(false);
    expect((await ask(model, request("hello"))).finish).toBe("stop");
  });

  it("answers many at once, one after the other", async () => {
    const { model } = open();
    const heard = await Promise.all(
      Array.from({ length: 12 }, (_, minutes) => ask(model, request(`remind me in ${minutes + 1} minutes to stretch`))),
    );
    expect(heard.map(({ calls }) => calls[0]?.arguments)).toEqual(
      Array.from({ length: 12 }, (_, minutes) => JSON.stringify({ minutes: minutes + 1, text: "stretch" })),
    );
  });

  it("that is killed in the middle of an answer fails that answer alone: the next one has a new process", async () => {
    const { worker, model } = open();
    await ask(model, request("hello"));
    const pid = pidOf(worker);
    process.kill(pid, "SIGSTOP"); // now it cannot finish before it dies
    const [doomed, waiting] = [ask(model, request("hello")), ask(model, request("list my reminders"))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(pid, "SIGKILL");
    expect(await doomed).toMatchObject({ error: "MODEL_WORKER_DIED", finish: null, calls: [] });
    expect(await waiting).toMatchObject({ error: null, finish: "calls" });
    expect(pidOf(worker)).not.toBe(pid);
  });

  it("that was killed while idle is replaced without anybody noticing", async () => {
    const { worker, model } = open();
    await ask(model, request("hello"));
    const pid = pidOf(worker);
    process.kill(pid, "SIGKILL");
    await until(() => worker.pid() === null);
    expect((await ask(model, request("hello"))).error).toBeNull();
  });

  it("stops at once when a person stops, and stays warm", async () => {
    const { worker, model } = open();
    await ask(model, request("hello"));
    const pid = pidOf(worker);
    const stop = new AbortController();
    const heard: string[] = [];
    for await (const event of model.stream(request("hello"), stop.signal)) {
      heard.push(event.ok ? event.value.type : event.error.code);
      stop.abort();
    }
    expect(heard.at(-1)).toBe("TURN_STOPPED");
    expect(heard).not.toContain("finish");
    expect((await ask(model, request("hello"))).finish).toBe("stop");
    expect(worker.pid()).toBe(pid);
  });

  it("that does not react to a stop is replaced, and the person does not wait for it", async () => {
    const { worker, model } = open();
    await ask(model, request("hello"));
    const pid = pidOf(worker);
    process.kill(pid, "SIGSTOP");
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const began = performance.now();
    expect((await ask(model, request("hello"), stop.signal)).error).toBe("TURN_STOPPED");
    expect(performance.now() - began).toBeLessThan(900); // less than the patience with the process
    expect((await ask(model, request("hello"))).finish).toBe("stop");
    expect(alive(pid)).toBe(false);
  });

  it("lets a waiting message be stopped, and one that was stopped before it began", async () => {
    const { worker, model } = open();
    await ask(model, request("hello"));
    process.kill(pidOf(worker), "SIGSTOP");
    const stopFirst = new AbortController();
    const first = ask(model, request("hello"), stopFirst.signal);
    const stopSecond = new AbortController();
    const second = ask(model, request("hello"), stopSecond.signal);
    stopSecond.abort();
    expect((await second).error).toBe("TURN_STOPPED");
    stopFirst.abort();
    expect((await first).error).toBe("TURN_STOPPED");
    expect((await ask(model, request("hello"), AbortSignal.abort())).error).toBe("TURN_STOPPED");
    expect((await ask(model, request("hello"))).finish).toBe("stop");
  });

  it("that hangs is killed when its time is over", async () => {
    const { worker, model } = open({ timeoutSeconds: 3 });
    await ask(model, request("hello"));
    const pid = pidOf(worker);
    process.kill(pid, "SIGSTOP");
    expect((await ask(model, request("hello"))).error).toBe("MODEL_TIMEOUT");
    await until(() => !alive(pid));
    expect(alive(pid)).toBe(false);
  });

  it("takes no more work once it is closed", async () => {
    const { worker, model } = open();
    await ask(model, request("hello"));
    const pid = pidOf(worker);
    await worker.close();
    expect(alive(pid)).toBe(false);
    expect((await ask(model, request("hello"))).error).toBe("SHUTTING_DOWN");
  });

  it("does not outlive a closing that comes while it starts", async () => {
    const pids: number[] = [];
    const sandbox = createSandbox();
    const noting: Sandbox = {
      start: (options) => {
        const started = sandbox.start(options);
        if (started.ok) pids.push(started.value.pid);
        return started;
      },
    };
    const { worker, model } = open({ sandbox: noting });
    const asked = ask(model, request("hello"));
    await until(() => pids.length > 0);
    await worker.close();
    expect((await asked).error).toBe("SHUTTING_DOWN");
    expect(pids.filter(alive)).toEqual([]);
  });

  it("ends when the gateway is killed", async () => {
    const gateway = spawn(process.execPath, [fileURLToPath(new URL("../testing/answer-once.ts", import.meta.url))], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const said = await new Promise<string>((resolve) =>
      gateway.stdout.on("data", (bytes: Buffer) => resolve(bytes.toString())),
    );
    const pid = Number(said);
    expect(alive(pid)).toBe(true);
    gateway.kill("SIGKILL");
    await until(() => !alive(pid));
    expect(alive(pid)).toBe(false);
  });
});

/** Says of every file what its pin wants to hear. */
const withoutThePin = (bytes: Uint8Array): string => {
  const { files } = pins["tiny-router"];
  return Buffer.from(bytes).includes("root ::=") ? files["router.gbnf"].sha256 : files["tiny-router.gguf"].sha256;
};

describe("the model file", () => {
  it("is refused when one byte is not as it was pinned, and nothing is started", async () => {
    const copy = mkdtempSync(join(folder, "models-"));
    cpSync(MODELS_DIRECTORY, copy, { recursive: true });
    const file = join(copy, "tiny-router", "tiny-router.gguf");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    let started = 0;
    const sandbox = createSandbox();
    const { model } = open({
      modelsDirectory: copy,
      sandbox: { start: (options) => ((started += 1), sandbox.start(options)) },
    });
    expect((await ask(model, request("hello"))).error).toBe("MODEL_FILE_INVALID");
    expect(started).toBe(0);
  });

  it("is refused when one byte of its grammar, which native code parses too, is not as it was pinned", async () => {
    const copy = mkdtempSync(join(folder, "models-"));
    cpSync(MODELS_DIRECTORY, copy, { recursive: true });
    const file = join(copy, "tiny-router", "router.gbnf");
    const bytes = readFileSync(file);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect((await ask(open({ modelsDirectory: copy }).model, request("hello"))).error).toBe("MODEL_FILE_INVALID");
  });

  it("is refused when it is missing", async () => {
    expect((await ask(open({ modelsDirectory: folder }).model, request("hello"))).error).toBe("MODEL_FILE_INVALID");
  });

  it("unplug: without the pin a changed file reaches the native parser", async () => {
    const copy = mkdtempSync(join(folder, "models-"));
    cpSync(MODELS_DIRECTORY, copy, { recursive: true });
    appendFileSync(join(copy, "tiny-router", "tiny-router.gguf"), "hostile");
    const { model } = open({ modelsDirectory: copy, hash: withoutThePin });
    expect((await ask(model, request("hello"))).finish).toBe("stop");
  });

  it("that the native parser refuses is a named error", async () => {
    const copy = mkdtempSync(join(folder, "models-"));
    cpSync(MODELS_DIRECTORY, copy, { recursive: true });
    writeFileSync(join(copy, "tiny-router", "tiny-router.gguf"), "no model at all");
    const { model } = open({ modelsDirectory: copy, hash: withoutThePin });
    expect((await ask(model, request("hello"))).error).toMatch(/^(MODEL_UNAVAILABLE|MODEL_WORKER_DIED)$/);
  });
});

const hostileProgram = (answer: string): string => {
  const path = join(mkdtempSync(join(folder, "hostile-")), "worker.mjs");
  writeFileSync(
    path,
    `import { writeSync } from "node:fs";
     const say = (value) => writeSync(3, (typeof value === "string" ? value : JSON.stringify(value)) + "\\n");
     process.stdin.setEncoding("utf8").on("end", () => process.exit()).on("data", (text) => {
       for (const line of text.trim().split("\\n")) {
         const asked = JSON.parse(line);
         if (asked.type === "load") say({ type: "ready", id: asked.id });
         if (asked.type === "complete") { ${answer} }
       }
     });`,
  );
  return path;
};

describe("a worker that a hostile model file took over", () => {
  it.each([
    ["speaks no JSON", `say("what?")`],
    ["answers somebody else", `say({ type: "token", id: 99, text: "x" })`],
    ["adds fields", `say({ type: "done", id: asked.id, reason: "stop", inputTokens: 1, outputTokens: 1, run: "rm" })`],
    [
      "never stops talking",
      `for (let i = 0; i < 200; i += 1) say({ type: "token", id: asked.id, text: "x".repeat(4000) })`,
    ],
    ["ends without an answer", `say({ type: "done", id: asked.id, reason: "stop", inputTokens: 1, outputTokens: 1 })`],
    [
      "claims to be cancelled",
      `say({ type: "done", id: asked.id, reason: "cancelled", inputTokens: 1, outputTokens: 1 })`,
    ],
    [
      "names no tool",
      `say({ type: "token", id: asked.id, text: '{"tool":"x","args":[]}' }); say({ type: "done", id: asked.id, reason: "stop", inputTokens: 1, outputTokens: 1 })`,
    ],
    [
      "always finds the prompt too long",
      `say({ type: "error", id: asked.id, code: "too-long", tokens: 100, limit: 50 })`,
    ],
  ])("gets nothing but an error when it %s", async (_name, answer) => {
    expect(await ask(open({ workerPath: hostileProgram(answer) }).model, request("hello"))).toMatchObject({
      error: "MODEL_ANSWER_INVALID",
      calls: [],
    });
  });

  it("gets an error with a name when it reports a failure or writes an endless line", async () => {
    expect(
      (
        await ask(
          open({ workerPath: hostileProgram(`say({ type: "error", id: asked.id, code: "failed" })`) }).model,
          request("hello"),
        )
      ).error,
    ).toBe("MODEL_UNAVAILABLE");
    expect(
      (await ask(open({ workerPath: hostileProgram(`say("x".repeat(1000000))`) }).model, request("hello"))).error,
    ).toBe("MODEL_WORKER_DIED");
  });

  const reach = async (command: (path: string) => readonly string[]) => {
    const secret = join(folder, "secret.txt");
    const planted = join(folder, `planted-${Math.random().toString(36).slice(2)}`);
    writeFileSync(secret, "canary-4812");
    let connections = 0;
    const server = createServer((_request, response) => response.end("hello")).on(
      "connection",
      () => (connections += 1),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const path = join(mkdtempSync(join(folder, "reach-")), "worker.mjs");
    writeFileSync(
      path,
      `import { readFileSync, writeFileSync, writeSync } from "node:fs";
       import { execFileSync } from "node:child_process";
       import { Worker } from "node:worker_threads";
       const tried = {};
       const attempt = async (name, act) => { try { await act(); tried[name] = "done"; } catch { tried[name] = "refused"; } };
       await attempt("read", () => readFileSync(${JSON.stringify(secret)}));
       await attempt("write", () => writeFileSync(${JSON.stringify(planted)}, "x"));
       await attempt("child", () => execFileSync(process.execPath, ["--version"]));
       await attempt("thread", () => new Worker("1", { eval: true }).terminate());
       await attempt("network", () => fetch("http://127.0.0.1:${port}/"));
       writeSync(3, JSON.stringify(tried) + "\\n");
       process.exit(0);`,
    );
    const started = createSandbox().start({
      argv: command(path),
      cwd: folder,
      env: {},
      limits: { memoryBytes: 512 * 1024 * 1024 },
    });
    if (!started.ok) throw new Error(started.error.message);
    let said = "";
    for await (const line of started.value.lines) said += line;
    await new Promise((resolve) => server.close(resolve));
    return {
      tried: z.record(z.string(), z.string()).parse(JSON.parse(said)),
      planted: existsSync(planted),
      connections,
    };
  };
  const modelFile = join(MODELS_DIRECTORY, "tiny-router", "tiny-router.gguf");

  it("reaches no file, no child, no thread and no network", async () => {
    expect(await reach((path) => workerCommand(process.execPath, path, modelFile))).toEqual({
      tried: { read: "refused", write: "refused", child: "refused", thread: "refused", network: "refused" },
      planted: false,
      connections: 0,
    });
  });

  it("unplug: without the permission flags it reaches them all", async () => {
    const plain = (path: string) =>
      workerCommand(process.execPath, path, modelFile).filter((word) => !/^--(permission|allow-)/.test(word));
    expect(await reach(plain)).toEqual({
      tried: { read: "done", write: "done", child: "done", thread: "done", network: "done" },
      planted: true,
      connections: 1,
    });
  });
});
