import canonicalize from "canonicalize";
import type { PlanWish, ToolCall } from "@moltbot/contracts";

/** The canonical text of a JSON value (RFC 8785): equal text, equal value. Null when it has none (lone surrogates, circles). */
export const canonicalText = (value: unknown): string | null => {
  try {
    return canonicalize(value) ?? null;
  } catch {
    return null;
  }
};

const isSamePlain = (a: unknown, b: unknown): boolean => {
  if (a !== b) return false;
  if (typeof a === "string") return a.isWellFormed();
  return typeof a === "number" ? Number.isFinite(a) : a === null || typeof a === "boolean";
};

const isSameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, i) => isSame(item, b[i]));

const isSameObject = (a: object, b: object): boolean => {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key.isWellFormed() && Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)))
  );
};

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return isSamePlain(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && isSameList(a, b);
  return !Array.isArray(b) && isSameObject(a, b);
}

/**
 * Whether two JSON values are the same value: exactly when their canonical texts are the same text, found without writing
 * them, since a decision compares one argument with hundreds of grants. What has no canonical text equals nothing.
 */
export const sameValue = (a: unknown, b: unknown): boolean => {
  try {
    return isSame(a, b);
  } catch {
    return false; // circles, and nesting deeper than the stack
  }
};

/**
 * A copy of a call, or of a plan, that nobody else holds. Deciding waits for ports, and a caller that changed the arguments
 * meanwhile would get a permit for a call that was never judged. Null when it has no canonical form.
 */
export const ownCopy = <T extends ToolCall | PlanWish>(given: T): T | null => {
  const text = canonicalText(given);
  return text === null ? null : (JSON.parse(text) as T); // the text was made from a T on the line above
};
