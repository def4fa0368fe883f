import { usage } from "../usage.ts";

const LENGTHS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };

/** The time that an option's text names: `24h` or `7d` ago, or a date as ISO 8601 writes it. */
export const readTime = (option: string, text: string): string => {
  const [, count, unit = ""] = /^(\d{1,5})([hd])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (LENGTHS[unit] ?? 0);
  if (Number.isNaN(at)) throw usage(`--${option} takes a length such as 24h or 7d, or a date such as 2026-11-22.`);
  return new Date(at).toISOString();
};
