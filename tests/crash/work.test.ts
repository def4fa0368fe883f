import { describe, expect, it } from "vitest";
import { onPostgresPlaces } from "../../packages/storage/src/testing/index.ts";
import { runWorkRound, workHeldIn } from "./work-round.ts";
import type { RoundPlace } from "./work-round.ts";

const holds = async (seed: number, kills: number, place?: RoundPlace): Promise<void> => {
  const round = await runWorkRound({ kills, seed, ...(place === undefined ? {} : { place }) });
  expect(round).toMatchObject({ lost: [], unaccounted: [], firedTwice: [], twice: [], untrue: [] });
  expect(workHeldIn(round)).toBe(true);
  // The round was a round: work was accepted, times came, effects left, and it was killed each time.
  expect(round.kills).toBe(kills);
  for (const met of [round.accepted, round.effects, round.times, round.sent]) expect(met).toBeGreaterThan(5);
};

describe("jobs, a schedule and an outbox in a process that is killed with signal 9", { timeout: 180_000 }, () => {
  it.each([1, 2])(
    "on SQLite lose nothing, fire no time twice and repeat nothing that cannot be repeated (seed %i)",
    (seed) => holds(seed, 6),
  );

  onPostgresPlaces((_places, server) => {
    it("lose nothing, fire no time twice and repeat nothing that cannot be repeated", async () =>
      holds(3, 5, { connection: await server().newDatabase(), schema: "moltbot" }));
  });
});
