/** Characters that are read in one turn of the gateway's, and at least one line. */
const MOST_IN_A_TURN = 64 * 1024;

/** Hands on lines in their order; null is one that was too long. */
export interface LinesInTurns {
  push(line: string | null): void;
  /** Resolves when every line was handed on. */
  rest(): Promise<void>;
}

/** A few lines in one turn, so that others have theirs in between: a plugin's lines can come by the dozen, and each takes time to read. */
export const linesInTurns = (
  take: (line: string | null) => void,
  mostInATurn: number = MOST_IN_A_TURN,
): LinesInTurns => {
  let waiting: (string | null)[] = [];
  let [taken, isLater, resting]: [number, boolean, (() => void)[]] = [0, false, []];
  const takeNow = (line: string | null): void => {
    taken += line?.length ?? 0;
    if (!isLater) setImmediate(nextTurn);
    isLater = true;
    take(line);
  };
  const nextTurn = (): void => {
    [taken, isLater] = [0, false];
    let at = 0;
    for (; at < waiting.length && taken < mostInATurn; at += 1) takeNow(waiting[at] ?? null);
    waiting = waiting.slice(at);
    if (waiting.length > 0) return;
    for (const resolve of resting) resolve();
    resting = [];
  };
  return {
    push: (line) => {
      if (waiting.length === 0 && taken < mostInATurn) takeNow(line);
      else waiting.push(line);
    },
    rest: async () => {
      if (waiting.length > 0) await new Promise<void>((resolve) => resting.push(resolve));
    },
  };
};
