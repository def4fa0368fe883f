/** Replays tasks whose home holds secrets and hostile words, and looks at what reached the outside. */
export { runClaw } from "./run-claw.ts";
export type { ClawWish } from "./run-claw.ts";
export type { ClawReport } from "./figures.ts";
export { saidModel } from "./said-model.ts";
export type { SaidAnswer } from "./said-model.ts";
