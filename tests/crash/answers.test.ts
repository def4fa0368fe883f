import { describe, expect, it } from "vitest";
import { heldIn, runAnswerRound } from "./answer-round.ts";

describe("eight answerers, two runners, a stop and a clock", { timeout: 180_000 }, () => {
  it.each([1, 2])("race over a house that is killed with signal 9 (seed %i)", async (seed) => {
    const round = await runAnswerRound({ races: 120, kills: 4, seed });
    expect(round).toMatchObject({
      twice: [],
      unallowed: [],
      afterExpiry: [],
      afterStop: [],
      twoWinners: [],
      audit: true,
    });
    expect(heldIn(round)).toBe(true);
    // The round was a round: it ran, was answered no, expired, stopped, and was killed.
    expect(round.races).toBeGreaterThanOrEqual(120);
    for (const met of [round.ran, round.denied, round.edited, round.stops, round.kills]) expect(met).toBeGreaterThan(0);
  });
});
