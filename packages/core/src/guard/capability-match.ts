import type {
  Capability,
  Constraint,
  DecisionInput,
  JsonObject,
  JsonValue,
  ResolvedResource,
  ToolCall,
  ToolManifest,
} from "@moltbot/contracts";
import { sameValue } from "./canonical.ts";
import { isAhead, isCredible } from "./instant-order.ts";

/** The argument itself, never what an object inherits; an absent argument reads as null. */
export const argumentOf = (given: JsonObject, name: string): JsonValue =>
  Object.hasOwn(given, name) ? (given[name] ?? null) : null;

const resolvedOf = (resources: readonly ResolvedResource[], argument: string, kind: ResolvedResource["kind"]) =>
  resources.filter((resource) => resource.argument === argument && resource.kind === kind).map(({ value }) => value);

/** A relative path of plain steps. `..`, absolute paths, backslashes and drive letters are no path inside anything. */
const isPlainPath = (path: string): boolean =>
  path.split("/").every((step) => step !== "" && step !== "." && step !== ".." && !/[\\:\0]/.test(step));

const isWithin = (path: string, root: string): boolean =>
  isPlainPath(path) && (root === "" || (isPlainPath(root) && (path === root || path.startsWith(`${root}/`))));

const someAndEvery = (values: readonly string[], holds: (value: string) => boolean): boolean =>
  values.length > 0 && values.every(holds);

/** Whether a constraint holds for canonical arguments and what they resolve to. A kind it does not know never holds. */
export const constraintHolds = (
  constraint: Constraint,
  given: JsonObject,
  resources: readonly ResolvedResource[],
): boolean => {
  const value = argumentOf(given, constraint.argument);
  switch (constraint.kind) {
    case "equals":
      return sameValue(value, constraint.value);
    case "one-of":
      return constraint.values.some((allowed) => sameValue(value, allowed));
    case "at-most":
      return typeof value === "number" && value <= constraint.limit;
    case "host-in":
      return someAndEvery(resolvedOf(resources, constraint.argument, "host"), (host) =>
        constraint.hosts.includes(host),
      );
    case "path-within":
      return someAndEvery(resolvedOf(resources, constraint.argument, "path"), (path) =>
        isWithin(path, constraint.root),
      );
    default:
      return false;
  }
};

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

/**
 * Until delegation can be narrowed by meet, a capability serves its holder alone: a call that came down a chain, or a
 * capability that hangs on a parent, has no authority of its own.
 */
const heldBy = (capability: Capability, call: ToolCall): boolean =>
  capability.holder === call.agentId &&
  call.agentChain.length === 1 &&
  call.agentChain[0] === call.agentId &&
  capability.parent === null;

const inForce = (capability: Capability, { epoch, now }: Pick<DecisionInput, "epoch" | "now">): boolean =>
  capability.revokedAt === null &&
  capability.epoch === epoch &&
  isCredible(capability.issuedAt, now) &&
  (capability.expiresAt === "never" || isAhead(capability.expiresAt, now));

/** Whether a capability may be used for this call: held, in force, in reach, with every permission, every constraint holding. */
export const covers = (capability: Capability, manifest: ToolManifest, input: DecisionInput): boolean =>
  capability.tool === manifest.name &&
  capability.rights.includes("use") &&
  heldBy(capability, input.call) &&
  inForce(capability, input) &&
  reaches(capability, input.call) &&
  manifest.permissions.every((permission) => capability.permissions.includes(permission)) &&
  capability.constraints.every((constraint) => constraintHolds(constraint, input.call.arguments, input.resources));

/** Whether the capability bounds this argument at all; with `covers`, it then bounds this very value. */
export const bounds = (capability: Capability, argument: string, kind?: Constraint["kind"]): boolean =>
  capability.constraints.some(
    (constraint) => constraint.argument === argument && (kind === undefined || constraint.kind === kind),
  );
