import { z } from "zod";

/** As much of JSON Schema as our own schemas give. */
const Schema = z.object({
  type: z.string().optional(),
  const: z.json().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  format: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  default: z.json().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get items() {
    return Schema.optional();
  },
  get oneOf() {
    return z.array(Schema).optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), Schema]).optional();
  },
  $ref: z.string().optional(),
});
export type Schema = z.infer<typeof Schema>;

/** What a schema takes before its defaults are filled in. */
export const schemaOf = (schema: z.ZodType): Schema => Schema.parse(z.toJSONSchema(schema, { io: "input" }));

/** The schema below, at a path of names; `[]` is what a list holds. */
export const below = (schema: Schema, ...path: readonly string[]): Schema =>
  path.reduce((at, step) => {
    const next = step === "[]" ? at.items : at.properties?.[step];
    if (next === undefined) throw new Error(`there is no ${step} any more`);
    return next;
  }, schema);

/** What the patterns of our schemas mean. One that is not here ends the generator. */
const PATTERNS: Readonly<Record<string, string>> = {
  "^[a-z][a-z0-9]{1,31}$": "2 to 32 small letters and digits, a letter first",
  "^[a-z][a-z0-9]{0,31}$": "1 to 32 small letters and digits, a letter first",
  "^[a-z][a-z0-9-]{0,31}$": "1 to 32 small letters, digits and hyphens, a letter first",
  "^(?:0|[1-9]\\d{0,5})\\.(?:0|[1-9]\\d{0,5})\\.(?:0|[1-9]\\d{0,5})$": "three numbers, such as `1.4.0`",
  "^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|\\[[0-9a-f:.]{2,45}\\]):[1-9]\\d{0,4}$":
    "`name:port` in small letters, such as `api.example.org:443`",
  "^[a-z][a-z0-9]*(\\.[a-z][a-z0-9]*)*$": "the name of a tool, such as `memory.search`",
};
const patternWords = (pattern: string): string => {
  const words = PATTERNS[pattern];
  if (words === undefined) throw new Error(`scripts/reference/fields.ts has no words for the pattern ${pattern}`);
  return words;
};

const figure = (value: number): string => value.toLocaleString("en-US");
const span = (least: number | undefined, most: number | undefined, what: string): string => {
  const known = (value: number | undefined): value is number =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (known(least) && known(most)) return `${figure(least)} to ${figure(most)}${what}`;
  if (known(most)) return `up to ${figure(most)}${what}`;
  return known(least) && least > 0 ? `at least ${figure(least)}${what}` : "";
};
const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(", ");
const code = (value: unknown): string => `\`${JSON.stringify(value)}\``;

const textWords = ({ pattern, format, minLength, maxLength }: Schema): string => {
  if (pattern !== undefined) return patternWords(pattern);
  const address = format === "uri" ? "an address with `https://`" : "text";
  return joined(address, span(minLength, maxLength, " characters"));
};

const listWords = ({ items = {}, minItems, maxItems }: Schema): string => {
  const many = span(minItems, maxItems, "");
  const list = many === "" ? "a list" : `a list of ${many}`;
  return items.type === "object" || items.oneOf !== undefined ? `${list}, see below` : `${list}: ${takes(items)}`;
};

/** What may stand in a field, in words. */
export const takes = (schema: Schema): string => {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => code(one)).join(", ");
  const either = schema.oneOf ?? schema.anyOf;
  if (schema.$ref !== undefined || (schema.type === undefined && either !== undefined && either.length > 3))
    return "any JSON";
  if (either !== undefined) return either.map(takes).join("; or ");
  switch (schema.type) {
    case "string":
      return textWords(schema);
    case "integer":
      return joined("a whole number", span(schema.minimum, schema.maximum, ""));
    case "number":
      return joined("a number", span(schema.minimum, schema.maximum, ""));
    case "boolean":
      return "`true` or `false`";
    case "array":
      return listWords(schema);
    case "object":
      return schema.properties === undefined ? "an object, name by name" : "an object, see below";
    default:
      return "any JSON";
  }
};

const otherwise = (schema: Schema, isRequired: boolean): string => {
  if (isRequired) return "must stand there";
  return schema.default === undefined ? "nothing" : code(schema.default);
};

/** The rows of a table of fields: name, what it takes, what holds without it, what it is. Every field has words, and no words a field that is gone. */
export const fieldRows = (schema: Schema, words: Readonly<Record<string, string>>): readonly (readonly string[])[] => {
  const fields = Object.entries(schema.properties ?? {});
  const gone = Object.keys(words).find((name) => fields.every(([field]) => field !== name));
  if (gone !== undefined) throw new Error(`there is no field ${gone} any more`);
  return fields.map(([name, field]) => {
    const says = words[name];
    if (says === undefined) throw new Error(`the field ${name} has no words`);
    return [`\`${name}\``, takes(field), otherwise(field, schema.required?.includes(name) === true), says];
  });
};
