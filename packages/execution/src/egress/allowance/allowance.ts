import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Beyond this many the ones unused longest are forgotten. */
const MOST_KEPT = 10_000;

/** How much tools and programs may take to the world; 0: no limit. Read at every request. */
export interface EgressLimits {
  /** Of one person, to one host and port. */
  readonly requestsPerMinute: number;
  /** Of one person, to all hosts together. */
  readonly bytesOutPerHour: number;
}

/** Counts what tools and programs send, by whom they act for: one person's limits slow nobody else. */
export interface Allowance {
  /** One request or connection to a host; RATE_LIMITED, and how long to wait. */
  connect(person: string, host: string): Result<void>;
  /** Bytes that are about to leave; BUDGET_EXHAUSTED leaves them uncounted, and they may not leave. */
  carry(person: string, bytes: number): Result<void>;
}

/** What happened within the last while, in parts of it, so that it runs out bit by bit. */
interface Window {
  readonly parts: Map<number, number>;
}

const PARTS = 60;

/** A count of the last `milliseconds`, told in sixty parts of them. */
const windows = (milliseconds: number, now: () => number) => {
  const kept = new Map<string, Window>();
  const size = milliseconds / PARTS;
  const windowOf = (key: string): Window => {
    const known = kept.get(key) ?? { parts: new Map() };
    // The one that was used last stands last.
    kept.delete(key);
    kept.set(key, known);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return known;
  };
  return (key: string) => {
    const { parts } = windowOf(key);
    const part = Math.floor(now() / size);
    for (const old of parts.keys()) if (old <= part - PARTS) parts.delete(old);
    return {
      sum: [...parts.values()].reduce((sum, count) => sum + count, 0),
      add: (count: number): void => void parts.set(part, (parts.get(part) ?? 0) + count),
      /** Milliseconds until the first of it is forgotten. */
      wait: (): number => (Math.min(...parts.keys()) + PARTS) * size - now(),
    };
  };
};

/** Makes the counters; `now` counts milliseconds and never goes back. */
export const createAllowance = (limits: () => EgressLimits, now: () => number): Allowance => {
  const requests = windows(MINUTE, now);
  const bytesOut = windows(HOUR, now);
  return {
    connect: (person, host) => {
      const limit = limits().requestsPerMinute;
      if (limit === 0) return done;
      const window = requests(`${person} ${host}`);
      if (window.sum >= limit) {
        const retryAfter = Math.max(1, Math.ceil(window.wait() / 1_000));
        return err(moltbotError("RATE_LIMITED", { limit, window: MINUTE / 1_000, retryAfter }));
      }
      window.add(1);
      return done;
    },
    carry: (person, bytes) => {
      const limit = limits().bytesOutPerHour;
      if (limit === 0) return done;
      const window = bytesOut(person);
      if (window.sum + bytes > limit)
        return err(moltbotError("BUDGET_EXHAUSTED", { budget: "bytes that tools send in an hour", limit }));
      window.add(bytes);
      return done;
    },
  };
};
