import { err, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  DecisionInput,
  MoltbotError,
  Repositories,
  ResolvedResource,
  Result,
  ToolCall,
  ToolManifest,
} from "@moltbot/contracts";
import { argumentsProblem } from "./check-arguments.ts";
import { approvalDigest, callDigest } from "./digest.ts";
import type { GuardPorts } from "./guard-ports.ts";

/** What lies outside the store: the tool, and what the call's arguments point at, or why that cannot be told. */
export interface Target {
  readonly manifest: ToolManifest | undefined;
  readonly resources: readonly ResolvedResource[];
  readonly unresolved: MoltbotError | null;
}

/** Finds the tool and resolves the arguments, but only those that fit its schema: no resolver sees hostile shapes. */
export const findTarget = async (ports: Pick<GuardPorts, "tools">, call: ToolCall): Promise<Target> => {
  const manifest = ports.tools.catalog().find(({ name }) => name === call.tool);
  if (manifest === undefined || argumentsProblem(manifest, call.arguments) !== null) {
    return { manifest, resources: [], unresolved: null };
  }
  const resolved = await ports.tools.resolve(call);
  return resolved.ok
    ? { manifest, resources: resolved.value, unresolved: null }
    : { manifest, resources: [], unresolved: resolved.error };
};

/** Gathers all that a decision looks at, from the store or from one transaction of it. */
export const loadDecision = async (
  ports: Pick<GuardPorts, "crypto" | "clock">,
  repositories: Pick<Repositories, "capabilities" | "approvals">,
  scope: AccessScope,
  call: ToolCall,
  target: Target,
  stated: readonly string[],
): Promise<Result<DecisionInput>> => {
  const capabilities = await repositories.capabilities.ofHolder(scope, call.agentId);
  if (!capabilities.ok) return err(capabilities.error);
  const approvals = await repositories.approvals.ofTurn(scope, call.turnId);
  if (!approvals.ok) return err(approvals.error);
  const epoch = await repositories.capabilities.epoch(scope);
  if (!epoch.ok) return err(epoch.error);
  const { manifest, resources } = target;
  return ok({
    call,
    manifest,
    resources,
    capabilities: capabilities.value,
    approvals: approvals.value,
    stated,
    epoch: epoch.value,
    now: ports.clock.now(),
    digest:
      manifest === undefined
        ? callDigest(ports.crypto, call)
        : approvalDigest(ports.crypto, call, manifest, resources, epoch.value),
  });
};
