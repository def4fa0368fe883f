const PACE_MS = 5;
/** As much as lies here for one process beside what is on its way. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What is to be said to a worker, in its order; what it does not take yet waits. */
export interface WaitingWords {
  /** False where too much waits already: then nothing of it is said. Words that `always` go are small and few. */
  say(token: string, line: string, always?: boolean): boolean;
  /** Nobody says anything about that call any more. */
  forget(token: string): void;
  readonly areThere: () => boolean;
  close(): void;
}

interface Words {
  readonly token: string;
  readonly line: string;
  readonly bytes: number;
}

/**
 * `write` says whether the process took the line. Threat: what its process reads slowly is held here for it, so that it is bounded, and
 * ends with the calls that it belongs to.
 */
export const createWaitingWords = (write: (line: string) => boolean, mostBytes: number = MOST_BYTES): WaitingWords => {
  let waiting: Words[] = [];
  let [bytes, timer]: [number, NodeJS.Timeout | null] = [0, null];
  const keep = (words: Words[]): void => {
    waiting = words;
    bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
    if (waiting.length > 0) timer ??= setTimeout(goOn, PACE_MS);
    else if (timer !== null) {
      clearTimeout(timer);
      timer = null;
    }
  };
  const goOn = (): void => {
    timer = null;
    const refused = waiting.findIndex(({ line }) => !write(line));
    keep(refused === -1 ? [] : waiting.slice(refused));
  };
  return {
    say: (token, line, always = false) => {
      if (waiting.length === 0 && write(line)) return true;
      const more = Buffer.byteLength(line);
      if (!always && bytes + more > mostBytes) return false;
      waiting.push({ token, line, bytes: more });
      bytes += more;
      timer ??= setTimeout(goOn, PACE_MS);
      return true;
    },
    forget: (token) => {
      if (waiting.length > 0) keep(waiting.filter((one) => one.token !== token));
    },
    areThere: () => waiting.length > 0,
    close: () => keep([]),
  };
};
