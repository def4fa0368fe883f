import { err, moltbotError } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Gate } from "./gate.ts";
import { must } from "./testing/world.ts";
import { STRETCH, walk } from "./walk.ts";

const open: Gate = { read: async (step) => step(), write: async (step) => step(), lightly: async (step) => step() };
const keyOf = (n: number): string => n.toString(16).padStart(8, "0");

describe("a walk", () => {
  it("visits every row that can be seen once and in order, however many there are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.nat(120), fc.constantFrom(STRETCH - 1, STRETCH, STRETCH + 1, 2 * STRETCH, 2 * STRETCH + 30)),
        fc.constantFrom(1, 2, 7, 400),
        fc.constantFrom(1, 90_000),
        async (count, everyNth, size) => {
          const all = Array.from({ length: count }, (_, n) => keyOf(n));
          const seen = all.filter((_, n) => n % everyNth === 0);
          let passed = 0;
          const visited: string[] = [];
          const walked = await walk<string>(
            open,
            {
              end: async (after) => all.filter((key) => key > after)[STRETCH - 1],
              rows: async (after, to, limit) => {
                passed = Math.max(passed, all.filter((key) => key > after && key <= to).length);
                return seen.filter((key) => key > after && key <= to).slice(0, limit);
              },
              key: (row) => row,
              size: () => size,
            },
            (row) => visited.push(row),
          );
          must(walked);
          expect(visited).toEqual(seen);
          expect(passed).toBeLessThanOrEqual(STRETCH);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("ends with the failure of a step", async () => {
    const failing: Gate = {
      ...open,
      read: async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a test" })),
    };
    const walked = await walk<string>(
      failing,
      { end: async () => undefined, rows: async () => [], key: (row) => row, size: () => 1 },
      () => undefined,
    );
    expect(walked).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
  });
});
