import { instantOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";
import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCron } from "./cron.ts";
import type { CronTimes } from "./cron.ts";
import { timesMinuteByMinute } from "./testing/wall-clock.ts";

const at = (text: string): Instant => instantOf(Date.parse(text));
const read = (cron: string, timeZone = "UTC"): CronTimes => {
  const times = readCron(cron, timeZone);
  if (!times.ok) throw new Error(times.error.message);
  return times.value;
};
const nextOf = (cron: string, timeZone: string, from: string, count: number): readonly (string | null)[] => {
  const times = read(cron, timeZone);
  const found: (Instant | null)[] = [];
  for (let last: Instant | null = at(from); found.length < count && last !== null;) {
    last = times.next(last);
    found.push(last);
  }
  return found;
};

/** Each with a change of its clock: by an hour, by half of one, at midnight, in the other half of the year. */
const CHANGES: readonly (readonly [zone: string, change: string])[] = [
  ["Europe/Berlin", "2026-03-29T01:00:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00:00Z"],
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["America/Sao_Paulo", "2018-11-04T03:00:00Z"],
  ["America/Sao_Paulo", "2018-02-18T02:00:00Z"],
  ["America/Havana", "2026-03-08T05:00:00Z"],
  ["America/Havana", "2026-11-01T05:00:00Z"],
  ["Pacific/Chatham", "2026-09-26T14:00:00Z"],
  ["Africa/Cairo", "2026-04-23T22:00:00Z"],
  ["Africa/Cairo", "2026-10-29T21:00:00Z"],
];
const QUIET_ZONES = ["UTC", "Asia/Kolkata", "Asia/Kathmandu", ...new Set(CHANGES.map(([zone]) => zone))];

const field = (least: number, most: number, names: readonly string[] = []): fc.Arbitrary<string> => {
  const number = fc.integer({ min: least, max: most });
  const step = fc.integer({ min: 2, max: Math.max(2, Math.floor((most - least) / 2)) });
  const range = fc.tuple(number, number).map((ends) => `${String(Math.min(...ends))}-${String(Math.max(...ends))}`);
  const part = fc.oneof(
    number.map(String),
    range,
    fc.tuple(range, step).map(([ends, by]) => `${ends}/${String(by)}`),
    ...(names.length > 0 ? [fc.constantFrom(...names)] : []),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant("*") },
    { weight: 1, arbitrary: step.map((by) => `*/${String(by)}`) },
    { weight: 3, arbitrary: part },
    // The second library takes no number twice.
    { weight: 2, arbitrary: fc.uniqueArray(number, { minLength: 2, maxLength: 3 }).map((all) => all.join(",")) },
  );
};
const MONTHS = ["jan", "Feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "Mon", "TUE", "wed", "thu", "fri", "sat"];
const expression = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12, MONTHS), field(0, 7, DAYS))
  .map((fields) => fields.join(" "));
/** Hours around which clocks change, so that a change strikes often. */
const nightly = fc
  .tuple(
    field(0, 59),
    field(0, 5),
    fc.constantFrom("*", "*", "1-31/2"),
    fc.constant("*"),
    fc.constantFrom("*", "0", "6-7"),
  )
  .map((fields) => fields.join(" "));

const DAY = 86_400_000;
const offsets = new Map(
  QUIET_ZONES.map((zone) => [zone, new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" })]),
);
const farFromAnyChange = (zone: string, from: number): boolean => {
  const offset = (time: number): string => offsets.get(zone)?.format(time).split("GMT")[1] ?? "";
  return offset(from - 2 * DAY) === offset(from) && offset(from) === offset(from + 2 * DAY);
};

describe("the times of an expression", () => {
  it("are those of a second library wherever no clock changes (2,000 expressions)", () => {
    let compared = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        expression,
        fc.constantFrom(...QUIET_ZONES),
        fc.integer({ min: Date.parse("2020-01-01"), max: Date.parse("2030-01-01") }),
        (cron, timeZone, start) => {
          const ours = readCron(cron, timeZone);
          let theirs: ReturnType<typeof CronExpressionParser.parse>;
          try {
            theirs = CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(start) });
          } catch {
            refused += 1;
            return;
          }
          if (!ours.ok) throw new Error(`${cron}: ${ours.error.message}`);
          let last = instantOf(start);
          for (let count = 0; count < 3; count += 1) {
            const next = ours.value.next(last);
            const expected = theirs.next().toDate().getTime();
            if (next === null) throw new Error(`${cron} has no time after ${last}`);
            if (!farFromAnyChange(timeZone, Date.parse(next)) || !farFromAnyChange(timeZone, expected)) return;
            expect([cron, timeZone, next]).toEqual([cron, timeZone, instantOf(expected)]);
            last = next;
            compared += 1;
          }
        },
      ),
      { numRuns: 2_000, seed: 5 },
    );
    expect(compared).toBeGreaterThan(2_500);
    // A day that no month of the expression has, or Sunday under both of its numbers.
    expect(refused).toBeLessThan(200);
  });

  it("are those of a reading minute by minute around every change of a clock", () => {
    fc.assert(
      fc.property(nightly, fc.constantFrom(...CHANGES), (cron, [timeZone, change]) => {
        const from = Date.parse(change) - 6 * 3_600_000;
        const to = Date.parse(change) + 18 * 3_600_000;
        const times = read(cron, timeZone);
        const found: number[] = [];
        for (
          let next = times.next(instantOf(from - 1));
          next !== null && Date.parse(next) < to;
          next = times.next(next)
        )
          found.push(Date.parse(next));
        const show = (all: readonly number[]) => all.map((time) => instantOf(time));
        expect([cron, timeZone, show(found)]).toEqual([
          cron,
          timeZone,
          show(timesMinuteByMinute(cron, timeZone, from, to)),
        ]);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it("come when the gap ends where the wall clock leaves them out, together", () => {
    // A second library puts it an hour later, to half past three; cron runs what was left out when the gap ends.
    expect(nextOf("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
    expect(nextOf("15,45 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:15:00.000Z",
    ]);
    // Half an hour is left out here; a second library forgets the day.
    expect(nextOf("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", 2)).toEqual([
      "2026-10-03T15:30:00.000Z",
      "2026-10-04T15:15:00.000Z",
    ]);
  });

  it("come once where the wall clock shows them twice, and at both where they are an interval", () => {
    expect(nextOf("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
    // With steps it is a time of the wall clock all the same, unless it begins with `*`.
    expect(nextOf("10-50/40 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 3)).toEqual([
      "2026-10-25T00:10:00.000Z",
      "2026-10-25T00:50:00.000Z",
      "2026-10-26T01:10:00.000Z",
    ]);
    expect(nextOf("*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 4)).toEqual([
      "2026-10-25T00:00:00.000Z",
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
    expect(nextOf("0 */2 * * *", "Europe/Berlin", "2026-03-28T22:00:00Z", 2)).toEqual([
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T02:00:00.000Z",
    ]);
  });

  it("count a day of the month and a day of the week each where both are named", () => {
    expect(nextOf("0 0 13 * 5", "UTC", "2026-11-01T00:00:00Z", 3)).toEqual([
      "2026-11-06T00:00:00.000Z",
      "2026-11-13T00:00:00.000Z",
      "2026-11-20T00:00:00.000Z",
    ]);
  });

  it("rise, and the newest up to an instant is the last of them", () => {
    fc.assert(
      fc.property(expression, fc.constantFrom(...QUIET_ZONES), (cron, timeZone) => {
        const times = readCron(cron, timeZone);
        if (!times.ok) return;
        const first = times.value.next(at("2026-06-01T00:00:00Z"));
        const second = first === null ? null : times.value.next(first);
        if (first === null || second === null) throw new Error("no time");
        expect(second > first).toBe(true);
        expect(times.value.latest(instantOf(Date.parse(second) - 1))).toBe(first);
        expect(times.value.latest(second)).toBe(second);
      }),
      { numRuns: 60, seed: 5 },
    );
  });
});

describe("what is no schedule", () => {
  it.each([
    ["", "UTC"],
    ["* * * *", "UTC"],
    ["0 * * * * *", "UTC"],
    ["@daily", "UTC"],
    ["60 * * * *", "UTC"],
    ["* 24 * * *", "UTC"],
    ["* * 0 * *", "UTC"],
    ["* * * 13 *", "UTC"],
    ["* * * * 8", "UTC"],
    ["5-1 * * * *", "UTC"],
    ["*/0 * * * *", "UTC"],
    ["5/15 * * * *", "UTC"],
    ["* * L * *", "UTC"],
    ["* * 15W * *", "UTC"],
    ["* * * * 5#2", "UTC"],
    ["* * ? * *", "UTC"],
    ["0 0 31 2 *", "UTC"],
    ["0 0 30 2,2 *", "UTC"],
    ["0 0 * * *", "Mars/Olympus"],
    ["0 0 * * *", "+02:00"],
    ["0 0 * * *", ""],
    ["0 0 * * *; rm", "UTC"],
    ["0 0 * * ١", "UTC"],
  ])("refuses %j in %j with SCHEDULE_INVALID", (cron, timeZone) => {
    expect(readCron(cron, timeZone)).toMatchObject({ ok: false, error: { code: "SCHEDULE_INVALID" } });
  });

  it("takes no text at all for anything but times or SCHEDULE_INVALID", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), expression), (text) => {
        const times = readCron(text, "Europe/Berlin");
        if (times.ok) expect(times.value.next(at("2026-01-01T00:00:00Z"))).not.toBeNull();
        else expect(times.error.code).toBe("SCHEDULE_INVALID");
      }),
      { numRuns: 500 },
    );
  });
});
