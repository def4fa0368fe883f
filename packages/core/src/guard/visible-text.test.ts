import { describe, expect, it } from "vitest";
import { hasUnseen, visibleLine, visibleValue } from "./visible-text.ts";

/** The definition, asked of one character at a time. */
const isUnseen = (character: string): boolean =>
  /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]$/u.test(character);

describe("what a person cannot see", () => {
  it("is found wherever it is, in every character below the supplementary planes", () => {
    for (let point = 0; point <= 0xffff; point += 1) {
      const character = String.fromCharCode(point);
      const code = `⟨U+${point.toString(16).toUpperCase().padStart(4, "0")}⟩`;
      const unseen = isUnseen(character);
      const shown = unseen ? code : character;
      const block = character === "\n" || character === "\t" ? character : shown;
      const text = `a${character}b`;
      // One comparison for each character: sixty-five thousand expectations would take seconds.
      if (hasUnseen(text) !== unseen || visibleLine(text, 9) !== `a${shown}b` || visibleValue(text) !== `a${block}b`) {
        expect.fail(`U+${point.toString(16)} is told wrongly`);
      }
    }
    expect(hasUnseen("Grüße, naïve Šárka – “ok” ✓ 𝐀")).toBe(false);
  });
});
