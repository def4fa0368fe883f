import { readRequest } from "./protocol.ts";
import type { WorkerErrorCode, WorkerReply, WorkerRequest } from "./protocol.ts";
import type { LlamaContext } from "@fugood/llama.node";

type Load = Extract<WorkerRequest, { type: "load" }>;
type Complete = Extract<WorkerRequest, { type: "complete" }>;
interface Loaded {
  readonly context: LlamaContext;
  readonly grammar: string;
  readonly contextTokens: number;
}

/** The part of the context that an answer must have for itself, unless it was asked to be shorter. */
const LEAST_ANSWER = 0.4;

/** Answers lines: one model, one completion at a time. It keeps nothing between completions but the model. */
export const createServer = (
  library: () => Promise<Pick<typeof import("@fugood/llama.node"), "loadModel">>,
  cores: number,
  reply: (reply: WorkerReply) => void,
): { handle(line: string): Promise<void> } => {
  let loaded: Loaded | null = null;
  let busy: { readonly id: number; cancelled: boolean } | null = null;
  const refuse = (id: number, code: WorkerErrorCode): void => reply({ type: "error", id, code });

  const load = async (request: Load): Promise<void> => {
    if (loaded !== null || busy !== null) return refuse(request.id, "busy");
    busy = { id: request.id, cancelled: false };
    try {
      const { loadModel } = await library();
      const context = await loadModel({
        model: request.model,
        n_ctx: request.contextTokens,
        n_threads: request.threads ?? Math.max(1, cores - 1),
        n_gpu_layers: 0,
      });
      loaded = { context, grammar: request.grammar, contextTokens: request.contextTokens };
      reply({ type: "ready", id: request.id });
    } catch {
      refuse(request.id, "load-failed"); // the reason may quote the file: it stays here
    } finally {
      busy = null;
    }
  };

  const run = async (
    request: Complete,
    { context, grammar, contextTokens }: Loaded,
    turn: { cancelled: boolean },
  ): Promise<void> => {
    const { id, prompt, stop } = request;
    const tokens = (await context.tokenize(prompt)).tokens.length + 1; // and the one that begins every text
    const room = contextTokens - tokens;
    // Past its context a model forgets the beginning of its own prompt, so what does not fit is refused and not shifted out.
    const least = Math.min(request.maxTokens, Math.floor(contextTokens * LEAST_ANSWER));
    if (room < least) return reply({ type: "error", id, code: "too-long", tokens, limit: contextTokens - least });
    if (turn.cancelled) return reply({ type: "done", id, reason: "cancelled", inputTokens: tokens, outputTokens: 0 });
    let written = "";
    let over = false;
    const write = (piece: string): void => {
      if (piece === "" || over || turn.cancelled) return;
      written += piece;
      reply({ type: "token", id, text: piece });
    };
    // One conversation must not colour another: what is reused of an earlier prompt changes an answer by rounding.
    context.clearCache();
    const result = await context.completion(
      {
        prompt,
        grammar,
        n_predict: Math.min(request.maxTokens, room),
        temperature: 0,
        seed: 1,
        top_k: 1, // under a grammar, temperature 0 alone still draws lots
        stop: [...stop],
        ctx_shift: false,
      },
      ({ token }) => write(token ?? ""),
    );
    // The last pieces may arrive after the end, from another thread: they are taken from the whole text, and later ones are late.
    if (result.text.startsWith(written)) write(result.text.slice(written.length));
    over = true;
    const cut = result.stopped_limited || result.context_full || result.truncated;
    reply({
      type: "done",
      id,
      reason: turn.cancelled ? "cancelled" : cut ? "length" : "stop",
      inputTokens: tokens,
      outputTokens: result.tokens_predicted,
    });
  };

  const complete = async (request: Complete): Promise<void> => {
    if (loaded === null) return refuse(request.id, "not-loaded");
    if (busy !== null) return refuse(request.id, "busy");
    const turn = { id: request.id, cancelled: false };
    busy = turn;
    try {
      await run(request, loaded, turn);
    } catch {
      refuse(request.id, "failed");
    } finally {
      busy = null;
    }
  };

  return {
    async handle(line) {
      const request = readRequest(line);
      if (request === null) return refuse(0, "bad-request");
      switch (request.type) {
        case "load":
          return load(request);
        case "complete":
          return complete(request);
        case "cancel":
          // One that has ended meanwhile is no fault: both sides spoke at once.
          if (busy?.id !== request.id) return;
          busy.cancelled = true;
          loaded?.context.stopCompletion();
      }
    },
  };
};
