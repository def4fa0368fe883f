import type { Span } from "./span.ts";

/** Shorter ones would be found everywhere by chance. */
const SHORTEST = 6;
const MOST_SOUGHT = 64;
const RUN = /[A-Za-z0-9+/_=%-]{16,}/g;

const base64Cores = (bytes: Buffer): readonly string[] =>
  [0, 1, 2].flatMap((shift) => {
    // Where the secret lies inside something longer, its letters depend on how many bytes stand before it.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const from = shift === 0 ? 0 : shift + 1;
    const whole = Math.floor(((bytes.length + shift) * 8) / 6);
    const core = text.slice(from, whole);
    return core.length < 8 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });

const percentEncoded = (value: string): string => {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // half a character pair has no encoded form
  }
};

/** The forms in which a secret is hidden by habit or on purpose. */
const formsOf = (value: string): readonly string[] => {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  return [
    value,
    Array.from(value).toReversed().join(""),
    percentEncoded(value),
    [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
    JSON.stringify(value).slice(1, -1),
    hex,
    hex.toUpperCase(),
    (hex.match(/../g) ?? []).join(" "),
    ...base64Cores(bytes),
  ];
};

const placesOf = (text: string, needle: string, what: string): readonly Span[] => {
  const spans: Span[] = [];
  // A password that is a word is sought as a word: inside others it says nothing.
  const word = /^\p{L}+$/u.test(needle);
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
    const beside = `${text[at - 1] ?? ""} ${text[at + needle.length] ?? ""}`;
    if (!word || !/[\p{L}\p{N}]/u.test(beside)) spans.push({ start: at, end: at + needle.length, what });
  }
  return spans;
};

/** The run of letters of an encoding around a found core: the bytes beside the secret go with it. */
const wholeRun = (text: string, { start, end, what }: Span): Span => {
  const isLetter = (at: number): boolean => /[A-Za-z0-9+/=_-]/.test(text[at] ?? "");
  let [from, to] = [start, end];
  while (from > 0 && start - from < 4 && isLetter(from - 1)) from -= 1;
  while (to < text.length && to - end < 4 && isLetter(to)) to += 1;
  return { start: from, end: to, what };
};

/**
 * Where recognised secrets stand again: as they are, reversed, percent-encoded, escaped, as hex or base64. Where there are
 * more of them than can be sought, every long run of such letters counts as one: a text that floods us hides nothing.
 */
export const echoesOf = (text: string, values: ReadonlyMap<string, string>): readonly Span[] => {
  const long = [...values].filter(([value]) => value.length >= SHORTEST && value.length <= 4096);
  const sought = long.slice(0, MOST_SOUGHT).flatMap(([value, what]) => {
    const [plain = value, ...encoded] = [...new Set(formsOf(value))];
    return [
      ...placesOf(text, plain, what),
      ...encoded.flatMap((form) => placesOf(text, form, `${what} in another form`).map((span) => wholeRun(text, span))),
    ];
  });
  if (long.length <= MOST_SOUGHT) return sought;
  const others = new Map(long);
  const repeats = [...text.matchAll(/[^\s"'`,;()<>]{6,4096}/g)].flatMap((found) =>
    others.has(found[0])
      ? [{ start: found.index, end: found.index + found[0].length, what: others.get(found[0]) ?? "" }]
      : [],
  );
  const runs = [...text.matchAll(RUN)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    what: "long word beside many secrets",
  }));
  return [...sought, ...repeats, ...runs];
};
