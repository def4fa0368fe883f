/**
 * Whose conversation is this, and which agent answers. It only looks things up through ports and never creates, answers
 * or authorises anything. The spine calls it for every message that arrives.
 */
export { NAMED_AT } from "./kept-for-name.ts";
export { route } from "./route.ts";
export type { Arrival, Route, RoutingPorts } from "./route.ts";
