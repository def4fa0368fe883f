/** The limits of a lasting answer as rows that a person edits one at a time; the gateway proves that they fit the call. */
import type { Constraint, JsonValue, Question } from "@moltbot/contracts";
import { valueText } from "../words.ts";

/** How a row limits: the first group an argument, the second the call as a whole, `kept` anything else as it stands. */
export type LimitKind =
  | "exact"
  | "one-of"
  | "matches"
  | "at-most"
  | "cost"
  | "folder"
  | "hosts"
  | "recipients"
  | "programs"
  | "none"
  | "rate"
  | "hours"
  | "count"
  | "kept";

/** One limit while it is edited: what stands in its field or two. */
export interface LimitRow {
  readonly kind: LimitKind;
  /** Null: it limits the call as a whole. */
  readonly argument: string | null;
  /** The argument's value in the call on the card. */
  readonly sample: JsonValue;
  readonly text: string;
  /** The second field: seconds of a rate, the end of hours. */
  readonly more: string;
  /** The limit as it came with the question. */
  readonly original: Constraint | null;
}

export const KIND_WORDS: Readonly<Record<LimitKind, string>> = {
  exact: "is exactly this",
  "one-of": "is one of these",
  matches: "starts with or reads like",
  "at-most": "is at most",
  cost: "adds up to at most",
  folder: "lies in this folder",
  hosts: "leads to one of these hosts",
  recipients: "goes only to",
  programs: "starts one of these programs",
  none: "may be anything",
  rate: "only so often",
  hours: "only between",
  count: "only so many times",
  kept: "as it stands",
};

/** What a field needs to be told. */
export const KIND_HINTS: Partial<Readonly<Record<LimitKind, string>>> = {
  "one-of": "One on each line.",
  matches: "A * stands for anything.",
  folder: "Inside the workspace; empty is the whole workspace.",
  hosts: "One host:port on each line.",
  recipients: "One address on each line.",
  programs: "One program on each line, as the call names it. What follows it may be anything.",
};

const ROW = { argument: null, sample: null, text: "", more: "", original: null };
const DAY = "86400";
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

const fieldsOf = (constraint: Constraint): Pick<LimitRow, "kind" | "text"> & { readonly more?: string } => {
  switch (constraint.kind) {
    case "equals":
      return { kind: "exact", text: valueText(constraint.value) };
    case "one-of":
      return { kind: "one-of", text: constraint.values.map(lineOf).join("\n") };
    case "matches":
      return { kind: "matches", text: constraint.pattern };
    case "at-most":
    case "cost":
      return { kind: constraint.kind, text: String(constraint.limit) };
    case "path-within":
      return { kind: "folder", text: constraint.root };
    case "host-in":
      // No host at all is no list that a person could write: it stands as it is.
      return constraint.hosts.length === 0
        ? { kind: "kept", text: "" }
        : { kind: "hosts", text: constraint.hosts.join("\n") };
    case "recipient-in":
      return { kind: "recipients", text: constraint.recipients.join("\n") };
    case "program-in":
      return { kind: "programs", text: constraint.programs.join("\n") };
    case "rate":
      return { kind: "rate", text: String(constraint.limit), more: String(constraint.seconds) };
    case "count":
      return { kind: "count", text: String(constraint.limit) };
    default:
      return { kind: "kept", text: "" };
  }
};
const lineOf = (value: JsonValue): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The rows a question begins with: each limit of its grant, and each critical argument that none of them holds. */
export const rowsOf = ({ grant, arguments: given }: Question): readonly LimitRow[] => {
  const sampleOf = (name: string): JsonValue => given.find((argument) => argument.name === name)?.value ?? null;
  const limits = grant.map((original): LimitRow => {
    const argument = "argument" in original ? original.argument : null;
    const sample = argument === null ? null : sampleOf(argument);
    return { ...ROW, argument, sample, original, ...fieldsOf(original) };
  });
  const held = new Set(limits.map(({ argument }) => argument));
  const free = given.filter(({ name, critical }) => critical && !held.has(name));
  return [
    ...limits,
    ...free.map(({ name, value }): LimitRow => ({ ...ROW, kind: "none", argument: name, sample: value })),
  ];
};

/** A new row: a limit on an argument that has none yet, or on the call as a whole. */
export const newRow = (argument: string | null, kind: LimitKind, sample: JsonValue = null): LimitRow =>
  withKind({ ...ROW, argument, kind, sample }, kind);

const isAddress = (value: JsonValue): value is string => typeof value === "string" && /^[^\s@/]+@[^\s@/]+$/.test(value);
const isUrl = (value: JsonValue): value is string =>
  typeof value === "string" && URL.canParse(value) && /^https?:/.test(value);

/** The program that a list of words starts. */
const startedBy = (argument: string | null, sample: JsonValue): string | null => {
  const words: readonly JsonValue[] = argument === "argv" && Array.isArray(sample) ? sample : [];
  const [first] = words;
  return typeof first === "string" ? first : null;
};

/** The kinds that make sense for a row's argument. */
export const kindsFor = ({ argument, sample, kind, original }: LimitRow): readonly LimitKind[] => {
  const kinds: LimitKind[] = ["exact", "one-of"];
  if (typeof sample === "number") kinds.push("at-most", "cost");
  if (typeof sample === "string") {
    kinds.push("matches");
    if (/path|file|folder|dir/i.test(argument ?? "")) kinds.push("folder");
    if (isUrl(sample)) kinds.push("hosts");
    if (isAddress(sample)) kinds.push("recipients");
  }
  if (startedBy(argument, sample) !== null) kinds.push("programs");
  const first = original === null ? kind : fieldsOf(original).kind;
  return [...new Set<LimitKind>([...kinds, first, kind, "none"])];
};

const hostOf = (url: string): string => {
  const { host, port, protocol } = new URL(url);
  return port === "" ? `${host}:${protocol === "http:" ? 80 : 443}` : host;
};
const before = (text: string, mark: string): string => text.slice(0, text.lastIndexOf(mark) + 1);

const firstText = (kind: LimitKind, { argument, sample }: LimitRow): string => {
  const text = typeof sample === "string" ? sample : valueText(sample);
  switch (kind) {
    case "matches":
      return `${before(text, "/") || text}*`;
    case "folder":
      return before(text, "/").replace(/\/$/, "");
    case "hosts":
      return isUrl(sample) ? hostOf(sample) : text;
    case "one-of":
      return lineOf(sample);
    case "programs":
      return startedBy(argument, sample) ?? "";
    case "none":
    case "kept":
      return "";
    case "rate":
      return "3";
    case "count":
      return "10";
    case "hours":
      return "08:00";
    default:
      return text;
  }
};

/** The row limiting in another way, filled from the call on the card or from the limit it came with. */
export const withKind = (row: LimitRow, kind: LimitKind): LimitRow => {
  const known = row.original === null ? null : fieldsOf(row.original);
  if (known?.kind === kind) return { ...row, more: "", ...known };
  return {
    ...row,
    kind,
    text: firstText(kind, row),
    more: kind === "rate" ? DAY : kind === "hours" ? "18:00" : "",
  };
};

/** A row as a constraint; `problem` says why it is none yet, and both are null when it limits nothing. */
interface ReadRow {
  readonly constraint: Constraint | null;
  readonly problem: string | null;
}
const problem = (says: string): ReadRow => ({ constraint: null, problem: says });
const limit = (constraint: Constraint | null): ReadRow => ({ constraint, problem: null });

const valuesOf = (row: LimitRow, texts: readonly string[]): readonly JsonValue[] | null => {
  if (typeof row.sample === "string") return texts;
  try {
    return texts.map((text) => JSON.parse(text) as JsonValue); // what JSON.parse gives is a JSON value
  } catch {
    return null;
  }
};
const whole = (text: string): number | null => (/^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : null);

/** Reads what stands in a row. */
export const readRow = (row: LimitRow): ReadRow => {
  const argument = row.argument ?? "";
  const lines = row.text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  const number = Number(row.text);
  switch (row.kind) {
    case "exact": {
      const [value] = valuesOf(row, [row.text]) ?? [];
      return value === undefined ? problem("This is no JSON value.") : limit({ kind: "equals", argument, value });
    }
    case "one-of": {
      const values = valuesOf(row, lines);
      if (values === null) return problem("Write one JSON value on each line.");
      return values.length === 0 ? problem("Name at least one.") : limit({ kind: "one-of", argument, values });
    }
    case "matches":
      return row.text === ""
        ? problem("Write how it starts.")
        : limit({ kind: "matches", argument, pattern: row.text });
    case "at-most":
    case "cost":
      return row.text.trim() === "" || !Number.isFinite(number) || (row.kind === "cost" && number < 0)
        ? problem("Write a number.")
        : limit({ kind: row.kind, argument, limit: number });
    case "folder":
      return limit({ kind: "path-within", argument, root: row.text.trim() });
    case "hosts":
      return lines.length === 0
        ? problem("Name at least one host.")
        : limit({ kind: "host-in", argument, hosts: lines });
    case "recipients":
      return lines.length === 0
        ? problem("Name at least one address.")
        : limit({ kind: "recipient-in", argument, recipients: lines });
    case "programs":
      return lines.length === 0
        ? problem("Name at least one program.")
        : limit({ kind: "program-in", argument, programs: lines });
    case "rate":
    case "count": {
      const times = whole(row.text);
      if (times === null) return problem("Write a whole number, 1 or more.");
      return limit(
        row.kind === "count"
          ? { kind: "count", limit: times }
          : { kind: "rate", limit: times, seconds: Number(row.more) },
      );
    }
    case "hours":
      return row.text === "" || row.more === "" || row.text === row.more
        ? problem("Choose two different times.")
        : limit({
            kind: "time-window",
            days: EVERY_DAY,
            from: row.text,
            to: row.more,
            zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          });
    case "none":
      return limit(null);
    case "kept":
      return limit(row.original);
  }
};
