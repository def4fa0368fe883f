import { instantOf, millisecondsOf } from "@moltbot/contracts";
import type { CapabilityUsage, Instant } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { argumentOf } from "../critical-arguments.ts";
import type { CallFacts, Rule } from "./rule.ts";

/** An amount that can be added up: neither negative nor beyond counting. */
const isAmount = (value: unknown): value is number => typeof value === "number" && value >= 0 && Number.isFinite(value);

/** Whether this much more still fits; what cannot be counted does not. */
const fits = (used: unknown, more: unknown, limit: number): boolean =>
  isAmount(used) && isAmount(more) && used + more <= limit;

export const count: Rule<"count"> = ({ limit }, { usage }) => fits(usage === undefined ? 0 : usage.count, 1, limit);

const INSTANT_LENGTH = 24;

/** Uses at or before `start` lie outside; an instant in no known form, or from the future, counts as inside. */
const usesSince = (start: Instant, { count: all, recent }: CapabilityUsage): number => {
  const inside = recent.filter((at) => at.length !== INSTANT_LENGTH || at > start).length;
  // Only the newest are kept: when all of those lie inside, any of the forgotten ones may too.
  return inside < recent.length ? inside : Math.max(all, inside);
};

export const rate: Rule<"rate"> = ({ limit, seconds }, { usage, now }) => {
  const start = millisecondsOf(now) - seconds * 1_000;
  if (!(Math.abs(start) < 8.64e15)) return false;
  return fits(usage === undefined ? 0 : usesSince(instantOf(start), usage), 1, limit);
};

export const cost: Rule<"cost"> = ({ argument, limit }, { usage, call }) => {
  const spent = usage === undefined || !Object.hasOwn(usage.amounts, argument) ? 0 : usage.amounts[argument];
  return fits(spent, argumentOf(call.arguments, argument), limit);
};

/** How many bytes a text has in UTF-8 (RFC 3629); a lone surrogate counts as its replacement, three. */
const utf8Length = (text: string): number => {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
};

/** The bytes of the canonical arguments in UTF-8; null when they have no canonical form. */
export const sizeOf = ({ arguments: given }: CallFacts["call"]): number | null => {
  const text = canonicalText(given);
  return text === null ? null : utf8Length(text);
};

export const bytes: Rule<"bytes"> = ({ limit }, { usage, call, size }) =>
  fits(usage === undefined ? 0 : usage.bytes, size === undefined ? sizeOf(call) : size(), limit);
