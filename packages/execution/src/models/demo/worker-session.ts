import { dirname } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import type { Sandbox, SandboxProcess } from "../../sandbox/index.ts";
import { interruption } from "../interruption.ts";
import type { Interruption } from "../interruption.ts";
import { CONTEXT_TOKENS, openPinnedModel } from "./pinned-model.ts";
import { workerCommand } from "./worker-command.ts";
import { readReply } from "./worker-reply.ts";
import type { WorkerReply } from "./worker-reply.ts";

const MEMORY_BYTES = 512 * 1024 * 1024;
const CANCEL_SECONDS = 1;

export interface WorkerSettings {
  readonly model: string;
  readonly sandbox: Sandbox;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly nodePath: string;
  readonly workerPath: string;
  readonly modelsDirectory: string;
  readonly hash: (bytes: Uint8Array) => string;
  /** A completion that takes longer is killed with its process. */
  readonly timeoutSeconds: number;
  /** Without work for so long, the process ends. */
  readonly idleSeconds: number;
}

/** One process with the model loaded. */
export interface WorkerSession {
  readonly pid: number;
  alive(): boolean;
  /** Sends a request; returns its id. */
  ask(request: Readonly<Record<string, unknown>>): number;
  /** The next reply; asking again without `take` returns the same one. */
  peek(): Promise<WorkerReply | "invalid" | "ended">;
  take(): void;
  /** Stops the answer `id`; true when the process is ready for the next one, false when it is of no more use. */
  cancel(id: number): Promise<boolean>;
  end(): Promise<void>;
}

const follow = (process: SandboxProcess): WorkerSession => {
  const lines = process.lines[Symbol.asyncIterator]();
  let next: Promise<WorkerReply | "invalid" | "ended"> | null = null;
  let ended = false;
  let lastId = 0;
  void process.exited.then(() => {
    ended = true;
  });
  const session: WorkerSession = {
    pid: process.pid,
    alive: () => !ended,
    ask(request) {
      lastId += 1;
      process.write(JSON.stringify({ ...request, id: lastId }));
      return lastId;
    },
    peek: () =>
      (next ??= lines.next().then(({ done, value }) => (done === true ? "ended" : (readReply(value) ?? "invalid")))),
    take: () => {
      next = null;
    },
    async cancel(id) {
      process.write(JSON.stringify({ type: "cancel", id }));
      const patience = interruption(new AbortController().signal, CANCEL_SECONDS);
      try {
        for (;;) {
          const reply = await Promise.race([session.peek(), patience.when]);
          if (typeof reply === "string") return false;
          session.take();
          if (reply.id === id && (reply.type === "done" || reply.type === "error")) return true;
        }
      } finally {
        patience.clear();
      }
    },
    end: () => process.kill(),
  };
  return session;
};

/** Checks the model file, starts the worker in the sandbox and has it load the model. Nothing is left running when it fails. */
export const openWorkerSession = async (
  settings: WorkerSettings,
  interrupted: Promise<Interruption>,
): Promise<Result<WorkerSession>> => {
  const { clock, log, model, nodePath, workerPath } = settings;
  const began = clock.monotonic();
  const pinned = await openPinnedModel(settings.modelsDirectory, settings.hash);
  if (!pinned.ok) return pinned;
  const started = settings.sandbox.start({
    argv: workerCommand(nodePath, workerPath, pinned.value.file),
    cwd: dirname(workerPath),
    env: {},
    limits: { memoryBytes: MEMORY_BYTES },
  });
  if (!started.ok) return started;
  const session = follow(started.value);
  // One thread: the model is so small that a second one only waits for the first (its SOURCE.md).
  const id = session.ask({
    type: "load",
    model: pinned.value.file,
    grammar: pinned.value.grammar,
    contextTokens: CONTEXT_TOKENS,
    threads: 1,
  });
  const first = await Promise.race([session.peek(), interrupted]);
  if (typeof first !== "string" && first.type === "ready" && first.id === id) {
    session.take();
    log.info("model worker started", { pid: session.pid, milliseconds: Math.round(clock.monotonic() - began) });
    return ok(session);
  }
  await session.end();
  if (first === "stopped") return err(moltbotError("TURN_STOPPED"));
  if (first === "timeout") return err(moltbotError("MODEL_TIMEOUT", { model, limit: settings.timeoutSeconds }));
  if (first === "ended") return err(moltbotError("MODEL_WORKER_DIED"));
  return err(moltbotError("MODEL_UNAVAILABLE", { model, problem: "its process could not load it" }));
};
