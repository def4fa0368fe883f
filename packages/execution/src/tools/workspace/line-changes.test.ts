import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineChanges } from "./line-changes.ts";

const applied = (old: readonly string[], fresh: readonly string[], most?: number): readonly string[] => {
  const lines: string[] = [];
  let from = 0;
  for (const { oldAt, removed, freshAt, added } of lineChanges(old, fresh, most)) {
    lines.push(...old.slice(from, oldAt), ...fresh.slice(freshAt, freshAt + added));
    from = oldAt + removed;
  }
  return [...lines, ...old.slice(from)];
};
const edits = (old: readonly string[], fresh: readonly string[]): number =>
  lineChanges(old, fresh).reduce((sum, { removed, added }) => sum + removed + added, 0);

/** The length of the longest common part, the slow way. */
const common = (a: readonly string[], b: readonly string[]): number => {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1)
    for (let j = 1; j <= b.length; j += 1) {
      const row = table[i];
      if (row !== undefined)
        row[j] = a[i - 1] === b[j - 1] ? at(i - 1, j - 1) + 1 : Math.max(at(i - 1, j), at(i, j - 1));
    }
  return at(a.length, b.length);
};

const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 14 });

describe("what differs between two lists of lines", () => {
  it("makes the one of the other, with as few lines as can be, and in order", () => {
    fc.assert(
      fc.property(lines, lines, (old, fresh) => {
        expect(applied(old, fresh)).toEqual(fresh);
        expect(edits(old, fresh)).toBe(old.length + fresh.length - 2 * common(old, fresh));
        const places = lineChanges(old, fresh);
        for (const [index, { oldAt, removed, freshAt, added }] of places.entries()) {
          const next = places[index + 1];
          if (next === undefined) continue;
          expect(next.oldAt - oldAt - removed).toBe(next.freshAt - freshAt - added);
          expect(next.oldAt).toBeGreaterThan(oldAt + removed);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is one change where there is too much of it, which still makes the one of the other", () => {
    fc.assert(
      fc.property(lines, lines, (old, fresh) => {
        expect(applied(old, fresh, 2)).toEqual(fresh);
      }),
    );
    const [old, fresh] = [
      ["a", "1", "b", "2", "c", "3", "d"],
      ["a", "x", "b", "y", "c", "z", "d"],
    ];
    expect(lineChanges(old, fresh)).toHaveLength(3);
    expect(lineChanges(old, fresh, 5)).toEqual([{ oldAt: 1, removed: 5, freshAt: 1, added: 5 }]);
  });

  it("is nothing between equals, and found soon between large ones that differ wholly", () => {
    expect(lineChanges([], [])).toEqual([]);
    expect(lineChanges(["a"], ["a"])).toEqual([]);
    const [old, fresh] = [0, 1].map((n) => Array.from({ length: 50_000 }, (_, at) => `${n} ${at}`)) as [
      string[],
      string[],
    ]; // two of two
    expect(lineChanges(old, fresh)).toEqual([{ oldAt: 0, removed: 50_000, freshAt: 0, added: 50_000 }]);
  });
});
