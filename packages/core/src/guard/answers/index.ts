/**
 * What belongs to a person's answer besides the answer itself: a changed call, the limits of a grant, the rule proposed for
 * a question that keeps coming, and how much is asked. Nothing here acts, and nothing here counts as an answer.
 */
export { measure } from "./measures.ts";
export { previewGrant } from "./preview.ts";
export { behindWall } from "./behind-wall.ts";
export { proposalFor } from "./proposal.ts";
export { consequenceOf, previewOf } from "./told-by-tool.ts";
