import type { ClockPort } from "@moltbot/contracts";

const WINDOW = 5 * 60_000;
/** Wrong ones that cost nothing: people mistype. */
const FREE = 5;
const FIRST_WAIT = 1_000;
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

/** Counts wrong credentials by whatever they are counted for: an address and the kind that was tried, or a person. */
export interface Lockout {
  /** Seconds until the next try is looked at; 0 when it may come now. */
  remaining(key: string): number;
  /** Counts a wrong credential; true when this one locks. */
  wrong(key: string): boolean;
}

/** The wait after so many wrong ones, as long as they do not lock: none for five, then 1, 2, 4 and 8 seconds. */
const waitAfter = (wrong: number): number => (wrong <= FREE ? 0 : FIRST_WAIT * 2 ** (wrong - FREE - 1));

/**
 * From the sixth wrong one within five minutes on each next try has to wait longer; the tenth locks for 30 s, then twice as long
 * each time, up to 15 minutes. This machine's own addresses are counted like any other. Memory is bounded.
 */
export const createLockout = (clock: Pick<ClockPort, "monotonic">, capacity: number = MOST_ADDRESSES): Lockout => {
  const counted = new Map<string, Attempts>();
  const fresh: Attempts = { wrong: [], lockedUntil: 0, level: 0, last: 0 };

  /** Drops what was seen least recently, something locked only when all of the oldest are. */
  const makeRoom = (now: number): void => {
    let oldest: string | undefined;
    let looked = 0;
    for (const [key, { lockedUntil }] of counted) {
      oldest ??= key;
      if (lockedUntil <= now) {
        counted.delete(key);
        return;
      }
      looked += 1;
      if (looked >= 64) break;
    }
    if (oldest !== undefined) counted.delete(oldest);
  };

  return {
    remaining(key) {
      const until = counted.get(key)?.lockedUntil ?? 0;
      return Math.max(0, Math.ceil((until - clock.monotonic()) / 1000));
    },
    wrong(key) {
      const now = clock.monotonic();
      const known = counted.get(key) ?? fresh;
      const level = now - known.last > MEMORY ? 0 : known.level;
      const wrong = [...known.wrong.filter((at) => now - at < WINDOW), now];
      const locks = wrong.length >= ALLOWED;
      const wait = locks ? Math.min(FIRST_LOCK * 2 ** level, LONGEST_LOCK) : waitAfter(wrong.length);
      counted.delete(key);
      if (counted.size >= capacity) makeRoom(now);
      counted.set(key, {
        wrong: locks ? [] : wrong,
        lockedUntil: Math.max(known.lockedUntil, now + wait),
        level: locks ? level + 1 : level,
        last: now,
      });
      return locks;
    },
  };
};
