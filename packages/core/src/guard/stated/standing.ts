import { hasUnseen } from "@moltbot/contracts";
import type { OwnText, Reader } from "./reader.ts";
import { bareWords } from "./token.ts";
import type { Place } from "./token.ts";
import { isDenied } from "./words.ts";

/** Shorter texts stand in almost any sentence by chance. */
const SHORTEST = 3;

const LETTER = /[\p{L}\p{N}\p{M}_@]/u;
const JOINT = /[.\-/:]/u;

/** Whether a longer word or address goes on at this side; `beside` begins at the place and leads away from it. */
const goesOn = (beside: readonly string[]): boolean => {
  const [first = "", second = ""] = beside;
  return LETTER.test(first) || (JOINT.test(first) && LETTER.test(second));
};

const standsAt = (text: string, start: number, end: number): boolean =>
  !goesOn(Array.from(text.slice(Math.max(0, start - 4), start)).toReversed()) &&
  !goesOn(Array.from(text.slice(end, end + 4)));

const QUOTATION =
  /"[^"\n]*"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|‹[^›\n]*›|(?<!\S)'[^'\n]*'(?!\p{L})|(?<!\S)‘[^’\n]*’(?!\p{L})/gu;

/** Whether a quotation of several words, closed or not, holds the place. What stands in marks by itself is only marked off. */
const isQuotedAt = (text: string, { start, end }: Place): boolean => {
  const before = text.slice(0, start - (/["“„«‹']$/u.test(text.slice(0, start)) ? 1 : 0));
  const count = (marks: RegExp): number => before.match(marks)?.length ?? 0;
  if (count(/"/gu) % 2 === 1 || count(/[“«‹「『]/gu) > count(/[”»›」』]/gu) + count(/„/gu)) return true;
  return [...text.matchAll(QUOTATION)].some(
    ({ index, 0: quoted }) => /\s/u.test(quoted) && index < start && end < index + quoted.length,
  );
};

/** Words that the authority repeats, or says no to, name nothing for them. */
const isMeant = (own: OwnText, place: Place): boolean =>
  !isQuotedAt(own.text, place) && !isDenied(own.sentenceOf(place).words);

/** What the authority says themselves in a message: without quotations of several words, and without sentences that hold a no. */
export const ownStatements = (text: string): string =>
  text
    .replace(QUOTATION, (quoted) => (/\s/u.test(quoted) ? " " : quoted))
    .split(/(?<=[.!?])\s+|\n+/u)
    .filter((sentence) => !isDenied(bareWords(sentence)))
    .join("\n");

/**
 * Whether a text stands anywhere as a whole in the authority's own words, in capitals or small letters, neither quoted nor denied.
 * It names something; it fixes nothing that a model chose with a stranger's text in view.
 */
export const standsIn = (words: string, stated: readonly string[], reader: Reader): boolean => {
  const sought = words.trim().toLowerCase();
  if (sought.length < SHORTEST || hasUnseen(sought)) return false;
  return stated.some((message) => {
    const own = reader(message);
    const text = own.text.toLowerCase();
    // Small letters of another length would shift every place.
    if (text.length !== own.text.length) return false;
    let stands = false;
    for (let at = text.indexOf(sought); at !== -1; at = text.indexOf(sought, at + 1)) {
      const end = at + sought.length;
      if (!standsAt(text, at, end)) continue;
      if (!isMeant(own, { start: at, end })) return false;
      stands = true;
    }
    return stands;
  });
};
