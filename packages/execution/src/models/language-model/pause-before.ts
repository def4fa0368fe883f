import type { Fault } from "./model-fault.ts";

/** How often and how patiently a model is asked again. */
export interface Patience {
  /** How many times more, after the first. */
  readonly retries: number;
  /** The pause before the first of them; each further one is twice as long. */
  readonly firstSeconds: number;
  /** The longest pause: a vendor that asks for more is not asked again. */
  readonly longestSeconds: number;
}

/** Where nobody else can be asked. */
export const PATIENCE: Patience = Object.freeze({ retries: 2, firstSeconds: 0.5, longestSeconds: 20 });
/** Where another model waits to be asked: a person should not wait longer than it takes to turn to it. */
export const IMPATIENCE: Patience = Object.freeze({ retries: 1, firstSeconds: 0.5, longestSeconds: 2 });

/**
 * The seconds to wait before asking again, or null not to. What the vendor asks for is kept to, and a little more, so that
 * many do not come back in the same instant. `random` gives a number from 0 up to 1.
 */
export const pauseBefore = (
  { retries, firstSeconds, longestSeconds }: Patience,
  { again, afterSeconds }: Fault,
  tries: number,
  random: () => number,
): number | null => {
  if (!again || tries > retries) return null;
  const usual = firstSeconds * 2 ** (tries - 1);
  if (afterSeconds === null) return Math.min(longestSeconds, usual * (0.5 + random() / 2));
  return afterSeconds > longestSeconds ? null : afterSeconds + (usual * random()) / 4;
};
