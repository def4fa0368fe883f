/**
 * May this call happen? Capabilities, labels and approvals go in; a verdict comes out, and for an allowed call one
 * single-use permit, after its intent is on the record. The guard must never act, dial, read a file, a clock or a random
 * number by itself, never let an exception or a silence become an allow, and never be imported by what it guards.
 * Called by the agent's turn loop (commitPlan, consider, admit, ask, refuse, settle) and the gateway (answers, grants, stop, permits).
 */
export { decide } from "./decide.ts";
export { approvalDigest, callDigest } from "./digest.ts";
export { createGuard } from "./guard.ts";
export type { Guard } from "./guard.ts";
export { NO_POLICY } from "./guard-ports.ts";
export type { GuardPorts, Surface } from "./guard-ports.ts";
export type { Resumed, Stopped } from "./halt/index.ts";
export { replay } from "./past/replay.ts";
export { createPermitBook } from "./permit-book.ts";
export type { PermitBook } from "./permit-book.ts";
export type { PlanningTurn } from "./plan/commit-plan.ts";
