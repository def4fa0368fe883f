import { PlanReference, isJsonList, isJsonObject, isReference } from "@moltbot/contracts";
import type { ContentRef, JsonValue } from "@moltbot/contracts";

/** Nothing that a person would follow on a card lies deeper; what does is refused. */
const DEEPEST = 16;

/** A place inside arguments, as a validator names it. */
export type Path = readonly (string | number)[];

/** A reference in its place. */
export interface Placed {
  readonly path: Path;
  readonly reference: PlanReference;
}

const insideOf = (value: JsonValue): readonly (readonly [string | number, JsonValue])[] => {
  if (isJsonList(value)) return value.map((item, at) => [at, item] as const);
  return isJsonObject(value) ? Object.entries(value) : [];
};

const collect = (value: JsonValue, path: Path): readonly Placed[] | null => {
  if (isReference(value)) {
    const parsed = PlanReference.safeParse(value);
    return parsed.success ? [{ path, reference: parsed.data }] : null;
  }
  if (path.length > DEEPEST) return null;
  const found: Placed[] = [];
  for (const [key, item] of insideOf(value)) {
    const within = collect(item, [...path, key]);
    if (within === null) return null;
    found.push(...within);
  }
  return found;
};

/** One decision asks for the same few again and again, and reading a reference costs more than all else about it. */
const known = new WeakMap<object, readonly Placed[] | null>();

/** Every reference inside a value; null when one has not the form of a reference, or something lies too deep to be looked at. */
export const referencesIn = (value: JsonValue): readonly Placed[] | null => {
  if (typeof value !== "object" || value === null) return [];
  const before = known.get(value);
  if (before !== undefined) return before;
  const found = collect(value, []);
  known.set(value, found);
  return found;
};

/** What references take their values from, each once. */
export const contentOf = (placed: readonly Placed[]): readonly ContentRef[] => [
  ...new Set(placed.flatMap(({ reference }) => reference.$from)),
];
