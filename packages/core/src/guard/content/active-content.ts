/**
 * What in a text can be followed: links and hosts with or without a scheme, mail addresses, IBANs, wallets, numbers to call. Pure and total.
 * One too many only leads to a question, so doubts count as found.
 */
import type { JsonValue } from "@moltbot/contracts";
import { readingsOf } from "./readings.ts";

/** Longer texts and deeper values are not looked through; whoever sends them asks. */
const LONGEST = 200_000;
const DEEPEST = 32;
/** Stands for what was not looked through. No text of an owner holds it. */
const UNREAD = "\0unread";

const LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}\\p{M}_-]{0,62})";
const STARTS = "(?<![\\p{L}\\p{N}_-])";
const REST = "[^\\s<>\"'`«»“”„‹›]{0,2000}";

/** `https://…`, `www.…`, and what programs start on a click. */
const LINK = `(?:[a-z][a-z0-9+.-]{1,20}:[/\\\\]{2}|${STARTS}www\\.|${STARTS}(?:mailto|tel|sms|data|javascript|vbscript|magnet|bitcoin|ethereum|litecoin|monero|tg|skype|facetime|callto|intent|file):(?=\\S))${REST}`;
const MAIL = "[^\\s@<>()[\\]{}\"'`,;:]{1,64}@[\\p{L}\\p{N}](?:[^\\s@<>()[\\]{}\"'`,;:]{0,254})";
/** A number as a host, and a host by name with what follows it. */
const ADDRESS = "(?<![\\p{N}.])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\p{N}.]\\p{N})";
const HOST = `${STARTS}(?:${LABEL}\\.){1,10}(?:xn--[a-z0-9-]{2,59}|\\p{L}{2,24})(?![\\p{L}\\p{N}_-])`;
const TAIL = "(?::\\d{1,5})?(?:[/?#][^\\s<>\"'`«»“”„‹›]{0,2000})?";

/** `//host`, shares, hosts with a port, numbers of the sixth version, and targets of marked-up links. */
const UNNAMED = `(?<![:\\w/\\\\])(?://|\\\\\\\\)[\\p{L}\\p{N}]${REST}|${STARTS}\\p{L}[\\p{L}\\p{N}-]{0,62}:\\d{2,5}(?![\\p{N}:.])|(?<![\\p{L}\\p{N}:])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}(?![\\p{L}\\p{N}:])|(?<=\\]\\()[^)\\s]{1,500}(?=\\))|(?<=(?:href|src|action)\\s{0,3}=\\s{0,3}["']?)[^\\s"'>]{1,500}`;

/** Each way to write something that can be followed has one of these in it: most sentences have none, and are done with at once. */
const MAY_BE_FOLLOWED = /[@:]|\/\/|\\\\|www\.|\]\(|(?:href|src|action)\s{0,3}=|\.[\p{L}\p{N}]/iu;
const FOLLOWED = new RegExp(`${LINK}|${MAIL}|${UNNAMED}|(?:${ADDRESS}|${HOST})${TAIL}`, "giu");

const IBAN = /(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ .-]?[A-Z0-9]){6,36}/giu;
const DIGITS_OF_IBAN = 8;
/** Ethereum, Bitcoin and its like (bech32), and anything in base 58 that is as long as a wallet. */
const HEX_WALLET = /(?<![a-z0-9])0x[0-9a-f]{40}(?![a-z0-9])/giu;
const BECH32 = /(?<![a-z0-9])(?:bc|tb|ltc|addr|cosmos|bnb|one|erd|inj)1[02-9ac-hj-np-z]{20,110}(?![a-z0-9])/giu;
const BASE58 = /(?<![A-Za-z0-9])[1-9A-HJ-NP-Za-km-z]{26,110}(?![A-Za-z0-9])/gu;

/** Dates and times are no numbers to call. */
const MOMENTS =
  /(?<![\p{N}])(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?(?![\p{N}])/gu;
/** A number to call: international, in brackets, with a leading zero, or in groups. */
const PHONE = /(?<![\p{L}\p{N}.,])(?:\+|\(\+?)?\d[\d()./ \t\u00a0‐-―-]{5,28}\d(?![\p{L}\p{N}])/gu;
/** A number behind a word that says what it is for. */
const ACCOUNT =
  /(?<![\p{L}\p{N}])(?:acc(?:ount|t)?|konto(?:nummer)?|cuenta|compte|konto-nr|iban|card|karte|routing|sort\s?code|口座)[\s.:#-]{0,5}(?:no|nr|number)?[\s.:#-]{0,5}(\d[\d\s-]{4,30}\d)/giu;
const DIGITS_OF_PHONE = 7;
const isPhone = (found: string): boolean => {
  const digits = found.replace(/\D/gu, "").length;
  return digits >= DIGITS_OF_PHONE && digits <= 19 && (/^[+(0]/u.test(found) || /\d[^\d]/u.test(found));
};

const isMixed = (text: string): boolean => /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);

/** Names of files end like hosts. What is a country's or a trade's ending too is no file here. */
const FILE =
  /^[^/?#:]*\.(?:txt|pdf|docx?|xlsx?|pptx?|csv|json|jpe?g|png|gif|bmp|svg|webp|html?|xml|ya?ml|toml|tsx?|jsx?|mjs|css|exe|tar|gz|log|ini|cfg|sql|bak|mp3|mp4|wav|odt|ods|odp|rtf|ics|eml|tmp)$/u;

/** As it is compared: without scheme, edges and case. */
const plain = (found: string): string =>
  found
    .toLowerCase()
    .replace(/^https?:[/\\]+/u, "")
    .replace(/[)\]}.,;:!?*_~/]+$/u, "");

/** Exported for its test: whether the first look may spare the second. */
export const mayBeFollowed = (text: string): boolean => MAY_BE_FOLLOWED.test(text);

/** Exported for its test: everything that can be followed, without a first look. */
export const followedIn = (text: string): readonly string[] =>
  [...text.matchAll(FOLLOWED)]
    .map(([found]) => found)
    .filter((found) => !FILE.test(found.toLowerCase()) || /^(?:www\.|[a-z]+:)/iu.test(found))
    .map(plain);

const digitsIn = (text: string): number => text.match(/\d/gu)?.length ?? 0;

/** The shortest wallet of all kinds, of letters and digits alone. */
const LONG_RUN = /(?<![a-z0-9])[a-z0-9]{23}/iu;

const walletsIn = (text: string): readonly string[] => [
  ...[...text.matchAll(HEX_WALLET), ...text.matchAll(BECH32)].map(([found]) => found.toLowerCase()),
  ...[...text.matchAll(BASE58)].map(([found]) => found).filter(isMixed),
];

const ibansIn = (text: string): readonly string[] =>
  [...text.matchAll(IBAN)]
    .map(([found]) => found.replace(/[ .-]/gu, "").toLowerCase())
    .filter((found) => digitsIn(found) >= DIGITS_OF_IBAN);

const phonesIn = (text: string): readonly string[] =>
  [...text.replace(MOMENTS, " ; ").matchAll(PHONE)]
    .map(([found]) => found)
    .filter(isPhone)
    .map((found) => found.replace(/\D/gu, ""));

const namedNumbersIn = (text: string): readonly string[] =>
  [...text.matchAll(ACCOUNT)].map(([, number = ""]) => number.replace(/\D/gu, ""));

/** Exported for its test: all accounts, wallets and numbers to call, without a first look. */
export const everyAccountIn = (text: string): readonly string[] => [
  ...ibansIn(text),
  ...walletsIn(text),
  ...phonesIn(text),
  ...namedNumbersIn(text),
];

/** The same, without looking for what so few digits and so short words cannot be. */
export const accountsIn = (text: string): readonly string[] => {
  const digits = digitsIn(text);
  if (digits === 0) return [];
  return [
    ...(digits < DIGITS_OF_IBAN ? [] : ibansIn(text)),
    ...(LONG_RUN.test(text) ? walletsIn(text) : []),
    ...(digits < DIGITS_OF_PHONE ? [] : phonesIn(text)),
    ...(digits < 2 ? [] : namedNumbersIn(text)),
  ];
};

const inText = (text: string): readonly string[] =>
  text.length > LONGEST
    ? [UNREAD]
    : readingsOf(text).flatMap((reading) => [
        ...(mayBeFollowed(reading) ? followedIn(reading) : []),
        ...accountsIn(reading),
      ]);

const textsIn = (value: JsonValue, depth: number): readonly string[] | null => {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  if (depth >= DEEPEST) return null;
  const found: string[] = [];
  for (const [key, item] of Object.entries(value)) {
    const within = textsIn(item, depth + 1);
    if (within === null) return null;
    found.push(key, ...within);
  }
  return found;
};

/** Everything in a value that can be followed, keys too, however it is written; each once, in the form in which it is compared. */
export const activeIn = (value: JsonValue): ReadonlySet<string> => {
  const texts = textsIn(value, 0);
  return new Set(texts === null ? [UNREAD] : texts.flatMap(inText));
};
