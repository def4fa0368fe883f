/**
 * The message tree as the other rooms of core read it: what a model call may see, with which label; which calls wait for
 * a result; which words are a person's own and what they stated. It never writes (repositories do) and never calls a model. `agent` and the spine call it.
 */
export { openCalls, statedIn, viewOf } from "./view.ts";
export type { View } from "./view.ts";
export { messageParts } from "./message-parts.ts";
export type { QuotedBlock } from "./quoted-block.ts";
export { ownWords, splitBlocks } from "./split-blocks.ts";
export type { Block } from "./split-blocks.ts";
export { titleOf } from "./title.ts";
export { turnPath } from "./turn-path.ts";
