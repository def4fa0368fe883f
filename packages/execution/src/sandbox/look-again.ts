/** A look may take this share of the time, and no more: what takes long is done less often. */
const SHARE = 0.2;

/**
 * Looks every `everyMs`, one look after the other, and less often where a look takes long. Returns the function that ends it; a look that is
 * under way then is the last.
 */
export const lookAgain = (everyMs: number, look: () => Promise<void>): (() => void) => {
  let timer: NodeJS.Timeout | null = null;
  let isOver = false;
  const wait = (milliseconds: number): void => {
    timer = setTimeout(() => void lookNow(), milliseconds).unref();
  };
  const lookNow = async (): Promise<void> => {
    const began = performance.now();
    await look();
    const took = performance.now() - began;
    if (!isOver) wait(Math.max(everyMs - took, took / SHARE - took));
  };
  wait(everyMs);
  return () => {
    isOver = true;
    if (timer !== null) clearTimeout(timer);
  };
};
