import { millisecondsOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";

/** How far a clock may have been wrong when something was issued; beyond it, the clock is in doubt and the thing does not count. */
const CLOCK_DOUBT = 5 * 60_000;

/** Whether `end` lies after `now`, to the millisecond. An instant that cannot be read is never ahead. */
export const isAhead = (end: Instant, now: Instant): boolean => millisecondsOf(end) > millisecondsOf(now);

/** Whether something issued at `start` is credible at `now`: not from the future, save five minutes. Unreadable: no. */
export const isCredible = (start: Instant, now: Instant): boolean =>
  millisecondsOf(start) <= millisecondsOf(now) + CLOCK_DOUBT;
