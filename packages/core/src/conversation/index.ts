/**
 * The message tree as the other rooms of core read it: what a model call may see, with which label; which calls wait for
 * a result; what the person stated. It never writes (repositories do) and never calls a model. `agent` and the spine call it.
 */
export { openCalls, statedIn, viewOf } from "./view.ts";
export type { View } from "./view.ts";
export { titleOf } from "./title.ts";
export { turnPath } from "./turn-path.ts";
