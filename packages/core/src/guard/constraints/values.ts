import { hasUnseen } from "@moltbot/contracts";
import { sameValue } from "../canonical.ts";
import { argumentOf } from "../critical-arguments.ts";
import type { Rule } from "./rule.ts";

export const equals: Rule<"equals"> = ({ argument, value }, { call }) =>
  sameValue(argumentOf(call.arguments, argument), value);

export const oneOf: Rule<"one-of"> = ({ argument, values }, { call }) => {
  const value = argumentOf(call.arguments, argument);
  return values.some((allowed) => sameValue(value, allowed));
};

export const atMost: Rule<"at-most"> = ({ argument, limit }, { call }) => {
  const value = argumentOf(call.arguments, argument);
  return typeof value === "number" && Number.isFinite(value) && value <= limit;
};

/**
 * Whether a text fits a pattern in which `*` stands for any characters. Each piece between stars is looked for once, from
 * left to right, so that no pattern makes it slow.
 */
export const fitsPattern = (text: string, pattern: string): boolean => {
  const first = pattern.indexOf("*");
  if (first === -1) return text === pattern;
  const last = pattern.lastIndexOf("*");
  const end = text.length - (pattern.length - last - 1);
  if (end < first || !text.startsWith(pattern.slice(0, first)) || !text.endsWith(pattern.slice(last + 1))) return false;
  let at = first;
  for (let star = first; star < last;) {
    const next = pattern.indexOf("*", star + 1);
    const found = text.indexOf(pattern.slice(star + 1, next), at);
    if (found === -1) return false;
    at = found + (next - star - 1);
    star = next;
  }
  return at <= end;
};

export const matches: Rule<"matches"> = ({ argument, pattern }, { call }) => {
  const value = argumentOf(call.arguments, argument);
  return typeof value === "string" && typeof pattern === "string" && fitsPattern(value, pattern) && !hasUnseen(value);
};
