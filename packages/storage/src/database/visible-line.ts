import { visibleInLine } from "@moltbot/contracts";

const BLANKS = /[ \t\r\n]+/g;
/** `trim` would drop hidden characters at the ends in silence. */
const ENDS = /^ | $/g;

/** A part of a text as part of one line: blanks are one blank, and what cannot be seen is written out. */
export const visiblePiece = (text: string): string => visibleInLine(text.replace(BLANKS, " "));

/** How a text begins, in one line of at most `length` characters that can all be seen: unseen ones are written as ⟨U+202E⟩. */
export const visibleLine = (text: string, length: number): string => {
  // Twice as many code units hold that many characters; a few more, so that what is cut off is known.
  const characters = Array.from(
    text
      .slice(0, 2 * length + 2)
      .replace(BLANKS, " ")
      .replace(ENDS, ""),
  );
  const line = visibleInLine(characters.slice(0, length).join(""));
  return characters.length > length || text.length > 2 * length + 2 ? `${line}…` : line;
};
