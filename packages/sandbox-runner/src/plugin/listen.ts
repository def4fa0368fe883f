/** Between two looks at an input that has nothing yet and does not wait for more: longer each time, up to the last. */
const WAITS_MS = [1, 2, 5, 10, 20, 50] as const;

/** What listening stands on; `read` and `readLater` give how many bytes came, 0 at the end. */
export interface ListenPorts {
  /** Waits in the kernel; throws where it cannot read. */
  readonly read: () => number;
  readonly readLater: (then: (error: Error | null, count: number) => void) => void;
  /** Whether nothing happens until the next bytes come. */
  readonly isResting: () => boolean;
  readonly take: (count: number) => void;
  /** The input cannot be read any more. */
  readonly fail: () => void;
}

/** An input that was opened so that nobody waits for it; that there is nothing yet is no fault of it. */
const isNothingYet = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "EAGAIN" || error.code === "EWOULDBLOCK");

/** Listens until it fails. One that rests waits in the kernel, where it is woken soonest; one with timers must hear those too. */
export const listenTo = ({ read, readLater, isResting, take, fail }: ListenPorts): void => {
  let empty = 0;
  const took = (count: number): void => {
    empty = 0;
    take(count);
  };
  const missed = (error: unknown): void => {
    if (!isNothingYet(error)) return fail();
    setTimeout(listen, WAITS_MS[Math.min(empty, WAITS_MS.length - 1)]);
    empty += 1;
  };
  const listen = (): void => {
    while (isResting()) {
      let count: number;
      try {
        count = read();
      } catch (error) {
        return missed(error);
      }
      took(count);
    }
    readLater((error, count) => {
      if (error !== null) return missed(error);
      took(count);
      listen();
    });
  };
  listen();
};
