import { z } from "zod";
import { Capability } from "./capability.ts";
import { Instant, PrincipalId, StopId, TenantId } from "./ids.ts";

export const STOP_SURFACES = ["api", "command", "chat", "web"] as const;

/** One use of the stop gesture: while it is not resumed, nothing happens. */
export const Stop = z.strictObject({
  id: StopId,
  tenantId: TenantId,
  by: PrincipalId,
  surface: z.enum(STOP_SURFACES),
  reason: z.string().max(500).nullable(),
  /** The epoch it began; whatever was granted under an earlier one is dead. */
  epoch: z.int().positive(),
  at: Instant,
  resumedAt: Instant.nullable(),
  resumedBy: PrincipalId.nullable(),
});
export type Stop = Readonly<z.infer<typeof Stop>>;

/** What a stop ended and what it holds. */
export const StopReport = z.strictObject({
  stop: Stop,
  /** Turns that ran or waited for an answer, and ended. */
  turnsStopped: z.int().nonnegative(),
  /** Turns that wait in the queue until the owner resumes. */
  turnsHeld: z.int().nonnegative(),
  questionsCancelled: z.int().nonnegative(),
  remindersHeld: z.int().nonnegative(),
  capabilitiesEnded: z.int().nonnegative(),
});
export type StopReport = Readonly<z.infer<typeof StopReport>>;

/** Which grants come back: those an agent starts with and those that came with plugins and skills as they are now; all that held when it was stopped; or none. */
export const RESUME_GRANTS = ["starting", "all", "none"] as const;

/** What was held and what comes back. */
export const ResumeReport = z.strictObject({
  stop: Stop,
  turnsReleased: z.int().nonnegative(),
  remindersReleased: z.int().nonnegative(),
  /** Of those, the ones that came due meanwhile and fire late. */
  remindersLate: z.int().nonnegative(),
  capabilitiesRestored: z.array(Capability).readonly(),
  /** Grants that ended with the stop and were not restored. */
  capabilitiesEnded: z.array(Capability).readonly(),
});
export type ResumeReport = Readonly<z.infer<typeof ResumeReport>>;
