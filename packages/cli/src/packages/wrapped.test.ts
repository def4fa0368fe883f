import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { counted, lineWidth, wrapped } from "./wrapped.ts";

describe("a text in lines", () => {
  it("stands under its own beginning, whole words on each line", () => {
    expect(wrapped("  • ", "one two three four", { width: 13 })).toEqual(["  • one two", "    three", "    four"]);
    expect(wrapped("  • ", "one two three", { width: Infinity })).toEqual(["  • one two three"]);
    expect(wrapped("  ", "a b c", { width: 10, under: 6, shown: "->" })).toEqual(["->a b", "      c"]);
    expect(wrapped("", "addresses-stay-whole x", { width: 5 })).toEqual(["addresses-stay-whole", "x"]);
  });

  it("never begins a line where the house's own begin, and loses no word", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 6, max: 40 }), (text, width) => {
        const [first = "", ...rest] = wrapped("  ✗ ", text, { width });
        expect(first.startsWith("  ✗ ")).toBe(true);
        for (const line of rest) expect(line.startsWith("    ")).toBe(true);
        const words = (all: string) => all.split(/ +/).filter((word) => word !== "");
        const [whole = ""] = wrapped("", text, { width: Infinity });
        expect(words([first.slice(4), ...rest].join(" "))).toEqual(words(whole));
      }),
    );
  });

  it("writes out what would end a line or move the cursor", () => {
    expect(wrapped("  ", "a\n✓ b\u001b[2J", { width: Infinity })).toEqual(["  a\\n✓ b\\u001b[2J"]);
  });

  it("is as wide as the terminal, and usual where that says it has no width", () => {
    expect(lineWidth({ isTTY: true, columns: 80 })).toBe(80);
    expect(lineWidth({ isTTY: true, columns: 0 })).toBe(100);
    expect(lineWidth({ isTTY: true, columns: 300 })).toBe(100);
    expect(lineWidth({ isTTY: true, columns: 3 })).toBe(40);
    expect(lineWidth({ columns: 80 })).toBe(Infinity);
  });
});

describe("how many of something", () => {
  it("is one, or several", () => {
    expect([counted(1, "grant"), counted(0, "grant"), counted(2, "process", "processes")]).toEqual([
      "1 grant",
      "0 grants",
      "2 processes",
    ]);
  });
});
