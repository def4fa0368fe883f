import { describe, expect, it } from "vitest";
import { instantOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";
import { isAhead, isCredible } from "./instant-order.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const at = (milliseconds: number): Instant => instantOf(NOW + milliseconds);
const GARBAGE = ["", "never", "soon", "2026-13-41T99:99:99.999Z"] as Instant[]; // what no schema let in

describe("the order of instants", () => {
  it("tells what is ahead to the millisecond", () => {
    expect([-1, 0, 1].map((ms) => isAhead(at(ms), at(0)))).toEqual([false, false, true]);
  });

  it("believes in what was issued up to five minutes ahead", () => {
    expect([-1, 0, 300_000, 300_001].map((ms) => isCredible(at(ms), at(0)))).toEqual([true, true, true, false]);
  });

  it.each(GARBAGE)("takes %j neither for ahead nor for credible, and no time for before it", (garbage) => {
    expect([isAhead(garbage, at(0)), isAhead(at(0), garbage)]).toEqual([false, false]);
    expect([isCredible(garbage, at(0)), isCredible(at(0), garbage)]).toEqual([false, false]);
  });

  it("answers the same however many instants it has seen", () => {
    for (let n = 0; n < 10_050; n += 1) expect(isAhead(at(n + 1), at(n))).toBe(true);
    expect([isAhead(at(0), at(1)), isAhead(at(1), at(0))]).toEqual([false, true]);
  });
});
