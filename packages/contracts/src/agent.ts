import { z } from "zod";
import { AgentId } from "./ids.ts";

export const AGENT_STATUSES = ["idle", "busy", "error"] as const;
/** An agent as the API shows it; `capabilities` are the names of the tools it may ask for. */
export const Agent = z.strictObject({
  id: AgentId,
  name: z.string().min(1).max(80),
  model: z.string(),
  status: z.enum(AGENT_STATUSES),
  capabilities: z.array(z.string()).readonly(),
});
export type Agent = Readonly<z.infer<typeof Agent>>;
