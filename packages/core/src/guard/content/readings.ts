/**
 * The ways in which a text may be read by the programs and people behind it: as it stands, with hidden characters made plain,
 * with entities and percent signs resolved, from right to left.
 */

/** How often codes are resolved inside what codes gave. */
const ROUNDS = 3;

/** Marks, joiners and fillers that a reader does not see, and that cut a link into harmless pieces. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const TAGS = /[\u{E0020}-\u{E007E}]/gu;
const SELECTORS = /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]/gu;
const REVERSING = /[\u202E\u202B\u2067]/u;
const PLAIN = /^[\t\n\r -~]*$/;

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  period: ".",
  commat: "@",
  sol: "/",
  bsol: "\\",
  colon: ":",
  num: "#",
  quest: "?",
  lowbar: "_",
  hyphen: "-",
  dash: "-",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  Tab: "\t",
  NewLine: "\n",
  shy: "",
  zwj: "",
  zwnj: "",
  ZeroWidthSpace: "",
};

const characterOf = (code: number): string =>
  Number.isInteger(code) && code > 0 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff)
    ? String.fromCodePoint(code)
    : "";

const entities = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]{1,8})|#(\d{1,8})|([a-z]{2,16}));?/giu,
    (whole, hex?: string, digits?: string, name?: string) => {
      if (hex !== undefined) return characterOf(Number.parseInt(hex, 16));
      if (digits !== undefined) return characterOf(Number.parseInt(digits, 10));
      return name !== undefined && Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
    },
  );

const percents = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/giu, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      // Bytes that are no UTF-8: each as the character that older programs take it for.
      return codes.replace(/%([0-9a-f]{2})/giu, (_, hex: string) => characterOf(Number.parseInt(hex, 16)));
    }
  });

/** `\u002e`, `\x2e`: what a program that reads source code would see. */
const escapes = (text: string): string =>
  text.replace(/\\u\{?([0-9a-f]{2,6})\}?|\\x([0-9a-f]{2})/giu, (_, wide?: string, narrow?: string) =>
    characterOf(Number.parseInt(wide ?? narrow ?? "", 16)),
  );

/** Dots and ats that people write so that programs overlook them, and full stops of other scripts before a Latin ending. */
const disguises = (text: string): string =>
  text
    .replace(/[。．｡․﹒](?=[a-z])/giu, ".")
    .replace(/\s?[[({<]\s?(?:\.|dot|punkt|punto|point)\s?[\])}>]\s?/giu, ".")
    .replace(/\s?[[({<]\s?(?:@|at)\s?[\])}>]\s?/giu, "@")
    .replace(/(?<=[\p{L}\p{N}])\s(?:dot|punkt|punto)\s(?=[\p{L}])/giu, ".")
    .replace(/\bh(?:xx|\*\*|__)ps?:/giu, "http:")
    .replace(/:\s?[/⁄∕⧸\\]\s?[/⁄∕⧸\\]\s?/gu, "://");

const plainForm = (text: string): string => disguises(text.normalize("NFKC").replace(UNSEEN, ""));

const revealed = (text: string): readonly string[] => {
  const tags = [...text.matchAll(TAGS)].map(([tag]) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe_00_00));
  // One byte in each selector: the first sixteen, then the supplement.
  const bytes = [...text.matchAll(SELECTORS)].map(([selector]) => {
    const code = selector.codePointAt(0) ?? 0;
    return characterOf(code < 0xe_00_00 ? code - 0xfe_00 : code - 0xe_01_00 + 16);
  });
  return [tags.join(""), bytes.join("")].filter((hidden) => hidden !== "");
};

const reversed = (text: string): readonly string[] =>
  REVERSING.test(text) ? [Array.from(text).toReversed().join("")] : [];

const MAY_BE_CODED = /[&%\\[({<]|\sdot\s|\spunkt\s|\spunto\s|hxx/iu;

/** The text in each way, the ways that change nothing left out. */
export const readingsOf = (text: string): readonly string[] => {
  if (PLAIN.test(text) && !MAY_BE_CODED.test(text)) return [text];
  const readings = new Set<string>([text, plainForm(text)]);
  for (const other of [...revealed(text), ...reversed(text)]) readings.add(plainForm(other));
  let last = text;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = escapes(percents(entities(last)));
    if (next === last) break;
    readings.add(plainForm(next));
    for (const other of reversed(next)) readings.add(plainForm(other));
    last = next;
  }
  return [...readings];
};
