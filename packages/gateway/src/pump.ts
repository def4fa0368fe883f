/** Takes what waits, one round at a time. */
export interface Pump {
  /** Begins a round; during one, has another follow it. */
  readonly wake: () => void;
  readonly closing: boolean;
  /** No further round begins; resolves when the running one is over. */
  close(): Promise<void>;
}

/** `round` takes until nothing is left or `closing`; `failed` hears what it threw, and the next wake begins anew. */
export const createPump = (round: () => Promise<void>, failed: (cause: unknown) => void): Pump => {
  let closing = false;
  let busy = false;
  let again = false;
  let over: Promise<void> = Promise.resolve();

  const rounds = async (): Promise<void> => {
    do {
      again = false;
      await round();
    } while (again && !closing);
    // In the same breath as the look at `again`: a wake between the two would be lost.
    busy = false;
  };
  return {
    wake: () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      over = rounds().catch((cause: unknown) => {
        busy = false;
        failed(cause);
      });
    },
    get closing() {
      return closing;
    },
    close: () => {
      closing = true;
      return over;
    },
  };
};

/** Something that runs until it ends or is aborted. */
export interface Abortable {
  readonly controller: AbortController;
  readonly finished: Promise<void>;
}

/** Resolves when all have finished; what takes longer than the grace is aborted then. */
export const finishWithin = async (
  milliseconds: number,
  running: ReadonlyMap<unknown, Abortable>,
  reason: () => unknown,
): Promise<void> => {
  const timer = setTimeout(() => {
    for (const { controller } of running.values()) controller.abort(reason());
  }, milliseconds);
  await Promise.all([...running.values()].map(({ finished }) => finished));
  clearTimeout(timer);
};
