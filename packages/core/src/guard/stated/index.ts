/**
 * Whether the authority's own words fix a value. It endorses what a hijacked model chose, so each doubt counts against it:
 * a question too many costs a moment, a value wrongly taken for stated costs what the invariant protects.
 */
import { hasUnseen } from "@moltbot/contracts";
import type { ArgumentRole, JsonValue } from "@moltbot/contracts";
import { once } from "../once.ts";
import { asIfAlone } from "./enumeration.ts";
import { fitsNumber, isNumeral, numbersIn } from "./numbers.ts";
import { isOrder } from "./order.ts";
import { createReader } from "./reader.ts";
import type { OwnText, Reader } from "./reader.ts";
import type { Sentence } from "./sentence.ts";
import { isOnlyOne, mixesScripts, shapeOf, suitsRole } from "./shapes.ts";
import type { Shape } from "./shapes.ts";
import { bareWords, isInQuotation, MOST_PLACES, placesOf } from "./token.ts";
import type { Place } from "./token.ts";
import { endsWord, GIVING, INTRODUCTIONS, isDenied, isMisleading, isOther, isTale, isVerbAtEnd } from "./words.ts";

export { createReader } from "./reader.ts";
export type { Reader } from "./reader.ts";
export { ownStatements, standsIn } from "./standing.ts";

/** Shorter texts stand in almost any sentence by chance. */
const SHORTEST = 3;
const LONGEST = 2_000;

/** Letters of one alphabet and in one form, all of them seen: most values are such. */
const ASCII = /^[ -~]*$/;

/** A text that a person would read as exactly what it is. */
const isPlain = (value: string): boolean =>
  value.length >= SHORTEST &&
  value.length <= LONGEST &&
  value.trim() === value &&
  (ASCII.test(value) || (!hasUnseen(value) && value.normalize("NFC") === value && !mixesScripts(value)));

/** Punctuation at an edge belongs to the sentence: nobody can tell whether the value has it too. */
const hasOpenEdge = (value: string): boolean =>
  /^[\p{P}$€£]/u.test(value.replace(/^[@#./~+-]/u, "")) || /[^\p{L}\p{N}\p{M}/_=-]$/u.test(value);

/** A longer sentence is a document's. */
const LONGEST_SENTENCE = 2_000;

/** Roles whose numbers count something; elsewhere a number is the name of somebody or something, and long. */
const NUMERIC: ReadonlySet<ArgumentRole> = new Set(["amount", "time"]);

const isQuoted = (own: OwnText, place: Place): boolean => own.marked() && isInQuotation(own.text, place);

const isDoubtful = (own: OwnText, place: Place, sentence: Sentence, role: ArgumentRole): boolean =>
  sentence.before.length + sentence.after.length > LONGEST_SENTENCE ||
  isQuoted(own, place) ||
  isDenied(sentence.words) ||
  (role !== "content" && isTale(sentence.words)) ||
  !isOrder(own, place, sentence, role);

/** `bob@x.org <eve@y.org>`: the first is a mere display name of the second. */
const isDisplayName = (after: string): boolean => /^["'”’)]*\s*[<[({]\S*[@:]/u.test(after);

/** Whether the word directly before says that a value of this role follows. */
const isIntroduced = (role: ArgumentRole, before: readonly string[]): boolean => {
  const last = before.at(-1) ?? "";
  const known = INTRODUCTIONS[role];
  if (known === undefined) return false;
  if (known.prepositions.has(last)) return role !== "recipient" || !isMisleading(last, before.slice(0, -1));
  return known.verbs.has(last) && isVerbAtEnd(before);
};

/** Where the message names only one such value: the nearest word before it that gives any role must give this one. */
const isUnderstood = (role: ArgumentRole, before: readonly string[]): boolean => {
  for (let end = before.length; end > 0; end -= 1) {
    const upTo = before.slice(0, end);
    if (isOther(role, upTo.at(-1) ?? "")) return false;
    if (isIntroduced(role, upTo)) return true;
  }
  return role === "url" || role === "path" || role === "identifier";
};

interface Reading {
  readonly doubtful: boolean;
  readonly fits: boolean;
}

const readAt =
  (own: OwnText, shape: Shape, role: ArgumentRole, only: () => boolean) =>
  (place: Place): Reading => {
    const sentence = own.sentenceOf(place);
    const before = bareWords(sentence.before);
    const other = isOther(role, before.at(-1) ?? "");
    if (other || isDoubtful(own, place, sentence, role) || isDisplayName(sentence.after)) {
      return DOUBT;
    }
    const given = role === "recipient" && shape !== "word" && GIVING.has(before.at(-1) ?? "");
    const introduced = (given || isIntroduced(role, before)) && (shape !== "word" || endsWord(sentence.after));
    return { doubtful: false, fits: introduced || (only() && isUnderstood(role, before)) };
  };

const DOUBT: Reading = { doubtful: true, fits: false };

/** More mentions than are looked at: one of those unread might deny what the others say. */
const bounded = <Found>(found: readonly Found[], read: (one: Found) => Reading): readonly Reading[] =>
  found.length > MOST_PLACES ? [DOUBT] : found.map(read);

const readNumbers = (own: OwnText, digits: string, role: ArgumentRole): readonly Reading[] =>
  bounded(numbersIn(own.text, digits), (place) => {
    const sentence = own.sentenceOf(place);
    const fits = fitsNumber(own.text, place, sentence, role);
    const doubtful = fits ? isDoubtful(own, place, sentence, role) : isQuoted(own, place) || isDenied(sentence.words);
    return { doubtful, fits: fits && !doubtful };
  });

/** A message that is nothing but an address wants it read. */
const isAddressAlone = (text: string, value: string): boolean =>
  text.length <= value.length + 20 && [value, `<${value}>`].includes(text.trim());

const readText = (message: string, value: string, role: ArgumentRole, reader: Reader): readonly Reading[] => {
  if (!message.includes(value)) return [];
  const own = reader(message);
  if (role === "content") {
    return bounded(placesOf(own.text, value), (place) => {
      const doubtful = isDoubtful(own, place, own.sentenceOf(place), role);
      return { doubtful, fits: !doubtful };
    });
  }
  if (isNumeral(value) && (NUMERIC.has(role) || shapeOf(value) !== "id")) return readNumbers(own, value, role);
  const shape = shapeOf(value, role);
  if (shape === null || !suitsRole(shape, role) || hasOpenEdge(value)) return [];
  if (role === "url" && isAddressAlone(own.text, value)) return [{ doubtful: false, fits: true }];
  const only = once(() => isOnlyOne(value, shape, message));
  return bounded(placesOf(own.text, value), readAt(own, shape, role, only));
};

const wordsOf = (value: JsonValue): string | null => {
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : null;
  return typeof value === "string" && isPlain(value) ? value : null;
};

/** A longer list is no sentence's. */
const MOST_ELEMENTS = 20;

const isStatedText = (
  words: string,
  role: Exclude<ArgumentRole, "permission">,
  stated: readonly string[],
  reader: Reader,
): boolean => {
  const readings = stated.flatMap((message) => readText(message, words, role, reader));
  return readings.some(({ fits }) => fits) && !readings.some(({ doubtful }) => doubtful);
};

/**
 * Whether the exact value stands, as a whole and in this role, in the authority's own words: same code points, not inside a
 * longer word, number, address or quotation, in an order to the assistant, and not denied anywhere in these texts. One doubtful
 * mention outweighs any number of clear ones. Texts and numbers, and lists each of whose elements is stated; without a role,
 * nothing is.
 */
export const isStated = (
  value: JsonValue,
  role: ArgumentRole | undefined,
  stated: readonly string[],
  reader: Reader = createReader(),
): boolean => {
  if (role === undefined || role === "permission") return false;
  if (!Array.isArray(value)) {
    const words = wordsOf(value);
    return words !== null && isStatedText(words, role, stated, reader);
  }
  const elements = value.map(wordsOf);
  if (elements.length === 0 || elements.length > MOST_ELEMENTS) return false;
  const values = [...new Set(elements.filter((words) => words !== null))];
  return elements.every(
    (words) =>
      words !== null &&
      isStatedText(
        words,
        role,
        stated.map((message) => asIfAlone(message, words, values)),
        reader,
      ),
  );
};
