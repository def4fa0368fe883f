import type { QuotedBlock } from "./quoted-block.ts";
import { LINE_START, UNSEEN_BLANK } from "./lines.ts";
import * as words from "./mail-words.ts";

/**
 * The forms in which somebody else's words stand in a person's message. A form that is missing here lets a stranger speak
 * with the person's voice; one that is told too loosely costs a question.
 */

/** A line of its own that is somebody else's, read as `visible` gives it. */
interface LineForm {
  readonly name: string;
  readonly kind: QuotedBlock["kind"];
  readonly mark: RegExp;
}

export const LINE_FORMS: readonly LineForm[] = [
  { name: "behind a bracket", kind: "quoted", mark: /^\s*\\?[>›❯❱〉⟩]/u },
  { name: "behind a bracket written as an entity", kind: "quoted", mark: /^\s*&(?:gt|raquo|rsaquo|#62|#x3e|#187);?/iu },
  { name: "behind two brackets", kind: "quoted", mark: /^\s*[»≫》⟫]/u },
  { name: "behind initials and a bracket", kind: "quoted", mark: /^\s*\p{Lu}{1,4}>/u },
  { name: "behind a bar", kind: "quoted", mark: /^\s*[|¦❘❙❚⏐∣]/u },
  { name: "behind a drawn bar or frame", kind: "quoted", mark: /^\s*[\u2500-\u259f]/u },
  { name: "indented like code", kind: "pasted", mark: /^(?:\s{4}|\s{0,3}\t)\s*\S/u },
];

/** A line from which on somebody else speaks, read as `plain` gives it. */
interface HeadForm {
  readonly name: string;
  /** With the line behind it, where that matters. */
  readonly begins: (line: string, next: string) => boolean;
}

const field = (...names: readonly string[]): RegExp => new RegExp(`^${words.oneOf(...names)}[*_]*\\s*:`, "iu");
const SENDER = field(words.SENDER);
const SENT = field(words.SENT);
const DATED = field(words.DATE);
const FIELD = field(words.SENDER, words.SENT, words.DATE, words.OTHER_FIELD, words.TRANSPORT);
const TRANSPORT = field(words.TRANSPORT);
/** Programs write seconds. */
const TO_THE_SECOND = /\d:\d{2}:\d{2}/;

const isMailDate = (line: string, next: string): boolean =>
  DATED.test(line)
    ? TO_THE_SECOND.test(line) || (FIELD.test(next) && !DATED.test(next))
    : DATED.test(next) && FIELD.test(line);

const WORD = "(?<![^\\s>)\\]\"'”»])";
const WROTE = new RegExp(`(?:${WORD}${words.WROTE}|${words.WROTE_BESIDE})\\s*:$`, "iu");
const WROTE_BEFORE = new RegExp(`${WORD}${words.WROTE_BEFORE}(?=[\\s:])`, "iu");
const WROTE_ANYWHERE = new RegExp(`${WORD}${words.WROTE}(?=[\\s:])`, "iu");

const isWrote = (line: string): boolean => {
  if (!line.endsWith(":")) return false;
  if (WROTE.test(line) || WROTE_BEFORE.test(line)) return true;
  const at = line.search(WROTE_ANYWHERE);
  return at !== -1 && /\d/.test(line.slice(at));
};
const ON = new RegExp(`^${words.ON}\\s|^\\d`, "iu");
const ADDRESS_AT_END = /<[^<>@\s]+@[^<>@\s]+>\s*:$/;

const isDatedAddress = (line: string): boolean => ON.test(line) && /\d/.test(line) && ADDRESS_AT_END.test(line);

const DIVIDER = new RegExp(`^[-–—=_*~]{2}.*${words.FORWARDED}|^[–—]\\s*${words.BEGINS}`, "iu");
const BEGINS = new RegExp(`^${words.BEGINS}\\s*(?::|$)`, "iu");
const RULE = /^[-–—=_*~]{5,}$/;
const LONG_RULE = /^[_=]{30,}$/;

const TIME = "\\d{1,2}:\\d{2}(?::\\d{2})?(?:\\s?[aApP]\\.?[mM]\\.?)?";
const DAY = "\\d{1,4}[./-]\\d{1,2}[./-]\\d{2,4}";
const STAMP = `\\[[^\\][]{0,40}?(?:${TIME}|${DAY})[^\\][]{0,40}\\]`;
const CHAT: readonly RegExp[] = [
  new RegExp(`^${STAMP}(?!\\()`, "iu"),
  new RegExp(`^[^\\][]{1,100},\\s*${STAMP}`, "iu"),
  new RegExp(`^${DAY},?\\s+${TIME}\\s*[-–—]\\s*[^:]{1,100}:`, "iu"),
  new RegExp(`^(?:${TIME}\\s+)?<[@+%~&]?[^\\s<>@:/]{1,40}>\\s`, "iu"),
  new RegExp(`^.{1,60}\\s[—–]\\s(?:(?:[Tt]oday|[Yy]esterday) at|${DAY},?)\\s${TIME}$`, "u"),
  new RegExp(`^\\p{Lu}\\S*(?:\\s\\S+){0,3}\\s{2,}\\[?${TIME}\\]?$`, "u"),
];

export const HEAD_FORMS: readonly HeadForm[] = [
  { name: "the sender of a mail", begins: (line) => SENDER.test(line) },
  { name: "when a mail was sent", begins: (line) => SENT.test(line) },
  { name: "a mail's date", begins: isMailDate },
  { name: "what only mail programs write", begins: (line) => TRANSPORT.test(line) },
  { name: "somebody wrote", begins: isWrote },
  { name: "a date and an address before a colon", begins: isDatedAddress },
  { name: "a divider that names a message", begins: (line) => DIVIDER.test(line) },
  { name: "a long rule", begins: (line) => LONG_RULE.test(line) },
  { name: "the beginning of a forwarded message", begins: (line) => BEGINS.test(line) },
  { name: "a line of a chat", begins: (line) => CHAT.some((form) => form.test(line)) },
];

/** Whether a line directly above a head is part of it. */
export const leadsTo = (line: string): boolean => FIELD.test(line) || RULE.test(line);

/** Whether “On Monday, …” may begin here and be broken before its “wrote:”. */
export const mayBreak = (line: string): boolean => ON.test(line);

/** Whom a sender's field names. */
export const SENDER_NAME = new RegExp(`^${words.SENDER}[*_]*\\s*:[*_]*\\s*(\\S.*)$`, "iu");

/** Whom a head without such a field names. */
export const WRITER_NAMES: readonly RegExp[] = [
  new RegExp(`([^,:]+?)\\s*(?:${WORD}${words.WROTE}|${words.WROTE_BESIDE})\\s*:$`, "iu"),
  new RegExp(`${WORD}${words.WROTE_BEFORE}\\s+([^:]+?)\\s*:$`, "iu"),
  new RegExp(`^${STAMP}\\s*([^:]+)`, "iu"),
  new RegExp(`^([^\\][]{1,100}),\\s*${STAMP}`, "iu"),
];

/** Text between two marks: from the first to the last in a message, since pasted text can hold such marks itself. */
interface Enclosure {
  readonly name: string;
  readonly open: RegExp;
  /** Null: it is closed as it is opened. */
  readonly close: RegExp | null;
}

const start = `${LINE_START}${UNSEEN_BLANK}`;

const TAGS = words.oneOf(
  "blockquote|pre|code|quote|q|cite|samp|xmp|textarea|plaintext|html|body|article|e-?mail|mail|message",
  "document|doc|text|content|page",
);
const OPENED = "(?:[<＜﹤]|&lt;)";
const CLOSED = "(?:[>＞﹥]|&gt;)";
const BRACKETED = words.oneOf("quote", "code", "pre", "cite", "spoiler");

export const ENCLOSURES: readonly Enclosure[] = [
  { name: "a fence of backticks", open: /```+/g, close: null },
  { name: "a fence of tildes", open: new RegExp(`${start}~~~+`, "gu"), close: null },
  { name: "three quotation marks", open: /"{3,}|'{3,}/g, close: null },
  {
    name: "a tag for somebody's text",
    open: new RegExp(`${OPENED}${TAGS}(?:\\s[^<>]{0,300})?${CLOSED}`, "giu"),
    close: new RegExp(`${OPENED}/\\s*${TAGS}\\s*${CLOSED}`, "giu"),
  },
  {
    name: "a forum's quotation",
    open: new RegExp(`\\[${BRACKETED}(?:[=\\s][^\\][]{0,300})?\\]`, "giu"),
    close: new RegExp(`\\[/\\s*${BRACKETED}\\s*\\]`, "giu"),
  },
  {
    name: "a named block of a text format",
    open: new RegExp(`${start}#\\+begin_\\S*`, "giu"),
    close: new RegExp(`${start}#\\+end_\\S*`, "giu"),
  },
];
