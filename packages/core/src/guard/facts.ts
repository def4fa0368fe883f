import { isJsonList } from "@moltbot/contracts";
import type {
  ArgumentRole,
  Capability,
  CapabilityId,
  DecisionInput,
  JsonValue,
  Label,
  ManifestFacts,
  PlanStep,
  ToolCall,
} from "@moltbot/contracts";
import type { CallFacts } from "./constraints/index.ts";
import { pathsWithin } from "./constraints/resources.ts";
import { sizeOf } from "./constraints/usage.ts";
import { activeIn } from "./content/active-content.ts";
import { argumentOf, criticalArguments } from "./critical-arguments.ts";
import { isNamedContact } from "./directory.ts";
import { once, oncePerText } from "./once.ts";
import { isNamedByOwner } from "./plan/named-by-owner.ts";
import { isLiteral, plannedStep } from "./plan/planned.ts";
import { everySinkMayRead } from "./readers.ts";
import { createReader, isStated, ownStatements, standsIn } from "./stated/index.ts";
import { valueLabels } from "./value-labels.ts";
import type { ValueLabels } from "./value-labels.ts";

/** One decision's input, with what follows from it worked out once, when first asked for. */
export interface Facts {
  readonly input: DecisionInput;
  readonly manifest: ManifestFacts;
  readonly critical: readonly string[];
  /** Whether the agents that the call names lead to the caller. */
  readonly chained: () => boolean;
  /** A capability of this input by its id. */
  readonly find: (id: CapabilityId) => Capability | undefined;
  /** What the constraints of the capability with that id look at. */
  readonly forConstraintsOf: (id: CapabilityId) => CallFacts;
  /** Every argument that the call holds or its manifest calls critical. */
  readonly carried: () => readonly string[];
  /** What each critical argument stands for. */
  readonly roleOf: (argument: string) => ArgumentRole | undefined;
  /** The step of a committed plan that this call is; null when it is none. */
  readonly planned: () => PlanStep | null;
  /** Whether the turn has a plan, and this call, chosen with something from outside in view, is no part of it. */
  readonly beyondPlan: () => boolean;
  /** Whether anything of the call, of what it was chosen from, or of what it uses is not the authority's own. */
  readonly isUntrusted: () => boolean;
  /** Where an argument's value came from. */
  readonly labelOf: (argument: string) => Label;
  /** Whether arguments have labels of their own, instead of that of all that was in view. */
  readonly tracked: () => boolean;
  /** Whether an argument was fixed, value and all, before anything untrusted could touch it. */
  readonly clean: (argument: string) => boolean;
  /** Whether everybody whom the call reaches may know what this argument was made of. */
  readonly sinksMayRead: (argument: string) => boolean;
  /** Whether the authority's own words fix this argument: only a critical one that has a role. */
  readonly stated: (argument: string) => boolean;
  /** Whether a recipient is a confirmed contact whom the authority names in this task. */
  readonly inDirectory: (argument: string) => boolean;
  /** Whether the address stands in the authority's own words: as an order, or as the literal of a planned call. */
  readonly addressGiven: (argument: string) => boolean;
  /** Whether nothing in this argument can be followed but what stands in the authority's own words. */
  readonly inert: (argument: string) => boolean;
  /** Whether the authority's message names both where the data of a planned call comes from and where it goes. */
  readonly released: () => boolean;
  /** Whether it is judged as it was before there were plans: only what was recorded then is. */
  readonly asBefore: boolean;
}

/** An agent that stands twice in a chain, or a chain that does not end with the caller, is no chain of delegation. */
const isChain = ({ agentChain, agentId }: ToolCall): boolean =>
  agentChain.at(-1) === agentId && (agentChain.length === 1 || new Set(agentChain).size === agentChain.length);

const elementsOf = (value: JsonValue): readonly JsonValue[] => (isJsonList(value) ? value : [value]);

/** Lists, and addresses without a scheme, are read since there are plans. */
const isReadSince = (value: JsonValue, role: ArgumentRole | undefined): boolean =>
  Array.isArray(value) || (role === "url" && typeof value === "string" && !/^https?:\/\//u.test(value));

/** What the authority's own words say about the arguments. */
const wordsAbout = (
  { call, stated, directory }: DecisionInput,
  critical: readonly string[],
  roleOf: Facts["roleOf"],
  asBefore: boolean,
) => {
  const reader = once(createReader);
  const stands = (words: string): boolean => standsIn(words, stated, reader());
  const isGiven = (name: string, value: JsonValue): boolean =>
    critical.includes(name) &&
    !(asBefore && isReadSince(value, roleOf(name))) &&
    isStated(value, roleOf(name), stated, reader());
  const isContact = (value: JsonValue): boolean =>
    isNamedContact(value, directory ?? [], (name) => isStated(name, "recipient", stated, reader()));
  const owners = once(() => new Set(stated.flatMap((message) => [...activeIn(ownStatements(reader()(message).text))])));
  return {
    stands,
    stated: oncePerText((name) => isGiven(name, argumentOf(call.arguments, name))),
    inDirectory: oncePerText((name) => {
      if (roleOf(name) !== "recipient" || directory === undefined || directory.length === 0) return false;
      const elements = elementsOf(argumentOf(call.arguments, name));
      return elements.length > 0 && elements.every((element) => isContact(element) || isGiven(name, element));
    }),
    inert: oncePerText((name) => [...activeIn(argumentOf(call.arguments, name))].every((found) => owners().has(found))),
    allStand: (name: string): boolean => {
      const elements = elementsOf(argumentOf(call.arguments, name));
      return elements.length > 0 && elements.every((element) => typeof element === "string" && stands(element));
    },
  };
};

/** What follows from where each value came from. */
const originsOf = (input: DecisionInput, carried: () => readonly string[]) => {
  const { call } = input;
  const planned = once(() => (call.planned === undefined ? null : plannedStep(input)));
  const labels = once((): ValueLabels => valueLabels(input, planned()));
  const labelOf = oncePerText((name) => labels().of(name));
  return {
    planned,
    labelOf,
    tracked: () => labels().own,
    clean: oncePerText((name) => labels().own && labelOf(name).integrity === "authority"),
    isUntrusted: once(
      () =>
        call.label.integrity !== "authority" ||
        input.resources.some(({ outside }) => outside === true) ||
        (call.values !== undefined && carried().some((name) => labelOf(name).integrity !== "authority")),
    ),
  };
};

export const factsOf = (manifest: ManifestFacts, input: DecisionInput, asBefore = false): Facts => {
  const { call } = input;
  const critical = criticalArguments(manifest, call.arguments);
  const byId = once(() => new Map(input.capabilities.map((capability) => [capability.id, capability])));
  const usageById = once(() => new Map(input.usage.map((usage) => [usage.capabilityId, usage])));
  const unused: CallFacts = {
    call,
    manifest,
    resources: input.resources,
    now: input.now,
    size: once(() => sizeOf(call)),
    within: pathsWithin(input.resources),
  };
  const roleOf = (name: string): ArgumentRole | undefined =>
    manifest.roles !== undefined && Object.hasOwn(manifest.roles, name) ? manifest.roles[name] : undefined;
  const carried = once(() => [...new Set([...critical, ...Object.keys(call.arguments)])]);
  const words = wordsAbout(input, critical, roleOf, asBefore);
  const origins = originsOf(input, carried);
  // What a plan left to be found, a stranger's text may choose among all that the owner names.
  const isFound = (name: string): boolean => {
    const step = origins.planned();
    return step !== null && !isLiteral(step, name) && origins.labelOf(name).integrity !== "authority";
  };
  const byLabel = new Map<Label, boolean>();
  const sinksMayRead = (label: Label): boolean => {
    const known = byLabel.get(label) ?? everySinkMayRead({ label }, input.resources);
    byLabel.set(label, known);
    return known;
  };
  return {
    input,
    manifest,
    critical,
    chained: once(() => isChain(call)),
    find: (id) => byId().get(id),
    forConstraintsOf: (id) => {
      const usage = input.usage.length === 0 ? undefined : usageById().get(id);
      return usage === undefined ? unused : { ...unused, usage };
    },
    carried,
    roleOf,
    ...origins,
    beyondPlan: () => input.turnIsPlanned === true && origins.planned() === null && origins.isUntrusted(),
    sinksMayRead: (name) => sinksMayRead(origins.labelOf(name)),
    stated: (name) => !isFound(name) && words.stated(name),
    inDirectory: (name) => !isFound(name) && words.inDirectory(name),
    inert: words.inert,
    addressGiven: (name) => {
      if (roleOf(name) !== "url") return false;
      const step = origins.planned();
      return !isFound(name) && (words.stated(name) || (step !== null && isLiteral(step, name) && words.allStand(name)));
    },
    released: once(() => {
      const step = origins.planned();
      return step !== null && isNamedByOwner({ input, step, critical, roleOf, stands: words.stands, sinksMayRead });
    }),
    asBefore,
  };
};
