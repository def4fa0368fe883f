/** A third reading of cron, minute by minute, written from the rules alone: it decides where two libraries differ. */
const NAMES: Readonly<Record<string, number>> = Object.freeze({
  jan: 1,
  feb: 2,
  mar: 3,
  apr: 4,
  may: 5,
  jun: 6,
  jul: 7,
  aug: 8,
  sep: 9,
  oct: 10,
  nov: 11,
  dec: 12,
  sun: 0,
  mon: 1,
  tue: 2,
  wed: 3,
  thu: 4,
  fri: 5,
  sat: 6,
});
const MINUTE = 60_000;
/** Vixie cron takes a change of the clock of less than three hours for daylight saving. */
const MOST_GAP = 180;

const valuesOf = (field: string, least: number, most: number): ReadonlySet<number> => {
  const number = (text: string): number => NAMES[text.toLowerCase()] ?? Number(text);
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to = from] = range.split("-");
    const first = range === "*" ? least : number(from);
    const last = range === "*" ? most : number(to);
    for (let at = first; at <= last; at += Number(step)) values.add(at);
  }
  return values;
};

/** Minutes of the wall clock since 1970 and the parts it shows. */
interface Wall {
  readonly minutes: number;
  readonly date: Date;
}

/** Formatting is slow, and the same nights are read again and again. */
const known = new Map<string, Map<number, Wall>>();

const wallOf = (timeZone: string): ((at: number) => Wall) => {
  const read = known.get(timeZone) ?? new Map<number, Wall>();
  known.set(timeZone, read);
  const wall = showing(timeZone);
  return (at) => {
    const shown = read.get(at) ?? wall(at);
    read.set(at, shown);
    return shown;
  };
};

const showing = (timeZone: string): ((at: number) => Wall) => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
    const shown = Date.UTC(year, month - 1, day, hour, minute);
    return { minutes: shown / MINUTE, date: new Date(shown) };
  };
};

/** Every time of the expression from `from` up to, and without, `to` (milliseconds, whole minutes), as milliseconds. */
export const timesMinuteByMinute = (cron: string, timeZone: string, from: number, to: number): readonly number[] => {
  const [minute = "", hour = "", dom = "", month = "", dow = ""] = cron.split(" ");
  const minutes = valuesOf(minute, 0, 59);
  const hours = valuesOf(hour, 0, 23);
  const days = valuesOf(dom, 1, 31);
  const months = valuesOf(month, 1, 12);
  const weekdays = new Set([...valuesOf(dow, 0, 7)].map((day) => day % 7));
  const dayFits = (date: Date): boolean => {
    const ofMonth = days.has(date.getUTCDate());
    const ofWeek = weekdays.has(date.getUTCDay());
    return dom === "*" || dow === "*" ? ofMonth && ofWeek : ofMonth || ofWeek;
  };
  const fits = (date: Date): boolean =>
    minutes.has(date.getUTCMinutes()) &&
    hours.has(date.getUTCHours()) &&
    months.has(date.getUTCMonth() + 1) &&
    dayFits(date);

  const interval = minute.startsWith("*") || hour.startsWith("*");
  const wall = wallOf(timeZone);
  const times: number[] = [];
  let latest = wall(from - 4 * 60 * MINUTE).minutes;
  for (let at = from - 4 * 60 * MINUTE + MINUTE; at < to; at += MINUTE) {
    const { minutes: shown, date } = wall(at);
    const gap = shown - latest - 1;
    const skipped =
      !interval &&
      gap > 0 &&
      gap < MOST_GAP &&
      Array.from({ length: gap }, (_unused, index) => new Date((latest + 1 + index) * MINUTE)).some(fits);
    // A time that the wall clock shows again was there before.
    const again = !interval && shown <= latest;
    if (at >= from && ((fits(date) && !again) || skipped)) times.push(at);
    latest = Math.max(latest, shown);
  }
  return times;
};
