/** Bytes read in one window; a program that writes more waits, so that the gateway has time for others. */
const WINDOW = { bytes: 2 * 1024 * 1024, milliseconds: 100 } as const;

/** Holds a program back that writes faster than it is read. */
export interface ReadingPace {
  count(bytes: number): void;
  end(): void;
}

export const createReadingPace = (hold: (isHeld: boolean) => void): ReadingPace => {
  let [read, timer]: [number, NodeJS.Timeout | null] = [0, null];
  const open = (): void => {
    [read, timer] = [0, null];
    hold(false);
  };
  return {
    count(bytes) {
      read += bytes;
      timer ??= setTimeout(open, WINDOW.milliseconds);
      if (read > WINDOW.bytes) hold(true);
    },
    end: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
};
