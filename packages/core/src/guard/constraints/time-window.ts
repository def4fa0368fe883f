import { millisecondsOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";
import type { Rule } from "./rule.ts";

interface LocalTime {
  readonly day: number;
  readonly minute: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  at: Instant;
  local: LocalTime | null;
}

const DAYS: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MOST_ZONES = 500;

/** Null: there is no such zone. A format is slow to make, so it is kept together with the last answer it gave. */
const zones = new Map<string, Zone | null>();

const formatOf = (zone: string): Intl.DateTimeFormat | null => {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    return null;
  }
};

const zoneOf = (name: string): Zone | null => {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (zones.size >= MOST_ZONES) zones.clear();
  const format = formatOf(name);
  const zone = format === null ? null : { format, at: "" as Instant, local: null }; // equals no instant
  zones.set(name, zone);
  return zone;
};

const read = (format: Intl.DateTimeFormat, now: Instant): LocalTime | null => {
  const at = millisecondsOf(now);
  if (!Number.isFinite(at)) return null;
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: DAYS.indexOf(parts["weekday"] ?? ""), minute: Number(parts["hour"]) * 60 + Number(parts["minute"]) };
};

const localTime = (name: string, now: Instant): LocalTime | null => {
  const zone = name === "" ? null : zoneOf(name);
  if (zone === null) return null;
  if (zone.at !== now) {
    zone.local = read(zone.format, now);
    zone.at = now;
  }
  return zone.local;
};

const minuteOf = (clock: string): number =>
  /^\d\d:\d\d$/.test(clock) ? Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)) : Number.NaN;

/**
 * From `from` until before `to`, on the clock of the zone. A window over midnight belongs to the day on which it begins;
 * one that ends when it begins is empty. No such zone: it never holds.
 */
export const timeWindow: Rule<"time-window"> = ({ days, from, to, zone }, { now }) => {
  const local = localTime(zone, now);
  const [start, end] = [minuteOf(from), minuteOf(to)];
  if (local === null) return false;
  const { day, minute } = local;
  if (start < end) return minute >= start && minute < end && days.includes(day);
  if (!(start > end)) return false;
  if (minute >= start) return days.includes(day);
  return minute < end && days.includes((day + 6) % 7);
};
