import type { Approval, Message, MessagePart, Plan } from "@moltbot/contracts";
import { planProgress } from "../plan/plan-progress.ts";
import type { StepProgress } from "../plan/plan-progress.ts";
import type { KeptNames } from "../plan/plan-words.ts";
import { toolTitle } from "../plan/plan-words.ts";
import type { Block, LiveReply } from "./state.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;
type CallPart = Extract<MessagePart, { type: "call" }>;

/** One line of the transcript. */
export type Row =
  | { readonly kind: "message"; readonly key: string; readonly message: Message }
  /** What came of a call that no plan shows. */
  | {
      readonly kind: "step";
      readonly key: string;
      readonly result: ResultPart;
      readonly call: CallPart | null;
      readonly messageId: Message["id"];
    }
  | {
      readonly kind: "plan";
      readonly key: string;
      readonly plan: Plan;
      readonly steps: readonly StepProgress[];
      readonly kept: KeptNames;
      /** Nobody wrote since. */
      readonly current: boolean;
    }
  /** Messages in a row whose content was taken away. */
  | { readonly kind: "removed"; readonly key: string; readonly messages: readonly Message[] }
  /** Questions of one turn that stand together. */
  | { readonly kind: "approval"; readonly key: string; readonly approvals: readonly Approval[] }
  | { readonly kind: "sending"; readonly key: string; readonly text: string; readonly blocks: readonly Block[] }
  | { readonly kind: "live"; readonly key: string; readonly live: LiveReply }
  | { readonly kind: "working"; readonly key: string };

const hasWords = (message: Message): boolean =>
  message.parts.some(
    (part) => part.type === "reminder" || part.type === "quote" || (part.type === "text" && part.text.trim() !== ""),
  );

const HANDLE_DIGITS = 12;

/** Names what a handle stands for: it ends with the last digits of the id of a call or a message. */
const keptNames = (messages: readonly Message[]): KeptNames => {
  const names = new Map<string, string>();
  for (const { id, role, parts } of messages) {
    names.set(`h${id.slice(-HANDLE_DIGITS)}`, role === "user" ? "what you pasted or forwarded" : "an earlier message");
    for (const part of parts)
      if (part.type === "result")
        names.set(`h${part.callId.slice(-HANDLE_DIGITS)}`, `an earlier result (${toolTitle(part.tool)})`);
  }
  return (handle) => names.get(handle) ?? null;
};

const partsOf = (messages: readonly Message[]): readonly MessagePart[] => messages.flatMap(({ parts }) => parts);

const callsOf = (messages: readonly Message[]): ReadonlyMap<CallPart["callId"], CallPart> =>
  new Map(partsOf(messages).flatMap((part) => (part.type === "call" ? [[part.callId, part] as const] : [])));

/** The plans that stand in messages. */
const laidPlans = (messages: readonly Message[]): readonly Plan[] =>
  partsOf(messages).flatMap((part) => (part.type === "plan" ? [part.plan] : []));

/** The plan whose step a call is, where a plan shows it. */
type PlanOf = (callId: CallPart["callId"]) => Plan["id"] | null;

/**
 * Puts a question to the others of its turn while nothing that can be read stands between, and to those of its plan always;
 * otherwise it stands alone, last.
 */
const withQuestion = (rows: readonly Row[], question: Approval, planOf: PlanOf): readonly Row[] => {
  const planId = planOf(question.callId);
  const readable = rows.findLastIndex(({ kind }) => kind !== "removed");
  const at = rows.findLastIndex(
    (row, index) =>
      row.kind === "approval" &&
      row.approvals[0]?.turnId === question.turnId &&
      (index === readable || (planId !== null && row.approvals.some(({ callId }) => planOf(callId) === planId))),
  );
  return at < 0
    ? [...rows, { kind: "approval", key: question.id, approvals: [question] }]
    : rows.map((row, index) =>
        index === at && row.kind === "approval" ? { ...row, approvals: [...row.approvals, question] } : row,
      );
};

/** Messages whose content is gone stand as one line. */
const withRemoved = (rows: readonly Row[], message: Message): readonly Row[] => {
  const last = rows.at(-1);
  return last?.kind === "removed"
    ? [...rows.slice(0, -1), { ...last, messages: [...last.messages, message] }]
    : [...rows, { kind: "removed", key: message.id, messages: [message] }];
};

export interface Told {
  readonly messages: readonly Message[];
  /** In the order in which they were asked. */
  readonly questions: readonly Approval[];
  /** Every plan heard of; those that stand in no message yet come last. */
  readonly heard: readonly Plan[];
}

/** What was said, done and asked, oldest first: a question stands where it was put, a planned result with its plan. */
export const toldRows = ({ messages, questions, heard }: Told): readonly Row[] => {
  const calls = callsOf(messages);
  const laid = new Set(laidPlans(messages).map(({ id }) => id));
  const late = heard.filter(({ id }) => !laid.has(id));
  const shown = new Set([...laid, ...late.map(({ id }) => id)]);
  const planOf: PlanOf = (callId) => {
    const planId = calls.get(callId)?.planned?.planId ?? null;
    return planId !== null && shown.has(planId) ? planId : null;
  };
  const kept = keptNames(messages);
  const lastAsked = messages.findLast(({ role }) => role === "user")?.createdAt ?? "";
  const planRow = (plan: Plan): Row => ({
    kind: "plan",
    key: plan.id,
    plan,
    steps: planProgress(plan, messages, questions),
    kept,
    current: plan.committedAt >= lastAsked,
  });
  const rowsOf = (message: Message): readonly Row[] => [
    ...(hasWords(message) ? [{ kind: "message", key: message.id, message } as const] : []),
    ...message.parts.flatMap((part): readonly Row[] => {
      if (part.type === "plan") return [planRow(part.plan)];
      if (part.type !== "result" || planOf(part.callId) !== null) return [];
      const call = calls.get(part.callId) ?? null;
      return [{ kind: "step", key: `${message.id}/${part.callId}`, result: part, call, messageId: message.id }];
    }),
  ];

  let rows: readonly Row[] = [];
  let asked = 0;
  const askUntil = (instant: string): void => {
    for (let next = questions[asked]; next !== undefined && next.createdAt < instant; next = questions[asked]) {
      rows = withQuestion(rows, next, planOf);
      asked += 1;
    }
  };
  for (const message of messages) {
    askUntil(message.createdAt);
    rows = message.state === "removed" ? withRemoved(rows, message) : [...rows, ...rowsOf(message)];
  }
  rows = [...rows, ...late.map(planRow)];
  askUntil("~");
  return rows;
};
