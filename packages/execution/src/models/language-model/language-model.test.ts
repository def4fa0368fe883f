import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ask, clock, keptLog, request } from "../testing/model-harness.ts";
import { createLanguageModel } from "./language-model.ts";
import { createPartReader } from "./read-parts.ts";

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const textPart = (delta: string): LanguageModelV4StreamPart => ({ type: "text-delta", id: "0", delta });
const finishPart = (
  unified: "stop" | "tool-calls" | "length" | "content-filter" | "other" | "error" | "interrupted",
): LanguageModelV4StreamPart => ({ type: "finish", finishReason: { unified, raw: undefined }, usage: USAGE });

/** A library that streams the parts of each asking in turn, or throws. */
const library = (...answers: readonly (readonly LanguageModelV4StreamPart[] | Error)[]) => {
  let asked = 0;
  const doStream = async () => {
    const answer = answers[asked] ?? answers.at(-1) ?? [];
    asked += 1;
    if (answer instanceof Error) throw answer;
    return { stream: ReadableStream.from(answer) };
  };
  return { asked: () => asked, client: { doStream } as unknown as LanguageModelV4 }; // nothing else of it is used
};
const busy = Object.assign(new Error("x"), { url: "u", isRetryable: true, statusCode: 503, responseBody: "" });

const modelOver = ({ client }: { client: LanguageModelV4 }, firstSeconds = 0.001) =>
  createLanguageModel({
    description: { name: "it", says: "it", demonstration: false, local: true, tools: true },
    load: async () => client,
    timeoutSeconds: 5,
    patience: { retries: 2, firstSeconds, longestSeconds: 600 },
    clock,
    log: keptLog(),
    random: () => 1,
  });

describe("asking again", () => {
  it("waits as long as it was told, and ends at once when a person stops", async () => {
    const down = library(busy);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 30);
    const began = performance.now();
    expect((await ask(modelOver(down, 600), request("hello"), stop.signal)).error).toBe("TURN_STOPPED");
    expect(performance.now() - began).toBeLessThan(5_000); // of six hundred seconds
    expect(down.asked()).toBe(1);
  });

  it("happens after an answer that broke off in a call, of which nothing was handed on", async () => {
    const call: LanguageModelV4StreamPart = { type: "tool-call", toolCallId: "a", toolName: "clock_now", input: "{}" };
    const flaky = library([call, { type: "error", error: { code: 503 } }], [call, finishPart("tool-calls")]);
    expect(await ask(modelOver(flaky), request("hello"))).toMatchObject({ finish: "calls", error: null });
    expect(flaky.asked()).toBe(2);
  });

  it("never happens after a word, whatever follows it", async () => {
    const partial = library(
      [textPart("half"), { type: "error", error: { code: 503 } }],
      [textPart("other"), finishPart("stop")],
    );
    expect(await ask(modelOver(partial), request("hello"))).toMatchObject({ text: "half", error: "MODEL_UNAVAILABLE" });
    expect(partial.asked()).toBe(1);
  });
});

describe("whatever a library says", () => {
  const part = fc.oneof(
    fc.string({ maxLength: 5 }).map(textPart),
    fc.constantFrom<LanguageModelV4StreamPart>(
      { type: "stream-start", warnings: [] },
      { type: "tool-call", toolCallId: "a", toolName: "file_read", input: "" },
      { type: "tool-input-delta", id: "a", delta: "x" },
      { type: "reasoning-delta", id: "r", delta: "thought" },
      { type: "error", error: { code: 429 } },
      { type: "error", error: new Error("unreadable") },
    ),
    fc
      .constantFrom(
        "stop" as const,
        "tool-calls" as const,
        "length" as const,
        "content-filter" as const,
        "other" as const,
        "error" as const,
        "interrupted" as const,
      )
      .map(finishPart),
  );

  it("an answer has one end, and calls only in a whole one that ends with them", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const reader = createPartReader("m");
        for (const one of parts) {
          const { events, end } = reader.push(one);
          const finish = events.find((event) => event.type === "finish");
          expect(finish !== undefined).toBe(end === "whole");
          if (events.some((event) => event.type === "call")) expect(finish?.reason).toBe("calls");
          if (finish?.reason === "calls") expect(events.length).toBeGreaterThan(1);
          if (end !== null) return;
        }
      }),
    );
  });

  it("a stream of it is words, then one end or one error, and nothing after", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const heard: string[] = [];
        for await (const event of modelOver(library(parts)).stream(request("hello"), new AbortController().signal))
          heard.push(event.ok ? event.value.type : "error");
        expect(heard.join(" ")).toMatch(/^(text )*((call )+)?(finish|error)$/);
        expect(heard.includes("call") && heard.includes("error")).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
