import type { Agent, PrincipalId } from "@moltbot/contracts";

/** Whose an agent is, where the gateway names them; null where it does not. */
export const ownerOf = (agent: Agent): PrincipalId | null =>
  "ownerId" in agent && typeof agent.ownerId === "string"
    ? (agent.ownerId as PrincipalId) // the gateway's own id of a person
    : null;
