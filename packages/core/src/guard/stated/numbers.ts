import type { ArgumentRole } from "@moltbot/contracts";
import { INTRODUCTIONS, isVerbAtEnd } from "./words.ts";
import type { Sentence } from "./sentence.ts";
import { bareWords, placesOf } from "./token.ts";
import type { Place } from "./token.ts";

const CURRENCY = "(?:[$€£¥₹]|EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|INR|euros?|dollars?|pounds?|Euro|Dollar|Franken)";
const CURRENCY_BEFORE = new RegExp(`(?:^|\\s|\\()${CURRENCY}\\s?$`, "u");
const CURRENCY_AFTER = new RegExp(`^\\s?${CURRENCY}(?=$|[\\s.,;:!?)])`, "u");
const UNIT_AFTER =
  /^\s(?:seconds?|secs?|minutes?|mins?|min|hours?|hrs?|h|days?|weeks?|months?|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|secondes?|heures?|jours?|semaines?|mois|segundos?|minutos?|horas?|días?|semanas?)(?=$|[\s.,;:!?)])/iu;
/** Nothing farther away is a part of the same number. */
const NEAR = 40;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** `5` in `5 000`, in `5, 000`, in `5 ½`, in `12 5`, and in `- 5` is a piece of another number. */
const isPieceOfNumber = (before: string, after: string): boolean =>
  /[\p{N}][\s.,'’:/]*$/u.test(before) ||
  /^[\s.,'’:/]*\p{N}/u.test(after) ||
  /[-−–+~<>≤≥≈±*×^]\s*$/u.test(before) ||
  /(?:^|\s)(?:minus|under|over|below|above|about|around|almost|nearly|unter|über|etwa|rund|fast|environ|casi)\s*$/iu.test(
    before,
  );

/** `5 million`, `5 %`, `5 k`, `5 x`: more than five. */
const isScaled = (after: string): boolean =>
  /^\s*(?:%|‰|k\b|m\b|x\b|×|°|percent|prozent|pour|hundred|thousand|million|billion|dozen|hundert|tausend|mio|mrd|mille|mil\b|cents?|pence|and a half|ein)/iu.test(
    after,
  );

const introduces = (role: ArgumentRole, before: string): boolean => {
  const words = bareWords(before);
  const last = words.at(-1) ?? "";
  const known = INTRODUCTIONS[role];
  return known !== undefined && (known.prepositions.has(last) || (known.verbs.has(last) && isVerbAtEnd(words)));
};

/** What follows must end the number: "pay 5 invoices" pays no five of anything. */
const endsHere = (after: string): boolean => /^[)\]"'”’]*(?:[.,;:!?]|\s*$)/u.test(after);

const MONEY = new RegExp(`${CURRENCY}\\s?\\d|\\d\\s?${CURRENCY}`, "gu");

/** Where a message names several sums, a currency does not say which of them is meant. */
const isOnlySum = (text: string): boolean => [...text.matchAll(MONEY)].length <= 1;

/** What stands around a number: in the whole text, and before it in its sentence. */
interface Around {
  readonly text: string;
  readonly before: string;
  readonly after: string;
}

const isSum = ({ text, before, after }: Around): boolean => {
  const follows = CURRENCY_BEFORE.test(before);
  if (!follows && !CURRENCY_AFTER.test(after)) return introduces("amount", before) && endsHere(after);
  return isOnlySum(text) || introduces("amount", before.replace(CURRENCY_BEFORE, ""));
};

const fitsRole = (role: ArgumentRole, around: Around): boolean => {
  switch (role) {
    case "amount":
      return isSum(around);
    case "time":
      return UNIT_AFTER.test(around.after);
    case "identifier":
      return around.before.endsWith("#") || (introduces(role, around.before) && endsHere(around.after));
    default:
      return false;
  }
};

/** A sign of money or a number sign may touch the digits: `$5`, `5€`, `#5`. */
const touching = (text: string, digits: string): readonly Place[] => {
  const places: Place[] = [];
  for (const sign of ["$", "€", "£", "¥", "₹"]) {
    places.push(...placesOf(text, sign + digits).map(({ start, end }) => ({ start: start + 1, end })));
    places.push(...placesOf(text, digits + sign).map(({ start, end }) => ({ start, end: end - 1 })));
  }
  places.push(...placesOf(text, `#${digits}`).map(({ start, end }) => ({ start: start + 1, end })));
  return places;
};

/** Whether a text is a plain decimal number. */
export const isNumeral = (text: string): boolean => NUMBER.test(text);

/** Everywhere a number stands for itself in a text. */
export const numbersIn = (text: string, digits: string): readonly Place[] => [
  ...placesOf(text, digits),
  ...touching(text, digits),
];

/** Whether the surroundings of a number give it the role. */
export const fitsNumber = (text: string, place: Place, sentence: Sentence, role: ArgumentRole): boolean => {
  const near = text.slice(Math.max(0, place.start - NEAR), place.start).replace(/[$€£¥₹#]$/u, "");
  const after = text.slice(place.end, place.end + NEAR);
  const whole = !isPieceOfNumber(near, after) && !isScaled(after);
  return whole && fitsRole(role, { text, before: sentence.before, after });
};
