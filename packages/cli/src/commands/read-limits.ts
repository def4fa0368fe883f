import type { Constraint, HttpMethod, JsonValue } from "@moltbot/contracts";
import { usage } from "../usage.ts";

export const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** JSON as such, everything else as text. */
export const parseValue = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue; // JSON.parse gives JSON
  } catch {
    return text; // a plain word
  }
};

/** A JSON object that an option holds; the gateway checks what stands in it. */
export const parseObject = (option: string, text: string): Readonly<Record<string, JsonValue>> => {
  const value = parseValue(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw usage(`${option} takes a JSON object.`);
  return value as Readonly<Record<string, JsonValue>>; // neither null nor a list
};

const splitOnce = (text: string, mark: string): readonly [string, string] | null => {
  const at = text.indexOf(mark);
  return at < 0 ? null : [text.slice(0, at), text.slice(at + mark.length)];
};

/** `name=value`. */
export const nameAndValue = (option: string, text: string): readonly [string, string] => {
  const parts = splitOnce(text, "=");
  if (parts === null || parts[0] === "") throw usage(`${option} takes NAME=VALUE, not ${text}.`);
  return parts;
};

const list = (text: string): readonly string[] => text.split(",").map((part) => part.trim());
const values = (text: string): readonly JsonValue[] =>
  text.startsWith("[") ? (parseValue(text) as readonly JsonValue[]) : list(text).map(parseValue); // what is no list the gateway refuses
const numberOf = (text: string, limit: string): number => {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(number)) throw usage(`The limit ${limit} needs a number.`);
  return number;
};

/** `5/1h`: how often in how long. */
const rateOf = (text: string, limit: string): Constraint => {
  const parts = /^(\d+)\/(\d*)([smhd]?)$/.exec(text);
  if (parts === null) throw usage(`The limit ${limit} is written rate=5/1h: how often in how long.`);
  const [, count = "", length = "", unit = ""] = parts;
  const seconds = (length === "" ? 1 : Number(length)) * (UNITS[unit] ?? 1);
  return { kind: "rate", limit: Number(count), seconds };
};

const dayOf = (name: string, limit: string): number => {
  const at = DAYS.findIndex((day) => day === name.toLowerCase());
  if (at < 0) throw usage(`The limit ${limit} names days as mon, tue, wed, thu, fri, sat or sun.`);
  return at;
};

const daysOf = (text: string, limit: string): readonly number[] =>
  text === "daily"
    ? [0, 1, 2, 3, 4, 5, 6]
    : list(text).flatMap((part) => {
        const range = splitOnce(part, "-");
        if (range === null) return [dayOf(part, limit)];
        const [first, last] = [dayOf(range[0], limit), dayOf(range[1], limit)];
        return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, at) => (first + at) % 7);
      });

/** `mon-fri 08:00-18:00 Europe/Berlin`. */
const windowOf = (text: string, limit: string): Constraint => {
  const [days = "", hours = "", zone = "", ...rest] = text.trim().split(/\s+/);
  const range = splitOnce(hours, "-");
  if (range === null || zone === "" || rest.length > 0)
    throw usage(`The limit ${limit} is written time-window=mon-fri 08:00-18:00 Europe/Berlin.`);
  return { kind: "time-window", days: daysOf(days, limit), from: range[0], to: range[1], zone };
};

/** Written out, because the house's own list would bring every contract into each start of the program. */
const METHODS: Readonly<Record<HttpMethod, true>> = {
  GET: true,
  HEAD: true,
  POST: true,
  PUT: true,
  PATCH: true,
  DELETE: true,
};
const isMethod = (word: string): word is HttpMethod => Object.hasOwn(METHODS, word);

const methodOf = (word: string, limit: string): HttpMethod => {
  const method = word.toUpperCase();
  if (!isMethod(method)) throw usage(`The limit ${limit} names no method: ${Object.keys(METHODS).join(", ")}.`);
  return method;
};

type OnArgument = (argument: string, text: string, limit: string) => Constraint;
type OnCall = (text: string, limit: string) => Constraint;

const ON_ARGUMENT: Readonly<Record<string, OnArgument>> = {
  equals: (argument, text) => ({ kind: "equals", argument, value: parseValue(text) }),
  "one-of": (argument, text) => ({ kind: "one-of", argument, values: values(text) }),
  "at-most": (argument, text, limit) => ({ kind: "at-most", argument, limit: numberOf(text, limit) }),
  "host-in": (argument, text) => ({ kind: "host-in", argument, hosts: list(text) }),
  "method-in": (argument, text, limit) => ({
    kind: "method-in",
    argument,
    methods: list(text).map((word) => methodOf(word, limit)),
  }),
  "path-prefix": (argument, text) => ({ kind: "path-prefix", argument, prefixes: list(text) }),
  "path-within": (argument, text) => ({ kind: "path-within", argument, root: text }),
  matches: (argument, text) => ({ kind: "matches", argument, pattern: text }),
  "recipient-in": (argument, text) => ({ kind: "recipient-in", argument, recipients: list(text) }),
  "program-in": (argument, text) => ({ kind: "program-in", argument, programs: list(text) }),
  cost: (argument, text, limit) => ({ kind: "cost", argument, limit: numberOf(text, limit) }),
};

const undoOf: OnCall = (text, limit) => {
  if (text !== "none" && text !== "undoable" && text !== "irreversible")
    throw usage(`The limit ${limit} is written reversible=none, reversible=undoable or reversible=irreversible.`);
  return { kind: "reversible", atMost: text };
};

const ON_CALL: Readonly<Record<string, OnCall>> = {
  rate: rateOf,
  count: (text, limit) => ({ kind: "count", limit: numberOf(text, limit) }),
  bytes: (text, limit) => ({ kind: "bytes", limit: numberOf(text, limit) }),
  "time-window": windowOf,
  reversible: undoOf,
};

/** How limits are written, for help texts. */
export const LIMITS_HELP = `
Limits, each with --limit (may be repeated):
  equals:ARGUMENT=VALUE          one-of:ARGUMENT=A,B            matches:ARGUMENT=TEXT*
  at-most:ARGUMENT=50            cost:ARGUMENT=100              path-within:ARGUMENT=folder
  host-in:ARGUMENT=a.example:443 recipient-in:ARGUMENT=a@b.example method-in:ARGUMENT=GET,POST
  path-prefix:ARGUMENT=/v1/notes program-in:ARGUMENT=git,npm
  rate=5/1h   count=10   bytes=100000   reversible=undoable   time-window='mon-fri 08:00-18:00 Europe/Berlin'
The same as JSON with --constraint '{"kind":"equals","argument":"text","value":"stretch"}'.
`;

const parseLimit = (text: string): Constraint => {
  const parts = splitOnce(text, "=");
  const [head, value] = parts ?? [text, ""];
  const named = splitOnce(head, ":");
  const onArgument = named === null || !Object.hasOwn(ON_ARGUMENT, named[0]) ? undefined : ON_ARGUMENT[named[0]];
  if (parts !== null && named !== null && onArgument !== undefined && named[1] !== "")
    return onArgument(named[1], value, text);
  const onCall = Object.hasOwn(ON_CALL, head) ? ON_CALL[head] : undefined;
  if (parts !== null && onCall !== undefined) return onCall(value, text);
  throw usage(`There is no limit like ${text}: write KIND:ARGUMENT=VALUE or KIND=VALUE; --help lists the kinds.`);
};

/** The limits that a person wrote, as `--limit` and `--constraint`; undefined when none was. */
export const readLimits = (options: Readonly<Record<string, unknown>>): readonly Constraint[] | undefined => {
  const texts = (name: string): readonly string[] => {
    const value = options[name];
    return Array.isArray(value) ? value.map(String) : [];
  };
  const limits = texts("limit").map(parseLimit);
  const constraints = texts("constraint").map(
    (text) => parseObject("--constraint", text) as unknown as Constraint, // the gateway's schema checks it
  );
  return limits.length + constraints.length === 0 ? undefined : [...limits, ...constraints];
};

/** `--for`: days, or "never"; undefined when it was left out. */
export const readExpiry = (text: string | undefined): number | "never" | undefined => {
  if (text === undefined || text === "never") return text;
  if (!/^\d{1,4}$/.test(text)) throw usage("--for takes a number of days, or never.");
  return Number(text);
};
