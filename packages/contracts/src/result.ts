import type { MoltbotError } from "./errors/moltbot-error.ts";

/** What every public function of a room returns: a value, or an error that has a name. */
export type Result<T, E = MoltbotError> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** Wraps a success. */
export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** Wraps a failure. */
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({
  ok: false,
  error,
});

/** A success that carries nothing. */
export const done: Result<void, never> = Object.freeze({ ok: true, value: undefined });

/** Applies `next` to a success and passes a failure on untouched. */
export const andThen = async <T, U, E>(
  result: Result<T, E>,
  next: (value: T) => Result<U, E> | Promise<Result<U, E>>,
): Promise<Result<U, E>> => (result.ok ? next(result.value) : result);
