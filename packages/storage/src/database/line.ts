/** How many writes share one commit at most. */
const TOGETHER = 32;

/** Whoever wants to write stands in one line, first come first served; neighbours who may share a commit go through together. */
export interface Line<W> {
  /** Resolves when it is one's turn; call what it returns to give the turn on. */
  enter(): Promise<() => void>;
  /** Takes one's place with something that may be done together with its neighbours. */
  join(joining: W): void;
}

type Waiting<W> = { readonly begin: (leave: () => void) => void } | { readonly joining: W };

/** `together` does what stood in line side by side, at most 32; only who waits already is taken along. */
export const createLine = <W>(together: (batch: readonly W[]) => Promise<void>): Line<W> => {
  const waiting: Waiting<W>[] = [];
  let busy = false;

  const next = (): void => {
    const head = waiting.shift();
    busy = head !== undefined;
    if (head === undefined) return;
    if ("begin" in head) return head.begin(next);
    const batch = [head.joining];
    for (let more = waiting[0]; more !== undefined && "joining" in more && batch.length < TOGETHER; more = waiting[0]) {
      batch.push(more.joining);
      waiting.shift();
    }
    void together(batch).finally(next);
  };
  const take = (place: Waiting<W>): void => {
    waiting.push(place);
    if (!busy) next();
  };
  return {
    enter: () => new Promise((resolve) => take({ begin: resolve })),
    join: (joining) => take({ joining }),
  };
};
