import canonicalize from "canonicalize";
import type { ToolCall } from "@moltbot/contracts";

/** The canonical text of a JSON value (RFC 8785): equal text, equal value. Null when it has none (lone surrogates, circles). */
export const canonicalText = (value: unknown): string | null => {
  try {
    return canonicalize(value) ?? null;
  } catch {
    return null;
  }
};

/** Whether two JSON values are the same value; what has no canonical text equals nothing. */
export const sameValue = (a: unknown, b: unknown): boolean => {
  const text = canonicalText(a);
  return text !== null && text === canonicalText(b);
};

/**
 * A copy of the call that nobody else holds. Deciding waits for ports, and a caller that changed the arguments meanwhile
 * would get a permit for a call that was never judged. Null when the call has no canonical form.
 */
export const ownCopy = (call: ToolCall): ToolCall | null => {
  const text = canonicalText(call);
  return text === null ? null : (JSON.parse(text) as ToolCall); // the text was made from a ToolCall on the line above
};
