import { setTimeout } from "node:timers";
import type { LogPort } from "@moltbot/contracts";
import pg from "pg";

const AGAIN_MILLISECONDS = 1_000;

/**
 * Shows the other processes on this database that the one with this incarnation is there: a lock that the server holds as long
 * as the connection lasts. Who is not seen loses its leases; should only its connection have gone, the fence keeps it out.
 */
export const showPresence = async (
  config: pg.ClientConfig,
  presence: number,
  incarnation: number,
  log: LogPort,
): Promise<{ stop(): Promise<void> }> => {
  let stopped = false;
  let client: pg.Client | null = null;
  let again: NodeJS.Timeout | null = null;

  const appear = async (): Promise<void> => {
    const mine = new pg.Client(config);
    mine.on("error", () => undefined);
    await mine.connect();
    await mine.query(`SELECT pg_advisory_lock(${presence}, ${incarnation})`);
    client = mine;
    mine.once("end", () => {
      client = null;
      comeBack();
    });
  };
  const comeBack = (): void => {
    if (stopped) return;
    again = setTimeout(() => {
      appear().catch(() => {
        log.warn("the database cannot be reached", { incarnation });
        comeBack();
      });
    }, AGAIN_MILLISECONDS).unref();
  };

  await appear();
  return {
    stop: async () => {
      stopped = true;
      if (again !== null) clearTimeout(again);
      await client?.end();
    },
  };
};
