import { millisecondsOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const parts = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  weekday: "long",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** An instant on the wall clock and the calendar of this machine's time zone. */
export const localTime = (
  instant: Instant,
): { readonly time: string; readonly date: string; readonly weekday: string; readonly zone: string } => {
  const found = Object.fromEntries(
    parts.formatToParts(millisecondsOf(instant)).map(({ type, value }) => [type, value]),
  );
  return {
    time: `${found["hour"]}:${found["minute"]}`,
    date: `${found["year"]}-${found["month"]}-${found["day"]}`,
    weekday: String(found["weekday"]),
    zone,
  };
};

/** A span for people, such as "10 minutes", "1 hour 30 minutes" or "2 days". */
export const spanOf = (minutes: number): string => {
  const units = [
    ["day", 1440],
    ["hour", 60],
    ["minute", 1],
  ] as const;
  let rest = minutes;
  const words: string[] = [];
  for (const [word, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${word}${count === 1 ? "" : "s"}`);
  }
  return words.join(" ");
};
