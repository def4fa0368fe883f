const MINUTE = 60_000;

/** How often something happened in the last minute, for each of many keys. */
export interface Rate {
  /** Counts one more; false where `limit` of them happened in the last minute, and then nothing is counted. */
  take(key: string, limit: number): boolean;
  /** Forgets everything of keys that begin so. */
  forget(prefix: string): void;
}

/** `monotonic`: milliseconds that never go back. */
export const createRate = (monotonic: () => number): Rate => {
  const times = new Map<string, readonly number[]>();
  const sweep = (now: number): void => {
    for (const [key, taken] of times) if ((taken.at(-1) ?? 0) <= now - MINUTE) times.delete(key);
  };
  return {
    take: (key, limit) => {
      const now = monotonic();
      sweep(now);
      const recent = (times.get(key) ?? []).filter((at) => at > now - MINUTE);
      if (recent.length >= limit) return false;
      times.set(key, [...recent, now]);
      return true;
    },
    forget: (prefix) => {
      for (const key of times.keys()) if (key.startsWith(prefix)) times.delete(key);
    },
  };
};
