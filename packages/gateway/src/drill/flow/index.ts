/** Replays a corpus of recorded tasks and attacks on them through a real gateway, and counts what came of it. */
export { readFlowCorpus } from "./corpus.ts";
export type { CorpusFault, FlowCorpus } from "./corpus.ts";
export type { FlowFigures } from "./figures.ts";
export { runFlow } from "./run-flow.ts";
export type { FlowWish } from "./run-flow.ts";
