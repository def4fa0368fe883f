import type { Capability, DecisionInput, ErrorCode, NearestGrant, Verdict } from "@moltbot/contracts";
import { standingOf } from "./approvals.ts";
import type { Standing } from "./approvals.ts";
import { covers, hindranceOf } from "./capability-match.ts";
import { rowFor } from "./effect-table.ts";
import type { Asking, Row } from "./effect-table.ts";
import { factsOf } from "./facts.ts";
import type { Facts } from "./facts.ts";
import { mustBeExact, nearestGrant } from "./nearest-grant.ts";
import { neverAllowed } from "./never-allowed.ts";
import { closedPrivateHost, namesPrivateHosts } from "./private-hosts.ts";
import { questionFor } from "./question.ts";
import { deny } from "./refusal.ts";
import type { Deny } from "./refusal.ts";
import { visibleLine } from "./visible-text.ts";

export { refusal } from "./refusal.ts";

/** A model may name anything; only a short, visible form of it goes into an error. */
const toolWords = (tool: string): string => visibleLine(tool, 80);

const ANSWERED = {
  denied: ["approval.denied", "APPROVAL_DENIED"],
  cancelled: ["approval.cancelled", "TURN_STOPPED"],
  silent: ["approval.silent", "APPROVAL_EXPIRED"],
  spent: ["approval.spent", "PERMIT_SPENT"],
} as const satisfies Record<Exclude<Standing["kind"], "none" | "approved">, readonly [string, ErrorCode]>;

/**
 * The capability that meets a whole row, of those that cover the call, or the first requirement that none of them meets
 * that met the ones before.
 */
const judgeRow = (
  facts: Facts,
  covering: readonly Capability[],
  { requirements, conditions = [] }: Row,
): Capability | Asking => {
  const broken = conditions.find((condition) => !condition.holds(facts));
  if (broken !== undefined) return broken;
  let furthest: Row["requirements"][number] = requirements[0];
  for (const capability of covering) {
    const unmet = requirements.find((requirement) => !requirement.satisfiedBy(capability, facts));
    if (unmet === undefined) return capability;
    if (requirements.indexOf(unmet) > requirements.indexOf(furthest)) furthest = unmet;
  }
  return furthest;
};

const isCapability = (judged: Capability | Asking): judged is Capability => "id" in judged;

/** Which arguments a grant would have to bound, never with their values: an error holds no content. */
const grantWords = ({ tool, constraints }: NearestGrant): string => {
  const names = constraints.map((constraint) => ("argument" in constraint ? visibleLine(constraint.argument, 40) : ""));
  return names.length === 0 ? tool : `${tool}, bounded on ${[...new Set(names)].join(", ")}`;
};

/** Where nobody may be asked, a question becomes a refusal that says what is missing. */
const unasked = (facts: Facts, covering: readonly Capability[], asks: Asking, nearest: NearestGrant | null): Deny => {
  const tool = facts.manifest.name;
  if (nearest === null) {
    const grant = "no grant would do, it is asked each time";
    return deny(asks.rule, "CAPABILITY_MISSING", { tool, grant });
  }
  if (facts.input.capabilities.some((capability) => hindranceOf(capability, facts)?.kind === "expired")) {
    return deny(asks.rule, "CAPABILITY_EXPIRED", { tool }, nearest);
  }
  const row = rowFor(facts, "clean");
  const cleanWouldDo = isCapability(judgeRow(facts, covering, row));
  return cleanWouldDo
    ? deny(asks.rule, "CONTEXT_UNTRUSTED", { tool }, nearest)
    : deny(asks.rule, "CAPABILITY_MISSING", { tool, grant: grantWords(nearest) }, nearest);
};

const judgeKnown = (facts: Facts, row: Row): Verdict => {
  const { input, manifest } = facts;
  const { call, digest } = input;
  const nearest = () => nearestGrant(call, manifest, input.resources, mustBeExact(facts));

  // What a person said about this very call.
  const standing = standingOf(input);
  if (standing.kind === "approved") {
    return { kind: "allow", rule: "approved", digest, because: { kind: "approval", approval: standing.approval } };
  }
  if (standing.kind === "denied" || standing.kind === "cancelled" || standing.kind === "silent") {
    const [rule, code] = ANSWERED[standing.kind];
    return deny(rule, code, { tool: manifest.name }, nearest());
  }

  // What the table of effects says.
  const covering = input.capabilities.filter(
    (capability) => covers(capability, manifest, input, facts) && namesPrivateHosts(capability, facts),
  );
  const judged = judgeRow(facts, covering, row);
  if (isCapability(judged)) {
    const because = { kind: "capability", capabilityId: judged.id } as const;
    return { kind: "allow", rule: `${manifest.effect}.capability`, digest, because };
  }
  if (standing.kind === "spent") {
    const [rule, code] = ANSWERED.spent;
    return deny(rule, code, { tool: manifest.name }, nearest());
  }
  const offered = row.conditions?.some((condition) => condition === judged) === true ? null : nearest();
  if (input.mayAsk !== true) return unasked(facts, covering, judged, offered);
  const question = questionFor(facts, covering, judged, offered);
  return { kind: "ask", rule: judged.rule, digest, question, nearest: offered };
};

const judge = (input: DecisionInput, asBefore: boolean): Verdict => {
  const { call, manifest } = input;
  if (manifest === undefined || manifest.name !== call.tool) {
    return deny("tool.unknown", "TOOL_UNKNOWN", { tool: toolWords(call.tool) });
  }
  const never = neverAllowed(input, manifest);
  if (never !== null) return never;
  const facts = factsOf(manifest, input, asBefore);
  const closed = closedPrivateHost(facts);
  if (closed !== null) return closed;
  return judgeKnown(facts, rowFor(facts));
};

const judgeClosed = (input: DecisionInput, asBefore: boolean): Verdict => {
  try {
    return judge(input, asBefore);
  } catch {
    return deny("guard.failed", "INTERNAL", { traceId: "decide" });
  }
};

/**
 * May this call happen? Pure and total: same input, same answer; an exception inside is a refusal. Unknown, unfitting,
 * stopped, forbidden, over budget, expired, revoked, drifted, silent or undecidable never becomes an allow.
 */
export const decide = (input: DecisionInput): Verdict => judgeClosed(input, false);

/** Whether an input was recorded before there were plans: since then, each says whether its turn has one. */
export const isBeforePlans = ({ turnIsPlanned }: Pick<DecisionInput, "turnIsPlanned">): boolean =>
  turnIsPlanned === undefined;

/** What `decide` says of a recorded input, by the table in force when it was recorded. Nothing that happens now is judged so. */
export const decideAsThen = (input: DecisionInput): Verdict => judgeClosed(input, isBeforePlans(input));
