import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  DecisionInput,
  Proposal,
  Question,
  Result,
  ToolCall,
  Verdict,
} from "@moltbot/contracts";
import { behindWall, consequenceOf, previewOf, proposalFor } from "./answers/index.ts";
import { ownCopy, sameValue } from "./canonical.ts";
import { decide, refusal } from "./decide.ts";
import { daysBefore } from "./expiry.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { findTarget, loadDecision } from "./load-decision.ts";
import type { Considered } from "./record-decision.ts";
import { visibleLine, visibleValue } from "./visible-text.ts";

const REMEMBERED_DAYS = 30;
const REMEMBERED_QUESTIONS = 500;

/** What was asked of this agent about this tool lately, and answered. */
const askedBefore = async (
  ports: GuardPorts,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<readonly Approval[]>> => {
  const since = daysBefore(ports.clock.now(), REMEMBERED_DAYS);
  const lately = await ports.store.approvals.since(scope, since, REMEMBERED_QUESTIONS);
  if (!lately.ok) return lately;
  return ok(
    lately.value.filter(
      ({ agentId, callId, question }) => agentId === call.agentId && question.tool === call.tool && callId !== call.id,
    ),
  );
};

const propose = async (
  ports: GuardPorts,
  scope: AccessScope,
  { call, manifest, resources }: DecisionInput,
  { scopes }: Question,
): Promise<Result<Proposal | null>> => {
  const before = await askedBefore(ports, scope, call);
  if (!before.ok || manifest === undefined) return before.ok ? ok(null) : before;
  // Who may only allow once is offered no rule.
  const habit = scopes.includes("always") ? proposalFor(call, manifest, resources, before.value) : null;
  return ok(habit ?? (scopes.includes("conversation") ? behindWall(call, manifest, resources) : null));
};

type Ask = Extract<Verdict, { kind: "ask" }>;

/** How many questions one turn may put to a person; more wear down whoever must read them. */
const MOST_QUESTIONS = 40;

const isSameCall = ({ question }: Approval, call: ToolCall): boolean =>
  question.tool === call.tool &&
  sameValue(
    Object.fromEntries(question.arguments.map(({ name, value }) => [name, value])),
    visibleValue(call.arguments),
  );

const isRefused = ({ state }: Approval): boolean => state === "denied" || state === "expired";

/**
 * Why nothing more is asked in this turn; null while it may be. Beyond its plan either is enough: what was read gives orders, or a
 * person has said no; of the plan itself it takes both. Whoever wants it all the same can say so in a message.
 */
const closedBecause = (call: ToolCall, beyondPlan: boolean, others: readonly Approval[]): string | null => {
  const alarm = "something that was read tries to give orders or hides characters";
  if (beyondPlan) {
    if (call.alarmed === true) return `it is not part of the plan, and ${alarm}`;
    const refused = others.some((other) => other.question.beyondPlan === true && isRefused(other));
    return refused ? "it is not part of the plan, and you did not allow something else beyond it" : null;
  }
  const refused = call.planned !== undefined && call.alarmed === true && others.some(isRefused);
  return refused ? `${alarm}, and you did not allow another step` : null;
};

/** A model that was told no must not wear the person down: the same call again in this turn is refused, and so is a flood of others. */
const worn = async (
  ports: GuardPorts,
  scope: AccessScope,
  call: ToolCall,
  beyondPlan: boolean,
): Promise<Result<Verdict | null>> => {
  const asked = await ports.store.approvals.ofTurn(scope, call.turnId);
  if (!asked.ok) return asked;
  const others = asked.value.filter(({ callId }) => callId !== call.id);
  if (others.some((approval) => approval.state === "denied" && isSameCall(approval, call))) {
    return ok(refusal("approval.denied-before", moltbotError("APPROVAL_DENIED", { tool: call.tool })));
  }
  const problem = closedBecause(call, beyondPlan, others);
  if (problem !== null) {
    const tool = visibleLine(call.tool, 80);
    return ok(refusal("plan.closed", moltbotError("PLAN_CLOSED", { tool, problem })));
  }
  if (others.length < MOST_QUESTIONS) return ok(null);
  const context = { budget: "questions in one turn", limit: MOST_QUESTIONS };
  return ok(refusal("budget.questions", moltbotError("BUDGET_EXHAUSTED", context)));
};

/** Puts into the question what only the house can tell: the tool's own sentence, the change itself, a rule that would end the asking. */
const complete = async (
  ports: GuardPorts,
  scope: AccessScope,
  input: DecisionInput,
  verdict: Ask,
): Promise<Result<Ask>> => {
  const proposal = await propose(ports, scope, input, verdict.question);
  if (!proposal.ok) return proposal;
  const question: Question = {
    ...verdict.question,
    consequence: consequenceOf(ports, input.call, verdict.question.consequence),
    preview: await previewOf(ports, input.call, scope),
    proposal: proposal.value,
  };
  return ok({ ...verdict, question });
};

const question = async (
  ports: GuardPorts,
  scope: AccessScope,
  input: DecisionInput,
  verdict: Ask,
): Promise<Result<Verdict>> => {
  const instead = await worn(ports, scope, input.call, verdict.question.beyondPlan === true);
  if (!instead.ok) return instead;
  return instead.value === null ? complete(ports, scope, input, verdict) : ok(instead.value);
};

/** Loads what the decision looks at, decides, and completes a question. */
export const consider = async (
  ports: GuardPorts,
  considered: Considered,
  scope: AccessScope,
  asked: ToolCall,
  stated: readonly string[],
): Promise<Result<Verdict>> => {
  const call = ownCopy(asked);
  if (call === null) {
    const context = { tool: visibleLine(asked.tool, 80), path: "arguments", problem: "a text is not valid Unicode" };
    return ok(refusal("tool.arguments-invalid", moltbotError("TOOL_ARGUMENTS_INVALID", context)));
  }
  const target = await findTarget(ports, scope, call);
  const input = await loadDecision(ports, ports.store, scope, call, target, stated);
  if (!input.ok) return err(input.error);
  const decided = target.unresolved === null ? decide(input.value) : refusal("resource.unresolved", target.unresolved);
  const verdict = decided.kind === "ask" ? await question(ports, scope, input.value, decided) : ok(decided);
  if (verdict.ok) considered.remember(verdict.value, input.value);
  return verdict;
};
