import { AgentId, CallId, ConversationId, MemoryId, MessageId, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  ImportBatch,
  ImportReport,
  Instant,
  Memory,
  Message,
  PrincipalId,
  Repositories,
  Result,
} from "@moltbot/contracts";
import { titleOf } from "@moltbot/core/conversation";
import type { House } from "../house.ts";
import { withSignals } from "../signals.ts";
import type { ImportIds } from "./import-ids.ts";
import { importedMessage, importedParts } from "./imported-parts.ts";
import type { ImportLabel } from "./imported-parts.ts";
import { nameAgent } from "./name-agent.ts";

/** What a batch would add to what is kept. */
export interface ImportPlan {
  readonly agents: readonly { readonly id: AgentId; readonly name: string }[];
  readonly talks: readonly {
    readonly conversation: Conversation;
    readonly fresh: boolean;
    readonly messages: readonly Message[];
  }[];
  readonly memories: readonly Memory[];
  readonly known: number;
}

export interface PlanPorts {
  readonly store: Pick<Repositories, "agents" | "conversations" | "memories">;
  readonly ears: Pick<House, "canaries">;
  readonly ids: ImportIds;
  readonly scope: AccessScope;
  readonly owner: PrincipalId;
  readonly now: Instant;
  /** A dry run of a later batch has no agent of an earlier one. */
  readonly dryRun: boolean;
  readonly labelOf: ImportLabel;
}

/** Whether something of ours is there; another failure than its absence travels on. */
const isThere = (found: Result<unknown>): Result<boolean> => {
  if (found.ok) return ok(true);
  return found.error.code.endsWith("NOT_FOUND") ? ok(false) : found;
};

/** The first error, or all values. */
const each = async <A, B>(items: Iterable<A>, step: (item: A) => Promise<Result<B>>): Promise<Result<readonly B[]>> => {
  const values: B[] = [];
  for (const item of items) {
    const value = await step(item);
    if (!value.ok) return value;
    values.push(value.value);
  }
  return ok(values);
};

/** Of several with one key, the first. */
const byKey = <T extends { readonly key: string }>(items: readonly T[]): readonly T[] =>
  [...new Map(items.toReversed().map((item) => [item.key, item])).values()].toReversed();

const agentId = ({ ids }: PlanPorts, key: string): AgentId => ids.of(AgentId, "agent", [key]);

/** A message that claims to be from later than now would stand before everything for ever. */
const past = (at: Instant, now: Instant): Instant => (at < now ? at : now);

const messagesOf = (
  { ids, ears, owner, now, labelOf }: PlanPorts,
  from: ImportBatch["from"],
  talk: ImportBatch["conversations"][number],
  where: Pick<Conversation, "id" | "agentId">,
): readonly Message[] => {
  const label = labelOf(owner, from, talk.key);
  const same = new Map<string, number>();
  return talk.messages.map((message) => {
    const words = JSON.stringify([message.role, message.at, message.text]);
    const nth = same.get(words) ?? 0;
    same.set(words, nth + 1);
    const known = {
      id: ids.of(MessageId, "message", [talk.key, words, String(nth)], message.at),
      conversationId: where.id,
      author: message.role === "user" ? owner : where.agentId,
      parts: withSignals(ears, importedParts(from, message, label)),
      label,
    };
    return importedMessage(known, { ...message, at: past(message.at, now) });
  });
};

const planTalk = async (
  ports: PlanPorts,
  from: ImportBatch["from"],
  talk: ImportBatch["conversations"][number],
): Promise<Result<ImportPlan["talks"][number]>> => {
  const { store, scope, ids, owner, now } = ports;
  const id = ids.of(ConversationId, "conversation", [talk.key]);
  const where = { id, agentId: agentId(ports, talk.agent) };
  const messages = messagesOf(ports, from, talk, where);
  const found = await store.conversations.find(scope, id);
  if (found.ok) {
    const fresh = await each(messages, async (message) => {
      const there = isThere(await store.conversations.message(scope, message.id));
      return there.ok ? ok(there.value ? [] : [message]) : there;
    });
    return fresh.ok ? ok({ conversation: found.value, fresh: false, messages: fresh.value.flat() }) : fresh;
  }
  const there = isThere(found);
  if (!there.ok) return there;
  const at = messages[0]?.createdAt ?? now;
  const conversation: Conversation = {
    ...where,
    ownerId: owner,
    audience: [owner],
    title: titleOf(talk.title),
    heads: { main: null },
    activeHead: "main",
    createdAt: at,
    updatedAt: at,
  };
  return ok({ conversation, fresh: true, messages });
};

const planMemory = async (
  ports: PlanPorts,
  from: ImportBatch["from"],
  { key, agent, text, at }: ImportBatch["memories"][number],
): Promise<Result<readonly Memory[]>> => {
  const { store, scope, ids, owner, now, labelOf } = ports;
  // Not its time: that of a file changes when it is copied.
  const names = [agent, key, text];
  const id = ids.of(MemoryId, "memory", names);
  const there = isThere(await store.memories.find(scope, id));
  if (!there.ok) return there;
  if (there.value) return ok([]);
  return ok([
    {
      id,
      ownerId: owner,
      agentId: agentId(ports, agent),
      // No call made it; the id stands for the one that would have, and is unique for the same reason.
      callId: ids.of(CallId, "call", names),
      text,
      label: labelOf(owner, from, key),
      createdAt: past(at, now),
    },
  ]);
};

/** Agents that are to be, and of those that things name the ones that are nowhere. */
const planAgents = async (ports: PlanPorts, batch: ImportBatch): Promise<Result<ImportPlan["agents"]>> => {
  const fresh = await each(byKey(batch.agents), async ({ key, name }) => {
    const id = agentId(ports, key);
    const there = isThere(await ports.store.agents.find(ports.scope, id));
    return there.ok ? ok(there.value ? [] : [{ id, name: nameAgent(name, id) }]) : there;
  });
  if (!fresh.ok) return fresh;
  const agents = fresh.value.flat();
  const coming = new Set(agents.map(({ id }) => id));
  const named = new Set([...batch.conversations, ...batch.memories].map(({ agent }) => agent));
  const missing = await each(named, async (key) => {
    const id = agentId(ports, key);
    if (ports.dryRun || coming.has(id)) return ok(null);
    const there = isThere(await ports.store.agents.find(ports.scope, id));
    if (!there.ok) return there;
    return there.value
      ? ok(null)
      : err(moltbotError("REQUEST_INVALID", { path: "agents", problem: "something names an agent that is not there" }));
  });
  return missing.ok ? ok(agents) : missing;
};

/** What of a batch is new. It reads and changes nothing. */
export const planImport = async (ports: PlanPorts, batch: ImportBatch): Promise<Result<ImportPlan>> => {
  const agents = await planAgents(ports, batch);
  if (!agents.ok) return agents;
  const talks = await each(byKey(batch.conversations), (talk) => planTalk(ports, batch.from, talk));
  if (!talks.ok) return talks;
  const memories = await each(batch.memories, (memory) => planMemory(ports, batch.from, memory));
  if (!memories.ok) return memories;
  const fresh = [...new Map(memories.value.flat().map((memory) => [memory.id, memory])).values()];
  const offered =
    batch.agents.length +
    batch.conversations.length +
    batch.conversations.reduce((sum, { messages }) => sum + messages.length, 0) +
    batch.memories.length;
  const plan = { agents: agents.value, talks: talks.value, memories: fresh, known: 0 };
  const { agents: a, conversations: c, messages: m, memories: r } = countsOf(plan);
  return ok({ ...plan, known: offered - a - c - m - r });
};

/** The counts of a plan. */
export const countsOf = (plan: ImportPlan): Omit<ImportReport, "dryRun"> => ({
  agents: plan.agents.length,
  conversations: plan.talks.filter(({ fresh }) => fresh).length,
  messages: plan.talks.reduce((sum, { messages }) => sum + messages.length, 0),
  memories: plan.memories.length,
  known: plan.known,
});
