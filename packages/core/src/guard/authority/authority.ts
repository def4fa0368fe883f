import { millisecondsOf } from "@moltbot/contracts";
import type { Capability, CapabilityReach, ConversationId, Instant, ToolName, TurnId } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { constraintSet, textSet, valueSet } from "./meet-constraints.ts";
import { releaseSet, sharedRelease } from "./meet-release.ts";

type Reach = Exclude<CapabilityReach, { kind: "always" }>;

/**
 * What a capability lets somebody do, apart from who holds it: one spelling for each meaning it can tell apart. Constraints
 * and reaches must all hold; permissions, release and rights are what there is. Nothing at all is `null`, the bottom.
 */
export interface Authority {
  readonly tool: ToolName;
  readonly permissions: readonly string[];
  readonly constraints: Capability["constraints"];
  readonly release: NonNullable<Capability["release"]>;
  readonly rights: Capability["rights"];
  /** Where it holds; empty: everywhere. */
  readonly reaches: readonly Reach[];
  readonly expiresAt: Instant | "never";
  readonly epoch: number;
}

/** Nothing holds in two conversations, or in two turns; a kind that is not known holds nowhere. */
const reachSet = (reaches: readonly Reach[]): readonly Reach[] | null => {
  const known = reaches.every(({ kind }) => kind === "conversation" || kind === "task");
  const set = known ? valueSet(reaches) : null;
  return set !== null && new Set(set.map(({ kind }) => kind)).size === set.length ? set : null;
};

const readable = (end: Instant | "never"): boolean => end === "never" || !Number.isNaN(millisecondsOf(end));

const earlier = (a: Instant | "never", b: Instant | "never"): Instant | "never" => {
  if (a === "never") return b;
  return b === "never" || millisecondsOf(a) <= millisecondsOf(b) ? a : b;
};

/** The one spelling; null when nothing is left. */
export const normalForm = (given: Authority): Authority | null => {
  const constraints = constraintSet(given.constraints);
  const release = releaseSet(given.release);
  const reaches = reachSet(given.reaches);
  if (constraints === null || release === null || reaches === null) return null;
  if (given.rights.length === 0 || !readable(given.expiresAt)) return null;
  return {
    tool: given.tool,
    permissions: textSet(given.permissions),
    constraints,
    release,
    rights: textSet(given.rights),
    reaches,
    expiresAt: given.expiresAt,
    epoch: given.epoch,
  };
};

/** A capability's reach as a list of conditions. */
export const reachesOf = (reach: CapabilityReach): readonly Reach[] => (reach.kind === "always" ? [] : [reach]);

/** What the capability lets its holder do; null when that is nothing. */
export const authorityOf = (capability: Capability): Authority | null =>
  normalForm({ ...capability, release: capability.release ?? [], reaches: reachesOf(capability.reach) });

/**
 * The greatest authority that is within both. Associative, commutative, idempotent; whatever it allows, both allow. Different
 * tools, different epochs and limits that contradict each other leave nothing, and nothing stays nothing.
 */
export const meet = (a: Authority | null, b: Authority | null): Authority | null => {
  if (a === null || b === null || a.tool !== b.tool || a.epoch !== b.epoch) return null;
  return normalForm({
    tool: a.tool,
    permissions: a.permissions.filter((permission) => b.permissions.includes(permission)),
    constraints: [...a.constraints, ...b.constraints],
    release: sharedRelease(a.release, b.release),
    rights: a.rights.filter((right) => b.rights.includes(right)),
    reaches: [...a.reaches, ...b.reaches],
    expiresAt: earlier(a.expiresAt, b.expiresAt),
    epoch: a.epoch,
  });
};

/** Whether `a` is within `b`: their meet is `a`. Never yes wrongly; a narrower limit in other words may be told no. */
export const narrower = (a: Authority | null, b: Authority | null): boolean =>
  canonicalText(meet(a, b)) === canonicalText(a);

/** The conversation that a turn belongs to; undefined when it is not known. */
export type ConversationOf = (turnId: TurnId) => ConversationId | undefined;

/** All reaches as the one that a capability carries; null where they do not meet, or nobody can say that they do. */
export const oneReach = (reaches: readonly Reach[], conversationOf: ConversationOf): CapabilityReach | null => {
  const [first, second] = reaches;
  if (first === undefined) return { kind: "always" };
  if (second === undefined) return first;
  const conversation = reaches.find(({ kind }) => kind === "conversation");
  const task = reaches.find(({ kind }) => kind === "task");
  if (conversation?.kind !== "conversation" || task?.kind !== "task") return null;
  return conversationOf(task.turnId) === conversation.conversationId ? task : null;
};
