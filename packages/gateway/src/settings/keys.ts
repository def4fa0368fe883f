import { z } from "zod";
import { distance } from "fastest-levenshtein";
import type { JsonObject, JsonValue } from "@moltbot/contracts";
import { Settings, noteOf } from "./schema.ts";
import type { KeyNote } from "./schema.ts";

/** A key as people write it, such as `gateway.port`. */
export interface Key extends KeyNote {
  readonly key: string;
  readonly schema: z.ZodType;
}

const walk = (schema: z.ZodType, path: readonly string[]): readonly Key[] => {
  const note = noteOf(schema);
  if (note !== undefined) return [{ key: path.join("."), schema, ...note }];
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, child]) => walk(child as z.ZodType, [...path, name])); // a shape holds schemas
};

/** Every key of the settings, in the schema's order. */
export const KEYS: readonly Key[] = Object.freeze(walk(Settings, []));

/** A part of a dot-path; `__proto__` is none. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9-]*$/;

/** The key of that name, or of the key that it lies inside (`models.providers.local.baseUrl` → `models.providers`). */
export const findKey = (name: string): Key | undefined =>
  name.split(".").some((part) => !NAME.test(part))
    ? undefined
    : KEYS.find(({ key }) => key === name || name.startsWith(`${key}.`));

/** The name of a key that is nearest to what was written. */
export const nearestKey = (name: string): string =>
  KEYS.map(({ key }) => ({ key, far: distance(key, name) })).toSorted((a, b) => a.far - b.far)[0]?.key ?? "";

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a dot-path; undefined when nothing is there. */
export const valueAt = (tree: JsonObject, path: string): JsonValue | undefined =>
  path
    .split(".")
    .reduce<JsonValue | undefined>(
      (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      tree,
    );

/** The tree with the value at a dot-path replaced; null removes it. The old tree is untouched. */
export const withValueAt = (tree: JsonObject, path: string, value: JsonValue): JsonObject => {
  const [head = "", ...rest] = path.split(".");
  const { [head]: old, ...others } = tree;
  if (rest.length === 0) return value === null ? others : { ...tree, [head]: value };
  return { ...tree, [head]: withValueAt(isObject(old) ? old : {}, rest.join("."), value) };
};

/** The second tree over the first, key by key; arrays and leaves are replaced. */
export const layered = (under: JsonObject, over: JsonObject): JsonObject =>
  Object.entries(over).reduce<JsonObject>((tree, [name, value]) => {
    const below = tree[name];
    return { ...tree, [name]: isObject(below) && isObject(value) ? layered(below, value) : value };
  }, under);
