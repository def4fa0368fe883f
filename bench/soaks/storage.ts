import { newStormPlace, runStormRound, stormHeld } from "../../tests/crash/storage-round.ts";
import type { StormPlace } from "../../tests/crash/storage-round.ts";
import { startPostgres } from "../../packages/storage/src/testing/index.ts";

/** A home lives through so many kills before a new one begins, so that old scars are looked at too. */
const KILLS_OF_A_HOME = 25;

interface Round {
  readonly held: boolean;
  readonly facts: Readonly<Record<string, number | boolean>>;
}

/** Homes on SQLite and on PostgreSQL take turns; the server ends with the last of the rounds. */
export const createStorm = (rounds: number): ((at: number) => Promise<Round>) => {
  let place: StormPlace | null = null;
  let server: Awaited<ReturnType<typeof startPostgres>> | null = null;
  return async (at) => {
    const isPostgres = Math.floor(at / KILLS_OF_A_HOME) % 2 === 1;
    if (at % KILLS_OF_A_HOME === 0 || place === null) {
      place?.remove();
      if (isPostgres) server ??= await startPostgres();
      place = await newStormPlace(isPostgres && server !== null ? await server.newDatabase() : null);
    }
    // Spread over everything from the first write to a loaded house; seeded by the round's number.
    const found = await runStormRound(place, { said: (at * 7_919) % 120, microseconds: (at * 331) % 2_000 });
    const { lost, twice, torn, ...counts } = found;
    if (at === rounds - 1) {
      place.remove();
      await server?.stop();
    }
    return {
      held: stormHeld(found),
      facts: { postgres: isPostgres, ...counts, lost: lost.length, twice: twice.length, torn: torn.length },
    };
  };
};
