import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hides, neutralise, neutralProse, neutraliseProse, neutralText } from "./neutralise.ts";

describe("neutralise", () => {
  it("leaves ordinary text alone, in any script, with lines and tabs", () => {
    const text = "Größe 大きさ שלום\n\t½ — “ok” 👍";
    expect(neutralise(text)).toEqual([{ kind: "plain", text }]);
  });

  it.each([
    ["right-to-left override", "\u202E", "U+202E"],
    ["isolate", "\u2066", "U+2066"],
    ["Arabic letter mark", "\u061C", "U+061C"],
    ["zero-width space", "\u200B", "U+200B"],
    ["zero-width joiner", "\u200D", "U+200D"],
    ["byte order mark", "\uFEFF", "U+FEFF"],
    ["soft hyphen", "\u00AD", "U+00AD"],
    ["tag character", "\u{E0041}", "U+E0041"],
    ["variation selector", "\u{E0100}", "U+E0100"],
    ["Hangul filler", "\u3164", "U+3164"],
    ["line separator", "\u2028", "U+2028"],
    ["carriage return", "\r", "U+000D"],
    ["escape", "\u001B", "U+001B"],
    ["private use", "\uE000", "U+E000"],
    ["lone surrogate", "\uD800", "U+D800"],
    ["no-break space", "\u00A0", "U+00A0"],
    ["narrow no-break space", "\u202F", "U+202F"],
    ["wide space of Japanese", "\u3000", "U+3000"],
  ])("shows a %s by its code", (_name, character, code) => {
    expect(neutralise(`a${character}b`)).toEqual([
      { kind: "plain", text: "a" },
      { kind: "hidden", code },
      { kind: "plain", text: "b" },
    ]);
  });

  it("shows a file name as it will be used, not as bidi would draw it", () => {
    expect(neutralText("invoice\u202Efdp.exe")).toBe("invoice⟨U+202E⟩fdp.exe");
  });

  it("leaves nothing hidden in any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        (text) =>
          !/(?![\n\t ])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Variation_Selector}\u{E0000}-\u{E007F}\u2800]/u.test(
            neutralText(text),
          ),
      ),
    );
  });

  it("marks a blank that passes for a space quietly in prose, with its code at hand", () => {
    expect(neutraliseProse("Oui\u00A0!")).toEqual([
      { kind: "plain", text: "Oui" },
      { kind: "blank", code: "U+00A0" },
      { kind: "plain", text: "!" },
    ]);
    expect(neutralProse("Vraiment\u202F? 会議\u3000資料 ❤️")).toBe("Vraiment⍽? 会議⍽資料 ❤️");
    expect([hides("a\u00A0b"), hides("a b\n\t")]).toEqual([true, false]);
  });

  it("leaves no blank raw in prose, and nothing hidden but what spells a word or an emoji", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        (text) => !/(?![\n\t ])[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Bidi_Control}\u2800]/u.test(neutralProse(text)),
      ),
    );
  });
});

describe("neutralise, unplugged", () => {
  it("would let an override turn .exe into .pdf on the card", () => {
    const unplugged = (text: string): string => text;
    expect(unplugged("invoice\u202Efdp.exe")).toMatch(/\u202E/);
    expect(neutralText("invoice\u202Efdp.exe")).not.toMatch(/\u202E/);
  });
});
