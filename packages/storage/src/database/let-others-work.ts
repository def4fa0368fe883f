import { setImmediate } from "node:timers/promises";

/** Ends this turn of the event loop, so that whoever waits for it comes first. */
export const letOthersWork = (): Promise<void> => setImmediate();
