import { describe, expect, it } from "vitest";
import type { LlamaContext } from "@fugood/llama.node";
import type { WorkerReply } from "./protocol.ts";
import { createServer } from "./serve.ts";

interface Behaviour {
  readonly tokens?: number;
  readonly pieces?: readonly string[];
  readonly latePieces?: readonly string[];
  readonly cut?: boolean;
  readonly fails?: boolean;
}

/** A hand-written model: `hold` keeps a completion open until it is stopped. */
const scene = (
  { tokens = 10, pieces = ["a", "b"], latePieces = [], cut = false, fails = false }: Behaviour = {},
  hold = false,
) => {
  const replies: WorkerReply[] = [];
  const loads: { n_threads: number; n_gpu_layers: number }[] = [];
  const late: (() => void)[] = [];
  let asked = 0;
  let stop: () => void = () => undefined;
  const context: LlamaContext = {
    tokenize: async () => ({ tokens: Array.from({ length: tokens }, () => 1) }),
    stopCompletion: () => stop(),
    clearCache: () => undefined,
    completion: async ({ n_predict }, onToken) => {
      asked = n_predict;
      if (fails) throw new Error("native failure");
      for (const token of pieces) onToken({ token });
      late.push(() => latePieces.forEach((token) => onToken({ token })));
      if (hold) await new Promise<void>((resolve) => (stop = resolve));
      const text = [...pieces, ...latePieces].join("");
      return {
        text,
        tokens_predicted: pieces.length,
        tokens_evaluated: tokens,
        stopped_limited: cut,
        context_full: false,
        truncated: false,
      };
    },
  };
  const server = createServer(
    async () => ({
      loadModel: async (options) => (
        loads.push(options),
        options.model === "/broken" ? Promise.reject(new Error("broken")) : context
      ),
    }),
    8,
    (reply) => replies.push(reply),
  );
  const say = (request: Record<string, unknown>): Promise<void> => server.handle(JSON.stringify(request));
  const load = (changes = {}): Promise<void> =>
    say({ type: "load", id: 1, model: "/m", grammar: "g", contextTokens: 100, ...changes });
  const complete = (changes = {}): Promise<void> =>
    say({ type: "complete", id: 2, prompt: "p", maxTokens: 50, stop: [], ...changes });
  return { server, replies, loads, late, say, load, complete, asked: () => asked };
};

describe("the worker's server", () => {
  it("loads once, without a graphics card, on all cores but one or on as many as it is told", async () => {
    const first = scene();
    await first.load();
    await first.load({ id: 5 });
    expect(first.loads).toMatchObject([{ n_threads: 7, n_gpu_layers: 0 }]);
    expect(first.replies).toEqual([
      { type: "ready", id: 1 },
      { type: "error", id: 5, code: "busy" },
    ]);
    const second = scene();
    await second.load({ threads: 1 });
    expect(second.loads).toMatchObject([{ n_threads: 1 }]);
  });

  it("streams an answer and says how it ended", async () => {
    for (const [cut, reason] of [
      [false, "stop"],
      [true, "length"],
    ] as const) {
      const { replies, load, complete } = scene({ cut });
      await load();
      await complete();
      expect(replies.slice(1)).toEqual([
        { type: "token", id: 2, text: "a" },
        { type: "token", id: 2, text: "b" },
        { type: "done", id: 2, reason, inputTokens: 11, outputTokens: 2 },
      ]);
    }
  });

  it("loses no piece that arrives after the end, and writes none after `done`", async () => {
    const { replies, late, load, complete } = scene({ pieces: ["a"], latePieces: ["b", "c"] });
    await load();
    await complete();
    late.forEach((arrive) => arrive());
    expect(replies.slice(1).map((reply) => (reply.type === "token" ? reply.text : reply.type))).toEqual([
      "a",
      "bc",
      "done",
    ]);
  });

  it("refuses a prompt that leaves no room for an answer, with the numbers", async () => {
    const { replies, load, complete } = scene({ tokens: 80 });
    await load();
    await complete();
    expect(replies.at(-1)).toEqual({ type: "error", id: 2, code: "too-long", tokens: 81, limit: 60 });
  });

  it("never asks for more tokens than the context has room for", async () => {
    const { load, complete, asked } = scene({ tokens: 54 });
    await load();
    await complete();
    expect(asked()).toBe(45);
  });

  it("stops when it is told to, and only then takes the next", async () => {
    const { replies, say, load, complete } = scene({}, true);
    await load();
    const running = complete();
    await complete({ id: 3 });
    await say({ type: "cancel", id: 77 });
    await new Promise((resolve) => setImmediate(resolve));
    await say({ type: "cancel", id: 2 });
    await running;
    expect(replies.slice(1)).toMatchObject([
      { type: "error", id: 3, code: "busy" },
      { type: "token" },
      { type: "token" },
      { type: "done", id: 2, reason: "cancelled" },
    ]);
  });

  it("starts nothing that was cancelled before it began", async () => {
    const { replies, say, load, complete, asked } = scene();
    await load();
    const running = complete();
    await say({ type: "cancel", id: 2 });
    await running;
    expect(replies.at(-1)).toMatchObject({ type: "done", reason: "cancelled", outputTokens: 0 });
    expect(asked()).toBe(0);
  });

  it("names every refusal and keeps the library's words to itself", async () => {
    const { replies, server, load, complete } = scene({ fails: true });
    await server.handle("rubbish");
    await complete();
    await load({ model: "/broken" });
    await load();
    await complete();
    expect(replies).toEqual([
      { type: "error", id: 0, code: "bad-request" },
      { type: "error", id: 2, code: "not-loaded" },
      { type: "error", id: 1, code: "load-failed" },
      { type: "ready", id: 1 },
      { type: "error", id: 2, code: "failed" },
    ]);
  });
});
