/** What reading and writing for its calls takes of a worker. */
const GRACE_MS = 100;
/** Between two looks: while a call runs or something goes on after one, and while nothing does. */
const PACE_MS = Object.freeze({ busy: 50, resting: 5_000 });
/** As little as the kernel counts. */
const NOTHING_MS = 10;

/** Ends what computes longer than all that runs in a process may together, or for nobody. It does not ask the process. */
export interface ProcessorClock {
  begin(token: string): void;
  end(token: string): void;
  /** The process is gone. */
  close(): void;
}

/** What a clock is put together from. */
export interface ProcessorClockPorts {
  /** Milliseconds that the process computed since it began; null where it is gone. */
  readonly computedMs: () => number | null;
  /** Of each call. */
  readonly limitMs: number;
  /** Called once. */
  readonly onSpent: () => void;
}

interface Watched {
  /** Calls that were made before it and had ended. */
  readonly before: number;
  /** What had been computed when it was first looked at. */
  base: number | null;
}

/** A clock for one process; a call that is over before it looks costs nothing. */
export const createProcessorClock = ({ computedMs, limitMs, onSpent }: ProcessorClockPorts): ProcessorClock => {
  const running = new Map<string, Watched>();
  let [begun, last, isOver]: [number, number | null, boolean] = [0, null, false];
  /** What had been computed when nobody called any more: a plugin's jobs go on after its answer. */
  let forNobody: number | null = null;
  let timer: { readonly pace: number; readonly handle: NodeJS.Timeout } | null = null;

  const isSpent = (one: Watched, computed: number): boolean => {
    one.base ??= computed;
    // Any call that ran beside it may have been the one that computed.
    return computed - one.base > (begun - one.before) * limitMs + GRACE_MS;
  };
  const isAnySpent = (computed: number): boolean => {
    if (running.size > 0) return [...running.values()].map((one) => isSpent(one, computed)).includes(true);
    forNobody ??= last ?? computed;
    return computed - forNobody > limitMs + GRACE_MS;
  };
  const look = (): void => {
    timer = null;
    const computed = isOver ? null : computedMs();
    if (computed === null) return;
    if (isAnySpent(computed)) return onSpent();
    const isBusy = running.size > 0 || last === null || computed > last + NOTHING_MS;
    last = computed;
    if (!isBusy) forNobody = null;
    lookIn(isBusy ? PACE_MS.busy : PACE_MS.resting);
  };
  const lookIn = (pace: number): void => {
    if (timer !== null && timer.pace <= pace) return;
    if (timer !== null) clearTimeout(timer.handle);
    timer = { pace, handle: setTimeout(look, pace).unref() };
  };
  return {
    begin: (token) => {
      running.set(token, { before: begun - running.size, base: null });
      begun += 1;
      forNobody = null;
      lookIn(PACE_MS.busy);
    },
    end: (token) => void running.delete(token),
    close: () => {
      isOver = true;
      if (timer !== null) clearTimeout(timer.handle);
    },
  };
};
