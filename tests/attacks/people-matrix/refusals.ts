import type { Outcome } from "./oracle.ts";

/** What each refusal says, in the words of the rules. */
export const REFUSALS: Readonly<Record<string, Outcome>> = {
  ROLE_INSUFFICIENT: "role",
  SCOPE_INSUFFICIENT: "scope",
  ROLE_LEAVES_OUT: "leaves",
  NOT_SIGNED_IN: "nobody",
  TOKEN_INVALID: "nobody",
  // Too many tries with what is good no more.
  LOCKED_OUT: "nobody",
  RATE_LIMITED: "nobody",
  METHOD_NOT_ALLOWED: "absent",
  NOT_FOUND: "hidden",
  SECRET_NOT_FOUND: "hidden",
  ACCESS_DENIED: "denied",
  RIGHT_MISSING: "denied",
  PERSON_NOT_CHANGEABLE: "denied",
  APPROVAL_NOT_ANSWERABLE: "denied",
};
