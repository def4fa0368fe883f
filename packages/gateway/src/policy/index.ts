/**
 * The operator's policy, in Cedar: a text of forbids over everything that grants and approvals allow. It reads and validates
 * texts, and answers what forbids a call; it never allows one, never acts and reads no file (settings does). What it cannot
 * evaluate it forbids. The wiring hands it to the guard as a port; the policy operations call it.
 */
export { openPolicy } from "./policy-in-force.ts";
export type { PolicyInForce } from "./policy-in-force.ts";
export { POLICY_FAILED, createPolicyReader } from "./reader.ts";
