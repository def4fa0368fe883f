import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PluginInput, PluginManifest } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { trialFileSchema } from "../../packages/cli/src/packages/trial-file.ts";
import { inputSchema } from "../../packages/execution/src/plugins/input-schema.ts";
import type { Plugin } from "../../packages/plugin-sdk/src/define-plugin.ts";
import { runCases } from "../../packages/plugin-sdk/src/local-runner/index.ts";
import { fieldRows, schemaOf, takes } from "../../scripts/reference/fields.ts";
import { EXAMPLE, EXAMPLE_CASES, EXAMPLE_MAIN } from "../../scripts/reference/plugin-example.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/reference/plugin-manifest.md"), "utf8");
const blocks = [...page.matchAll(/```json\n(.*?)\n```/gs)].map(([, text = ""]): unknown => JSON.parse(text));

/** What a module exports as its default, where it imports nothing but `definePlugin`. */
const exportedBy = async (source: string): Promise<Plugin> => {
  const module = source.replace(/^import .*;$/m, "const definePlugin = (plugin) => plugin;");
  const loaded = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`)) as {
    readonly default: Plugin; // as the page has it
  };
  return loaded.default;
};

describe("docs/reference/plugin-manifest.md", () => {
  it("shows JSON that is what the sources hold", () => {
    expect(blocks[0]).toEqual(EXAMPLE);
    expect(blocks.at(-1)).toEqual(EXAMPLE_CASES);
    expect(PluginManifest.safeParse(blocks[0]).success).toBe(true);
  });

  it("shows a plugin that passes the cases beside it", async () => {
    const manifest = PluginManifest.parse(EXAMPLE);
    const cases = (await trialFileSchema()).parse(EXAMPLE_CASES);
    expect(cases.cases).toHaveLength(EXAMPLE_CASES.cases.length);
    const reports = await runCases(await exportedBy(EXAMPLE_MAIN), manifest, EXAMPLE_CASES);
    expect(reports).toEqual(EXAMPLE_CASES.cases.map(({ name }) => ({ name, problems: [] })));
    const otherwise = await exportedBy(EXAMPLE_MAIN.replace("The table answered", "It said"));
    expect((await runCases(otherwise, manifest, EXAMPLE_CASES)).flatMap(({ problems }) => problems)).toHaveLength(1);
  });

  it("says how long arguments are where the manifest does not", () => {
    const figure = (word: string): number =>
      Number(new RegExp(`\\| \`${word}\` \\| [^|]*; ([\\d,]+) where`).exec(page)?.[1]?.replaceAll(",", ""));
    const properties = { text: { type: "string" }, list: { type: "array", items: { type: "boolean" } } };
    const input = inputSchema(PluginInput.parse({ type: "object", properties }));
    const fits = (args: unknown): boolean => input.safeParse(args).success;
    const [longest, most] = [figure("maxLength"), figure("maxItems")];
    expect([fits({ text: "x".repeat(longest) }), fits({ text: "x".repeat(longest + 1) })]).toEqual([true, false]);
    const list = (length: number) => ({ list: Array.from({ length }, () => true) });
    expect([fits(list(most)), fits(list(most + 1))]).toEqual([true, false]);
  });
});

describe("a table of fields", () => {
  const schema = schemaOf(z.strictObject({ size: z.int().min(1).max(9).default(3), of: z.enum(["a", "b"]) }));

  it("says what each takes, and what holds where it is left out", () => {
    expect(fieldRows(schema, { size: "how big", of: "which" })).toEqual([
      ["`size`", "a whole number, 1 to 9", "`3`", "how big"],
      ["`of`", '`"a"`, `"b"`', "must stand there", "which"],
    ]);
  });

  it("is not made where a field has no words, words have no field, or a pattern is a new one", () => {
    expect(() => fieldRows(schema, { size: "how big" })).toThrow("the field of has no words");
    expect(() => fieldRows(schema, { size: "how big", of: "which", old: "gone" })).toThrow("no field old");
    expect(() => takes(schemaOf(z.string().regex(/^x$/)))).toThrow("no words for the pattern ^x$");
  });
});
