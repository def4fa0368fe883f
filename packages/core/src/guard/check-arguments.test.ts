import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject, ToolManifest } from "@moltbot/contracts";
import { argumentsProblem } from "./check-arguments.ts";
import { manifestOf } from "./testing/house.ts";

const problemOf = (input: z.ZodType<JsonObject>, given: unknown) =>
  argumentsProblem({ ...manifestOf("memory.search"), input }, given as JsonObject); // hostile shapes on purpose

describe("arguments", () => {
  it.each<readonly [string, z.ZodType<JsonObject>, unknown, string, string]>([
    ["too large", z.strictObject({ n: z.number().max(5) }), { n: 9_731 }, "n", "at most 5 is allowed"],
    ["too small", z.strictObject({ s: z.string().min(3) }), { s: "" }, "s", "at least 3 is needed"],
    ["of another format", z.strictObject({ u: z.url() }), { u: "nine" }, "u", "a valid url is expected"],
    [
      "not among the allowed",
      z.strictObject({ e: z.enum(["a"]) }),
      { e: "zz-value" },
      "e",
      "it is not one of the allowed values",
    ],
    ["unknown, one", z.strictObject({}), { zz: 1 }, "arguments", "1 unknown argument"],
    ["unknown, two", z.strictObject({}), { zz: 1, yy: 2 }, "arguments", "2 unknown arguments"],
    [
      "refused by the tool's own rule",
      z.strictObject({ s: z.string().refine(() => false, "zz-secret") }),
      { s: "zz" },
      "s",
      "it is not what this argument takes",
    ],
    [
      "wrong deep inside",
      z.strictObject({ l: z.array(z.strictObject({ a: z.string() })) }),
      { l: [{ a: 1 }] },
      "l.0.a",
      "a value of type string is expected",
    ],
    [
      "wrong under a stranger's key",
      z.strictObject({ m: z.record(z.string(), z.string()) }),
      { m: { "zz key!": 1 } },
      "m.?",
      "a value of type string is expected",
    ],
    ["dropped by the schema", z.object({ a: z.string() }), { a: "x", b: "y" }, "b", "an unknown argument"],
    [
      "trimmed by the schema",
      z.strictObject({ a: z.string().trim() }),
      { a: " x " },
      "a",
      "it is not in the form that the tool would use",
    ],
    [
      "coerced by the schema",
      z.strictObject({ n: z.coerce.number() }),
      { n: "7" },
      "n",
      "it is not in the form that the tool would use",
    ],
    [
      "stripped deep inside",
      z.strictObject({ m: z.record(z.string(), z.json()) }),
      { m: JSON.parse(`{"__proto__":{"a":1}}`) as unknown },
      "m",
      "it is not in the form that the tool would use",
    ],
    ["a list", z.strictObject({}), [], "arguments", "an object is expected"],
    ["a text", z.strictObject({}), "x", "arguments", "an object is expected"],
    ["nothing", z.strictObject({}), undefined, "arguments", "a text is not valid Unicode"],
  ])("that are %s are refused with path and problem", (_, schema, given, path, problem) => {
    const found = problemOf(schema, given);
    expect(found).toEqual({ path, problem });
    expect(JSON.stringify(found)).not.toContain("zz");
  });

  it("that fit pass, also where the schema adds a default", () => {
    expect(problemOf(z.strictObject({ a: z.string(), b: z.number().default(1) }), { a: "x" })).toBeNull();
  });

  it("that a schema refuses without saying why are refused all the same", () => {
    const silent = { safeParse: () => ({ success: false, error: { issues: [] } }) } as unknown as ToolManifest["input"];
    expect(problemOf(silent, {})).toEqual({ path: "arguments", problem: "they do not fit" });
  });
});
