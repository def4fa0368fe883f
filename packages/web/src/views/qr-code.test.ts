import { encode } from "uqr";
import { describe, expect, it } from "vitest";
import { darkPath } from "./qr-code.ts";

/** The squares that a path of ours covers. */
const squaresOf = (path: string, size: number): boolean[][] => {
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\1z/g))
    for (let at = Number(x); at < Number(x) + Number(run); at += 1) {
      const row = rows[Number(y)];
      if (row !== undefined) row[at] = true;
    }
  return rows;
};

describe("a QR code", () => {
  it("covers exactly the dark squares of its symbol", () => {
    for (const text of ["A", "http://127.0.0.1:18790/#pair=ABCD-EFGH", "x".repeat(400)]) {
      const { data, size } = encode(text, { border: 4, ecc: "M" });
      expect(squaresOf(darkPath(data), size)).toEqual(data);
    }
  });

  it("covers nothing of an empty one, and a row to its edge", () => {
    expect(darkPath([[false, false]])).toBe("");
    expect(squaresOf(darkPath([[false, true, true]]), 3)[0]).toEqual([false, true, true]);
  });
});
