import type { AgentId, Capability, Constraint, DecisionInput, ManifestFacts, ToolCall } from "@moltbot/contracts";
import { firstUnmet } from "./constraints/index.ts";
import { factsOf } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { isAhead, isCredible } from "./instant-order.ts";
import { visibleLine } from "./visible-text.ts";

type Fault =
  | "tool"
  | "right"
  | "chain"
  | "holder"
  | "parent"
  | "revoked"
  | "epoch"
  | "reach"
  | "permission"
  | "clock"
  | "expired";

/** The first thing that keeps a capability from covering a call. */
export type Hindrance =
  | { readonly kind: Fault; readonly above: boolean }
  | { readonly kind: "constraint"; readonly above: boolean; readonly constraint: Constraint };

const reaches = ({ reach }: Capability, call: ToolCall): boolean => {
  switch (reach.kind) {
    case "always":
      return true;
    case "conversation":
      return reach.conversationId === call.conversationId;
    case "task":
      return reach.turnId === call.turnId;
    default:
      return false;
  }
};

const hasAll = (held: readonly string[], needed: readonly string[]): boolean => {
  for (const permission of needed) {
    if (!held.includes(permission)) return false;
  }
  return true;
};

/** What keeps one link from counting by itself. Expiry comes last: what it alone hinders has only run out. */
const hindranceOfLink = (
  capability: Capability,
  holder: AgentId | undefined,
  facts: Facts,
): Fault | Constraint | null => {
  const { input, manifest } = facts;
  if (capability.tool !== manifest.name) return "tool";
  if (capability.holder !== holder) return "holder";
  if (capability.revokedAt !== null) return "revoked";
  if (capability.epoch !== input.epoch) return "epoch";
  if (!reaches(capability, input.call)) return "reach";
  if (!hasAll(capability.permissions, manifest.permissions)) return "permission";
  const unmet = firstUnmet(capability.constraints, facts.forConstraintsOf(capability.id));
  if (unmet !== null) return unmet;
  if (!isCredible(capability.issuedAt, input.now)) return "clock";
  return capability.expiresAt === "never" || isAhead(capability.expiresAt, input.now) ? null : "expired";
};

const NO_CHAIN: Hindrance = Object.freeze({ kind: "chain", above: false });
const NO_RIGHT: Hindrance = Object.freeze({ kind: "right", above: false });
const NO_PARENT: Hindrance = Object.freeze({ kind: "parent", above: false });

const hindrance = (found: Fault | Constraint, above: boolean): Hindrance =>
  typeof found === "string" ? { kind: found, above } : { kind: "constraint", above, constraint: found };

/** The capability and those it hangs on, nearest first; null unless they lead exactly along the call's chain of agents. */
const lineageOf = (capability: Capability, { input, find }: Facts): readonly Capability[] | null => {
  const { agentChain } = input.call;
  if (capability.parent === null) return agentChain.length === 1 ? [capability] : null;
  const lineage = [capability];
  let last = capability;
  while (last.parent !== null && lineage.length < agentChain.length) {
    const parent = find(last.parent);
    if (parent === undefined || parent.tenantId !== capability.tenantId) return null;
    lineage.push(parent);
    last = parent;
  }
  return last.parent === null && lineage.length === agentChain.length ? lineage : null;
};

/** What keeps those that a capability hangs on from allowing the call; the same as `expired` where only time does. */
const hindranceAbove = (capability: Capability, facts: Facts, expired: Hindrance | null): Hindrance | null => {
  const { agentChain } = facts.input.call;
  if (capability.parent === null) return agentChain.length === 1 ? expired : NO_PARENT;
  const lineage = lineageOf(capability, facts);
  if (lineage === null) return NO_PARENT;
  let ranOut = expired;
  for (const [i, ancestor] of lineage.slice(1).entries()) {
    if (!ancestor.rights.includes("delegate")) return { kind: "right", above: true };
    const found = hindranceOfLink(ancestor, agentChain[agentChain.length - 2 - i], facts);
    if (found === "expired") ranOut ??= hindrance(found, true);
    else if (found !== null) return hindrance(found, true);
  }
  return ranOut;
};

/**
 * What keeps a capability from being used for this call; null when it covers the call. Handed-on authority is what all
 * links of the chain allow together: each is held by the agent of its place, in force, in reach, with every permission and
 * every constraint holding; all but the last may delegate, the last may use.
 */
export const hindranceOf = (capability: Capability, facts: Facts): Hindrance | null => {
  if (!facts.chained()) return NO_CHAIN;
  if (capability.tool === facts.manifest.name && !capability.rights.includes("use")) return NO_RIGHT;
  const own = hindranceOfLink(capability, facts.input.call.agentId, facts);
  if (own !== null && own !== "expired") return hindrance(own, false);
  return hindranceAbove(capability, facts, own === null ? null : hindrance(own, false));
};

/** Whether a capability may be used for this call. */
export const covers = (
  capability: Capability,
  manifest: ManifestFacts,
  input: DecisionInput,
  facts: Facts = factsOf(manifest, input),
): boolean => hindranceOf(capability, facts) === null;

const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  tool: "it is for another tool",
  right: "it may be handed on but not used",
  chain: "the chain of agents does not lead to the caller",
  holder: "another agent holds it",
  parent: "it was not handed down along the call's chain of agents",
  revoked: "it was revoked",
  epoch: "it ended when everything was stopped",
  reach: "it is for another conversation or task",
  permission: "it lacks a permission that the tool needs",
  clock: "it was issued in the future, so a clock is wrong",
  expired: "it has expired",
};

const ownWordsOf = (found: Hindrance): string => {
  if (found.kind === "right" && found.above) return "it may not be handed on";
  if (found.kind !== "constraint") return FAULT_WORDS[found.kind];
  const { constraint } = found;
  return "argument" in constraint
    ? `its limit "${constraint.kind}" on ${visibleLine(constraint.argument, 40)} does not hold`
    : `its limit "${constraint.kind}" does not hold`;
};

/** A hindrance in plain words. */
export const wordsOf = (found: Hindrance): string =>
  found.above ? `of a capability that it hangs on: ${ownWordsOf(found)}` : ownWordsOf(found);

/** The first thing that keeps a capability from covering a call, in plain words; null when it covers it. */
export const keptFrom = (capability: Capability, manifest: ManifestFacts, input: DecisionInput): string | null => {
  const found = hindranceOf(capability, factsOf(manifest, input));
  return found === null ? null : wordsOf(found);
};

/** A pattern of stars alone fits everything and bounds nothing; a path alone leaves the host open. */
const limits = (constraint: Constraint): boolean =>
  constraint.kind !== "path-prefix" && (constraint.kind !== "matches" || !/^\*+$/.test(constraint.pattern));

/** Whether the capability bounds this argument at all; with `covers`, it then bounds this very value. */
export const bounds = (
  capability: Pick<Capability, "constraints">,
  argument: string,
  kind?: Constraint["kind"],
): boolean =>
  capability.constraints.some(
    (constraint) =>
      "argument" in constraint &&
      constraint.argument === argument &&
      (kind === undefined || constraint.kind === kind) &&
      limits(constraint),
  );

/** Whether the capability leaves this argument one exact value, or a few written ones; with `covers`, it is one of them. */
export const fixes = (capability: Pick<Capability, "constraints">, argument: string): boolean =>
  bounds(capability, argument, "equals") || bounds(capability, argument, "one-of");

/**
 * The capability at the root of a lineage: what a person granted. Only its constraints endorse a value; those that agents
 * added while handing it on narrow it, but a hijacked agent could have written them.
 */
export const rootOf = (capability: Capability, facts: Facts): Capability =>
  capability.parent === null ? capability : (lineageOf(capability, facts)?.at(-1) ?? capability);

/** The capability and all it hangs on. */
export const linksOf = (capability: Capability, facts: Facts): readonly Capability[] =>
  lineageOf(capability, facts) ?? [capability];
