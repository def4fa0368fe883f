import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, Result } from "@moltbot/contracts";
import { Cron } from "croner";

/** The times that an expression names in a zone. */
export interface CronTimes {
  /** The first one after the instant; null when there is none. */
  next(after: Instant): Instant | null;
  /** The newest one up to the instant; null when there is none in the last four years. */
  latest(until: Instant): Instant | null;
}

const invalid = (problem: string): Result<never> => err(moltbotError("SCHEDULE_INVALID", { problem }));

/** Five fields of POSIX with steps and names; what single programs add (`L`, `W`, `#`, `?`, `@daily`) is refused. */
const FIELD = /^[0-9A-Za-z*,/-]+$/;
const NAMES = /^(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)(?![a-z])|[^a-z])*$/i;
/** Every expression that names any day names one within the leap years of a century's turn. */
const SINCE = new Date("2000-01-01T00:00:00.000Z");
const MOST_LOOKED_BACK = 4 * 366 * 86_400_000;

const zoneExists = (timeZone: string): boolean => {
  // An offset is no zone: it would be wrong for half of the year.
  if (!/^[A-Za-z]/.test(timeZone)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
};

/** The numbers of a field of numbers, one by one; null when it is not made of those. */
const numbersOf = (field: string, most: number): readonly number[] | null => {
  const numbers: number[] = [];
  for (const part of field.split(",")) {
    const [, all, first, last, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (all === undefined && first === undefined) return null;
    const from = Number(first ?? 0);
    const to = Number(last ?? (all === undefined ? from : most));
    for (let at = from; at <= to && at <= most; at += Math.max(1, Number(step ?? 1))) numbers.push(at);
  }
  return numbers;
};

/**
 * A time of the clock on the wall is, as in Vixie cron, one whose minute and hour do not begin with `*`. Written out number by
 * number, it is one for the library too, which takes any step for an interval.
 */
const writtenOut = ([minute = "", hour = "", ...days]: readonly string[]): string => {
  const minutes = numbersOf(minute, 59);
  const hours = numbersOf(hour, 23);
  const wild = minute.startsWith("*") || hour.startsWith("*");
  if (wild || minutes === null || hours === null) return [minute, hour, ...days].join(" ");
  return [minutes.join(","), hours.join(","), ...days].join(" ");
};

/**
 * Reads five cron fields in an IANA time zone. As in Vixie cron, minutes and hours without `*` are times of the clock on the
 * wall: those that a change of the clock leaves out come together when the gap ends, those that it repeats come once. With `*`
 * they are intervals, which know no gap and no repetition. A day of the month and a day of the week that are both given each
 * count (POSIX). SCHEDULE_INVALID names what is wrong.
 */
export const readCron = (cron: string, timeZone: string): Result<CronTimes> => {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return invalid(`it has ${String(fields.length)} fields, not five`);
  if (!fields.every((field) => FIELD.test(field) && NAMES.test(field)))
    return invalid("a field holds something other than numbers, names of months or days, and * , - /");
  if (!zoneExists(timeZone)) return invalid("there is no such time zone");
  try {
    const rules = { timezone: timeZone, mode: "5-part", paused: true, fixedTimeRule: "no-wildcard" } as const;
    // Read as it was given first: writing out is for what is valid.
    const asGiven = new Cron(fields.join(" "), rules);
    const times = new Cron(writtenOut(fields), rules);
    asGiven.stop();
    if (times.nextRun(SINCE) === null) return invalid("it names a day that never comes");
    return ok(timesOf(times));
  } catch (cause) {
    return invalid(cause instanceof TypeError || cause instanceof RangeError ? "a field is out of range" : "unknown");
  }
};

const timesOf = (times: Cron): CronTimes => {
  const next = (after: Instant): Instant | null => {
    const found = times.nextRun(new Date(after));
    return found === null ? null : instantOf(found.getTime());
  };
  return {
    next,
    latest: (until) => {
      const end = Date.parse(until);
      for (let back = 60_000; back <= MOST_LOOKED_BACK * 2; back *= 4) {
        let found: Instant | null = null;
        // A window that has any has few: the one a quarter of it had none.
        for (let at = next(instantOf(end - back)); at !== null && at <= until; at = next(at)) found = at;
        if (found !== null) return found;
      }
      return null;
    },
  };
};
