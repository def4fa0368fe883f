import { UNDO } from "@moltbot/contracts";
import type { Constraint, JsonValue } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Texts in one order and without repeats, so that equal sets are equal bytes. */
export const textSet = <T extends string>(texts: readonly T[]): readonly T[] => [...new Set(texts)].toSorted(inOrder);

/** Values in the order of their canonical texts and without repeats; null when one has no canonical text. */
export const valueSet = <T>(values: readonly T[]): readonly T[] | null => {
  const byText = new Map<string, T>();
  for (const value of values) {
    const text = canonicalText(value);
    if (text === null) return null;
    byText.set(text, value);
  }
  return [...byText].toSorted(([a], [b]) => inOrder(a, b)).map(([, value]) => value);
};

const shared = <T extends JsonValue>(a: readonly T[], b: readonly T[]): readonly T[] => {
  const texts = new Set(b.map((value) => canonicalText(value)));
  return a.filter((value) => texts.has(canonicalText(value)));
};

/** Limits of one group bound the same thing, so that two of them are exactly one tighter limit. */
const groupOf = (constraint: Constraint, text: string): string => {
  switch (constraint.kind) {
    case "equals":
    case "one-of":
    case "at-most":
    case "host-in":
    case "recipient-in":
    case "program-in":
    case "method-in":
    case "cost":
      return `${constraint.kind} ${constraint.argument}`;
    case "count":
    case "bytes":
    case "reversible":
      return constraint.kind;
    case "rate":
      return `rate ${String(constraint.seconds)}`;
    default:
      return text;
  }
};

/** The one spelling of a constraint; null when it can never hold. */
const spelled = (constraint: Constraint): Constraint | null => {
  switch (constraint.kind) {
    case "one-of": {
      const values = valueSet(constraint.values);
      return values === null || values.length === 0 ? null : { ...constraint, values };
    }
    case "host-in":
      // A list of none still holds for a program that reaches nobody.
      return { ...constraint, hosts: textSet(constraint.hosts) };
    case "recipient-in":
      return constraint.recipients.length === 0 ? null : { ...constraint, recipients: textSet(constraint.recipients) };
    case "program-in":
      return constraint.programs.length === 0 ? null : { ...constraint, programs: textSet(constraint.programs) };
    case "method-in":
      return constraint.methods.length === 0 ? null : { ...constraint, methods: textSet(constraint.methods) };
    case "path-prefix":
      return constraint.prefixes.length === 0 ? null : { ...constraint, prefixes: textSet(constraint.prefixes) };
    case "time-window":
      return constraint.days.length === 0
        ? null
        : { ...constraint, days: [...new Set(constraint.days)].toSorted((a, b) => a - b) };
    default:
      return constraint;
  }
};

const easier = (a: (typeof UNDO)[number], b: (typeof UNDO)[number]): (typeof UNDO)[number] =>
  UNDO.indexOf(a) <= UNDO.indexOf(b) ? a : b;

/** Both limits of one group as one; null when nothing meets both. */
const both = (a: Constraint, b: Constraint): Constraint | null => {
  switch (a.kind) {
    case "one-of":
      return b.kind === a.kind ? spelled({ ...a, values: shared(a.values, b.values) }) : null;
    case "host-in":
      return b.kind === a.kind ? spelled({ ...a, hosts: shared(a.hosts, b.hosts) }) : null;
    case "recipient-in":
      return b.kind === a.kind ? spelled({ ...a, recipients: shared(a.recipients, b.recipients) }) : null;
    case "program-in":
      return b.kind === a.kind ? spelled({ ...a, programs: shared(a.programs, b.programs) }) : null;
    case "method-in":
      return b.kind === a.kind ? spelled({ ...a, methods: shared(a.methods, b.methods) }) : null;
    case "at-most":
    case "cost":
    case "count":
    case "bytes":
    case "rate":
      return "limit" in b ? { ...a, limit: Math.min(a.limit, b.limit) } : null;
    case "reversible":
      return b.kind === a.kind ? { ...a, atMost: easier(a.atMost, b.atMost) } : null;
    default:
      return canonicalText(a) === canonicalText(b) ? a : null;
  }
};

/**
 * The normal form of a conjunction: each limit in one spelling, two limits on the same thing as one where that is exact, in
 * one order. Null when nothing can meet them all; a limit without canonical text is such a limit.
 */
export const constraintSet = (constraints: readonly Constraint[]): readonly Constraint[] | null => {
  const groups = new Map<string, Constraint>();
  for (const constraint of constraints) {
    const one = spelled(constraint);
    const text = canonicalText(one);
    if (one === null || text === null) return null;
    const group = groupOf(one, text);
    const other = groups.get(group);
    const joined = other === undefined ? one : both(other, one);
    if (joined === null) return null;
    groups.set(group, joined);
  }
  return valueSet([...groups.values()]);
};
