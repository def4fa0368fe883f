import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleLine } from "./visible-line.ts";

describe("a line for people", () => {
  it("writes out what nobody could see, and keeps the rest", () => {
    expect(visibleLine("pay\u202Eeve \u{E0041}\u200B\u2800\uFE0F", 40)).toBe(
      "pay⟨U+202E⟩eve ⟨U+E0041⟩⟨U+200B⟩⟨U+2800⟩⟨U+FE0F⟩",
    );
    expect(visibleLine("  Grüße,\n\tBob  😀 ", 40)).toBe("Grüße, Bob 😀");
    expect(visibleLine("\uD83D", 40)).toBe("⟨U+D83D⟩");
    expect(visibleLine("\u00A0a\u3000b\uFEFF", 40)).toBe("⟨U+00A0⟩a⟨U+3000⟩b⟨U+FEFF⟩");
  });

  it("says that there is more, and never cuts a character in two", () => {
    expect(visibleLine("😀😀😀", 2)).toBe("😀😀…");
    expect(visibleLine("abc", 3)).toBe("abc");
    expect(visibleLine(`a${" ".repeat(500)}b`, 3)).toBe("a…");
  });

  it("holds no unseen character, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = visibleLine(text, 60);
        expect(line).not.toMatch(
          /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u{E0000}-\u{E007F}\u2800]/u,
        );
      }),
    );
  });
});
