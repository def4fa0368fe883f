import { describe, expect, it } from "vitest";
import { BUILT_IN_TOOLS } from "@moltbot/execution/tools";
import { z } from "zod";
import { modelSchema } from "./model-schema.ts";

describe("what a model is shown of a tool's arguments", () => {
  it("names types, choices, bounds of numbers and what is required, and no length or shape of a text", () => {
    const input = z.strictObject({
      path: z.string().min(1).max(100).regex(/^a/),
      // Its name is no keyword.
      pattern: z.string().max(5).exactOptional(),
      seconds: z.int().min(1).max(60),
      as: z.enum(["text", "json"]).default("text"),
      hosts: z.array(z.string().max(300)).min(1).max(20),
      headers: z.record(z.string().regex(/^h/), z.string().max(9)).exactOptional(),
    });
    expect(modelSchema(input)).toEqual({
      type: "object",
      properties: {
        path: { type: "string" },
        pattern: { type: "string" },
        seconds: { type: "integer", minimum: 1, maximum: 60 },
        as: { default: "text", type: "string", enum: ["text", "json"] },
        hosts: { type: "array", items: { type: "string" } },
        headers: { type: "object", additionalProperties: { type: "string" } },
      },
      required: ["path", "seconds", "hosts"],
    });
    expect(modelSchema(input)).toBe(modelSchema(input));
  });

  it.each(BUILT_IN_TOOLS.map(({ manifest }) => [String(manifest.name), manifest.input] as const))(
    "of %s holds every argument",
    (_name, input) => {
      const whole = z.toJSONSchema(input, { unrepresentable: "any", io: "input" });
      const shown = modelSchema(input);
      expect(Object.keys(shown["properties"] ?? {})).toEqual(Object.keys(whole.properties ?? {}));
      expect(shown["required"]).toEqual(whole.required);
    },
  );
});
