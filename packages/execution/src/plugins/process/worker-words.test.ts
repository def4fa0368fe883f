import { describe, expect, it } from "vitest";
import { readJson } from "./worker-words.ts";

const MOST = 262_144;
const quickest = (act: () => unknown): number =>
  Math.min(
    ...Array.from({ length: 7 }, () => {
      const began = performance.now();
      act();
      return performance.now() - began;
    }),
  );

describe("JSON that a plugin wrote", () => {
  it("loses keys that become prototypes, at any depth and however they are spelled, and no others", () => {
    const text = String.raw`{"a":[{"__proto__":{"x":1},"b":{"\u005f_proto__":[],"y":2}}],"constructor":{"prototype":3},"toString":4}`;
    const read = readJson(text, MOST);
    expect(JSON.stringify(read?.value)).toBe('{"a":[{"b":{"y":2}}],"constructor":{"prototype":3},"toString":4}');
    expect(Object.getPrototypeOf(read?.value)).toBe(Object.prototype);
    expect(readJson(`${"[".repeat(63)}{"__proto__":1}${"]".repeat(63)}`, MOST)).toEqual(
      readJson(`${"[".repeat(63)}{}${"]".repeat(63)}`, MOST),
    );
    expect(readJson('{"__proto__":1}', MOST)).toStrictEqual({ value: {} });
  });

  it("is read in about the time that parsing takes, of however many parts it is", () => {
    const text = JSON.stringify({ key: "k", value: Array(120_000).fill(1) });
    const plain = quickest(() => JSON.parse(text) as unknown);
    expect(quickest(() => readJson(text, MOST))).toBeLessThan(20 * plain);
    const slow = quickest(() => JSON.parse(text, (key, inner: unknown) => (key === "__proto__" ? undefined : inner)));
    expect(slow).toBeGreaterThan(20 * plain);
  });

  it("is nothing where it is no JSON, too large or too deep", () => {
    for (const text of ["", "{", "undefined", '"\u0001"', `${"[".repeat(65)}${"]".repeat(65)}`])
      expect(readJson(text, MOST)).toBeNull();
    expect([readJson('"é"', 3), readJson('"é"', 4)]).toEqual([null, { value: "é" }]);
  });
});
