import { interruption } from "../interruption.ts";
import type { Interruption } from "../interruption.ts";

/** Waits for a promise, for the person's stop or for silence that lasts too long, whichever comes first. */
export const patiently = async <T>(
  work: Promise<T>,
  signal: AbortSignal,
  seconds: number,
): Promise<{ readonly value: T } | Interruption> => {
  const interrupted = interruption(signal, seconds);
  work.catch(() => undefined); // one that fails after the stop has nobody left to tell
  try {
    return await Promise.race([work.then((value) => ({ value })), interrupted.when]);
  } finally {
    interrupted.clear();
  }
};
