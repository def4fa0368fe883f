import type { OperationHandlers } from "@moltbot/contracts";
import { accessOperations } from "./access.ts";
import { agentOperations } from "./agents.ts";
import { approvalOperations } from "./approvals.ts";
import { auditOperations } from "./audit.ts";
import { canaryOperations } from "./canaries.ts";
import { contactOperations } from "./contacts.ts";
import { conversationOperations } from "./conversations.ts";
import { keepsakeOperations } from "./keepsakes.ts";
import { atTheMachine } from "./loosening.ts";
import { messageOperations } from "./messages.ts";
import { policyOperations } from "./policy.ts";
import type { OperationPorts } from "./ports.ts";
import { provenanceOperations } from "./provenance.ts";
import { systemOperations } from "./system.ts";

export type { OperationPorts, SecretStore } from "./ports.ts";
export { signInUrl } from "./access.ts";

/** Sign-in and sign-out end in the listener, which owns the cookie. */
export type HouseOperations = Omit<OperationHandlers, "sessions.create" | "sessions.end">;

/**
 * Every other operation of the registry, bound to the house. The type makes a forgotten one an error, and what loosens is
 * held to the machine itself where a proof is asked for.
 */
export const bindOperations = (ports: OperationPorts): HouseOperations =>
  atTheMachine<HouseOperations>(
    { audit: ports.house.audit, stepUp: () => ports.settings.current().approvals.stepUp },
    {
      ...agentOperations(ports),
      ...messageOperations(ports),
      ...conversationOperations(ports),
      ...keepsakeOperations(ports),
      ...contactOperations(ports),
      ...provenanceOperations(ports),
      ...canaryOperations(ports),
      ...approvalOperations(ports),
      ...auditOperations(ports),
      ...accessOperations(ports),
      ...policyOperations(ports),
      ...systemOperations(ports),
    },
  );
