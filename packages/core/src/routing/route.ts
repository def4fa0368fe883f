import { ConversationId, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AgentId,
  AgentRepository,
  ClockPort,
  Conversation,
  ConversationRepository,
  IdPort,
  Result,
  StoredAgent,
} from "@moltbot/contracts";
import { ownWords, titleOf } from "../conversation/index.ts";
import { isKeptForName } from "./kept-for-name.ts";

/** Where a message goes. `fresh`: the conversation does not exist yet and is created with the message. */
export interface Route {
  readonly agent: StoredAgent;
  readonly conversation: Conversation;
  readonly fresh: boolean;
}

export interface RoutingPorts {
  readonly agents: AgentRepository;
  readonly conversations: ConversationRepository;
  readonly clock: ClockPort;
  readonly ids: IdPort;
}

/** What arrived: to which agent, in which conversation if the sender named one, and the words, which may quote others. */
export interface Arrival {
  readonly agentId: AgentId;
  readonly conversationId: ConversationId | "new" | null;
  /** Whether the named conversation begins, under that id, where it is not there; for surfaces that make an id from what they know. */
  readonly begins?: boolean | undefined;
  readonly text: string;
}

/**
 * Finds the agent and the conversation of an arrival: the named one, else the sender's newest with that agent, else a new
 * one. A conversation of another agent, or one that the sender may not see, is NOT_FOUND; one that `begins` is new instead
 * when nothing visible has its id.
 */
export const route = async (ports: RoutingPorts, scope: AccessScope, arrival: Arrival): Promise<Result<Route>> => {
  const agent = await ports.agents.find(scope, arrival.agentId);
  if (!agent.ok) return agent;
  const existing = await existingConversation(ports, scope, arrival);
  if (!existing.ok) return existing;
  if (existing.value !== null) return ok({ agent: agent.value, conversation: existing.value, fresh: false });
  return ok({ agent: agent.value, conversation: newConversation(ports, scope, arrival), fresh: true });
};

const existingConversation = async (
  ports: RoutingPorts,
  scope: AccessScope,
  arrival: Arrival,
): Promise<Result<Conversation | null>> => {
  if (arrival.conversationId === "new") return ok(null);
  if (arrival.conversationId === null) return newestConversation(ports, scope, arrival.agentId);
  const found = await ports.conversations.find(scope, arrival.conversationId);
  if (!found.ok && found.error.code === "NOT_FOUND" && arrival.begins === true) return ok(null);
  if (found.ok && found.value.agentId !== arrival.agentId)
    return err(moltbotError("NOT_FOUND", { kind: "conversation" }));
  return found;
};

/** As many as are looked through for one that a message without a place may go to. */
const MOST_LOOKED_AT = 200;

const newestConversation = async (
  ports: RoutingPorts,
  scope: AccessScope,
  agentId: AgentId,
): Promise<Result<Conversation | null>> => {
  const newest = await ports.conversations.latest(scope, agentId);
  if (!newest.ok || newest.value === null || !isKeptForName(newest.value)) return newest;
  const all = await ports.conversations.list(scope, MOST_LOOKED_AT);
  if (!all.ok) return all;
  const own = all.value.filter(
    (one) => one.agentId === agentId && one.ownerId === scope.principalId && !isKeptForName(one),
  );
  return ok(own.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0] ?? null);
};

const namedAnew = ({ begins, conversationId }: Arrival): ConversationId | null =>
  begins === true && conversationId !== "new" ? conversationId : null;

const newConversation = (ports: RoutingPorts, scope: AccessScope, arrival: Arrival): Conversation => {
  const now = ports.clock.now();
  return {
    id: namedAnew(arrival) ?? ports.ids.next(ConversationId),
    agentId: arrival.agentId,
    ownerId: scope.principalId,
    audience: [scope.principalId],
    title: titleOf(ownWords(arrival.text)),
    heads: { main: null },
    activeHead: "main",
    createdAt: now,
    updatedAt: now,
  };
};
