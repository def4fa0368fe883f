/** What was opened and must be closed: last first, whatever fails in between. */
export interface Closers {
  add(close: () => Promise<void> | void): void;
  closeAll(): Promise<void>;
}

export const createClosers = (): Closers => {
  const closers: (() => Promise<void> | void)[] = [];
  return {
    add: (close) => void closers.push(close),
    closeAll: async () => {
      const faults: unknown[] = [];
      for (const close of closers.splice(0).toReversed()) {
        try {
          await close();
        } catch (cause) {
          faults.push(cause);
        }
      }
      if (faults.length > 0) throw new AggregateError(faults, "not everything could be closed");
    },
  };
};
