import { err, instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalFacts,
  ArgumentsProblem,
  Budget,
  Capability,
  CapabilityUsage,
  DecisionInput,
  ManifestFacts,
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
import { knownBefore } from "./known-before.ts";
import { counts } from "./use-of-call.ts";

const HOUR = 3_600_000;

/** What lies outside the store: the tool, and what the call's arguments point at, or why that cannot be told. */
export interface Target {
  readonly manifest: ToolManifest | undefined;
  readonly problem: ArgumentsProblem | null;
  readonly resources: readonly ResolvedResource[];
  readonly unresolved: MoltbotError | null;
}

/** Finds the tool and resolves the arguments, but only those that fit its schema: no resolver sees hostile shapes. */
export const findTarget = async (
  ports: Pick<GuardPorts, "tools">,
  scope: AccessScope,
  call: ToolCall,
): Promise<Target> => {
  const manifest = ports.tools.catalog().find(({ name }) => name === call.tool);
  const problem = manifest === undefined ? null : argumentsProblem(manifest, call.arguments);
  if (manifest === undefined || problem !== null) return { manifest, problem, resources: [], unresolved: null };
  const resolved = await ports.tools.resolve(call, scope);
  return resolved.ok
    ? { manifest, problem, resources: resolved.value, unresolved: null }
    : { manifest, problem, resources: [], unresolved: resolved.error };
};

/** The part of a manifest that a decision reads and records. */
const factsOf = (manifest: ToolManifest): ManifestFacts => ({
  name: manifest.name,
  version: manifest.version,
  title: manifest.title,
  effect: manifest.effect,
  permissions: manifest.permissions,
  critical: manifest.critical,
  ...(manifest.roles === undefined ? {} : { roles: manifest.roles }),
  undo: manifest.undo,
});

const factsOfApproval = (approval: Approval): ApprovalFacts => ({
  id: approval.id,
  conversationId: approval.conversationId,
  turnId: approval.turnId,
  callId: approval.callId,
  agentId: approval.agentId,
  digest: approval.digest,
  state: approval.state,
  createdAt: approval.createdAt,
  expiresAt: approval.expiresAt,
  answeredBy: approval.answeredBy,
  answeredAt: approval.answeredAt,
});

/** The policy is a stranger's code: when it fails, it forbids. */
const forbiddenBy = (
  ports: Pick<GuardPorts, "policy">,
  facts: Parameters<ReturnType<GuardPorts["policy"]>["forbids"]>[0],
) => {
  try {
    const overlay = ports.policy();
    return { version: overlay.version, forbidden: overlay.forbids(facts) };
  } catch {
    return { version: "failed", forbidden: ["policy.failed"] };
  }
};

type Loading = Pick<GuardPorts, "crypto" | "clock" | "policy" | "settings" | "permits">;
type Reading = Pick<Repositories, "capabilities" | "approvals" | "calls" | "stops" | "plans" | "contacts">;

/** Capabilities of other tools decide nothing and are left out, of the input as of the record. */
const authorityOf = async (
  { capabilities }: Reading,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<{ readonly held: readonly Capability[]; readonly usage: readonly CapabilityUsage[] }>> => {
  const all = await capabilities.ofHolders(scope, call.agentChain, call.tool);
  if (!all.ok) return all;
  const held = all.value.filter(({ tool }) => tool === call.tool);
  const counting = held.filter(counts).map(({ id }) => id);
  if (counting.length === 0) return ok({ held, usage: [] });
  const usage = await capabilities.usage(scope, counting);
  return usage.ok ? ok({ held, usage: usage.value }) : usage;
};

const budgetsOf = async (
  { settings, clock }: Loading,
  { calls }: Reading,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<readonly Budget[]>> => {
  const hourAgo = instantOf(millisecondsOf(clock.now()) - HOUR);
  const admitted = await calls.admitted(scope, call.turnId, call.agentId, hourAgo);
  if (!admitted.ok) return admitted;
  return ok([
    { name: "calls in one turn", limit: settings.callsPerTurn, used: admitted.value.turn },
    { name: "calls of one agent in an hour", limit: settings.callsPerHour, used: admitted.value.agent },
  ]);
};

/** Gathers all that a decision looks at, from the store or from one transaction of it. */
export const loadDecision = async (
  ports: Loading,
  repositories: Reading,
  scope: AccessScope,
  call: ToolCall,
  target: Target,
  stated: readonly string[],
): Promise<Result<DecisionInput>> => {
  const authority = await authorityOf(repositories, scope, call);
  if (!authority.ok) return err(authority.error);
  const approvals = await repositories.approvals.ofTurn(scope, call.turnId);
  if (!approvals.ok) return err(approvals.error);
  const epoch = await repositories.capabilities.epoch(scope);
  if (!epoch.ok) return err(epoch.error);
  const stop = await repositories.stops.current(scope);
  if (!stop.ok) return err(stop.error);
  const budgets = await budgetsOf(ports, repositories, scope, call);
  if (!budgets.ok) return err(budgets.error);
  const { resources, problem } = target;
  const manifest = target.manifest === undefined ? undefined : factsOf(target.manifest);
  const before = await knownBefore(repositories, scope, call, manifest);
  if (!before.ok) return err(before.error);
  const now = ports.clock.now();
  const policy =
    manifest === undefined
      ? { version: "none", forbidden: [] }
      : forbiddenBy(ports, { call, manifest, resources, now });
  return ok({
    call,
    manifest,
    problem,
    resources,
    capabilities: authority.value.held,
    usage: authority.value.usage,
    approvals: approvals.value.filter(({ callId }) => callId === call.id).map(factsOfApproval),
    stated,
    ...before.value,
    policy,
    budgets: budgets.value,
    stopped: stop.value !== null || ports.permits.halted(),
    mayAsk: ports.settings.ask,
    stepUp: ports.settings.stepUp,
    epoch: epoch.value,
    now,
    digest:
      manifest === undefined
        ? callDigest(ports.crypto, call)
        : approvalDigest(ports.crypto, call, manifest, resources, epoch.value, policy.version),
  });
};
