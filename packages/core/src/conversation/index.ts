/**
 * The message tree as the other rooms of core read it: what a model call may see, with which label, and what stands in it
 * as a handle; which calls wait for a result; which words are a person's own and what they stated. It never writes (repositories do) and never calls a model. `agent` and the spine call it.
 */
export { contentOf, handleOf, resultOn } from "./handles.ts";
export type { Content } from "./handles.ts";
export { isTrusted, knownIn } from "./known.ts";
export { barredText } from "./quote-text.ts";
export { broughtIn, openCalls, statedIn, trustedViewOf, viewOf } from "./view.ts";
export type { View } from "./view.ts";
export { messageParts } from "./message-parts.ts";
export type { QuotedBlock } from "./quoted-block.ts";
export { ownWords, splitBlocks } from "./split-blocks.ts";
export type { Block } from "./split-blocks.ts";
export { withoutCalls } from "./without-calls.ts";
export { titleOf } from "./title.ts";
export { turnPath } from "./turn-path.ts";
