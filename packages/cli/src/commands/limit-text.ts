import type { Capability, Constraint } from "@moltbot/contracts";
import { DAYS } from "./read-limits.ts";

const shown = (value: unknown): string => (typeof value === "string" ? `“${value}”` : JSON.stringify(value));
const UNDO = {
  none: "only what needs no undoing",
  undoable: "only what can be undone",
  irreversible: "also what cannot be undone",
} as const;

const span = (seconds: number): string => {
  for (const [unit, length] of [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ] as const)
    if (seconds % length === 0) return seconds === length ? unit : `${String(seconds / length)} ${unit}s`;
  return `${String(seconds)} seconds`;
};

const dayNames = (days: readonly number[]): string => days.map((day) => DAYS[day] ?? String(day)).join(", ");

/** A limit in words. Names and values are as they came: the caller makes them printable. */
export const limitText = (limit: Constraint): string => {
  switch (limit.kind) {
    case "equals":
      return `${limit.argument} is ${shown(limit.value)}`;
    case "one-of":
      return `${limit.argument} is one of ${limit.values.map(shown).join(", ")}`;
    case "at-most":
      return `${limit.argument} is at most ${String(limit.limit)}`;
    case "host-in":
      if (limit.hosts.length > 0) return `${limit.argument} leads to ${limit.hosts.join(", ")}`;
      return limit.argument === "network" ? "without network" : `${limit.argument} leads nowhere`;
    case "method-in":
      return `${limit.argument} is ${limit.methods.join(" or ")}`;
    case "path-prefix":
      return `${limit.argument} has a path under ${limit.prefixes.join(" or ")}`;
    case "path-within":
      return `${limit.argument} lies in ${limit.root === "" ? "the workspace" : limit.root}`;
    case "matches":
      return `${limit.argument} reads ${shown(limit.pattern)}`;
    case "recipient-in":
      return `${limit.argument} is ${limit.recipients.join(", ")}`;
    case "program-in":
      return `${limit.argument} starts ${limit.programs.join(" or ")}`;
    case "rate":
      return `at most ${String(limit.limit)} in any ${span(limit.seconds)}`;
    case "count":
      return `at most ${String(limit.limit)} in all`;
    case "cost":
      return `${limit.argument} sums up to at most ${String(limit.limit)}`;
    case "bytes":
      return `at most ${String(limit.limit)} bytes in all`;
    case "time-window":
      return `${dayNames(limit.days)} ${limit.from} to ${limit.to} (${limit.zone})`;
    case "reversible":
      return UNDO[limit.atMost];
    default:
      return JSON.stringify(limit); // a kind of tomorrow's gateway
  }
};

/** All limits in words; "anything" when there are none. */
export const limitsText = (limits: readonly Constraint[]): string =>
  limits.length === 0 ? "no limits" : limits.map(limitText).join("; ");

/** What a grant lets out, in words; "" when nothing. */
export const releaseText = ({ release }: Pick<Capability, "release">): string =>
  (release ?? [])
    .map(({ source, to }) => `lets out ${source === "any" ? "anything" : `${source.kind} ${source.ref}`} to ${to}`)
    .join("; ");
