import type { CryptoPort, Digest, ManifestFacts, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { canonicalText } from "./canonical.ts";

/** Every field by name: what a caller hangs onto the object besides is no part of the call. */
const callFields = (call: ToolCall) => ({
  id: call.id,
  turnId: call.turnId,
  conversationId: call.conversationId,
  agentId: call.agentId,
  authority: call.authority,
  agentChain: call.agentChain,
  tool: call.tool,
  arguments: call.arguments,
  label: call.label,
  // Only where they are given: a call without them has the digest that it always had.
  ...(call.values === undefined ? {} : { values: call.values }),
  ...(call.planned === undefined ? {} : { planned: call.planned }),
});

/** A call without canonical form is never admitted; its digest serves the ledger of refusals alone and meets no other. */
const plainText = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch {
    return "unreadable";
  }
};

/** SHA-256 over the canonical call and nothing else; the same for equal calls, different for different ones. Total. */
export const callDigest = (crypto: CryptoPort, call: ToolCall): Digest => {
  const bound = { binds: "call/1", call: callFields(call) };
  return crypto.hash(canonicalText(bound) ?? `not canonical: ${plainText(bound)}`);
};

/**
 * SHA-256 over all that an approval is bound to (security model, section 5): the exact call with agent chain and label,
 * the tool's version and powers, what the arguments resolve to and what stands there now, the epoch and the policy in force.
 * Any drift gives another digest.
 */
export const approvalDigest = (
  crypto: CryptoPort,
  call: ToolCall,
  manifest: ManifestFacts,
  resources: readonly ResolvedResource[],
  epoch: number,
  policy: string,
): Digest => {
  const bound = {
    binds: "approval/1",
    call: callFields(call),
    tool: {
      name: manifest.name,
      version: manifest.version,
      effect: manifest.effect,
      permissions: manifest.permissions,
      critical: manifest.critical,
      roles: manifest.roles ?? {},
      undo: manifest.undo,
    },
    resources: resources
      .map((resource) => canonicalText(resource) ?? `not canonical: ${plainText(resource)}`)
      .toSorted(),
    epoch,
    policy,
  };
  return crypto.hash(canonicalText(bound) ?? `not canonical: ${plainText(bound)}`);
};
