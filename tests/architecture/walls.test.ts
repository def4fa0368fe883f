import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judge as judgeWithDependencyCruiser } from "../../scripts/walls.mjs";
import { HARMLESS, PLANTED } from "./planted-violations.ts";
import { readSource, sourcesUnder } from "./read-source.ts";
import { judge, WALLS } from "./walls.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string, text: string) => readSource(path, text);

describe("the walls of this house", () => {
  it("stand in every file", () => {
    const files = sourcesUnder(root).map(([path, text]) => read(path, text));
    const violations = judge(files).map(({ wall, path, line, says }) => `${path}:${line} ${says} (${wall})`);
    expect(violations).toEqual([]);
  });

  it("are not proven by an empty house", async () => {
    expect(() => judge([])).toThrow(/no source files/);
    await expect(judgeWithDependencyCruiser([])).rejects.toThrow(/no source files/);
  });

  it("each have a reason and a planted violation", () => {
    const planted = new Set(PLANTED.map(({ wall }) => wall));
    expect(WALLS.filter(({ name }) => !planted.has(name)).map(({ name }) => name)).toEqual([]);
    expect(WALLS.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });
});

describe("the second reader", () => {
  it.each(PLANTED.map((planted) => [planted.says, planted] as const))("reports: %s", (_says, { path, text, wall }) => {
    expect(judge([read(path, text)]).map((violation) => violation.wall)).toContain(wall);
  });

  it.each(HARMLESS)("does not cry wolf at %s", (_says, path, text) => {
    expect(judge([read(path, text)])).toEqual([]);
  });

  it("refuses to judge a file that does not parse", () => {
    expect(() => read("packages/core/src/guard/planted.ts", "const = ;")).toThrow(/does not parse/);
  });
});
