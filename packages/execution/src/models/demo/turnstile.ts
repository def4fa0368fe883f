/** Lets one in at a time, in the order of arrival. */
export interface Turnstile {
  /** Resolves to the function that lets the next one in, or to null when the signal aborted first. */
  enter(signal: AbortSignal): Promise<(() => void) | null>;
}

/** Makes a turnstile that is free. */
export const createTurnstile = (): Turnstile => {
  let tail: Promise<void> = Promise.resolve();
  return {
    async enter(signal) {
      const { promise: left, resolve: leave } = Promise.withResolvers<void>();
      const before = tail;
      tail = before.then(() => left);
      const gaveUp = Promise.withResolvers<null>();
      const giveUp = (): void => gaveUp.resolve(null);
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      const entered = await Promise.race([gaveUp.promise, before.then(() => leave)]);
      signal.removeEventListener("abort", giveUp);
      if (entered === null) leave(); // its place passes on when its turn comes
      return entered;
    },
  };
};
