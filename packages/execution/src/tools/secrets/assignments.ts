import { nameSays, saysOfContent } from "./key-names.ts";
import type { NameSays } from "./key-names.ts";
import { nameBefore } from "./read-name.ts";
import type { Name } from "./read-name.ts";
import { createValueReader } from "./read-value.ts";
import type { Value, ValueReader } from "./read-value.ts";
import type { Span } from "./span.ts";
import { isNoValue, looksRandom, standsOut } from "./values.ts";

/** A name under which others stand, by braces or by indentation. */
interface Container {
  readonly name: string;
  readonly says: NameSays;
  readonly indent: number;
  readonly braces: boolean;
}

const MARK = /[:=]|[{}]|\n/g;
const DEEPEST = 64;
/** A comparison, an arrow, a path of a module or an address is no assignment. */
const NO_ASSIGNMENT = /^(?:==|=~|::|:\/\/|:\\)/;
/** A value that is reckoned, called or named by code. */
const EXPRESSION = /[()]|^[A-Za-z_$][\w$]*(?:(?:\.|\?\.|->|::)[A-Za-z_$][\w$]*)+$|^[A-Za-z_$][\w$]*\[|^\w+<|=>$/;
const CODE_LINE =
  /^[ \t]*(?:const|let|var|readonly|public|private|protected|def|class|fn|func|function|if|elif|while|for|return|import|from|interface|type|async|await|static|self\.|this\.|@|expect|assert)\b/;
const NAMES_OF_NAMES = new Set([
  "name",
  "key",
  "id",
  "variable",
  "var",
  "field",
  "property",
  "setting",
  "env",
  "parameter",
]);
const VALUES_OF_NAMES = new Set([
  "value",
  "val",
  "default",
  "content",
  "current",
  "data",
  "string_value",
  "stringvalue",
]);

export interface Reading {
  /** Source code: a bare word there names something. */
  readonly code: boolean;
}

const judgeBare = (says: NameSays, name: Name, value: Value, text: string, reading: Reading): boolean => {
  if (EXPRESSION.test(value.text) || text[value.end] === "(" || text[value.end] === "[") return false;
  const code =
    reading.code ||
    CODE_LINE.test(
      text
        .slice(Math.max(0, name.start - 60), name.start)
        .split("\n")
        .at(-1) ?? "",
    );
  if (code && /^[A-Za-z_$][\w$]{0,30}$/.test(value.text) && !/\d[A-Za-z]+\d/.test(value.text)) return false;
  if (looksRandom(value.text)) return true;
  // FINANCE_KEY=ACCT_KEY_089: in a file of settings even a value in the form of a name is a value.
  if (says === "phrase" && !code && /\s\S+\s\S/.test(value.text)) return true;
  if (says === "maybe")
    return (
      /^[A-Z][A-Z\d_]*$/.test(name.word) &&
      text[value.start - 1] === "=" &&
      value.text.length >= 8 &&
      /\d/.test(value.text)
    );
  if (value.text.length < 4) return false;
  if (code || text[value.end] === ";") return false;
  if (/^\d{1,4}$/.test(value.text)) return /pass|pwd|pin|code|cv[vc]/i.test(name.word);
  // `PASSWORD=word` and `password: word` on a line of their own; in the middle of one it is more often a sentence.
  return (name.first && value.whole) || name.quoted || text[value.start - 1] === "=";
};

const judge = (says: NameSays, name: Name, value: Value, text: string, reading: Reading): boolean => {
  if (says === null || isNoValue(value.text)) return false;
  if (!value.quoted) return judgeBare(says, name, value, text, reading);
  if (says === "maybe") return looksRandom(value.text);
  if (!/\s/.test(value.text.trim())) return value.text.length >= 4 && !/^\$?\{.*\}$|^\w+\(\)$/.test(value.text);
  // DB_PASSWORD="correct horse battery staple": in a file of settings; elsewhere such words are more often shown to people.
  const setting = /^[A-Z][A-Z\d_]*$/.test(name.word) && text[value.start - 2] === "=";
  return says === "phrase" || setting || value.text.split(/\s+/).some(looksRandom);
};

/** A passphrase may be several words; a value on a line of its own may hold every sign. */
const widen = (says: NameSays, name: Name, value: Value, reader: ValueReader, place: number, text: string): Value => {
  if (value.quoted || (!name.first && says !== "phrase")) return value;
  const line = reader.line(place + 1);
  if (line === null) return value;
  const cut = /[,;]/.test(text[line.end - 1] ?? "") ? 1 : 0;
  const rest = line.text.length < line.end - line.start ? line.text : line.text.slice(0, line.text.length - cut);
  const oneWord = !/\s/.test(rest);
  if (says === "phrase" || (oneWord && !/["'{[(\\]/.test(rest[0] ?? "") && !/\\n/.test(rest) && !EXPRESSION.test(rest)))
    return { ...line, end: line.end - cut, text: rest };
  return value;
};

const BLOCK = /[ \t]{0,8}[|>][+-]?\d?[ \t]{0,8}(?:#[^\n]{0,200})?\n/y;

/** The lines of a YAML block: those that stand further in than its name. */
const blockAt = (text: string, separator: number, indent: number): Span | null => {
  BLOCK.lastIndex = separator + 1;
  if (!BLOCK.test(text)) return null;
  const start = BLOCK.lastIndex;
  let end = start;
  while (end < text.length && end - start < 32_768) {
    const newline = text.indexOf("\n", end);
    const line = text.slice(end, newline < 0 ? text.length : Math.min(newline, end + 4096));
    if (line.trim() !== "" && (/^[ \t]*/.exec(line)?.[0].length ?? 0) <= indent) break;
    end = newline < 0 ? text.length : newline + 1;
  }
  const value = text.slice(start, end);
  const lead = /^\s*/.exec(value)?.[0].length ?? 0;
  return value.trim() === "" ? null : { start: start + lead, end: start + value.trimEnd().length, what: "" };
};

const LIST = /[ \t]{0,8}\[([^\][{}]{0,8192})\]/y;
const ITEM = /"([^"\n]{3,2000})"|'([^'\n]{3,2000})'|[^\s,"']{6,2000}/g;

/** Values in brackets after a name. */
const listAt = (text: string, separator: number, what: string): readonly Span[] => {
  LIST.lastIndex = separator + 1;
  const found = LIST.exec(text);
  if (found === null) return [];
  const inner = found.index + found[0].indexOf("[") + 1;
  return [...(found[1] ?? "").matchAll(ITEM)].flatMap((item) => {
    const value = item[1] ?? item[2] ?? item[0];
    const start = inner + item.index + (value === item[0] ? 0 : 1);
    return standsOut(value) ? [{ start, end: start + value.length, what }] : [];
  });
};

const NEXT_LINE = /[ \t*`:]{0,8}\r?\n(?:[ \t]{0,20}\r?\n)?[ \t>*`-]{0,20}([^\s`*]{6,500})[ \t*`]{0,8}(?:\r?\n|$)/y;

/** A value on the line after its name, as people write in mail. */
const belowAt = (text: string, separator: number, what: string): readonly Span[] => {
  NEXT_LINE.lastIndex = separator + 1;
  const found = NEXT_LINE.exec(text);
  const value = found?.[1] ?? "";
  if (found === null || !looksRandom(value)) return [];
  const start = found.index + found[0].indexOf(value);
  return [{ start, end: start + value.length, what }];
};

/** Names on spans say where a secret belongs: words of the text itself, kept short and plain. */
export const plainName = (name: string): string =>
  name
    .replace(/[^\w .-]+/g, "")
    .slice(0, 60)
    .trim() || "unnamed";

/** Which names stand around the place that is read now. */
const createSurroundings = (says: (name: string) => NameSays) => {
  const open: Container[] = [];
  let named: { readonly name: string; readonly at: number } | null = null;
  return {
    enter: (container: Container): void => void (open.length < DEEPEST && open.push(container)),
    /** Whether a name is open that indentation closes. */
    indented: (): boolean => open.at(-1)?.braces === false,
    /** Names that indentation opened end where a line stands no further in. */
    line: (indent: number): void => {
      while (open.length > 0 && open.at(-1)?.braces === false && (open.at(-1)?.indent ?? 0) >= indent) open.pop();
    },
    leave: (): void => {
      while (open.at(-1)?.braces === false) open.pop();
      open.pop();
    },
    /** `name: DB_PASSWORD` before `value: …`. */
    names: (name: string, at: number): void => void (named = { name, at }),
    /** What a name says here: by itself, by the name that a pair gives it, or by what it stands in. */
    says: (word: string, at: number): { readonly says: NameSays; readonly what: string } => {
      const low = word.toLowerCase();
      const pair = VALUES_OF_NAMES.has(low) && named !== null && at - named.at < 400 ? named.name : null;
      if (pair !== null && says(pair) !== null) return { says: says(pair), what: pair };
      const around = open.findLast((container) => container.says !== null);
      if (around === undefined) return { says: null, what: word };
      return { says: low === "value" || low === "key" ? around.says : "maybe", what: `${around.name} ${word}` };
    },
  };
};

/** Values beside names that mean a secret, in the notations of settings, data, code and shells. One pass over the text. */
export const assignedSecrets = (text: string, reading: Reading): readonly Span[] => {
  const spans: Span[] = [];
  const reader = createValueReader(text);
  const told = new Map<string, NameSays>();
  /** Names repeat: each is judged once in a text. */
  const saysOf = (name: string): NameSays => {
    const known = told.get(name);
    if (known !== undefined) return known;
    const judged = nameSays(name);
    told.set(name, judged);
    return judged;
  };
  const around = createSurroundings(saysOf);
  let pending: Container | null = null;
  const keep = (value: Pick<Span, "start" | "end">, what: string): void => {
    spans.push({ start: value.start, end: value.end, what: plainName(what) });
    MARK.lastIndex = Math.max(MARK.lastIndex, value.end);
  };

  const assignment = (at: number): void => {
    if (NO_ASSIGNMENT.test(text.slice(at, at + 3)) || /[=!<>~:]/.test(text[at - 1] ?? "")) return;
    const name = nameBefore(text, at);
    if (name === null) return;
    if (around.indented() && name.first) around.line(name.indent);
    const place = text[at + 1] === ">" || text[at + 1] === "=" ? at + 1 : at;
    const value = reader.at(place + 1);
    const word = name.word;
    const own = saysOf(word) ?? (text[at] === ":" && text[name.start - 1] === " " ? saysOf(name.phrase) : null);
    const { says, what } = own === null ? around.says(word, at) : { says: own, what: word };
    if (value !== null && NAMES_OF_NAMES.has(word.toLowerCase()) && saysOf(value.text) !== null)
      around.names(value.text, at);
    const opens = value === null || /^[{[]/.test(text.slice(value.start, value.start + 1));
    if (opens) {
      const braces = /^[ \t]{0,8}\{/.test(text.slice(place + 1, place + 10));
      const container = { name: word, says: saysOfContent(word), indent: name.indent, braces };
      if (braces) pending = container;
      else if (name.first && text[at] === ":") around.enter(container);
      if (says === null) return;
      for (const found of listAt(text, place, what)) keep(found, what);
      const block = says === "maybe" ? null : blockAt(text, place, name.indent);
      if (block !== null) keep(block, what);
      else if (!braces) for (const found of belowAt(text, place, what)) keep(found, what);
      return;
    }
    if (says === null) return;
    if (/^[|>][+-]?$/.test(value.text)) return;
    const whole = widen(says, name, value, reader, place, text);
    if (judge(says, name, whole, text, reading)) keep(whole, what);
    else if (whole !== value && judge(says, name, value, text, reading)) keep(value, what);
  };

  MARK.lastIndex = 0;
  for (let found = MARK.exec(text); found !== null; found = MARK.exec(text)) {
    const after = MARK.lastIndex;
    if (found[0] === "{") around.enter(pending ?? { name: "", says: null, indent: 0, braces: true });
    if (found[0] === "{") pending = null;
    else if (found[0] === "}") around.leave();
    else if (found[0] !== "\n") assignment(found.index);
    MARK.lastIndex = Math.max(MARK.lastIndex, after);
  }
  return spans;
};
