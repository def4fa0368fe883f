/** Plans, their calls and their results, for tests of what the page makes of them. */
import { CallId, instantOf, label, PlanId } from "@moltbot/contracts";
import type { JsonObject, Message, MessagePart, Plan, PlanStep } from "@moltbot/contracts";
import { AGENT, HERE, ME, message, TURN } from "./samples.ts";

export const PLAN_ID = PlanId.parse("00000000-0000-7000-8000-000000000500");
/** The call that step `n` became. */
export const stepCall = (n: number): CallId =>
  CallId.parse(`00000000-0000-7000-8000-${String(500 + n).padStart(12, "0")}`);

const OUTSIDE = label("untrusted", [ME.id], [{ kind: "host", ref: "mail.example.org:993" }]);

export const step = (tool: string, given: JsonObject, after: readonly number[] = []): PlanStep => ({
  tool,
  arguments: given,
  after,
});

/** Reads, writes to whom it read of, and reminds afterwards. */
export const STEPS: readonly PlanStep[] = [
  step("mail.read", { query: "din\u200Bner" }),
  step("mail.send", { to: { $from: [1], ask: "the organiser’s address", as: "text" }, text: "Yes." }),
  step("reminder.create", { text: "leave", minutes: { $from: [1], ask: "minutes until then", as: "number" } }, [2]),
];

export const plan = (steps: readonly PlanStep[] = STEPS, wish: Partial<Plan> = {}): Plan => ({
  id: PLAN_ID,
  turnId: TURN,
  conversationId: HERE,
  agentId: AGENT,
  goal: "Answer Anna",
  steps,
  label: label("authority", [ME.id]),
  committedAt: instantOf(2000),
  expiresAt: instantOf(86_400_000),
  ...wish,
});

/** The message in which the plan stands, at second 2. */
export const planMessage = (of: Plan = plan()): Message =>
  message(2, "assistant", "", { parts: [{ type: "plan", plan: of }] });

/** The message with the call of step `n`, at second `at`. */
export const callMessage = (n: number, at: number, given: JsonObject = {}): Message =>
  message(at, "assistant", "", {
    parts: [
      {
        type: "call",
        callId: stepCall(n),
        tool: STEPS[n - 1]?.tool ?? "x",
        arguments: given,
        planned: { planId: PLAN_ID, step: n, from: [] },
      },
    ],
    label: OUTSIDE,
  });

/** The message with the result of step `n`, at second `at`. */
export const resultMessage = (
  n: number,
  at: number,
  wish: Partial<Extract<MessagePart, { type: "result" }>> = {},
): Message =>
  message(at, "tool", "", {
    parts: [
      {
        type: "result",
        callId: stepCall(n),
        tool: STEPS[n - 1]?.tool ?? "x",
        status: "ok",
        text: "told",
        summary: `Did step ${n}`,
        code: null,
        ...wish,
      },
    ],
    label: OUTSIDE,
  });
