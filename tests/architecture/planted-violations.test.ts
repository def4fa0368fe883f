import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { judge, readDoors, readSources, type Judged } from "../../scripts/walls.mjs";
import { PLANTED, PLANTED_TARGETS } from "./planted-violations.ts";

const root = join(import.meta.dirname, "..", "..");

describe("the first reader, dependency-cruiser", () => {
  // All are planted at once beside the real house, each in a file of its own: one run judges them.
  const seen = PLANTED.filter(({ rule }) => rule !== undefined).map((planted, i) => ({
    ...planted,
    path: planted.path.replace("planted", `planted-${i}`),
  }));
  let judged: readonly Judged[] = [];

  beforeAll(async () => {
    const planted = seen.map(({ path, text }) => [path, text] as const);
    const real = readSources(root);
    const built = new Set(real.map(([path]) => path));
    // A door that is not built yet still has a place; a rule about it must not wait for the builders.
    const doors = [...readDoors(root).values()].filter((path) => !built.has(path)).map((path) => [path, ""] as const);
    judged = await judge([...real, ...doors, ...PLANTED_TARGETS, ...planted]);
  });

  it.each(seen.map((planted) => [planted.says, planted] as const))("reports: %s", (_says, { path, rule }) => {
    expect(judged.filter(({ from }) => from === path).map((violation) => violation.rule)).toContain(rule);
  });

  it("finds every wall standing in the real house", () => {
    const planted = new Set([...seen.map(({ path }) => path), ...PLANTED_TARGETS.map(([path]) => path)]);
    expect(judged.filter(({ from }) => !planted.has(from))).toEqual([]);
  });
});
