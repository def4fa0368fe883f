import { CapabilityId, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AccessScope, Capability, CapabilityWish, Principal, Result, ToolManifest } from "@moltbot/contracts";
import { canonicalText } from "./canonical.ts";
import { expiryOf } from "./expiry.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { isInPerson, isNotStopped } from "./halt/index.ts";
import { record } from "./record.ts";

/** A limit on an argument that the tool does not take would never hold, and the grant would be a promise that fails. */
const unknownArgument = (manifest: ToolManifest, wish: CapabilityWish): string | null => {
  const shape: unknown = "shape" in manifest.input ? manifest.input.shape : null;
  if (typeof shape !== "object" || shape === null) return null;
  for (const constraint of wish.constraints) {
    if ("argument" in constraint && !Object.hasOwn(shape, constraint.argument)) return constraint.argument;
  }
  return null;
};

/** The capability that a wish asks for, as the guard would grant it now; it is not stored. */
export const capabilityOfWish = (
  ports: Pick<GuardPorts, "ids" | "clock" | "tools">,
  by: Principal,
  wish: CapabilityWish,
  epoch: number,
): Result<Capability> => {
  const manifest = ports.tools.catalog().find(({ name }) => name === wish.tool);
  if (manifest === undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: wish.tool }));
  const unknown = unknownArgument(manifest, wish);
  if (unknown !== null) {
    return err(moltbotError("CAPABILITY_INVALID", { problem: `${wish.tool} takes no argument called ${unknown}` }));
  }
  const now = ports.clock.now();
  return ok({
    id: ports.ids.next(CapabilityId),
    tenantId: by.tenantId,
    holder: wish.holder,
    tool: manifest.name,
    permissions: [...manifest.permissions],
    constraints: wish.constraints,
    ...(wish.release.length === 0 ? {} : { release: wish.release }),
    rights: wish.rights,
    reach: { kind: "always" },
    expiresAt: expiryOf(wish.expires, now),
    parent: null,
    epoch,
    issuedBy: by.id,
    issuedAt: now,
    revokedAt: null,
    reason: wish.reason,
  });
};

const recordGrant = (ports: GuardPorts, by: Principal, capability: Capability) =>
  record(ports, {
    event: "capability:granted",
    actor: by.id,
    fields: {
      capabilityId: capability.id,
      agentId: capability.holder,
      tool: capability.tool,
      reach: capability.reach.kind,
      expiresAt: capability.expiresAt,
      epoch: capability.epoch,
    },
    details: { constraints: canonicalText(capability.constraints) ?? "not canonical", reason: capability.reason },
    subject: `person:${by.id}`,
  });

/** In one transaction with the look at stop and epoch: a grant made while everything is being stopped would be born dead, or worse. */
const store = (ports: GuardPorts, scope: AccessScope, capability: Capability) =>
  ports.store.atomically<Capability>(async (repositories) => {
    const going = await isNotStopped(ports, repositories, scope);
    if (!going.ok) return err(going.error);
    // A plugin that was removed since the look must leave no grant, for another one of its name to find.
    if (!ports.tools.catalog().some(({ name }) => name === capability.tool))
      return err(moltbotError("TOOL_UNKNOWN", { tool: capability.tool }));
    const { capabilities } = repositories;
    const epoch = await capabilities.epoch(scope);
    if (!epoch.ok) return epoch;
    if (epoch.value !== capability.epoch) return err(moltbotError("CONFLICT", { kind: "epoch" }));
    const created = await capabilities.create(scope, capability);
    return created.ok ? ok(capability) : created;
  });

/**
 * Grants a capability that a person spelled out, recorded first; it counts in that person's own turns alone, also where the agent is
 * somebody else's who shares it. An agent can never reach this.
 */
export const grant = async (ports: GuardPorts, by: Principal, wish: CapabilityWish): Promise<Result<Capability>> => {
  const may = isInPerson(by, "member");
  if (!may.ok) return err(may.error);
  const scope = ownScope(by);
  const agent = await ports.store.agents.find(scope, wish.holder);
  if (!agent.ok) return err(agent.error);
  const epoch = await ports.store.capabilities.epoch(scope);
  if (!epoch.ok) return epoch;
  const capability = capabilityOfWish(ports, by, wish, epoch.value);
  if (!capability.ok) return capability;
  const recorded = await recordGrant(ports, by, capability.value);
  if (!recorded.ok) return err(recorded.error);
  const stored = await store(ports, scope, capability.value);
  if (stored.ok) return stored;
  const fields = { capabilityId: capability.value.id, code: stored.error.code };
  await record(ports, { event: "capability:grant-void", actor: by.id, fields });
  return stored;
};
