import { describe, expect, it } from "vitest";
import { createReadingBudget } from "./reading-budget.ts";

const ASK = 262_144;

describe("how much of a plugin's asks is read", () => {
  it("is some megabytes at once, and one more in each second", () => {
    let now = 0;
    const budget = createReadingBudget(() => now);
    const taken = (): number => {
      for (let times = 0; ; times += 1) if (!budget.take(ASK)) return times;
    };
    const counts = [taken(), taken()];
    now += 1_000;
    counts.push(taken());
    now += 3_600_000;
    expect([...counts, taken()]).toEqual([31, 0, 4, 31]);
  });

  it("counts asks that hold nothing too", () => {
    const budget = createReadingBudget(() => 0);
    let times = 0;
    while (budget.take(0)) times += 1;
    expect(times).toBe(8 * 1_024);
  });
});
