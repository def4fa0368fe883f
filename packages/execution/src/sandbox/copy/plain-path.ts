const LONGEST = 1024;
const LONGEST_PART = 255;
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * The parts of a relative path that a tool for files could bring back: each a plain name on every system. Null for the rest: `..`,
 * invisible characters, drives and streams, names that Windows bends.
 */
export const plainParts = (path: string): readonly string[] | null => {
  const parts = path.split("/");
  if (path.length > LONGEST || path.search(UNSEEN) !== -1 || /[\\:]/.test(path) || path.startsWith("~")) return null;
  const isPlain = (part: string): boolean =>
    part !== "" && !/[. ]$/.test(part) && Buffer.byteLength(part) <= LONGEST_PART && !RESERVED.test(part);
  return parts.every(isPlain) ? parts : null;
};

/** A path as it can be shown: on one line, with nothing that hides. */
export const shownPath = (path: string): string =>
  path.replaceAll(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
