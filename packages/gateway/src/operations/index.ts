import type { OperationHandlers } from "@moltbot/contracts";
import { accessExplainOperations } from "./access-explain.ts";
import { accessOperations } from "./access.ts";
import { agentOperations } from "./agents.ts";
import { approvalOperations } from "./approvals.ts";
import { attachmentOperations } from "./attachments.ts";
import { auditOperations } from "./audit.ts";
import { backupOperations } from "./backups.ts";
import { canaryOperations } from "./canaries.ts";
import { contactOperations } from "./contacts.ts";
import { conversationOperations } from "./conversations.ts";
import { dataFlowOperations } from "./data-flow.ts";
import { fileOperations } from "./files.ts";
import { importOperations } from "./imports.ts";
import { keepsakeOperations } from "./keepsakes.ts";
import { atTheMachine } from "./loosening.ts";
import { messageOperations } from "./messages.ts";
import { modelOperations } from "./models.ts";
import { packageOperations } from "./packages.ts";
import { peopleOperations } from "./people.ts";
import { pluginOperations } from "./plugins.ts";
import { policyOperations } from "./policy.ts";
import type { OperationPorts } from "./ports.ts";
import { privacyOperations } from "./privacy.ts";
import { promptOperations } from "./prompts.ts";
import { provenanceOperations } from "./provenance.ts";
import { roleOperations } from "./roles.ts";
import { searchOperations } from "./search.ts";
import { secretOperations } from "./secrets.ts";
import { shareOperations } from "./shares.ts";
import { signerOperations } from "./signers.ts";
import { skillOperations } from "./skills.ts";
import { systemOperations } from "./system.ts";
import { teamOperations } from "./teams.ts";
import { usageOperations } from "./usage.ts";
import { vaultOperations } from "./vault.ts";
import { workOperations } from "./work.ts";

export type { OperationPorts, SecretStore } from "./ports.ts";
export { signInUrl } from "./access.ts";

/** What reads cookies, or headers beside the credential, ends in the listener. */
export type HouseOperations = Omit<
  OperationHandlers,
  "sessions.create" | "sessions.end" | "sessions.ticket" | "devices.pair" | "devices.refresh"
>;

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
      ...searchOperations(ports),
      ...keepsakeOperations(ports),
      ...contactOperations(ports),
      ...provenanceOperations(ports),
      ...fileOperations(ports),
      ...canaryOperations(ports),
      ...approvalOperations(ports),
      ...auditOperations(ports),
      ...accessOperations(ports),
      ...peopleOperations(ports),
      ...roleOperations(ports),
      ...teamOperations(ports),
      ...shareOperations(ports),
      ...promptOperations(ports),
      ...accessExplainOperations(ports),
      ...backupOperations(ports),
      ...secretOperations(ports),
      ...importOperations(ports),
      ...modelOperations(ports),
      ...policyOperations(ports),
      ...packageOperations(ports),
      ...pluginOperations(ports),
      ...skillOperations(ports),
      ...signerOperations(ports),
      ...privacyOperations(ports),
      ...attachmentOperations(ports),
      ...systemOperations(ports),
      ...usageOperations(ports),
      ...dataFlowOperations(ports),
      ...vaultOperations(ports),
      ...workOperations(ports),
    },
  );
