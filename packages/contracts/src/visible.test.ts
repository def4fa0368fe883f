import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLANK_MARK, codePointName, hasUnseen, visibleInLine, visibleProse, visibleText } from "./visible.ts";

/** The definitions, asked of one character at a time, class by class. */
const UNSEEN_CLASSES: readonly RegExp[] = [
  /\p{Cc}/u,
  /\p{Cf}/u,
  /\p{Cs}/u,
  /\p{Co}/u,
  /\p{Cn}/u,
  /[\p{Zl}\p{Zp}]/u,
  /\p{Default_Ignorable_Code_Point}/u,
  /\p{Bidi_Control}/u,
  /\p{Variation_Selector}/u,
  /[\u{E0000}-\u{E007F}]/u,
  /[\u2800\u{1D159}]/u,
];
const isUnseen = (character: string): boolean => UNSEEN_CLASSES.some((of) => of.test(character));
const isBlank = (character: string): boolean => character !== " " && /\p{Zs}/u.test(character);

/** What no surface for people may hold. */
const RAW =
  /(?![\n\t ])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u{E0000}-\u{E007F}\u2800]/u;
const HOSTILE = fc.constantFrom(
  ...[
    0x0, 0x1b, 0x7f, 0x85, 0x9b, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1680, 0x180e, 0x2000, 0x200a, 0x200b, 0x200d,
    0x2028, 0x202e, 0x202f, 0x205f, 0x2066, 0x2800, 0x3000, 0x3164, 0xd800, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0x1d173,
    0xe0041, 0xe0100, 0x10ffff,
  ].map((point) => String.fromCodePoint(point)),
);
const TEXTS = fc
  .array(fc.oneof(fc.string({ unit: "binary", maxLength: 3 }), HOSTILE, fc.constantFrom("\n", "\t", " ", "a", "é")))
  .map((parts) => parts.join(""));

describe("what a person cannot see", () => {
  it("is written out by its number, and a blank that passes for a space marked in prose, for every code point there is", () => {
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const one = String.fromCodePoint(point);
      const [unseen, blank, kept] = [isUnseen(one), isBlank(one), one === "\n" || one === "\t"];
      const named = `a⟨U+${point.toString(16).toUpperCase().padStart(4, "0")}⟩b`;
      const text = `a${one}b`;
      const inLine = unseen || blank ? named : text;
      const inProse = blank ? `a${BLANK_MARK}b` : inLine;
      // One comparison for each character: a million expectations would take a minute.
      if (
        hasUnseen(text) !== unseen ||
        visibleInLine(text) !== inLine ||
        visibleText(text) !== (kept ? text : inLine) ||
        visibleProse(text) !== (kept ? text : inProse)
      ) {
        expect.fail(`${codePointName(one)} is told wrongly`);
      }
    }
    expect([hasUnseen("\u202E"), hasUnseen("\u00A0"), hasUnseen("Grüße, naïve Šárka – “ok” ✓ 𝐀")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("comes through raw in no text, line or prose, whatever stands around it", () => {
    fc.assert(
      fc.property(TEXTS, (text) => {
        for (const shown of [visibleText(text), visibleProse(text), visibleInLine(text)])
          expect(shown).not.toMatch(RAW);
        expect(visibleInLine(text)).not.toMatch(/[\n\t]/);
      }),
    );
  });

  it("changes nothing else, and nothing twice", () => {
    fc.assert(
      fc.property(TEXTS, (text) => {
        const shown = visibleText(text);
        expect(visibleText(shown)).toBe(shown);
        expect(visibleText(text, () => "")).toBe(
          Array.from(text)
            .filter((one) => one === "\n" || one === "\t" || !(isUnseen(one) || isBlank(one)))
            .join(""),
        );
      }),
    );
  });

  it("keeps ordinary prose readable: French and Japanese blanks are a quiet mark", () => {
    expect(visibleProse("Vraiment\u202F? Oui\u00A0!")).toBe("Vraiment⍽? Oui⍽!");
    expect(visibleProse("会議\u3000資料\n\t终")).toBe("会議⍽資料\n\t终");
    expect(visibleText("会議\u3000資料")).toBe("会議⟨U+3000⟩資料");
    expect(visibleProse("a\u202Eb\u00A0", (one) => `[${codePointName(one)}]`)).toBe("a[U+202E]b⍽");
  });
});
