import { newStormPlace, runStormRound, stormHeld } from "../../tests/crash/storage-round.ts";
import type { StormPlace } from "../../tests/crash/storage-round.ts";
import { startPostgres } from "../../packages/storage/src/testing/index.ts";

/** A home lives through so many kills before a new one begins, so that old scars are looked at too. */
const KILLS_OF_A_HOME = 50;

interface Round {
  readonly held: boolean;
  readonly facts: Readonly<Record<string, number | boolean>>;
}

/** Rounds before `each` run on SQLite, the following on PostgreSQL. */
export const createStorm = (each: number): ((at: number) => Promise<Round>) => {
  let place: StormPlace | null = null;
  let server: Awaited<ReturnType<typeof startPostgres>> | null = null;
  return async (at) => {
    const isPostgres = at >= each;
    if (at % KILLS_OF_A_HOME === 0 || place === null) {
      place?.remove();
      if (isPostgres) server ??= await startPostgres();
      place = await newStormPlace(isPostgres && server !== null ? await server.newDatabase() : null);
    }
    // Spread over everything from the first write to a loaded house; seeded by the round's number.
    const milliseconds = ((at * 7_919) % 180) + (at % 3);
    const found = await runStormRound(place, milliseconds);
    const { lost, twice, torn, ...counts } = found;
    if (at === 2 * each - 1) {
      place.remove();
      await server?.stop();
    }
    return {
      held: stormHeld(found),
      facts: { postgres: isPostgres, ...counts, lost: lost.length, twice: twice.length, torn: torn.length },
    };
  };
};
