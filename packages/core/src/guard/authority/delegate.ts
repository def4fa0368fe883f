import { err, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  AgentId,
  Capability,
  CapabilityId,
  CapabilityReach,
  Constraint,
  Instant,
  MoltbotError,
  PrincipalId,
  Release,
  Result,
  ToolName,
} from "@moltbot/contracts";
import { meet, normalForm, oneReach, reachesOf } from "./authority.ts";
import type { Authority, ConversationOf } from "./authority.ts";
import { expiryOf, faultOf } from "./in-force.ts";
import { releasesWithin } from "./meet-release.ts";
import { looserLimit } from "./wider-than.ts";

/** How long a chain of delegation may be: ancestors of a capability. */
export const MOST_ANCESTORS = 8;

/** What shall be handed on, and to whom. Constraints come on top of the parent's, which all stay. */
export interface DelegationWish {
  readonly holder: AgentId;
  readonly tool: ToolName;
  readonly permissions: readonly string[];
  readonly constraints: readonly Constraint[];
  readonly release: readonly Release[];
  readonly rights: Capability["rights"];
  readonly reach: CapabilityReach;
  readonly expiresAt: Instant | "never";
  readonly reason: string;
}

/** What delegation looks at besides the parent and the wish. */
export interface DelegationFacts {
  /** For the child. */
  readonly id: CapabilityId;
  readonly by: PrincipalId;
  readonly now: Instant;
  readonly epoch: number;
  /** The parent's own parents, nearest first, all of them. */
  readonly ancestors: readonly Capability[];
  readonly conversationOf: ConversationOf;
  /** What the child's manifest lets it have; left out where it has none. */
  readonly manifestPermissions?: readonly string[];
  /** What the caller on whose behalf this happens may do; left out where that is the parent alone. */
  readonly callersGrant?: Authority;
}

const widens = (problem: string): MoltbotError => moltbotError("CAPABILITY_WIDENS", { problem });
const invalid = (problem: string): MoltbotError => moltbotError("CAPABILITY_INVALID", { problem });

/** Every capability must hang on the next one and count, or nothing below it does. */
const chainFault = (chain: readonly Capability[], { epoch, now }: DelegationFacts): MoltbotError | null => {
  for (const [at, capability] of chain.entries()) {
    const above = chain[at + 1];
    const hangs = capability.parent === (above?.id ?? null);
    if (!hangs || (above !== undefined && above.tenantId !== capability.tenantId))
      return invalid("what it hangs on is not known");
    const fault = faultOf(capability, epoch, now);
    if (fault !== null) return invalid(fault);
    if (!capability.rights.includes("delegate")) return widens("it may be used, but not be handed on");
    const expired = expiryOf(capability.tool, capability.expiresAt, now);
    if (expired !== null) return expired;
  }
  return null;
};

const reachesFurther = (wish: CapabilityReach, held: CapabilityReach, conversationOf: ConversationOf): boolean => {
  if (held.kind === "always") return false;
  if (wish.kind === "task" && held.kind === "task") return wish.turnId !== held.turnId;
  if (wish.kind === "always" || held.kind === "task") return true;
  const conversationId = wish.kind === "task" ? conversationOf(wish.turnId) : wish.conversationId;
  return conversationId !== held.conversationId;
};

const lastsLonger = (wish: Instant | "never", held: Instant | "never"): boolean =>
  held !== "never" && (wish === "never" || !(millisecondsOf(wish) <= millisecondsOf(held)));

/** The first thing that the wish has and the parent has not; null when it is within. */
const surplus = (parent: Capability, wish: DelegationWish, conversationOf: ConversationOf): string | null => {
  if (wish.tool !== parent.tool) return "it is for another tool";
  if (!wish.permissions.every((permission) => parent.permissions.includes(permission)))
    return "it has more permissions";
  const looser = looserLimit(wish.constraints, parent.constraints);
  if (looser !== null) return `its limit "${looser.kind}" is looser`;
  if (!releasesWithin(wish.release, parent.release ?? [])) return "it lets more out";
  if (reachesFurther(wish.reach, parent.reach, conversationOf)) return "it holds in more places";
  if (lastsLonger(wish.expiresAt, parent.expiresAt)) return "it lasts longer";
  return null;
};

const limitedTo = (authority: Authority, permissions: readonly string[]): Authority => ({
  ...authority,
  permissions: authority.permissions.filter((permission) => permissions.includes(permission)),
});

/**
 * A capability for another agent: the meet of what the parent may hand on, the wish, the child's manifest and the caller's
 * grant. `use` and `delegate` are separate: whoever holds `delegate` alone hands on `use` without having it, and therefore
 * never to itself nor back up the chain. CAPABILITY_WIDENS when the wish is not within the parent, whose limits all stay.
 */
export const delegate = (parent: Capability, wish: DelegationWish, facts: DelegationFacts): Result<Capability> => {
  const chain = [parent, ...facts.ancestors];
  const fault = chainFault(chain, facts);
  if (fault !== null) return err(fault);
  if (chain.length > MOST_ANCESTORS) return err(widens(`at most ${String(MOST_ANCESTORS)} hand it on in a row`));
  if (chain.some(({ holder }) => holder === wish.holder)) return err(widens("it comes back to one who handed it on"));
  const more = surplus(parent, wish, facts.conversationOf);
  if (more !== null) return err(widens(more));

  const { epoch } = parent;
  const held: Authority = {
    ...parent,
    release: parent.release ?? [],
    rights: ["use", "delegate"],
    reaches: reachesOf(parent.reach),
  };
  const wished: Authority = { ...wish, reaches: reachesOf(wish.reach), epoch };
  const both = meet(normalForm(held), normalForm(wished));
  const authority = facts.callersGrant === undefined ? both : meet(both, facts.callersGrant);
  const reach = authority === null ? null : oneReach(authority.reaches, facts.conversationOf);
  if (authority === null || reach === null) return err(invalid("its limits leave nothing"));
  const expired = expiryOf(parent.tool, authority.expiresAt, facts.now);
  if (expired !== null) return err(expired);

  const { permissions, constraints, release, rights, expiresAt } =
    facts.manifestPermissions === undefined ? authority : limitedTo(authority, facts.manifestPermissions);
  return ok({
    id: facts.id,
    tenantId: parent.tenantId,
    holder: wish.holder,
    tool: parent.tool,
    permissions,
    constraints,
    release,
    rights,
    reach,
    expiresAt,
    parent: parent.id,
    epoch,
    issuedBy: facts.by,
    issuedAt: facts.now,
    revokedAt: null,
    reason: wish.reason,
  });
};
