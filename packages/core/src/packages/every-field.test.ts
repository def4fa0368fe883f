import { PackageContent, PluginManifest } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { differenceOf } from "./index.ts";

type Json = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** The path of every value in it. */
const leavesOf = (value: unknown, path: Path = []): readonly Path[] => {
  if (Array.isArray(value)) return value.flatMap((one, at) => leavesOf(one, [...path, at]));
  return isJson(value) ? Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key])) : [path];
};

/** The same with the value at the path changed by `by`; undefined takes it out. */
const changedAt = (value: unknown, [step, ...rest]: Path, by: (leaf: unknown) => unknown): unknown => {
  if (step === undefined) return by(value);
  if (Array.isArray(value))
    return value.flatMap((one: unknown, at) => {
      const changed = at === step ? changedAt(one, rest, by) : one;
      return changed === undefined ? [] : [changed];
    });
  if (!isJson(value)) return value;
  const changed = changedAt(value[step], rest, by);
  const others = Object.entries(value).filter(([key]) => key !== step);
  return Object.fromEntries(changed === undefined ? others : [...others, [String(step), changed]]);
};

/** Words of JSON Schema about a record, whose names are the author's. */
const OF_RECORDS = new Set(["propertyNames", "additionalProperties"]);

/** Every name that a schema has a field for. */
const fieldsOf = (schema: unknown): ReadonlySet<string> => {
  if (Array.isArray(schema)) return new Set(schema.flatMap((one) => [...fieldsOf(one)]));
  if (!isJson(schema)) return new Set();
  const own = isJson(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  return new Set([...own, ...Object.values(schema).flatMap((one) => [...fieldsOf(one)])]);
};

/** Says everything that a plugin can say. */
const ALL = {
  manifest: 1,
  name: "weather",
  version: "1.0.0",
  title: "Weather",
  description: "Says what the weather will be.",
  author: "Ann",
  licence: "MIT",
  homepage: "https://weather.test/",
  main: "main.js",
  tools: [
    {
      name: "forecast",
      title: "Forecast",
      description: "The weather of a place.",
      input: {
        type: "object",
        properties: {
          place: { type: "string", description: "A town.", maxLength: 80 },
          unit: { type: "string", description: "A unit.", enum: ["metric", "other"] },
          days: { type: "integer", description: "How many.", minimum: 1, maximum: 7 },
          share: { type: "number", minimum: 0, maximum: 1 },
          short: { type: "boolean", description: "Shorter." },
          more: {
            type: "array",
            description: "Others.",
            maxItems: 5,
            items: { type: "string", description: "A town too.", enum: ["a", "b"] },
          },
          numbers: { type: "array", items: { type: "integer", description: "A number.", minimum: 1, maximum: 2 } },
        },
        required: ["place", "days"],
      },
      roles: { place: "content", unit: "path" },
    },
    { name: "alerts", title: "Alerts", description: "What is coming.", input: { type: "object", properties: {} } },
  ],
  permissions: [
    { kind: "http", hosts: ["api.test:443", "b.test:443"], chosen: true, methods: ["GET", "POST"], why: "To ask." },
    { kind: "storage", bytes: 100, why: "To keep." },
    { kind: "secret", name: "key", host: "api.test:443", why: "To sign in." },
    { kind: "events", hears: ["backup:made", "job:died"], emits: true, why: "To hear." },
    { kind: "tools", names: ["clock.now", "calc"], why: "To know." },
  ],
  limits: { cpuMs: 400, seconds: 10, memoryMiB: 16, callsPerMinute: 50, outputBytes: 30_000, asksPerCall: 10 },
  sees: ["Names of places."],
};

/** What people alone read, on the page of the plugin, and which allows nothing; the version is told apart. */
const HARMLESS = /^(?:version|title|description|author|licence|homepage|sees\.\d+|permissions\.\d+\.why)$/;

/** What has no other value by itself: what stands beside it would have to change too. */
const BESIDE = /^(?:manifest|permissions\.\d+\.kind|permissions\.0\.hosts\.0|tools\..*\.type)$/;
/** An update of another name is none, and there is one name for the module. */
const FIXED = new Set(["name", "main"]);

const OTHERS: Readonly<Record<string, readonly unknown[]>> = {
  kind: ["http", "storage", "secret", "events", "tools"],
  type: ["string", "integer", "number", "boolean"],
  hears: ["agent:started"],
  methods: ["DELETE", "HEAD"],
  hosts: ["other.test:443"],
  host: ["b.test:443"],
  names: ["file.read"],
  required: ["unit"],
  roles: ["url"],
  version: ["1.0.1"],
  homepage: ["https://other.test/"],
};

/** Other values that could stand there, of which the schema takes some. */
const othersFor = (path: Path) => {
  const field = String(path.findLast((step) => typeof step === "string"));
  const named = OTHERS[path.includes("roles") ? "roles" : field] ?? [];
  return (leaf: unknown): readonly unknown[] => {
    if (typeof leaf === "number") return [leaf + 1, leaf - 1, undefined];
    if (typeof leaf === "boolean") return [!leaf, undefined];
    return [...named, "other", `${String(leaf)} more`, undefined];
  };
};

describe("every field of a plugin's manifest", () => {
  const whole = PluginManifest.parse(ALL);
  const contentOf = (manifest: PluginManifest): PackageContent =>
    PackageContent.parse({ kind: "plugin", manifest, files: [{ path: "main.js", text: "1" }] });

  it("is in the sample: what the schema learns has to be told here too", () => {
    const inSchema = fieldsOf(z.toJSONSchema(PluginManifest, { io: "input" }));
    const inSample = new Set(leavesOf(ALL).flatMap((path) => path.map(String)));
    expect([...inSchema].filter((field) => !inSample.has(field) && !OF_RECORDS.has(field))).toEqual([]);
    expect(inSchema.size).toBeGreaterThan(35);
  });

  const leaves = leavesOf(whole).filter((path) => !FIXED.has(path.join(".")));
  it.each(leaves.map((path) => [path.join("."), path] as const))("%s changes nothing unsaid", (name, path) => {
    let tried = 0;
    const leaf = path.reduce<unknown>((at, step) => Reflect.get(Object(at), step), whole);
    for (const other of othersFor(path)(leaf)) {
      const changed = PluginManifest.safeParse(changedAt(whole, path, () => other));
      if (other === leaf || !changed.success) continue;
      tried += 1;
      const [there, back] = [
        differenceOf(contentOf(whole), contentOf(changed.data)),
        differenceOf(contentOf(changed.data), contentOf(whole)),
      ];
      const said = [there, back].map(({ widens }) => widens.length > 0);
      expect([name, other, said.includes(true)]).toEqual([name, other, !HARMLESS.test(name)]);
    }
    if (!BESIDE.test(name)) expect(tried).toBeGreaterThan(0);
  });
});
