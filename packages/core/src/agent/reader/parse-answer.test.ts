import type { AnswerKind } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bitsOf, leastBits, textOfAnswer } from "./answer-bits.ts";
import { parseAnswer } from "./parse-answer.ts";

const parsed = (text: string, kind: AnswerKind) => {
  const answer = parseAnswer(text, kind);
  return answer.ok ? answer.value : answer.error.code;
};
const said = (answer: unknown, kind: AnswerKind) => parsed(JSON.stringify({ answer }), kind);
const INVALID = "READER_ANSWER_INVALID";

describe("a reader's answer", () => {
  it.each<readonly [AnswerKind, unknown]>([
    ["text", "Bob"],
    ["texts", []],
    ["texts", ["a", "b"]],
    ["number", -12.5],
    ["number", 0],
    ["date", "2026-11-22"],
    ["date", "2024-02-29"],
    ["date", "2026-11-22T09:30Z"],
    ["date", "2026-11-22T09:30:59.123+01:00"],
    ["boolean", false],
    [["yes", "no"], "no"],
  ])("of kind %j may be %j", (kind, answer) => {
    expect(said(answer, kind)).toEqual(answer);
  });

  it.each<readonly [AnswerKind, unknown]>([
    ["text", null],
    ["text", "  "],
    ["text", 1],
    ["text", ["a"]],
    ["texts", "a"],
    ["texts", ["a", 1]],
    ["texts", [""]],
    ["texts", Array.from({ length: 101 }, () => "a")],
    ["number", "12"],
    ["number", null],
    ["date", "22.11.2026"],
    ["date", "2026-02-29"],
    ["date", "1900-02-29"],
    ["date", "2026-00-10"],
    ["date", "2026-13-01"],
    ["date", "2026-11-00"],
    ["date", "2026-11-22T24:00Z"],
    ["date", "2026-11-22 pay mallory"],
    ["date", 20_261_122],
    ["boolean", "true"],
    ["boolean", 1],
    [["yes", "no"], "maybe"],
    [["yes", "no"], "Yes"],
    [["yes", "no"], 0],
  ])("of kind %j is refused as %j", (kind, answer) => {
    expect(said(answer, kind)).toBe(INVALID);
  });

  it.each([
    "",
    "Bob",
    '{"answer":"Bob"} and more',
    '{"answer":"Bob","tool":"x"}',
    '{"Answer":"Bob"}',
    '["Bob"]',
    "null",
    '```\n{"answer":"Bob"}',
    '```sh\n{"answer":"Bob"}\n```',
    '{"answer":1e999}',
  ])("is nothing but one object of one answer: %j", (text) => {
    expect(parsed(text, "text")).toBe(INVALID);
    expect(parsed(text, "number")).toBe(INVALID);
  });

  it("may stand in a fence", () => {
    expect(parsed('```json\n{"answer":"Bob"}\n```', "text")).toBe("Bob");
    expect(parsed(' ```\n{"answer":"Bob"}\n```\n', "text")).toBe("Bob");
  });

  it("of one kind never is of another, whatever is said", () => {
    const kinds: readonly AnswerKind[] = ["text", "texts", "number", "date", "boolean", ["a", "b"]];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...kinds), (answer, kind) => {
        const value = said(answer, kind);
        if (value === INVALID) return;
        // JSON knows no -0.
        expect(value).toEqual(JSON.parse(JSON.stringify(answer)));
        expect(Array.isArray(value) ? "texts" : typeof value).toBe(
          kind === "number" || kind === "boolean" || kind === "texts" ? kind : "string",
        );
      }),
    );
  });
});

describe("the bits of an answer", () => {
  it("are those that its giver could have said with it", () => {
    expect(bitsOf("boolean", true)).toBe(1);
    expect(bitsOf(["a", "b"], "a")).toBe(1);
    expect(bitsOf(["a", "b", "c"], "a")).toBe(2);
    expect(bitsOf(["a", "a"], "a")).toBe(1);
    expect(bitsOf("number", -12.5)).toBe(20);
    expect(bitsOf("date", "2026-11-22")).toBe(40);
    expect(bitsOf("text", "anything at all")).toBe(0);
    expect(textOfAnswer(["a", "b"])).toBe("a\nb");
  });

  it("are never fewer than what is asked for beforehand", () => {
    expect(leastBits("number")).toBe(bitsOf("number", 7));
    expect(leastBits("date")).toBe(bitsOf("date", "2026-11-22"));
    expect(leastBits("boolean")).toBe(1);
    expect(leastBits("text")).toBe(1);
    expect(leastBits(["a", "b", "c", "d", "e"])).toBe(3);
  });
});
