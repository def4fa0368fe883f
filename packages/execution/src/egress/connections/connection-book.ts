import { done, err, moltbotError } from "@moltbot/contracts";
import type { LogPort, Result } from "@moltbot/contracts";
import type { Connection, RecordConnection } from "./connection.ts";

/** More connections without a record are not kept in mind: models alone go on without one, and they end with their turns. */
const MOST_LOST = 1_000;

/** Sees to it that each connection is put on record. */
export interface ConnectionBook {
  /** Takes a connection that ended; it is recorded beside other work. */
  ended(connection: Connection): void;
  /** Whether all that ended before is on record; AUDIT_UNWRITABLE otherwise. What could not be recorded is tried again first. */
  ready(): Promise<Result<void>>;
}

/** The book over a record; without one there is nothing to keep, as in a test. */
export const createConnectionBook = (record: RecordConnection | undefined, log: LogPort): ConnectionBook => {
  const underWay = new Set<Promise<void>>();
  let lost: Connection[] = [];
  let trying: Promise<void> | null = null;

  const isRecorded = async (connection: Connection): Promise<boolean> => {
    const recorded = record === undefined ? done : await record(connection).catch(() => null);
    return recorded?.ok === true;
  };
  const keep = async (connection: Connection): Promise<void> => {
    if (await isRecorded(connection)) return;
    log.error("a connection could not be recorded: tools reach nobody until it can be", { kept: lost.length + 1 });
    if (lost.length < MOST_LOST) lost.push(connection);
  };
  const tryAgain = async (): Promise<void> => {
    const [first] = lost;
    // One tells of all: a full disk is not asked a thousand times before each request.
    if (first === undefined || !(await isRecorded(first))) return;
    const others = lost.slice(1);
    lost = [];
    await Promise.all(others.map(keep));
  };
  return {
    ended: (connection) => {
      const kept = keep(connection).finally(() => underWay.delete(kept));
      underWay.add(kept);
    },
    ready: async () => {
      await Promise.all(underWay);
      if (lost.length > 0 || trying !== null) {
        trying ??= tryAgain().finally(() => (trying = null));
        await trying;
      }
      return lost.length === 0 ? done : err(moltbotError("AUDIT_UNWRITABLE"));
    },
  };
};
