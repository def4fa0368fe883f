/** All that is not seen or moves what is seen: one by one, with what stands before and after. */
const CANDIDATES =
  /(?![\t\n\f\u0085])[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Co}\p{Cs}\p{Cc}\u{FFF9}-\u{FFFB}\u2800]/gu;

const RIGHT_TO_LEFT = /(?=\p{L})[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const PICTURE = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u{FE0F}\u{20E3}]/u;
const SYMBOL = /[\p{Emoji}\p{So}\p{Sm}\p{Sc}\p{Po}\p{Sk}]/u;
const HAS_VARIANTS =
  /[\p{Script=Han}\p{Script=Myanmar}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Script=Hiragana}\p{Script=Katakana}\p{Sm}\p{So}]/u;
/** Scripts whose letters join, so that joiners and non-joiners are spelling. */
const JOINS =
  /[\p{Script_Extensions=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Javanese}\p{Script=Balinese}\p{M}]/u;
/** Scripts without blanks between words. */
const UNSPACED =
  /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Javanese}]/u;
const BRAILLE = /[\u2801-\u28FF]/u;
const FLAG = /^\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}/u;
/** A flag takes at most six letters and their end: two units each, after two for the banner. */
const FLAG_UNITS = 16;

interface Place {
  readonly before: string;
  readonly after: string;
  readonly index: number;
  readonly text: string;
  readonly rightToLeft: boolean;
}

const charBefore = (text: string, at: number): string => {
  const low = text.charCodeAt(at - 1);
  return at <= 0 ? "" : low >= 0xdc00 && low <= 0xdfff && at > 1 ? text.slice(at - 2, at) : text.slice(at - 1, at);
};
const charAfter = (text: string, at: number): string =>
  at >= text.length ? "" : String.fromCodePoint(text.codePointAt(at) ?? 0);

/** Whether a tag belongs to the flag of a region such as 🏴󠁧󠁢󠁳󠁣󠁴󠁿. */
const inFlag = ({ text, index }: Place): boolean => {
  const from = Math.max(0, index - FLAG_UNITS);
  const around = text.slice(from, index + FLAG_UNITS);
  const banner = around.lastIndexOf("\u{1F3F4}", index - from);
  return banner >= 0 && banner + (FLAG.exec(around.slice(banner))?.[0].length ?? 0) > index - from;
};

const between = (code: number, from: number, to: number): boolean => code >= from && code <= to;

/** What kind of unseen a character is where it stands; null where it is ordinary spelling. */
const kindOf = (code: number, place: Place): string | null => {
  const { before, after, index, text, rightToLeft } = place;
  if (between(code, 0xe0000, 0xe007f)) return inFlag(place) ? null : "characters that cannot be seen (tags)";
  if (between(code, 0xfe00, 0xfe0f)) {
    const usual = code >= 0xfe0e ? SYMBOL.test(before) : HAS_VARIANTS.test(before);
    return usual ? null : "characters that cannot be seen (variation selectors)";
  }
  if (between(code, 0xe0100, 0xe01ef) || between(code, 0x180b, 0x180f)) {
    const usual = code >= 0xe0100 ? /\p{Script=Han}/u.test(before) : /\p{Script=Mongolian}/u.test(before);
    return usual ? null : "characters that cannot be seen (variation selectors)";
  }
  if (code === 0x200d && PICTURE.test(before) && PICTURE.test(after)) return null;
  if (code === 0x200c || code === 0x200d) return JOINS.test(before) ? null : "characters that cannot be seen (joiners)";
  if (code === 0x200b)
    return UNSPACED.test(before) || UNSPACED.test(after) ? null : "characters that cannot be seen (zero-width)";
  if (code === 0xfeff) return index === 0 ? null : "characters that cannot be seen (zero-width)";
  if (code === 0xad)
    return /\p{L}\p{L}$/u.test(text.slice(Math.max(0, index - 2), index)) && /\p{L}/u.test(after)
      ? null
      : "characters that cannot be seen (soft hyphens)";
  if (code === 0x200e || code === 0x200f || code === 0x61c)
    return rightToLeft && !/\p{Bidi_Control}/u.test(before) ? null : "marks changing the direction of writing";
  if (code === 0x202d || code === 0x202e) return "marks changing the direction of writing";
  if (between(code, 0x202a, 0x202c) || between(code, 0x2066, 0x2069))
    return rightToLeft ? null : "marks changing the direction of writing";
  if (code === 0x34f) return /\p{M}/u.test(before) ? null : "characters that cannot be seen (fillers)";
  if (code === 0x115f || code === 0x1160)
    return /[\u1100-\u11FF]/.test(before + after) ? null : "characters that cannot be seen (fillers)";
  if (code === 0x2800)
    return BRAILLE.test(text.slice(Math.max(0, index - 200), index + 200))
      ? null
      : "characters that cannot be seen (fillers)";
  if (code === 0x0d) return after === "\n" || after === "" ? null : "places where a line is written over";
  if (code === 0x1b || code === 0x9b) return "orders to a terminal";
  if (code === 0x08) return "places where a line is written over";
  if (code < 0xa0) return "control characters";
  if (between(code, 0xd800, 0xdfff)) return "half characters";
  // Fonts of icons use single ones; a row of them is a text in letters of its own.
  if (between(code, 0xe000, 0xf8ff))
    return /[\uE000-\uF8FF]/.test(before) && /[\uE000-\uF8FF]/.test(after) ? "characters without a meaning" : null;
  if (code >= 0xf0000) return "characters without a meaning";
  return "characters that cannot be seen (others)";
};

/** Characters that a person does not see, or that move others, counted by kind. */
export const unseenIn = (text: string): ReadonlyMap<string, number> => {
  const kinds = new Map<string, number>();
  const found = [...text.matchAll(CANDIDATES)];
  if (found.length === 0) return kinds;
  const rightToLeft = RIGHT_TO_LEFT.test(text);
  for (const { 0: character, index } of found) {
    const before = charBefore(text, index);
    const place = { before, after: charAfter(text, index + character.length), index, text, rightToLeft };
    const kind = kindOf(character.codePointAt(0) ?? 0, place);
    if (kind !== null) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
};
