import { millisecondsOf, ok, ownScope } from "@moltbot/contracts";
import type { Approval, ApprovalMeasures, Principal, Result } from "@moltbot/contracts";
import { daysBefore } from "../expiry.ts";
import type { GuardPorts } from "../guard-ports.ts";

/** At most so many questions are measured, the newest. */
const QUESTIONS = 10_000;
const TOOLS = 20;

/** Answered by a person, whatever became of the answer since. */
const isAnswered = ({ answeredBy }: Approval): boolean => answeredBy !== null;
const isAllowed = (approval: Approval): boolean => isAnswered(approval) && approval.state !== "denied";

const tenths = (value: number): number => Math.round(value * 10) / 10;

const median = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
};

const secondsToAnswer = (answered: readonly Approval[]): number | null => {
  const seconds = answered.flatMap(({ createdAt, answeredAt }) =>
    answeredAt === null ? [] : [Math.max(0, millisecondsOf(answeredAt) - millisecondsOf(createdAt)) / 1_000],
  );
  return median(seconds);
};

const byTool = (questions: readonly Approval[]): ApprovalMeasures["byTool"] =>
  Object.entries(Object.groupBy(questions, ({ question }) => question.tool))
    .map(([tool, asked = []]) => ({ tool, questions: asked.length, allowed: asked.filter(isAllowed).length }))
    .toSorted((a, b) => b.questions - a.questions || (a.tool < b.tool ? -1 : 1))
    .slice(0, TOOLS);

/** How much this person is asked, over the last `days`: of what they may see, and nothing of anybody else. */
export const measure = async (ports: GuardPorts, by: Principal, days: number): Promise<Result<ApprovalMeasures>> => {
  const scope = ownScope(by);
  const since = daysBefore(ports.clock.now(), days);
  const calls = await ports.store.decisions.countCalls(scope, since);
  if (!calls.ok) return calls;
  const found = await ports.store.approvals.since(scope, since, QUESTIONS);
  if (!found.ok) return found;
  const questions = found.value;
  const answered = questions.filter(isAnswered);
  return ok({
    days,
    calls: calls.value,
    questions: questions.length,
    questionsPer100Calls: calls.value === 0 ? null : tenths((questions.length / calls.value) * 100),
    answered: answered.length,
    secondsToAnswer: secondsToAnswer(answered),
    allowRate: answered.length === 0 ? null : answered.filter(isAllowed).length / answered.length,
    byTool: byTool(questions),
  });
};
