/** Where a bar is drawn. */
export interface BarStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const WIDTH = 24;
const EVERY_MILLISECONDS = 80;

/**
 * A bar for work that takes long, drawn over itself on a terminal; elsewhere each step is one line, and with JSON nothing. A total
 * that is not known shows the step alone.
 */
export const progressBar = (
  stream: BarStream,
  quiet: boolean,
  now: () => number = () => performance.now(),
): { show(step: string, done: number, total: number): void; end(): void } => {
  let drawn = "";
  let step = "";
  let drawnAt = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (drawn !== "") stream.write(`\r${" ".repeat(drawn.length)}\r`);
    drawn = "";
  };
  return {
    show: (next, done, total) => {
      if (quiet) return;
      const isNew = next !== step;
      step = next;
      if (stream.isTTY !== true) {
        if (isNew) stream.write(`  · ${next}\n`);
        return;
      }
      if (!isNew && now() - drawnAt < EVERY_MILLISECONDS) return;
      drawnAt = now();
      const part = total <= 1 ? null : Math.min(1, done / total);
      const filled = part === null ? 0 : Math.round(part * WIDTH);
      const bar =
        part === null ? "" : `  ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${String(Math.floor(part * 100))} %`;
      clear();
      drawn = `  ${next}${bar}`;
      stream.write(drawn);
    },
    end: clear,
  };
};
