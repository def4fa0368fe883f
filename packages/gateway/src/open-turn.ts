import { ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  Label,
  Message,
  ModelPort,
  ModelTool,
  Plan,
  PlanWish,
  Result,
  StoredAgent,
  ToolManifest,
  TurnEnd,
  TurnLease,
} from "@moltbot/contracts";
import type { TurnPorts } from "@moltbot/core/agent";
import type { Guard } from "@moltbot/core/guard";
import { dataKindOf } from "@moltbot/execution/egress";
import type { OnBehalf } from "@moltbot/execution/egress";
import { endTurn } from "./end-turn.ts";
import type { House } from "./house.ts";
import { modelSchema } from "./model-schema.ts";
import { skillsInTurn } from "./skills-in-turn.ts";
import { turnMessages } from "./turn-messages.ts";

/** A leased turn with everything it may reach, but for the right to perform a call, which the spine adds. */
export interface OpenTurn {
  readonly scope: AccessScope;
  readonly guard: Guard;
  readonly ports: Omit<TurnPorts, "perform">;
}

const manifestsOf = (house: House, agent: StoredAgent): readonly ToolManifest[] =>
  house.tools.catalog().filter((tool) => agent.capabilities.includes(tool.name));

const toolsOf = (manifests: readonly ToolManifest[]): readonly ModelTool[] =>
  manifests.map(({ name, description, input }) => ({ name, description, input: modelSchema(input) }));

/** The guard commits; whoever watches is told. */
const committing =
  (
    house: House,
    guard: Pick<Guard, "commitPlan">,
    scope: AccessScope,
    { turn }: TurnLease,
    audience: Conversation["audience"],
  ) =>
  async (wish: PlanWish, view: Label): Promise<Result<Plan>> => {
    const { id: turnId, conversationId, agentId } = turn;
    const plan = await guard.commitPlan(scope, { id: turnId, conversationId, agentId }, wish, view);
    if (plan.ok)
      house.events.publish(
        "plan:committed",
        { tenantId: scope.tenantId, audience },
        { conversationId, agentId, turnId, plan: plan.value },
      );
    return plan;
  };

/** Appends and records progress in one transaction, then tells whoever watches. */
const appending =
  (house: House, scope: AccessScope, lease: TurnLease, conversation: Conversation) =>
  (message: Message, steps: number): Promise<Result<Message>> =>
    publishing(house, scope, conversation, () =>
      house.store.atomically(async (repositories) => {
        const progress = await repositories.turns.progress(lease, { steps });
        return progress.ok ? repositories.conversations.append(scope, conversation.activeHead, message) : progress;
      }),
    );

/** Appends the last message and records the end in one transaction: a reply without an end, or an end without a reply, cannot exist. */
const finishing =
  (house: House, scope: AccessScope, lease: TurnLease, conversation: Conversation) =>
  async (message: Message, end: Omit<TurnEnd, "messageId">): Promise<Result<Message>> => {
    const recorded = await house.audit.record({
      event: "turn:ended",
      actor: lease.turn.agentId,
      fields: {
        turnId: lease.turn.id,
        conversationId: conversation.id,
        state: end.state,
        code: end.code,
        model: message.model?.name ?? null,
      },
    });
    if (!recorded.ok) return recorded;
    return publishing(house, scope, conversation, () =>
      endTurn(house, scope, lease.turn, {
        message,
        head: conversation.activeHead,
        claim: (repositories) => repositories.turns.finish(lease, { ...end, messageId: message.id }),
      }),
    );
  };

const publishing = async (
  house: House,
  scope: AccessScope,
  conversation: Conversation,
  append: () => Promise<Result<Message>>,
): Promise<Result<Message>> => {
  const appended = await append();
  if (appended.ok) {
    house.events.publish(
      "message:sent",
      { tenantId: scope.tenantId, audience: conversation.audience },
      { conversationId: conversation.id, message: appended.value },
    );
  }
  return appended;
};

/** The model as the turn asks it: on behalf of its person, whose budgets it counts for. */
const modelOf = (
  house: House,
  { tenantId, ownerId: person, cameBy, id: turnId }: TurnLease["turn"],
  agent: StoredAgent,
  { id: conversationId, audience }: Conversation,
  model: ModelPort,
): ModelPort => {
  const behalf: OnBehalf = {
    person,
    agentId: agent.id,
    conversationId,
    turnId,
    callId: null,
    // What is in view may be known to all who are in the conversation, and to nobody else.
    data: dataKindOf(audience, person),
  };
  const asked = house.asking?.askedFor(behalf, model) ?? model;
  return house.modelBudget?.countedFor({ tenantId, person, agent, cameBy }, asked) ?? asked;
};

/** Finds agent, conversation and model of a leased turn and binds the ports of the turn loop to them. */
export const openTurn = async (house: House, lease: TurnLease): Promise<Result<OpenTurn>> => {
  const { turn } = lease;
  const scope: AccessScope = { tenantId: turn.tenantId, principalId: turn.ownerId, reach: "own" };
  const agent = await house.store.agents.find(scope, turn.agentId);
  if (!agent.ok) return agent;
  const conversation = await house.store.conversations.find(scope, turn.conversationId);
  if (!conversation.ok) return conversation;
  const model = house.models.find(agent.value.model);
  if (!model.ok) return model;
  const limits = house.limits();
  const guard = house.guardOf(agent.value);
  const manifests = manifestsOf(house, agent.value);
  const skills = await skillsInTurn(house.skills, scope, agent.value, conversation.value, manifests);
  if (!skills.ok) return skills;
  const to = { tenantId: turn.tenantId, audience: conversation.value.audience };
  const ids = { conversationId: turn.conversationId, agentId: turn.agentId, turnId: turn.id };
  return ok({
    scope,
    guard,
    ports: {
      agent: agent.value,
      conversation: conversation.value,
      model: modelOf(house, turn, agent.value, conversation.value, model.value),
      tools: toolsOf(skills.value.offered),
      skills: skills.value.sight,
      catalog: manifests,
      limits,
      clock: house.clock,
      ids: house.ids,
      path: turnMessages(house.store.conversations, scope, turn, conversation.value, limits.viewMessages),
      commitPlan: committing(house, guard, scope, lease, conversation.value.audience),
      append: appending(house, scope, lease, conversation.value),
      finish: finishing(house, scope, lease, conversation.value),
      delta: (text) => house.events.publish("message:delta", to, { ...ids, text }),
    },
  });
};
