import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRequest } from "./protocol.ts";

const load = { type: "load", id: 1, model: "/m.gguf", grammar: "root ::= [a]", contextTokens: 144 };
const complete = { type: "complete", id: 2, prompt: "hi", maxTokens: 10, stop: ["</s>"] };

describe("a request to the worker", () => {
  it("is read when it is exactly as it must be", () => {
    for (const request of [
      load,
      { ...load, threads: 1 },
      complete,
      { ...complete, stop: [] },
      { type: "cancel", id: 3 },
    ]) {
      expect(readRequest(JSON.stringify(request))).toEqual(request);
    }
  });

  it.each([
    "",
    "null",
    "[]",
    "7",
    "{",
    '{"type":"load"}',
    JSON.stringify({ ...load, id: 0 }),
    JSON.stringify({ ...load, id: 1.5 }),
    JSON.stringify({ ...load, id: "1" }),
    JSON.stringify({ ...load, model: "" }),
    JSON.stringify({ ...load, threads: 0 }),
    JSON.stringify({ ...load, contextTokens: 1e9 }),
    JSON.stringify({ ...load, lora: "x" }),
    JSON.stringify({ ...complete, prompt: 7 }),
    JSON.stringify({ ...complete, maxTokens: -1 }),
    JSON.stringify({ ...complete, stop: "x" }),
    JSON.stringify({ ...complete, stop: [""] }),
    JSON.stringify({ ...complete, stop: Array(9).fill("x") }),
    JSON.stringify({ type: "cancel", id: 3, all: true }),
    JSON.stringify({ type: "exec", id: 3 }),
    JSON.stringify({ type: "toString", id: 3 }),
    '{"type":"__proto__","id":1}',
  ])("is refused when it is %j", (line) => {
    expect(readRequest(line)).toBeNull();
  });

  it("never throws, whatever the line", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(() => readRequest(line)).not.toThrow();
      }),
    );
  });
});
