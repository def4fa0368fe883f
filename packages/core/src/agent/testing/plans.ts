import {
  ConversationId,
  MessageId,
  PlanId,
  ToolName,
  TurnId,
  err,
  instantOf,
  label,
  millisecondsOf,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type {
  EffectClass,
  Label,
  ManifestFacts,
  Message,
  MessagePart,
  Plan,
  PlanWish,
  Result,
} from "@moltbot/contracts";
import type { TurnPorts } from "../index.ts";
import { AGENT, NOW, OWNER, TURN, idOf, turn, world } from "./turn.ts";
import type { Answer, Doing, WorldWish } from "./turn.ts";

const fact = (name: string, effect: EffectClass): ManifestFacts => ({
  name: ToolName.parse(name),
  version: 1,
  title: name,
  effect,
  permissions: [],
  critical: [],
  undo: "none",
});

export const CATALOG: readonly ManifestFacts[] = [
  fact("mail.search", "read"),
  fact("web.fetch", "fetch"),
  fact("file.append", "write"),
  fact("mail.send", "send"),
  fact("money.pay", "commit"),
];

export const toolsNamed = (...names: readonly string[]): TurnPorts["tools"] =>
  names.map((name) => ({ name, description: name, input: { type: "object" } }));

export const MAIL: Label = label("untrusted", [OWNER], [{ kind: "host", ref: "mail.example:993" }]);
export const PAGE: Label = label("untrusted", "public", [{ kind: "host", ref: "page.example:443" }]);

/** What a guard does with a wish, as far as a turn can tell. */
const committed = (wish: PlanWish, view: Label, n: number): Result<Plan> =>
  view.integrity === "authority"
    ? ok({
        id: idOf(PlanId, 0x9000 + n),
        turnId: TURN,
        conversationId: turn().conversationId,
        agentId: AGENT,
        goal: wish.goal,
        steps: wish.steps,
        label: view,
        committedAt: NOW,
        expiresAt: instantOf(millisecondsOf(NOW) + 60_000),
      })
    : err(moltbotError("PLAN_TOO_LATE"));

/** A call that commits a plan of these steps. */
export const commit = (...steps: readonly unknown[]): readonly [string, string] => [
  "plan.commit",
  JSON.stringify({ goal: "test", steps }),
];

export const step = (tool: string, args: object = {}, after: readonly number[] = []) => ({
  tool,
  arguments: args,
  ...(after.length === 0 ? {} : { after }),
});

/** A message of an earlier turn. */
export const earlier = (n: number, wish: Partial<Message>): Message => ({
  id: idOf(MessageId, 0x500 + n),
  conversationId: idOf(ConversationId, 4),
  parentId: null,
  role: "user",
  author: OWNER,
  turnId: idOf(TurnId, 0x77),
  parts: [{ type: "text", text: `earlier ${String(n)}` }],
  label: label("authority", [OWNER], [{ kind: "message", ref: String(n) }]),
  state: "complete",
  model: null,
  createdAt: NOW,
  ...wish,
});

/** A world whose agent has tools with effects and whose guard commits every plan that comes in time. */
export const planWorld = (
  answers: readonly Answer[],
  doing: Doing,
  wish: WorldWish & { readonly limits?: Partial<TurnPorts["limits"]> } = {},
) => {
  const committedPlans: Plan[] = [];
  const house = world(answers, doing, wish.limits, {
    ...wish,
    ports: {
      tools: toolsNamed(...CATALOG.map(({ name }) => name)),
      catalog: CATALOG,
      commitPlan: async (plan, view) => {
        const made = committed(plan, view, committedPlans.length + 1);
        if (made.ok) committedPlans.push(made.value);
        return made;
      },
      ...wish.ports,
    },
  });
  return { ...house, committedPlans };
};

type CallPart = Extract<MessagePart, { type: "call" }>;

/** Every call that stands in a conversation, with the label of its message. */
export const callsIn = (messages: readonly Message[]): readonly (CallPart & { readonly under: Label })[] =>
  messages.flatMap((message) =>
    message.parts.flatMap((part) => (part.type === "call" ? [{ ...part, under: message.label }] : [])),
  );
