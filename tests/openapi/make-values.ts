import { resolved } from "./read-document.ts";
import type { Schema } from "./read-document.ts";

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export type Dice = () => number;

export const diceOf = (seed: number): Dice => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export const pick = <T>(dice: Dice, from: readonly T[]): T | undefined => from[Math.floor(dice() * from.length)];

/** What values are made with: the document they refer to, the ids that the house told by the name of their field, and the dice. */
export interface Making {
  readonly whole: Schema;
  readonly known: (name: string) => readonly unknown[];
  readonly dice: Dice;
}

export interface Candidate {
  readonly label: string;
  readonly value: unknown;
}

const LONGEST = 210_000;
const NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"; // a well-formed id of nothing

/** Texts of which one fits most of the patterns. */
const WORDS = [
  "plain words",
  "a",
  "gruß 日本 🦞",
  "abcdefgh",
  "a-name.of_things",
  "12:30",
  "2026-11-22T12:00:00.000Z",
  "messages.send",
  "agents.*",
  "somebody@example.org",
  "example.org",
  "https://example.org/",
  "text/plain",
  "127.0.0.1",
  "QUJDREVGRw==",
  "A".repeat(43),
  "0".repeat(64),
  NOBODYS,
];

/** Texts on which readers disagree, or which mean something to somebody further in. */
const ODD_WORDS = [
  "",
  "   ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\u202egnitirw\u202c",
  "e\u0301\u200b",
  "__proto__",
  "constructor",
  "' OR 1=1 --",
  "../../../etc/passwd",
  "<script>alert(1)</script>",
  "${7*7}{{7*7}}%s%n",
  "line\r\nSet-Cookie: a=b",
  "null",
  "0",
];

const numberAt = (schema: Schema, key: string): number | undefined => {
  const value = schema[key];
  return typeof value === "number" ? value : undefined;
};
const listAt = (schema: Schema, key: string): readonly Schema[] | undefined => {
  const value = schema[key];
  return Array.isArray(value) ? value : undefined;
};
const optionsOf = (schema: Schema): readonly Schema[] | undefined => listAt(schema, "anyOf") ?? listAt(schema, "oneOf");
const fieldsOf = (schema: Schema): readonly (readonly [string, Schema])[] =>
  Object.entries(schema["properties"] ?? {}).map(([name, part]) => [name, part as Schema]); // a JSON Schema object
const requiredOf = (schema: Schema): readonly string[] => {
  const { required } = schema;
  return Array.isArray(required) ? required.map(String) : [];
};

const fitting = (schema: Schema, words: readonly string[]): readonly string[] => {
  const regular = [schema, ...(listAt(schema, "allOf") ?? [])].flatMap(({ pattern }) =>
    typeof pattern === "string" ? [new RegExp(pattern, "u")] : [],
  );
  const least = numberAt(schema, "minLength") ?? 0;
  const most = numberAt(schema, "maxLength") ?? LONGEST;
  return words.filter((word) => word.length >= least && word.length <= most && regular.every((one) => one.test(word)));
};

const textFor = (schema: Schema, { dice }: Making): string => {
  const least = numberAt(schema, "minLength") ?? 0;
  return pick(dice, fitting(schema, WORDS)) ?? "a".repeat(Math.max(1, least));
};

const numberFor = (schema: Schema, dice: Dice): number => {
  const above = numberAt(schema, "exclusiveMinimum");
  const least = numberAt(schema, "minimum") ?? (above === undefined ? 0 : above + 1);
  const most = Math.min(numberAt(schema, "maximum") ?? least + 100, least + 1_000);
  return least + Math.floor(dice() * (most - least + 1));
};

/** What the `id` beside a fixed `kind` or `type` is an id of: of a conversation, a person. */
const kindOf = (fields: readonly (readonly [string, Schema])[]): string | undefined => {
  const fixed = fields.find(([key, part]) => (key === "kind" || key === "type") && typeof part["const"] === "string");
  return fixed === undefined ? undefined : `${String(fixed[1]["const"])}Id`;
};

/** A value that fits the schema, as far as its words allow; `name` is the field that holds it. */
export const valueFor = (node: Schema, making: Making, name = "", depth = 0): unknown => {
  const schema = resolved(making.whole, node);
  const { dice } = making;
  // What one operation calls a name another may not take for one.
  const known = making.known(name).filter((value) => typeof value !== "string" || fitting(schema, [value]).length > 0);
  if (known.length > 0 && dice() < 0.9) return pick(dice, known);
  if ("const" in schema) return schema["const"];
  const { enum: choices, type } = schema;
  if (Array.isArray(choices)) return pick(dice, choices);
  const options = optionsOf(schema);
  if (options !== undefined) return valueFor(pick(dice, options) ?? {}, making, name, depth);
  switch (type) {
    case "string":
      return textFor(schema, making);
    case "integer":
    case "number":
      return numberFor(schema, dice);
    case "boolean":
      return dice() < 0.5;
    case "null":
      return null;
    case "array": {
      const [item] = [schema["items"] as Schema | undefined]; // a JSON Schema object
      const count = Math.max(numberAt(schema, "minItems") ?? 0, depth > 3 ? 0 : Math.floor(dice() * 3));
      return Array.from({ length: count }, () => valueFor(item ?? {}, making, name.replace(/s$/, "Id"), depth + 1));
    }
    case "object": {
      const [fields, required] = [fieldsOf(schema), requiredOf(schema)];
      const there = fields.filter(([key]) => required.includes(key) || (depth < 4 && dice() < 0.4));
      const nameOf = (key: string): string => (key === "id" ? (kindOf(fields) ?? key) : key);
      return Object.fromEntries(there.map(([key, part]) => [key, valueFor(part, making, nameOf(key), depth + 1)]));
    }
    default:
      return pick(dice, ["some words", 7, true, null]);
  }
};

const ELSE: readonly Candidate[] = [
  { label: "null", value: null },
  { label: "a number", value: 7 },
  { label: "a word", value: "seven" },
  { label: "a truth", value: true },
  { label: "a list", value: [] },
  { label: "an object", value: {} },
];

function* textCandidates(schema: Schema): Iterable<Candidate> {
  const least = numberAt(schema, "minLength") ?? 0;
  const most = numberAt(schema, "maxLength");
  if (least > 0) yield { label: `${String(least)} characters`, value: "a".repeat(least) };
  if (least > 1) yield { label: `${String(least - 1)} characters`, value: "a".repeat(least - 1) };
  if (most !== undefined && most <= LONGEST) {
    yield { label: `${String(most)} characters`, value: "a".repeat(most) };
    yield { label: `${String(most + 1)} characters`, value: "a".repeat(most + 1) };
    if (most <= 1_000) yield { label: `${String(most)} characters of two units`, value: "🦞".repeat(most / 2) };
    if (most <= 1_000) yield { label: `${String(most)} characters of four bytes`, value: "🦞".repeat(most) };
  }
  for (const word of [...WORDS, ...ODD_WORDS]) yield { label: JSON.stringify(word.slice(0, 24)), value: word };
}

function* numberCandidates(schema: Schema): Iterable<Candidate> {
  const bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].flatMap((key) => {
    const bound = numberAt(schema, key);
    return bound === undefined ? [] : [bound - 1, bound, bound + 1];
  });
  for (const value of new Set([...bounds, 0, -1, 1.5, 1e300, -1e300, Number.MAX_SAFE_INTEGER + 1, 1e-9]))
    yield { label: String(value), value };
}

function* listCandidates(schema: Schema, making: Making, name: string, depth: number): Iterable<Candidate> {
  const item = (schema["items"] ?? {}) as Schema; // a JSON Schema object
  const one = (): unknown => valueFor(item, making, name.replace(/s$/, "Id"), depth + 1);
  const most = numberAt(schema, "maxItems");
  yield { label: "no items", value: [] };
  if (most !== undefined && most <= 1_000) {
    yield { label: `${String(most)} items`, value: Array.from({ length: most }, one) };
    yield { label: `${String(most + 1)} items`, value: Array.from({ length: most + 1 }, one) };
  }
  const same = one();
  yield { label: "the same item twice", value: [same, same] };
  for (const { label, value } of candidatesFor(item, making, name.replace(/s$/, "Id"), depth + 1))
    yield { label: `[${label}]`, value: [value] };
}

function* objectCandidates(schema: Schema, making: Making, depth: number): Iterable<Candidate> {
  const whole = (): Readonly<Record<string, unknown>> =>
    Object.fromEntries(fieldsOf(schema).map(([key, part]) => [key, valueFor(part, making, key, depth + 1)]));
  const base = valueFor(schema, making, "", depth) as Readonly<Record<string, unknown>>; // of a schema with fields
  yield { label: "no fields", value: {} };
  yield { label: "every field", value: whole() };
  yield { label: "an unknown field", value: { ...base, unknownField: 1 } };
  for (const key of ["__proto__", "constructor", "prototype"])
    yield {
      label: `a field ${key}`,
      value: Object.defineProperty({ ...base }, key, { value: { a: 1 }, enumerable: true }),
    };
  for (const key of requiredOf(schema)) {
    const { [key]: _, ...rest } = base;
    yield { label: `without ${key}`, value: rest };
  }
  for (const [key, part] of fieldsOf(schema))
    for (const { label, value } of candidatesFor(part, making, key, depth + 1))
      yield { label: `${key}: ${label}`, value: { ...base, [key]: value } };
}

/** Values at and over every bound of a schema, and of every other kind; whether one fits is for a validator to say. */
export function* candidatesFor(node: Schema, making: Making, name = "", depth = 0): Iterable<Candidate> {
  const schema = resolved(making.whole, node);
  yield* ELSE;
  for (const value of making.known(name).slice(0, 1)) yield { label: "known", value };
  if (depth > 5) return;
  const { enum: choices, type } = schema;
  if (Array.isArray(choices)) for (const value of choices) yield { label: JSON.stringify(value), value };
  if ("const" in schema) yield { label: JSON.stringify(schema["const"]), value: schema["const"] };
  const options = optionsOf(schema);
  if (options !== undefined) {
    for (const option of options) yield* candidatesFor(option, making, name, depth + 1);
    return;
  }
  if (type === "string") yield* textCandidates(schema);
  if (type === "integer" || type === "number") yield* numberCandidates(schema);
  if (type === "array") yield* listCandidates(schema, making, name, depth);
  if (type === "object") yield* objectCandidates(schema, making, depth);
}
