/**
 * Whether a value stands in an order to the assistant. What is asked, told, supposed or shown fixes nothing, and neither does
 * what somebody else shall do; of two readings, the one that is no order counts.
 */
import type { ArgumentRole } from "@moltbot/contracts";
import type { OwnText } from "./reader.ts";
import type { Sentence } from "./sentence.ts";
import {
  ACTING,
  ADDRESS,
  ASKING,
  CONDITIONAL,
  DETERMINER,
  FOLLOWING,
  GERMAN_VERB,
  GREETING,
  INDEFINITE,
  JOINING,
  MAKING,
  REMARK,
  REMINDING,
  SAYING,
  SOFT,
  SOURCE,
  SUBORDINATE,
  TAKING,
  THAT,
  TO_DO,
  TOWARDS,
} from "./order-words.ts";
import { bareWord } from "./token.ts";
import type { Place } from "./token.ts";
import { ADDRESSING, opensOrder, ordersRole } from "./verbs.ts";

const LONGEST_CLAUSE = 14;

interface Token {
  readonly raw: string;
  readonly word: string;
}

const tokensOf = (text: string): readonly Token[] =>
  text
    .split(/\s+/u)
    .filter((raw) => raw !== "")
    .map((raw) => ({ raw, word: bareWord(raw) }));

const wordAt = (tokens: readonly Token[], at: number): string => tokens[at]?.word ?? "";
const rawAt = (tokens: readonly Token[], at: number): string => tokens[at]?.raw ?? "";

interface Opening {
  readonly at: number;
  /** Whether the order is put as a question: "could you". */
  readonly asked: boolean;
}

const skipSoft = (tokens: readonly Token[], from: number): number => {
  const found = tokens.findIndex(({ word }, at) => at >= from && !SOFT.has(word));
  return found === -1 ? tokens.length : found;
};

/** A greeting, perhaps with a name, ends with a comma. */
const skipGreeting = (tokens: readonly Token[]): number => {
  if (!GREETING.has(wordAt(tokens, 0))) return 0;
  const comma = tokens.slice(0, 2).findIndex(({ raw }) => /[,!]$/u.test(raw));
  return comma === -1 || (comma === 1 && !/^\p{Lu}/u.test(rawAt(tokens, 1))) ? 0 : comma + 1;
};

const openingOf = (tokens: readonly Token[]): Opening => {
  const at = skipSoft(tokens, skipGreeting(tokens));
  const form = ASKING.find((words) => words.every((word, i) => tokens[at + i]?.word === word));
  if (form === undefined) return { at, asked: false };
  return { at: skipSoft(tokens, at + form.length), asked: true };
};

/** "To rob" in "the plan to rob": what follows is somebody's purpose. */
const isPurpose = (tokens: readonly Token[], at: number): boolean => {
  const next = tokens[at + 1];
  if (tokens[at]?.word === "zu") return true;
  if (next === undefined || tokens[at]?.word !== "to") return false;
  return !DETERMINER.test(next.word) && !ADDRESS.test(next.raw) && !/^\p{Lu}/u.test(next.raw);
};

/** Whether what the sentence orders first leaves the later order the assistant's own. */
const leavesOrder = (tokens: readonly Token[]): boolean =>
  !ADDRESSING.has(wordAt(tokens, 0)) &&
  tokens.every(({ word }, at) => at === 0 || !(SUBORDINATE.has(word) || isPurpose(tokens, at) || ACTING.test(word)));

/** Where the verb stands that orders the value: the sentence's first, or the last one behind "and" or "then". */
const verbAt = (tokens: readonly Token[], { at, asked }: Opening, role: ArgumentRole): number => {
  const starts = (i: number): boolean => {
    if (!ordersRole(role, wordAt(tokens, i), asked)) return false;
    let before = i - 1;
    while (before > at && SOFT.has(wordAt(tokens, before)) && !JOINING.has(wordAt(tokens, before))) before -= 1;
    return before > at && (JOINING.has(wordAt(tokens, before)) || rawAt(tokens, before).endsWith(";"));
  };
  const later = tokens.findLastIndex((_, i) => i > at + 1 && starts(i));
  if (later !== -1) return leavesOrder(tokens.slice(at, later)) ? later : -1;
  return ordersRole(role, wordAt(tokens, at), asked) ? at : -1;
};

const isMade = (verb: string, rest: readonly Token[]): boolean =>
  MAKING.has(verb) && rest.length <= 4 && INDEFINITE.has(wordAt(rest, 0));

/** A name in the middle may be the subject of a clause without a "that": "the reports Bob uploads to Eve". */
const isSubject = (rest: readonly Token[], at: number): boolean =>
  /^\p{Lu}\p{Ll}/u.test(rawAt(rest, at)) &&
  at < rest.length - 2 &&
  !SOURCE.has(wordAt(rest, at - 1)) &&
  !/['’]s?$/u.test(rawAt(rest, at));

const strays = (rest: readonly Token[], at: number, capitals: boolean): boolean => {
  const [raw, word] = [rawAt(rest, at), wordAt(rest, at)];
  const last = at === rest.length - 1;
  if (SUBORDINATE.has(word) || ACTING.test(word) || isPurpose(rest, at)) return true;
  if (/[,;.!?–—()]/u.test(raw.slice(-1)) || word === "") return true;
  if (JOINING.has(word)) return !DETERMINER.test(wordAt(rest, at + 1));
  if (!last && TOWARDS.has(word)) return true;
  return (ADDRESS.test(raw) && !SOURCE.has(wordAt(rest, at - 1))) || (capitals && isSubject(rest, at));
};

/** The object between the verb and the value: nothing in it may take the value for itself. */
const leadsTo = (verb: string, rest: readonly Token[], role: ArgumentRole): boolean => {
  if (rest.length > LONGEST_CLAUSE) return false;
  if (role === "content" || role === "time") return !rest.some(({ word }) => CONDITIONAL.has(word));
  if (ADDRESSING.has(verb) && rest.length > 0) return false;
  if (rest.some((_, at) => strays(rest, at, !GERMAN_VERB.test(verb)))) return false;
  if (role === "url" || role === "path" || role === "identifier" || role === "command" || rest.length < 2) return true;
  const head = wordAt(rest, rest.length - 2);
  if (role === "amount") return !rest.some(({ word }) => TAKING.test(word));
  return !TAKING.test(head) || isMade(verb, rest);
};

/** What shall be said or done follows "that", for a reminder also "to", the verb itself, or stands in quotation marks. */
const saysContent = (verb: string, rest: readonly Token[], { before }: Sentence): boolean => {
  const last = rest.at(-1)?.word;
  if (/["“«„'‘]$/u.test(before)) return true;
  if (last === undefined) return SAYING.has(verb);
  return THAT.has(last) || (REMINDING.has(verb) && TO_DO.has(last));
};

/** What stands behind the value must not turn the order into something else. */
const goesOn = (after: string, { asked }: Opening): boolean => {
  const rest = after.replace(/^["'”’»)\]}>]+/u, "");
  const end = rest.trimEnd().replace(/["'”’»)]+$/u, "");
  if (end.endsWith("?") && !asked) return false;
  const words = tokensOf(rest).map(({ word }) => word);
  if (asked && words.some((word) => REMARK.has(word))) return false;
  if (/^[^,.;:!?]*[,;]\s/u.test(rest) && REMARK.has(wordAt(tokensOf(rest.replace(/^[^,;]*[,;]/u, "")), 0)))
    return false;
  if (words.includes("or") || words.includes("oder") || words.includes("ou")) return false;
  return /^\s*(?:[.,;!?]|$)/u.test(rest) || FOLLOWING.has(words[0] ?? "");
};

/** Money and units are part of their number. */
const MONEY =
  /^\s?(?:[$€£¥₹]|EUR\b|USD\b|GBP\b|CHF\b|JPY\b|SEK\b|NOK\b|DKK\b|PLN\b|CZK\b|INR\b|euros?\b|Euro\b|dollars?\b|Dollar\b|pounds?\b|Franken\b)/u;
const DURATION = /^\s\p{L}+(?=$|[\s.,;:!?)])/u;
const SIGN = /(?:[$€£¥₹]|\b(?:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|INR))\s?-?$/u;

const BELONGING: Readonly<Partial<Record<ArgumentRole, RegExp>>> = { amount: MONEY, time: DURATION };

/** A name, its bracket and the mark before a value belong to the value. */
const OPENED = /\s(?:\p{Lu}[\p{L}.'’-]*\s+){1,3}[(<]$/u;
const withoutEdge = (before: string): string =>
  before
    .replace(OPENED, " ")
    .replace(/[("'“‘«„<[#]+$/u, "")
    .replace(/:\s*$/u, " ");

/** Whether nothing before the place announces it as somebody else's text; a colon may lead directly to the value. */
const isOwn = ({ text, material }: OwnText, { start }: Place, sentence: Sentence): boolean => {
  const { everywhere, colon, pointing } = material();
  if (everywhere || pointing < sentence.start) return false;
  return colon >= start || /^[("'“‘«„<\s]*$/u.test(text.slice(colon + 1, start));
};

/** Whether the value at a place of the message stands in an order to the assistant that fits its role. */
export const isOrder = (own: OwnText, place: Place, sentence: Sentence, role: ArgumentRole): boolean => {
  if (!isOwn(own, place, sentence)) return false;
  const before = withoutEdge(role === "amount" ? sentence.before.replace(SIGN, "") : sentence.before);
  const tokens = tokensOf(before);
  const opening = openingOf(tokens);
  if (!opensOrder(wordAt(tokens, opening.at)) && !ordersRole(role, wordAt(tokens, opening.at), opening.asked)) {
    return false;
  }
  const at = verbAt(tokens, opening, role);
  if (at === -1) return false;
  const verb = tokens[at];
  const direct = verb !== undefined && /^[\p{L}-]+:?$/u.test(verb.raw);
  if (!direct || !leadsTo(verb.word, tokens.slice(at + 1), role)) return false;
  if (role === "content")
    return saysContent(verb.word, tokens.slice(at + 1), sentence) && !/\?["'”’»)]*\s*$/u.test(sentence.after);
  return goesOn(sentence.after.replace(BELONGING[role] ?? /(?!)/u, ""), opening);
};
