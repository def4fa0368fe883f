/**
 * What somebody may do, as a thing that can be compared, narrowed and handed on: meet, delegation, and tokens that leave the
 * process. It must never give out more than what it was given. Called by whoever starts another agent or lends a capability
 * to another process.
 */
export { authorityOf, meet, narrower } from "./authority.ts";
export type { Authority, ConversationOf } from "./authority.ts";
export { delegate } from "./delegate.ts";
export type { DelegationFacts, DelegationWish } from "./delegate.ts";
export { issueToken, narrowToken, openToken } from "./token.ts";
export type { OpenedToken, OpenFacts } from "./token.ts";
export type { Caveat } from "./token-text.ts";
