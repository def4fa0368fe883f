import { ERROR_TABLE } from "./table.ts";
import type { ErrorCode, ErrorFamily } from "./table.ts";

/** Ids, numbers and names of settings only: never message bodies, file contents or secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

/**
 * A failure with a stable code. `message` says what happened and why in one sentence, `next` what to do about it.
 * Callers switch on `code`; people read `message` and `next`.
 */
export interface MoltbotError {
  readonly name: ErrorFamily;
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string;
  readonly context: ErrorContext;
  readonly recoverable: boolean;
}

/** Fills `{placeholders}` of the table's sentences from the context; an unknown placeholder stays visible. */
const fill = (sentence: string, context: ErrorContext): string =>
  sentence.replace(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(context, key) ? String(context[key]) : whole));

/** Makes the error of a code. `context` fills the sentence's placeholders. */
export const moltbotError = (code: ErrorCode, context: ErrorContext = {}): MoltbotError => {
  const entry = ERROR_TABLE[code];
  return Object.freeze({
    name: entry.family,
    code,
    message: fill(entry.says, context),
    next: fill(entry.next, context),
    context: Object.freeze({ ...context }),
    recoverable: entry.recoverable,
  });
};
