import { afterAll, describe, expect, it } from "vitest";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/testing/index.ts";
import { newStormPlace, runStormRound } from "./storage-round.ts";
import type { Moment, StormPlace } from "./storage-round.ts";

/** From the first write to a loaded house, spread by a fixed seed; `npm run soak -- storage` goes through a thousand of them. */
const MOMENTS: readonly Moment[] = [0, 3, 17, 41, 96, 170].map((said, at) => ({ said, microseconds: at * 397 }));

const weather = async (place: StormPlace): Promise<void> => {
  let accepted = 0;
  for (const moment of MOMENTS) {
    const found = await runStormRound(place, moment);
    expect(found).toMatchObject({ lost: [], twice: [], torn: [], audit: true, database: true });
    accepted += found.accepted;
  }
  expect(accepted).toBeGreaterThan(20);
  expect(place.ended.size).toBeGreaterThan(5);
};

describe("storage under load, killed with signal 9", () => {
  it("loses nothing on SQLite, does nothing twice, and its log verifies", async () => {
    const place = await newStormPlace(null);
    try {
      await weather(place);
    } finally {
      place.remove();
    }
  }, 120_000);

  const reason = whyNoPostgres();
  const servers: { stop(): Promise<void> }[] = [];
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });
  it.skipIf(reason !== null)(
    `loses nothing on PostgreSQL either${reason === null ? "" : ` (skipped: ${reason})`}`,
    async () => {
      const server = await startPostgres();
      servers.push(server);
      const place = await newStormPlace(await server.newDatabase());
      try {
        await weather(place);
      } finally {
        place.remove();
      }
    },
    120_000,
  );
});
