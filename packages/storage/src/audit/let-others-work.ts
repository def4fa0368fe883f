import { setImmediate } from "node:timers/promises";

/** How long one piece of work may keep the process to itself. */
const SLICE_MILLISECONDS = 8;

/** Something to call between pieces of work: ends the turn of the event loop whenever a slice is used up. */
export const createPause = (): (() => Promise<void> | undefined) => {
  let began = performance.now();
  return () => {
    if (performance.now() - began < SLICE_MILLISECONDS) return undefined;
    return setImmediate().then(() => {
      began = performance.now();
    });
  };
};
