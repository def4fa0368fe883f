/** What the page about budgets says. */
import type { Usage, UsageReport } from "@moltbot/contracts";
import { neutralText } from "./text/neutralise.ts";

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const MILLION = 1_000_000;
const CENT = MILLION / 100;

const money = (amount: number, currency: string): string => {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return amount > 0 && amount < CENT ? `less than ${format.format(0.01)}` : format.format(amount / MILLION);
};

/** An amount without its unit, where the unit stands beside it: tokens whole, money as money. */
const plain = (amount: number, unit: Usage["unit"], currency: string): string =>
  unit === "tokens" ? whole.format(amount) : money(amount, currency);

/** An amount in words: “12,400 tokens”, “€0.31”. */
export const amountText = (amount: number, unit: Usage["unit"], currency: string): string =>
  unit === "tokens" ? `${plain(amount, unit, currency)} ${amount === 1 ? "token" : "tokens"}` : money(amount, currency);

/** The same where there is little room: “12.4K”. */
export const shortAmount = (amount: number, unit: Usage["unit"], currency: string): string =>
  unit === "tokens" ? short.format(amount) : money(amount, currency);

/** What was used of a budget: “12,400 of 100,000 tokens”. */
export const usedText = ({ used, limit, unit }: Pick<Usage, "used" | "limit" | "unit">, currency: string): string =>
  limit === null
    ? amountText(used, unit, currency)
    : `${plain(used, unit, currency)} of ${amountText(limit, unit, currency)}`;

/** How much of a budget is used, from 0 to 1; null without a limit. */
export const shareUsed = ({ used, limit }: Pick<Usage, "used" | "limit">): number | null =>
  limit === null ? null : limit === 0 ? 1 : Math.min(1, used / limit);

/** Whether somebody should look. */
export const fullness = (share: number | null): "none" | "fine" | "near" | "over" =>
  share === null ? "none" : share >= 1 ? "over" : share >= 0.8 ? "near" : "fine";

export const SUBJECT_WORDS: Readonly<Record<Usage["subject"]["kind"], string>> = {
  house: "everybody together",
  person: "person",
  agent: "agent",
  token: "token",
  device: "device",
  sender: "sender",
  model: "model",
};

/** Those whose use a page can name. */
export type Names = ReadonlyMap<string, string>;

/** What a budget is of, by name; what is gone or unknown says what it was. */
export const subjectText = ({ kind, id }: Usage["subject"], names: Names): string => {
  if (kind === "house") return "The house";
  const known = names.get(id);
  if (known !== undefined) return neutralText(known);
  return kind === "model" || kind === "sender" ? neutralText(id) : `A ${SUBJECT_WORDS[kind]} that is gone`;
};

const ORDER: readonly Usage["subject"]["kind"][] = ["house", "person", "agent", "token", "device", "sender", "model"];

/** What one subject used on one day. */
export interface SubjectUse {
  readonly subject: Usage["subject"];
  readonly rows: readonly Usage[];
}

/** The rows of a day by subject: the widest budgets first, then whoever used most. */
export const bySubject = ({ rows }: Pick<UsageReport, "rows">, day: string): readonly SubjectUse[] => {
  const uses = new Map<string, SubjectUse>();
  for (const row of rows.filter((one) => one.day === day)) {
    const key = `${row.subject.kind} ${row.subject.id}`;
    uses.set(key, { subject: row.subject, rows: [...(uses.get(key)?.rows ?? []), row] });
  }
  const most = ({ rows: own }: SubjectUse): number => Math.max(...own.map(({ used }) => used));
  return [...uses.values()].toSorted(
    (a, b) => ORDER.indexOf(a.subject.kind) - ORDER.indexOf(b.subject.kind) || most(b) - most(a),
  );
};

const DAY = 86_400_000;
/** The day of UTC at a time, as the gateway writes it. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** What one subject used of one thing on each of the last days, oldest first. */
export const daysOf = (
  { rows }: Pick<UsageReport, "rows">,
  subject: Usage["subject"]["kind"],
  unit: Usage["unit"],
  { now, days }: { readonly now: number; readonly days: number },
): readonly { readonly day: string; readonly used: number }[] =>
  Array.from({ length: days }, (_, index) => dayOf(now - (days - 1 - index) * DAY)).map((day) => ({
    day,
    used: rows
      .filter((row) => row.day === day && row.subject.kind === subject && row.unit === unit)
      .reduce((sum, { used }) => sum + used, 0),
  }));

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short", timeZone: "UTC" });
/** A day of UTC by its weekday: “Mon”. */
export const weekdayText = (day: string): string => weekday.format(new Date(`${day}T00:00:00Z`));
