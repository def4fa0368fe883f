/** Of JSON that one process's asks are made of: at once, and in each second after that. */
const BYTES = Object.freeze({ atOnce: 8 * 1024 * 1024, inASecond: 1024 * 1024 });
/** What an ask costs beside its own size. */
const EACH = 1_024;

/** How much of what one process asks is read. */
export interface ReadingBudget {
  /** False where it asked for more than is read for it now; then nothing is counted. */
  take(bytes: number): boolean;
}

/** `now` gives milliseconds of a clock that nobody sets back. Threat: what one plugin asks is read while everybody else waits. */
export const createReadingBudget = (now: () => number): ReadingBudget => {
  let [left, at] = [BYTES.atOnce, now()];
  return {
    take: (bytes) => {
      const moment = now();
      left = Math.min(BYTES.atOnce, left + ((moment - at) / 1_000) * BYTES.inASecond);
      at = moment;
      if (bytes + EACH > left) return false;
      left -= bytes + EACH;
      return true;
    },
  };
};
