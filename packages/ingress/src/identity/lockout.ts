import type { ClockPort } from "@moltbot/contracts";

const WINDOW = 5 * 60_000;
const ALLOWED = 10;
const FIRST_LOCK = 30_000;
const LONGEST_LOCK = 15 * 60_000;
/** How long an address keeps the level it has earned. */
const MEMORY = 60 * 60_000;
const MOST_ADDRESSES = 10_000;

interface Attempts {
  /** When the wrong ones happened, oldest first; never more than are allowed. */
  readonly wrong: readonly number[];
  readonly lockedUntil: number;
  readonly level: number;
  readonly last: number;
}

/** Counts wrong credentials by address. */
export interface Lockout {
  /** Seconds until the address may try again; 0 when it may now. */
  remaining(address: string): number;
  /** Counts a wrong credential; true when this one locks the address. */
  wrong(address: string): boolean;
}

/** Ten wrong ones within five minutes lock an address for 30 s, then twice as long each time, up to 15 minutes. Memory is bounded. */
export const createLockout = (clock: Pick<ClockPort, "monotonic">, capacity: number = MOST_ADDRESSES): Lockout => {
  const addresses = new Map<string, Attempts>();
  const fresh: Attempts = { wrong: [], lockedUntil: 0, level: 0, last: 0 };

  /** Drops the address seen least recently, one that is locked only when all of the oldest are. */
  const makeRoom = (now: number): void => {
    let oldest: string | undefined;
    let looked = 0;
    for (const [address, { lockedUntil }] of addresses) {
      oldest ??= address;
      if (lockedUntil <= now) {
        addresses.delete(address);
        return;
      }
      looked += 1;
      if (looked >= 64) break;
    }
    if (oldest !== undefined) addresses.delete(oldest);
  };

  return {
    remaining(address) {
      const until = addresses.get(address)?.lockedUntil ?? 0;
      return Math.max(0, Math.ceil((until - clock.monotonic()) / 1000));
    },
    wrong(address) {
      const now = clock.monotonic();
      const known = addresses.get(address) ?? fresh;
      const level = now - known.last > MEMORY ? 0 : known.level;
      const wrong = [...known.wrong.filter((at) => now - at < WINDOW), now];
      const locks = wrong.length >= ALLOWED;
      addresses.delete(address);
      if (addresses.size >= capacity) makeRoom(now);
      addresses.set(address, {
        wrong: locks ? [] : wrong,
        lockedUntil: locks ? now + Math.min(FIRST_LOCK * 2 ** level, LONGEST_LOCK) : known.lockedUntil,
        level: locks ? level + 1 : level,
        last: now,
      });
      return locks;
    },
  };
};
