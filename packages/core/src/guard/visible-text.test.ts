import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleLine, visibleValue } from "./visible-text.ts";

const RAW =
  /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u{E0000}-\u{E007F}\u2800]/u;

describe("what a card shows", () => {
  it("holds nothing unseen and no blank that passes for a space, at any depth, in names too", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }), fc.string({ unit: "binary" }), (value, text) => {
        const given = JSON.parse(JSON.stringify({ [text]: [value, text] })) as Parameters<typeof visibleValue>[0]; // made of JSON
        const shown = JSON.stringify(visibleValue(given));
        expect(shown).not.toMatch(RAW);
        expect(visibleLine(text, 60)).not.toMatch(RAW);
      }),
    );
  });

  it("keeps line breaks and tabs of a value and writes them out in a line", () => {
    expect(visibleValue("a\n\tb\r\u00A0c")).toBe("a\n\tb⟨U+000D⟩⟨U+00A0⟩c");
    expect(visibleLine("a\n\tb\u3000", 9)).toBe("a⟨U+000A⟩⟨U+0009⟩b⟨U+3000⟩");
  });

  it("says how much of a long text is missing, and shows what the cut leaves of a character", () => {
    expect(visibleLine("abcdefgh", 4)).toBe("ab … [4 characters not shown] … gh");
    expect(visibleLine(`a😀${"b".repeat(9)}c`, 4)).toBe("a⟨U+D83D⟩ … [9 characters not shown] … bc");
  });
});
