/** Lets one at a time through under each key, and only so many in all; others wait in the order in which they came. */
export interface Turns {
  /** The function that ends the turn; null where the signal came first. */
  take(key: string, signal: AbortSignal): Promise<(() => void) | null>;
  take(key: string, signal: null): Promise<() => void>;
}

interface Waiting {
  readonly key: string;
  readonly begin: (done: () => void) => void;
}

export const takeTurns = (inAll: number): Turns => {
  const busy = new Set<string>();
  let waiting: readonly Waiting[] = [];
  const next = (): void => {
    for (const one of waiting) {
      if (busy.size >= inAll) return;
      if (busy.has(one.key)) continue;
      busy.add(one.key);
      waiting = waiting.filter((other) => other !== one);
      one.begin(() => {
        busy.delete(one.key);
        next();
      });
    }
  };
  const join = (one: Waiting): void => {
    waiting = [...waiting, one];
    next();
  };
  function take(key: string, signal: null): Promise<() => void>;
  function take(key: string, signal: AbortSignal | null): Promise<(() => void) | null>;
  function take(key: string, signal: AbortSignal | null): Promise<(() => void) | null> {
    if (signal?.aborted === true) return Promise.resolve(null);
    return new Promise((resolve) => {
      const leave = (): void => {
        waiting = waiting.filter((other) => other !== one);
        resolve(null);
      };
      const one: Waiting = {
        key,
        begin: (done) => {
          signal?.removeEventListener("abort", leave);
          resolve(done);
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      join(one);
    });
  }
  return { take };
};
