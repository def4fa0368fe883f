/** Letters that look Latin and are none. */
const LOOK_ALIKE = /[асеорхуіјѕԁһӏԛԝАВЕЅІЈКМНОРСТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧνορ]/u;
const LATIN = /\p{Script=Latin}/u;
const WORD = /[\p{L}\p{M}]{3,64}/gu;
const STYLED = /[\u{1D400}-\u{1D7FF}]/gu;
const WIDE = /[\uFF21-\uFF3A\uFF41-\uFF5A]/g;
const WIDE_IS_USUAL = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const ENTITIES = /(?:&#(?:\d{2,7}|x[0-9a-f]{2,6});){8,}/gi;
/** Letters and digits need no such encoding: whoever writes them so hides them. */
const NEEDLESS = /(?:%(?:3[0-9]|[46][1-9a-f]|[57][0-9a])){8,}/gi;
const ESCAPES = /(?:\\u00[2-7][0-9a-f]){8,}|(?:\\x[2-7][0-9a-f]){8,}/gi;
const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,100000}={0,2}/g;
const SENTENCE = /\p{L}{2,} \p{L}+ \p{L}{2,} \p{L}+/u;

const MOST_STYLED = 12;

const decoded = (run: string): string => {
  try {
    return atob(
      run
        .replaceAll("-", "+")
        .replaceAll("_", "/")
        .replace(/=+$/, "")
        .slice(0, 400 - (400 % 4)),
    );
  } catch {
    return ""; // not of that alphabet after all
  }
};

/** Whether the run says sentences once it is decoded. */
const saysSomething = (run: string): boolean => {
  const text = decoded(run);
  return /^[\t\n\r -~\u0080-\u00FF]{16,}$/.test(text) && SENTENCE.test(text);
};

const letters = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Words that a person and a machine read differently, counted by kind. */
export const disguisedTextIn = (text: string): ReadonlyMap<string, number> => {
  const mixed = LOOK_ALIKE.test(text)
    ? (text.match(WORD) ?? []).filter((word) => LOOK_ALIKE.test(word) && LATIN.test(word)).length
    : 0;
  const styled = letters(text, STYLED);
  const wide = WIDE_IS_USUAL.test(text) ? 0 : letters(text, WIDE);
  const runs = (text.match(BASE64) ?? []).filter(saysSomething).length;
  const coded = letters(text, ENTITIES) + letters(text, NEEDLESS) + letters(text, ESCAPES);
  return new Map(
    (
      [
        ["words mixing letters of several scripts", mixed],
        ["letters in an unusual form", (styled >= MOST_STYLED ? styled : 0) + (wide >= MOST_STYLED ? wide : 0)],
        ["sentences written in base64", runs],
        ["words written as codes of their letters", coded],
      ] as const
    ).filter(([, count]) => count > 0),
  );
};
