import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Interruption } from "../interruption.ts";
import type { WorkerSession, WorkerSettings } from "./worker-session.ts";

const ANSWER_CHARACTERS = 64 * 1024;

export type WorkerEvent =
  | { readonly type: "token"; readonly text: string }
  | {
      readonly type: "done";
      readonly reason: "stop" | "length";
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  | { readonly type: "too-long"; readonly tokens: number; readonly limit: number };

/** The last event of a completion, and what its process is good for: `settled` for the next one, `unfinished` while it still writes, `broken` for nothing. */
export interface CompletionEnd {
  readonly last: Result<WorkerEvent>;
  readonly session: "settled" | "unfinished" | "broken";
}

/** Reads the answer `id`: yields its pieces, returns its end. Every reply is checked; one that does not belong here breaks the session. */
export async function* readCompletion(
  session: WorkerSession,
  id: number,
  { model, timeoutSeconds }: Pick<WorkerSettings, "model" | "timeoutSeconds">,
  interrupted: Promise<Interruption>,
): AsyncGenerator<Result<WorkerEvent>, CompletionEnd> {
  const broken = (last: Result<never>): CompletionEnd => ({ last, session: "broken" });
  const invalid = (): CompletionEnd => broken(err(moltbotError("MODEL_ANSWER_INVALID", { model })));
  let characters = 0;
  for (;;) {
    const reply = await Promise.race([interrupted, session.peek()]);
    if (reply === "stopped") return { last: err(moltbotError("TURN_STOPPED")), session: "unfinished" };
    if (reply === "timeout") return broken(err(moltbotError("MODEL_TIMEOUT", { model, limit: timeoutSeconds })));
    session.take();
    if (reply === "ended") return broken(err(moltbotError("MODEL_WORKER_DIED")));
    if (reply === "invalid" || reply.id !== id || reply.type === "ready") return invalid();
    switch (reply.type) {
      case "token":
        characters += reply.text.length;
        if (characters > ANSWER_CHARACTERS) return invalid();
        yield ok({ type: "token", text: reply.text });
        break;
      case "done": {
        const { reason, inputTokens, outputTokens } = reply;
        if (reason === "cancelled") return invalid();
        return { last: ok({ type: "done", reason, inputTokens, outputTokens }), session: "settled" };
      }
      case "error": {
        const { code, tokens, limit } = reply;
        if (code === "too-long" && tokens !== undefined && limit !== undefined) {
          return { last: ok({ type: "too-long", tokens, limit }), session: "settled" };
        }
        return { last: err(moltbotError("MODEL_UNAVAILABLE", { model, problem: code })), session: "settled" };
      }
    }
  }
}
