import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { titleOf } from "./index.ts";

describe("a title", () => {
  it("is the first message on one line", () => {
    expect(titleOf("  Remind me\n\tto   stretch ")).toBe("Remind me to stretch");
  });

  it("of an empty message says so", () => {
    expect(titleOf(" \n ")).toBe("New conversation");
  });

  it("is cut at a word, and in the middle of a word that is too long", () => {
    expect(titleOf(`${"word ".repeat(20)}end`)).toBe(`${Array.from({ length: 11 }, () => "word").join(" ")}…`);
    expect(titleOf("a".repeat(80))).toBe(`${"a".repeat(59)}…`);
  });

  it("never has more than 60 characters, a line break or half a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        const title = titleOf(text);
        expect(Array.from(title).length).toBeLessThanOrEqual(60);
        expect(title).not.toMatch(/[\n\r]/);
        expect(title.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
    expect(titleOf("😀".repeat(80)).isWellFormed()).toBe(true);
  });
});
