import { DecisionId } from "@moltbot/contracts";
import type {
  AccessScope,
  Capability,
  DecisionInput,
  DecisionRecord,
  PlanStep,
  Repositories,
  Result,
  Verdict,
} from "@moltbot/contracts";
import { covers } from "./capability-match.ts";
import { factsOf } from "./facts.ts";
import type { GuardPorts } from "./guard-ports.ts";

/** How many of the grants that do not cover the call are kept, to explain what came near. */
const MOST_OTHERS = 16;

const NO_STEP: PlanStep = Object.freeze({ tool: "-", arguments: {}, after: [] });

/** Of a plan, the step that the call is and those it refers to: the others keep their places and decide nothing. */
const withoutOtherSteps = (input: DecisionInput): DecisionInput => {
  const { plan, call } = input;
  if (plan === undefined || call.planned === undefined) return input;
  const read = new Set([call.planned.step, ...call.planned.from.map(({ ref }) => ref)]);
  const steps = plan.plan.steps.map((step, at) => (read.has(at + 1) ? step : NO_STEP));
  return { ...input, plan: { ...plan, plan: { ...plan.plan, steps } } };
};

/**
 * What of the input is kept. Two hundred grants of one tool would make each record a hundred times larger, and only those that
 * cover the call (with what they hang on) can change the verdict when one of them is revoked.
 */
const worthKeeping = (given: DecisionInput): DecisionInput => {
  const input = withoutOtherSteps(given);
  const { manifest, capabilities } = input;
  if (manifest === undefined || capabilities.length <= MOST_OTHERS) return input;
  const facts = factsOf(manifest, input);
  const covering = new Set<Capability>(capabilities.filter((held) => covers(held, manifest, input, facts)));
  const parents = new Set(capabilities.map(({ parent }) => parent));
  const others = capabilities.filter((held) => !covering.has(held) && !parents.has(held.id)).slice(0, MOST_OTHERS);
  const kept = new Set([...covering, ...others]);
  return { ...input, capabilities: capabilities.filter((held) => kept.has(held) || parents.has(held.id)) };
};

const recordOf = (ports: Pick<GuardPorts, "ids">, input: DecisionInput, verdict: Verdict): DecisionRecord => ({
  id: ports.ids.next(DecisionId),
  callId: input.call.id,
  turnId: input.call.turnId,
  conversationId: input.call.conversationId,
  agentId: input.call.agentId,
  at: input.now,
  kind: verdict.kind,
  rule: verdict.rule,
  code: verdict.kind === "deny" ? verdict.error.code : null,
  input: worthKeeping(input),
});

/** Keeps a decision with all that it looked at, in the transaction that acts on it. */
export const recordDecision = (
  ports: Pick<GuardPorts, "ids">,
  repositories: Pick<Repositories, "decisions">,
  scope: AccessScope,
  input: DecisionInput,
  verdict: Verdict,
): Promise<Result<void>> => repositories.decisions.record(scope, recordOf(ports, input, verdict));

/** Which input led to a verdict, for as long as somebody holds the verdict. */
export interface Considered {
  remember(verdict: Verdict, input: DecisionInput): void;
  inputOf(verdict: Verdict): DecisionInput | undefined;
}

/** Remembers by identity: a verdict that this guard did not give has no input. */
export const createConsidered = (): Considered => {
  const inputs = new WeakMap<Verdict, DecisionInput>();
  return {
    remember: (verdict, input) => void inputs.set(verdict, input),
    inputOf: (verdict) => inputs.get(verdict),
  };
};
