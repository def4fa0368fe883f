import { BLANK_MARK, codePointName, PASSES_FOR_SPACE, UNSEEN } from "@moltbot/contracts/visible";

/** A run of plain text, one character that people cannot see, or in prose one blank that passes for a space. */
export type TextPiece =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "hidden"; readonly code: string }
  | { readonly kind: "blank"; readonly code: string };

// Threat: bidi and zero-width characters make a card read differently from what will run, and carry words that only a model
// reads; blanks that pass for a space make two values look the same. Each is shown by its code.
const HIDDEN = new RegExp(`(?![\\n\\t])(?:${UNSEEN}|${PASSES_FOR_SPACE})`, "v");
const EACH_HIDDEN = new RegExp(HIDDEN, "gv");
// A whole emoji that Unicode recommends is seen, and so is a joiner inside a word of a script whose letters join; a selector
// or joiner anywhere else is neither.
const JOINS =
  "[\\p{scx=Arab}\\p{scx=Syrc}\\p{scx=Mong}\\p{scx=Deva}\\p{scx=Beng}\\p{scx=Guru}\\p{scx=Gujr}\\p{scx=Orya}\\p{scx=Taml}\\p{scx=Telu}\\p{scx=Knda}\\p{scx=Mlym}\\p{scx=Sinh}]";
const SEEN_OR_HIDDEN = new RegExp(
  `(?<seen>\\p{RGI_Emoji}|(?<=${JOINS})[\\u200C\\u200D](?=${JOINS}))|(?<blank>${PASSES_FOR_SPACE})|${HIDDEN.source}`,
  "gv",
);

const split = (text: string, pattern: RegExp): readonly TextPiece[] => {
  if (!HIDDEN.test(text)) return text === "" ? [] : [{ kind: "plain", text }];
  const pieces: TextPiece[] = [];
  let from = 0;
  // `matchAll` would compile the pattern anew for each text.
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    if (found.groups?.["seen"] !== undefined) continue;
    if (found.index > from) pieces.push({ kind: "plain", text: text.slice(from, found.index) });
    const kind = found.groups?.["blank"] === undefined ? "hidden" : "blank";
    pieces.push({ kind, code: codePointName(found[0]) });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ kind: "plain", text: text.slice(from) });
  return pieces;
};

const wordOf = (piece: TextPiece): string => {
  if (piece.kind === "plain") return piece.text;
  return piece.kind === "blank" ? BLANK_MARK : `⟨${piece.code}⟩`;
};

const joined = (pieces: readonly TextPiece[]): string => pieces.map(wordOf).join("");

/** Whether the text holds a character that nobody can see, or a blank that passes for a space. */
export const hides = (text: string): boolean => HIDDEN.test(text);

/** Splits text so that each character nobody can see stands alone with its code point; joining loses nothing else. */
export const neutralise = (text: string): readonly TextPiece[] => split(text, EACH_HIDDEN);

/** The same for running prose: what belongs to a whole emoji or to a word's spelling is seen, and stays; blanks are marked. */
export const neutraliseProse = (text: string): readonly TextPiece[] => split(text, SEEN_OR_HIDDEN);

/** The same as one string, for places that take no markup: hidden characters read as ⟨U+202E⟩. */
export const neutralText = (text: string): string => joined(neutralise(text));

/** Running prose as one string, for announcements. */
export const neutralProse = (text: string): string => joined(neutraliseProse(text));
