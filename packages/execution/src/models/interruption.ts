/** What may end a wait from outside: the person's stop, or the clock. */
export type Interruption = "stopped" | "timeout";

/** Resolves when the signal aborts or `seconds` have passed; `clear` forgets both. */
export const interruption = (
  signal: AbortSignal,
  seconds: number,
): { readonly when: Promise<Interruption>; clear(): void } => {
  const { promise, resolve } = Promise.withResolvers<Interruption>();
  const stop = (): void => resolve("stopped");
  const timer = setTimeout(() => resolve("timeout"), seconds * 1000);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return {
    when: promise,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
};
