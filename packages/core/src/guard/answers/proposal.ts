import { instantOf } from "@moltbot/contracts";
import type {
  Approval,
  Constraint,
  JsonValue,
  ManifestFacts,
  Proposal,
  ResolvedResource,
  ToolCall,
} from "@moltbot/contracts";
import { canonicalText, sameValue } from "../canonical.ts";
import { criticalArguments } from "../critical-arguments.ts";
import { nearestGrant } from "../nearest-grant.ts";
import { visibleValue } from "../visible-text.ts";
import { limitsProblem } from "./constraints.ts";

/** How many earlier answers make a habit. */
const HABIT = 3;
/** More values than this are no list that a person reads. */
const LONGEST_LIST = 10;
/** None of the limits that are proposed looks at the time. */
const ANY_TIME = instantOf(0);

/** What is known of one call: its arguments, and the narrowest grant for it, which knows what they resolve to. */
interface Sample {
  readonly values: ReadonlyMap<string, JsonValue>;
  readonly critical: readonly string[];
  readonly grant: readonly Constraint[];
}

const sampleOfCall = (call: ToolCall, manifest: ManifestFacts, resources: readonly ResolvedResource[]): Sample => ({
  values: new Map(Object.entries(call.arguments)),
  critical: criticalArguments(manifest, call.arguments),
  grant: [
    ...nearestGrant(call, manifest, resources).constraints,
    ...resources
      .filter(({ kind }) => kind === "recipient")
      .map(({ argument, value }): Constraint => ({ kind: "recipient-in", argument, recipients: [value] })),
  ],
});

const sampleOfApproval = ({ question }: Approval): Sample => ({
  values: new Map(question.arguments.map(({ name, value }) => [name, value])),
  critical: question.arguments.filter(({ critical }) => critical).map(({ name }) => name),
  grant: question.grant,
});

const isAllowedOnce = ({ state, scope, answeredBy }: Approval): boolean =>
  answeredBy !== null && scope === "once" && (state === "allowed" || state === "consumed" || state === "expired");

/** Asked in a clean context, and where more than this one time could be allowed. */
const mayStand = ({ question, label }: Approval): boolean =>
  question.sources.length === 0 && label.integrity === "authority" && question.scopes.some((scope) => scope !== "once");

const namesOf = (samples: readonly Sample[]): readonly string[] =>
  [
    ...new Set(
      samples.flatMap(({ critical, grant }) => [
        ...critical,
        ...grant.flatMap((constraint) => ("argument" in constraint ? [constraint.argument] : [])),
      ]),
    ),
  ].toSorted();

/** The hosts or recipients that each sample's own grant names for the argument, together; null when one of them names none. */
const resolvedTogether = (
  samples: readonly Sample[],
  argument: string,
  of: (constraint: Constraint) => readonly string[] | null,
): readonly string[] | null => {
  const each = samples.map(({ grant }) =>
    grant.flatMap((constraint) =>
      "argument" in constraint && constraint.argument === argument ? (of(constraint) ?? []) : [],
    ),
  );
  return each.some((names) => names.length === 0) ? null : [...new Set(each.flat())].toSorted();
};

const hostsOf = (constraint: Constraint) => (constraint.kind === "host-in" ? constraint.hosts : null);
const recipientsOf = (constraint: Constraint) => (constraint.kind === "recipient-in" ? constraint.recipients : null);

/** Each value once, in a fixed order. Null where one has no canonical form. */
const distinctValues = (samples: readonly Sample[], argument: string): readonly JsonValue[] | null => {
  const byText = new Map<string, JsonValue>();
  for (const { values } of samples) {
    const value = values.get(argument) ?? null;
    const text = canonicalText(value);
    if (text === null) return null;
    byText.set(text, value);
  }
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
};

const foldersOf = (path: JsonValue): readonly string[] | null => {
  if (typeof path !== "string") return null;
  const steps = path.split("/");
  return steps.every((step) => step !== "" && step !== "." && step !== ".." && !/[\\:\0]/.test(step))
    ? steps.slice(0, -1)
    : null;
};

const sharedStart = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const end = a.findIndex((step, at) => b[at] !== step);
  return end === -1 ? a : a.slice(0, end);
};

/** The deepest folder that holds all of them; never the workspace itself. */
const commonFolder = (paths: readonly JsonValue[]): string | null => {
  const folders: (readonly string[])[] = [];
  for (const path of paths) {
    const steps = foldersOf(path);
    if (steps === null) return null;
    folders.push(steps);
  }
  const [first = [], ...others] = folders;
  const common = others.reduce(sharedStart, first);
  return common.length === 0 ? null : common.join("/");
};

const highestAmount = (values: readonly JsonValue[]): number | null => {
  const amounts = values.filter((value) => typeof value === "number" && value >= 0);
  return amounts.length === values.length ? amounts.reduce<number>((a, b) => Math.max(a, Number(b)), 0) : null;
};

const widened = (argument: string, values: readonly JsonValue[], manifest: ManifestFacts): Constraint | null => {
  switch (manifest.roles?.[argument]) {
    case "path": {
      const root = commonFolder(values);
      return root === null ? null : { kind: "path-within", argument, root };
    }
    case "amount": {
      const limit = highestAmount(values);
      return limit === null ? null : { kind: "at-most", argument, limit };
    }
    default:
      return null;
  }
};

/** The least general limit on one argument that covers all samples; null when it varies too much for any. */
const limitOn = (argument: string, samples: readonly Sample[], manifest: ManifestFacts): Constraint | null => {
  const hosts = resolvedTogether(samples, argument, hostsOf);
  if (hosts !== null) return hosts.length > LONGEST_LIST ? null : { kind: "host-in", argument, hosts };
  const values = distinctValues(samples, argument);
  if (values === null) return null;
  const [first] = values;
  if (first !== undefined && values.length === 1) return { kind: "equals", argument, value: first };
  if (values.length <= LONGEST_LIST) return { kind: "one-of", argument, values };
  const recipients = resolvedTogether(samples, argument, recipientsOf);
  if (recipients !== null && recipients.length <= LONGEST_LIST) return { kind: "recipient-in", argument, recipients };
  return widened(argument, values, manifest);
};

const limitsOf = (samples: readonly Sample[], manifest: ManifestFacts): readonly Constraint[] | null => {
  const limits: Constraint[] = [];
  for (const argument of namesOf(samples)) {
    const limit = limitOn(argument, samples, manifest);
    if (limit === null) return null;
    limits.push(limit);
  }
  return limits;
};

/**
 * The least general rule that covers this call and the earlier ones of the same tool and agent, once three of those were
 * allowed, each for once. Null when one was denied, when content from outside was in view at any of them, when the tool always
 * asks, when something cannot be shown as it is, or when an argument that decides varies too much. A proposal grants nothing.
 */
export const proposalFor = (
  call: ToolCall,
  manifest: ManifestFacts,
  resources: readonly ResolvedResource[],
  allowedBefore: readonly Approval[],
): Proposal | null => {
  const own = allowedBefore.filter(
    ({ agentId, question }) => agentId === call.agentId && question.tool === manifest.name,
  );
  if (own.some(({ state }) => state === "denied")) return null;
  const allowed = own.filter(isAllowedOnce);
  if (allowed.length < HABIT || !allowed.every(mayStand)) return null;
  if (call.label.integrity !== "authority") return null;
  if (!sameValue(call.arguments, visibleValue(call.arguments))) return null;
  const samples = [...allowed.map(sampleOfApproval), sampleOfCall(call, manifest, resources)];
  const constraints = limitsOf(samples, manifest);
  if (constraints === null || limitsProblem(constraints, { call, manifest, resources }, ANY_TIME) !== null) return null;
  return { constraints, seen: allowed.length };
};
