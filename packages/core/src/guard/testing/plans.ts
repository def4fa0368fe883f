import { label, PlanId } from "@moltbot/contracts";
import type { JsonObject, Label, Plan, PlanStep, PlanWish, ToolCall } from "@moltbot/contracts";
import { AGENT, callOf, CONVERSATION, OWNER, TURN } from "./house.ts";
import { after, idText, START } from "./ports.ts";

/** What the owner typed. */
export const OWN: Label = label("authority", [OWNER.id], [{ kind: "message", ref: "today" }]);
/** A page that anyone may know. */
export const PAGE: Label = label("untrusted", "public", [{ kind: "host", ref: "example.org:443" }]);
/** A mail that only the owner may know. */
export const MAIL: Label = label("untrusted", [OWNER.id], [{ kind: "message", ref: "yesterday" }]);

export const PLANNING = { id: TURN, conversationId: CONVERSATION, agentId: AGENT } as const;

export const stepOf = (tool: string, given: JsonObject, after: readonly number[] = []): PlanStep => ({
  tool,
  arguments: given,
  after,
});

export const wishOf = (...steps: readonly PlanStep[]): PlanWish => ({ goal: "a goal", steps });

/** A plan of the tests' turn, as it was kept. */
export const planOf = (steps: readonly PlanStep[], change: Partial<Plan> = {}): Plan => ({
  id: PlanId.parse(idText(0xab)),
  turnId: TURN,
  conversationId: CONVERSATION,
  agentId: AGENT,
  goal: "a goal",
  steps,
  label: OWN,
  committedAt: START,
  expiresAt: after(86_400_000),
  ...change,
});

/** The call of a step as the house issues it: each argument by reference has the label of what it refers to. */
export const issuedOf = (
  plan: Plan,
  step: number,
  given: JsonObject,
  from: NonNullable<ToolCall["planned"]>["from"] = [],
): ToolCall => {
  const { tool = "", arguments: said = {} } = plan.steps[step - 1] ?? {};
  const [brought] = from;
  const values = Object.entries(given).map(([name]) => [
    name,
    JSON.stringify(said[name] ?? null).includes('"$from"') ? (brought?.label ?? plan.label) : plan.label,
  ]);
  return {
    ...callOf(tool, given, brought?.label.integrity ?? "authority"),
    values: Object.fromEntries(values) as Readonly<Record<string, Label>>, // made of labels just above
    planned: { planId: plan.id, step, from },
  };
};
