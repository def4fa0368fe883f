import { millisecondsOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";

/** How far a clock may have been wrong when something was issued; beyond it, the clock is in doubt and the thing does not count. */
const CLOCK_DOUBT = 5 * 60_000;

const MOST_KEPT = 10_000;
const kept = new Map<Instant, number>();

/** Reading an instant costs more than a whole comparison, and the same few come again with every grant. */
const read = (instant: Instant): number => {
  const known = kept.get(instant);
  if (known !== undefined) return known;
  const milliseconds = millisecondsOf(instant);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(instant, milliseconds);
  return milliseconds;
};

/** Whether `end` lies after `now`, to the millisecond. An instant that cannot be read is never ahead. */
export const isAhead = (end: Instant, now: Instant): boolean => read(end) > read(now);

/** Whether something issued at `start` is credible at `now`: not from the future, save five minutes. Unreadable: no. */
export const isCredible = (start: Instant, now: Instant): boolean => read(start) <= read(now) + CLOCK_DOUBT;
