import { startPostgres } from "../../packages/storage/src/testing/index.ts";
import { newStormPlace, runStormRound, stormHeld } from "../../tests/crash/storage-round.ts";
import type { StormPlace, StormRound } from "../../tests/crash/storage-round.ts";

/** A home lives through so many kills before a new one begins, so that old scars are looked at too. */
const KILLS_OF_A_HOME = 25;

type Engine = "sqlite" | "postgres";
type Facts = Readonly<Record<string, number | boolean>>;

const factsOf = (engine: Engine, { lost, twice, torn, ...counts }: StormRound): Facts =>
  Object.fromEntries(
    Object.entries({ ...counts, lost: lost.length, twice: twice.length, torn: torn.length }).map(([name, value]) => [
      `${engine} ${name}`,
      value,
    ]),
  );

/** One round is one kill of a house on SQLite and one of a house on PostgreSQL; what they keep is looked at after each. */
export const createStorm = (
  rounds: number,
): ((at: number) => Promise<{ readonly held: boolean; readonly facts: Facts }>) => {
  const places = new Map<Engine, StormPlace>();
  let server: Awaited<ReturnType<typeof startPostgres>> | null = null;

  const placeOf = async (engine: Engine, at: number): Promise<StormPlace> => {
    const known = places.get(engine);
    if (known !== undefined && at % KILLS_OF_A_HOME !== 0) return known;
    known?.remove();
    if (engine === "postgres") server ??= await startPostgres();
    const place = await newStormPlace(engine === "postgres" && server !== null ? await server.newDatabase() : null);
    places.set(engine, place);
    return place;
  };
  /** From the first write to a loaded house, and between two writes; seeded by the number of the round. */
  const storm = async (engine: Engine, at: number): Promise<StormRound> =>
    runStormRound(await placeOf(engine, at), { said: (at * 7_919) % 48, microseconds: (at * 331) % 2_000 });

  return async (at) => {
    const [sqlite, postgres] = await Promise.all([storm("sqlite", at), storm("postgres", at)]);
    if (at === rounds - 1) {
      for (const place of places.values()) place.remove();
      await server?.stop();
    }
    return {
      held: stormHeld(sqlite) && stormHeld(postgres),
      facts: { ...factsOf("sqlite", sqlite), ...factsOf("postgres", postgres) },
    };
  };
};
