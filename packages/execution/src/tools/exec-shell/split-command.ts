/** What one part of a command line is, as a person reads it. */
export type ShellPartKind = "command" | "joint" | "redirection" | "group" | "comment" | "blank" | "whole";

/** One part, with its very characters: joined, the parts are the command line. */
export interface ShellPart {
  readonly kind: ShellPartKind;
  readonly text: string;
  /** Command lines that the shell runs first, to put what they write in their place. */
  readonly substitutions: readonly string[];
}

/** How deep quotes and substitutions are followed; nobody reads deeper ones on a card. */
const DEEPEST = 20;

const JOINTS = ["&&", "||", "|&", ";;", "|", ";", "&", "\n"] as const;
const REDIRECTION = /[0-9]*(&>>|&>|>>|>\||>&|<&|<>|>|<)/y;
/** A text that follows in the lines below, and words that change how what follows is read: they are shown as a whole. */
const UNREAD = /<<|(^|[\s;&|(){}])(case|esac|function)(?=$|[\s;&|(){}])/;

/** Signals that the rest cannot be told apart. */
class Unread extends Error {}

/** The place behind a quotation or substitution that begins at `at`; throws Unread where it never ends. */
const behind = (line: string, at: number, found: string[], depth = 0): number => {
  if (depth > DEEPEST) throw new Unread();
  const begins = line.slice(at, at + 2);
  if (line[at] === "\\") return Math.min(line.length, at + 2);
  if (line[at] === "'") return closing(line, at + 1, "'");
  if (line[at] === '"') return behindQuote(line, at + 1, found, depth + 1);
  if (line[at] === "`") return behindBackticks(line, at + 1, found);
  if (begins === "$'") return behindEscapes(line, at + 2);
  if (begins === "$(" || begins === "<(" || begins === ">(") return behindParenthesis(line, at + 2, found, depth + 1);
  if (begins === "${") return behindBrace(line, at + 2, found, depth + 1);
  return at + 1;
};

const closing = (line: string, from: number, mark: string): number => {
  const end = line.indexOf(mark, from);
  if (end === -1) throw new Unread();
  return end + 1;
};

const behindEscapes = (line: string, from: number): number => {
  for (let at = from; at < line.length; at += line[at] === "\\" ? 2 : 1) if (line[at] === "'") return at + 1;
  throw new Unread();
};

const behindBackticks = (line: string, from: number, found: string[]): number => {
  for (let at = from; at < line.length; at += line[at] === "\\" ? 2 : 1) {
    if (line[at] !== "`") continue;
    found.push(line.slice(from, at));
    return at + 1;
  }
  throw new Unread();
};

const behindQuote = (line: string, from: number, found: string[], depth: number): number => {
  for (let at = from; at < line.length;) {
    if (line[at] === '"') return at + 1;
    // Inside double quotes only these go on being read.
    at = /[\\`$]/.test(line[at] ?? "") && line.slice(at, at + 2) !== "$'" ? behind(line, at, found, depth) : at + 1;
  }
  throw new Unread();
};

const behindParenthesis = (line: string, from: number, found: string[], depth: number): number => {
  const inner: string[] = [];
  let open = 1;
  for (let at = from; at < line.length;) {
    if (line[at] === "(") open += 1;
    if (line[at] === ")") open -= 1;
    if (open === 0) {
      // Arithmetic runs nothing by itself; what is substituted within it does.
      const isArithmetic = line.startsWith("((", from - 1) && line[at - 1] === ")";
      found.push(...(isArithmetic ? inner : [line.slice(from, at)]));
      return at + 1;
    }
    at = line[at] === "(" || line[at] === ")" ? at + 1 : behind(line, at, inner, depth);
  }
  throw new Unread();
};

const behindBrace = (line: string, from: number, found: string[], depth: number): number => {
  for (let at = from; at < line.length;) {
    if (line[at] === "}") return at + 1;
    at = behind(line, at, found, depth);
  }
  throw new Unread();
};

const jointAt = (line: string, at: number): string | undefined => JOINTS.find((joint) => line.startsWith(joint, at));

const redirectionAt = (line: string, at: number, wordBegins: boolean): string | undefined => {
  // Digits belong to it only where a word begins with them: in `a2>b` they are part of the name.
  if (!wordBegins && /[0-9]/.test(line[at] ?? "")) return undefined;
  REDIRECTION.lastIndex = at;
  return REDIRECTION.exec(line)?.[0];
};

/** The place behind one word that begins at `at`, blanks before it included. */
const behindWord = (line: string, at: number, found: string[]): number => {
  let end = at;
  while (isBlank(line[end])) end += 1;
  while (end < line.length && !/[ \t\n;&|<>()]/.test(line[end] ?? "")) end = behind(line, end, found);
  return end;
};

const isBlank = (character: string | undefined): boolean => character === " " || character === "\t";

/** Only as a word of its own does a brace hold commands together. */
const isBrace = (character: string, next = " "): boolean =>
  (character === "{" || character === "}") && /[\s;&|()<>]/.test(next);

const split = (line: string): readonly ShellPart[] => {
  const parts: ShellPart[] = [];
  let [begun, found]: [string, string[]] = ["", []];
  const add = (kind: ShellPartKind, text: string, substitutions: readonly string[] = []): void =>
    void (text !== "" && parts.push({ kind, text, substitutions }));
  const flush = (): void => {
    add(begun.trim() === "" ? "blank" : "command", begun, found);
    [begun, found] = ["", []];
  };
  for (let at = 0; at < line.length;) {
    const wordBegins = begun === "" || isBlank(begun.at(-1));
    const isProcess = /^[<>]\(/.test(line.slice(at, at + 2));
    const redirection = isProcess ? undefined : redirectionAt(line, at, wordBegins);
    const joint = redirection === undefined ? jointAt(line, at) : undefined;
    const next = line[at] ?? "";
    if (redirection !== undefined) {
      flush();
      const inside: string[] = [];
      const end = behindWord(line, at + redirection.length, inside);
      add("redirection", line.slice(at, end), inside);
      at = end;
    } else if (joint !== undefined) {
      flush();
      add("joint", joint);
      at += joint.length;
    } else if (next === "#" && wordBegins) {
      flush();
      const end = line.indexOf("\n", at);
      add("comment", line.slice(at, end === -1 ? line.length : end));
      at = end === -1 ? line.length : end;
    } else if (next === "(" || next === ")" || (wordBegins && isBrace(next, line[at + 1]))) {
      flush();
      add("group", next);
      at += 1;
    } else {
      const end = behind(line, at, found);
      begun += line.slice(at, end);
      at = end;
    }
  }
  flush();
  return parts;
};

const groupsMatch = (parts: readonly ShellPart[]): boolean => {
  const open: string[] = [];
  for (const { kind, text } of parts) {
    if (kind !== "group") continue;
    if (text === "(" || text === "{") open.push(text);
    else if (open.pop() !== (text === ")" ? "(" : "{")) return false;
  }
  return open.length === 0;
};

/**
 * Splits a command line into parts for a person's eyes: commands, what joins them, where their input and output go. It is no judge:
 * what it cannot tell apart stays whole. Total; the parts joined are the line.
 */
export const splitCommand = (line: string): readonly ShellPart[] => {
  const whole: readonly ShellPart[] = [{ kind: "whole", text: line, substitutions: [] }];
  if (line === "" || UNREAD.test(line)) return whole;
  try {
    const parts = split(line);
    return groupsMatch(parts) ? parts : whole;
  } catch (thrown) {
    if (thrown instanceof Unread) return whole;
    throw thrown;
  }
};
