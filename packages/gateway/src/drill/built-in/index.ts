/** Plays the drills that ship with the product: hostile words in what an agent reads with its built-in tools. */
export { NOBODYS_ORIGINS, carriesSecrets, originOf, placedAt } from "./place.ts";
export type { Origins, PlacedDrill } from "./place.ts";
export { playDrill } from "./play-drill.ts";
export type { Attempted, DrillOwner, Played } from "./play-drill.ts";
export { createStage } from "./stage.ts";
export type { Stage } from "./stage.ts";
export { TOOL_OF, must } from "./wins.ts";
