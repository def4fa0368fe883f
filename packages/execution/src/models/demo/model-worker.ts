import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { interruption } from "../interruption.ts";
import { readCompletion } from "./read-completion.ts";
import type { WorkerEvent } from "./read-completion.ts";
import { createTurnstile } from "./turnstile.ts";
import { openWorkerSession } from "./worker-session.ts";
import type { WorkerSession, WorkerSettings } from "./worker-session.ts";

/** The model's process as the gateway sees it: started when first needed, kept warm, replaced when it dies. */
export interface ModelWorker {
  /** Streams one completion while others wait. TURN_STOPPED, MODEL_TIMEOUT, MODEL_WORKER_DIED, MODEL_FILE_INVALID, MODEL_ANSWER_INVALID, MODEL_UNAVAILABLE or SANDBOX_UNAVAILABLE ends it. */
  complete(prompt: string, maxTokens: number, signal: AbortSignal): AsyncIterable<Result<WorkerEvent>>;
  /** Process id of the warm process, or null. */
  pid(): number | null;
  close(): Promise<void>;
}

/** Makes the worker's gateway side; nothing starts before the first completion. */
export const createModelWorker = (settings: WorkerSettings): ModelWorker => {
  const turnstile = createTurnstile();
  let warm: WorkerSession | null = null;
  let idle: NodeJS.Timeout | null = null;
  let closed = false;

  const drop = async (session: WorkerSession | null): Promise<void> => {
    if (warm === session) warm = null;
    await session?.end();
  };
  const restIdle = (): void => {
    if (idle !== null) clearTimeout(idle);
    idle = setTimeout(() => void drop(warm), settings.idleSeconds * 1000).unref();
  };
  const tidy = async (
    session: WorkerSession,
    id: number,
    state: "settled" | "unfinished" | "broken",
  ): Promise<void> => {
    if (state === "broken") settings.log.warn("model worker is replaced", { pid: session.pid });
    if (state === "broken" || (state === "unfinished" && !(await session.cancel(id)))) await drop(session);
  };

  async function* run(
    prompt: string,
    maxTokens: number,
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<Result<WorkerEvent>> {
    const interrupted = interruption(signal, settings.timeoutSeconds);
    let tidied = Promise.resolve();
    try {
      if (idle !== null) clearTimeout(idle);
      const opened = warm?.alive() === true ? ok(warm) : await openWorkerSession(settings, interrupted.when);
      if (!opened.ok) {
        yield opened;
        return;
      }
      const session = opened.value;
      if (closed) {
        await session.end();
        yield err(moltbotError("SHUTTING_DOWN"));
        return;
      }
      warm = session;
      const id = session.ask({ type: "complete", prompt, maxTokens, stop: ["</s>"] });
      let state: "settled" | "unfinished" | "broken" = "unfinished";
      try {
        const end = yield* readCompletion(session, id, settings, interrupted.when);
        state = end.session;
        yield end.last;
      } finally {
        // Not awaited here: nobody waits for a process to settle who has their answer already.
        tidied = tidy(session, id, state);
      }
    } finally {
      interrupted.clear();
      void tidied.then(() => {
        restIdle();
        leave();
      });
    }
  }

  return {
    async *complete(prompt, maxTokens, signal) {
      const leave = await turnstile.enter(signal);
      if (leave === null) {
        yield err(moltbotError("TURN_STOPPED"));
        return;
      }
      if (closed) {
        leave();
        yield err(moltbotError("SHUTTING_DOWN"));
        return;
      }
      yield* run(prompt, maxTokens, signal, leave);
    },
    pid: () => (warm?.alive() === true ? warm.pid : null),
    async close() {
      closed = true;
      if (idle !== null) clearTimeout(idle);
      await drop(warm);
    },
  };
};
