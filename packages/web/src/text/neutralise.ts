/** A run of plain text, or one character that people cannot see. */
export type TextPiece =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "hidden"; readonly code: string };

// Threat: bidi and zero-width characters make a card read differently from what will run. Everything Unicode calls
// ignorable, every control but line feed and tab, and every lone surrogate is shown by its code.
const HIDDEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u;
const VISIBLE_CONTROLS = new Set(["\n", "\t"]);

const codeOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Splits text so that each character nobody can see stands alone with its code point; joining loses nothing else. */
export const neutralise = (text: string): readonly TextPiece[] => {
  const pieces: TextPiece[] = [];
  let plain = "";
  const flush = (): void => {
    if (plain !== "") pieces.push({ kind: "plain", text: plain });
    plain = "";
  };
  for (const character of text) {
    if (!HIDDEN.test(character) || VISIBLE_CONTROLS.has(character)) {
      plain += character;
      continue;
    }
    flush();
    pieces.push({ kind: "hidden", code: codeOf(character) });
  }
  flush();
  return pieces;
};

/** The same as one string, for places that take no markup: hidden characters read as ⟨U+202E⟩. */
export const neutralText = (text: string): string =>
  neutralise(text)
    .map((piece) => (piece.kind === "plain" ? piece.text : `⟨${piece.code}⟩`))
    .join("");
