import { setImmediate } from "node:timers/promises";

/** Lets others have their turn between many small steps. */
export type Pace = () => Promise<void> | undefined;

const SLICE_MS = 8;

export const createPace = (): Pace => {
  let began = performance.now();
  const rest = async (): Promise<void> => {
    await setImmediate();
    began = performance.now();
  };
  return () => (performance.now() - began < SLICE_MS ? undefined : rest());
};
