/**
 * The stop gesture and its end. Stopping kills at once, and first what lies in memory: it waits for no record and no model.
 * Resuming is an act of the owner: recorded first, and it brings back no more than what held before.
 */
export { isNotStopped } from "./not-stopped.ts";
export { isInPerson } from "./owner-in-person.ts";
export { resume } from "./resume.ts";
export type { Resumed } from "./resume.ts";
export { stop } from "./stop.ts";
export type { Stopped, StopWish } from "./stop.ts";
