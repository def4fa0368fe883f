import { z } from "zod";
import { AgentId, PrincipalId } from "./ids.ts";

/**
 * How an agent reads what comes from outside. `auto`: while a plan with effects runs, by reference and through a reader without
 * tools, otherwise openly; `quarantined`: always so; `open`: always in its own view.
 */
export const READINGS = ["auto", "open", "quarantined"] as const;
export const Reading = z.enum(READINGS);
export type Reading = z.infer<typeof Reading>;

export const AGENT_STATUSES = ["idle", "busy", "error"] as const;
/** An agent as the API shows it; `capabilities` are the names of the tools it may ask for. */
export const Agent = z.strictObject({
  id: AgentId,
  /** Whose it is; others use it only while it is shared with them. */
  ownerId: PrincipalId,
  name: z.string().min(1).max(80),
  model: z.string(),
  status: z.enum(AGENT_STATUSES),
  capabilities: z.array(z.string()).readonly(),
  reading: Reading,
});
export type Agent = Readonly<z.infer<typeof Agent>>;
