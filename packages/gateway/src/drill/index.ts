/**
 * DRILLS: replays attacks against a house of its own, with a model that does what the attacker says and tools that only write down
 * what was asked of them. It must never open the owner's home, dial anybody or hold a rule of its own about what may happen: the
 * gateway that it starts is the real one. The attack harness and `doctor --attack` call it.
 */
export { openDrillHouse } from "./house.ts";
export type { DrillAgentWish, DrillDoor, DrillHouse, DrillPlace, DrillWish, SendMore } from "./house.ts";
export { readFlowCorpus, runFlow } from "./flow/index.ts";
export type { CorpusFault, FlowCorpus, FlowFigures, FlowWish } from "./flow/index.ts";
export { runClaw } from "./claw/index.ts";
export type { ClawReport, ClawWish } from "./claw/index.ts";
export { runHiddenText } from "./hidden-text/index.ts";
export type { HiddenTextReport, HiddenTextWish, Renderers } from "./hidden-text/index.ts";
export { runPaths } from "./paths/index.ts";
export type { PathEscape, PathsReport, PathsWish } from "./paths/index.ts";
