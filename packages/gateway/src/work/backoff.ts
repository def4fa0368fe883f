/** How long after a failure the same is tried again. */
export interface Backoff {
  readonly firstMilliseconds: number;
  readonly mostMilliseconds: number;
}

/**
 * Exponential with full jitter: anything from nothing to the doubled wait, so that what failed together does not come back
 * together. `attempt` counts from 1; `random` gives a number from 0 up to, and without, 1.
 */
export const waitBefore = (attempt: number, { firstMilliseconds, mostMilliseconds }: Backoff, random: () => number) =>
  Math.floor(random() * Math.min(mostMilliseconds, firstMilliseconds * 2 ** Math.min(attempt - 1, 30)));
