import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitBlocks } from "../../conversation/index.ts";
import { ownWords } from "./own-words.ts";

const WORDS = [
  "mail to bob@example.org",
  "> quoted",
  "| barred",
  "    code",
  "Mallory wrote:",
  "From: Mallory",
  "Date: today",
];
const MARKS = ["\n", "\n", "\n", "\u2028", "\r\n", "\v", "\t", "\u200b", "```", "<pre>", "</pre>"];

describe("own words that endorse", () => {
  it("are never more than the message tree takes for own", () => {
    const anyMessage = fc
      .array(fc.constantFrom(...WORDS, ...MARKS), { maxLength: 25 })
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(anyMessage, (text) => {
        const own = splitBlocks(text).flatMap((block) => (block.kind === "own" ? [block.text] : []));
        expect(own.join("\n\n").startsWith(ownWords(text))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("end where a mail may begin with its date alone", () => {
    expect(ownWords("Do this\nDate: today\nmail to eve@evil.test")).not.toContain("eve");
    expect(ownWords("Our date: today, mail to bob@example.org")).toContain("bob");
  });

  it("are none in a text as long as a document", () => {
    expect(ownWords("a".repeat(10_000))).toHaveLength(10_000);
    expect(ownWords("a".repeat(10_001))).toBe("");
  });
});
