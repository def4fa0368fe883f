import { describe, expect, it } from "vitest";
import { linesInTurns } from "./lines-in-turns.ts";

const turn = () => new Promise((resolve) => void setImmediate(resolve));

describe("lines of a plugin", () => {
  it("are read a few in a turn of the house's, in their order, and at once where there are few", async () => {
    const read: (string | null)[] = [];
    const lines = linesInTurns((line) => void read.push(line), 10);
    for (const line of ["aaaaa", "bbbbb", "ccccc", "d", null, "eeeeeeeeeeeeeeeeeeee", "f"]) lines.push(line);
    expect(read).toEqual(["aaaaa", "bbbbb"]);
    const counts: number[] = [];
    while (read.length < 7) {
      await turn();
      counts.push(read.length);
    }
    expect(read.map((line) => line?.[0] ?? null)).toEqual(["a", "b", "c", "d", null, "e", "f"]);
    expect([...new Set(counts)]).toEqual([6, 7]);
    await lines.rest();
  });

  it("are all read before it is told that none waits", async () => {
    const read: (string | null)[] = [];
    const lines = linesInTurns((line) => void read.push(line), 1);
    for (let at = 0; at < 20; at += 1) lines.push(String(at));
    await lines.rest();
    expect(read).toHaveLength(20);
  });
});
