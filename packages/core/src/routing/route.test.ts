import { AgentId, ConversationId, PrincipalId, TenantId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Conversation, StoredAgent } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { route } from "./index.ts";
import type { RoutingPorts } from "./index.ts";

const id = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${String(n).padStart(12, "0")}`);
const NOW = instantOf(Date.UTC(2026, 10, 22));
const scopeOf = (n: number): AccessScope => ({
  tenantId: id(TenantId, 1),
  principalId: id(PrincipalId, n),
  reach: "own",
});
const owner = scopeOf(2);
const stranger = scopeOf(3);

const agent = (n: number): StoredAgent => ({
  id: id(AgentId, n),
  tenantId: owner.tenantId,
  ownerId: owner.principalId,
  name: "Moltbot",
  model: "demo",
  capabilities: [],
  reading: "auto",
  createdAt: NOW,
});
const talk = (n: number, agentId: AgentId): Conversation => ({
  id: id(ConversationId, n),
  agentId,
  ownerId: owner.principalId,
  audience: [owner.principalId],
  title: "t",
  heads: { main: null },
  activeHead: "main",
  createdAt: NOW,
  updatedAt: NOW,
});

const agents = [agent(10), agent(11)];
const first = id(AgentId, 10);
const second = id(AgentId, 11);

/** Ports over a few conversations, oldest first, that only the owner may see. */
const portsOver = (talks: readonly Conversation[]): RoutingPorts => ({
  agents: {
    list: async () => ok(agents),
    create: async () => ok(undefined),
    setReading: () => Promise.reject(new Error("routing changes no agent")),
    setTools: () => Promise.reject(new Error("routing changes no agent")),
    find: async (scope, wanted) => {
      const found = agents.find((one) => one.id === wanted && scope.principalId === one.ownerId);
      return found === undefined ? err(moltbotError("NOT_FOUND", { kind: "agent" })) : ok(found);
    },
  },
  conversations: {
    create: () => Promise.reject(new Error("routing must not create")),
    append: () => Promise.reject(new Error("routing must not write")),
    path: async () => ok([]),
    messages: () => Promise.reject(new Error("routing reads no messages")),
    branch: () => Promise.reject(new Error("routing must not write")),
    search: () => Promise.reject(new Error("routing searches nothing")),
    removeContent: () => Promise.reject(new Error("routing must not write")),
    message: () => Promise.reject(new Error("routing reads no messages")),
    sharedWith: () => Promise.reject(new Error("routing reads nobody else's conversations")),
    pathTo: () => Promise.reject(new Error("routing reads no path to a message")),
    sharedPath: () => Promise.reject(new Error("routing reads nobody else's conversations")),
    list: async () => ok(talks),
    find: async (scope, wanted) => {
      const found = talks.find((one) => one.id === wanted && scope.principalId === one.ownerId);
      return found === undefined ? err(moltbotError("NOT_FOUND", { kind: "conversation" })) : ok(found);
    },
    latest: async (scope, agentId) =>
      ok(talks.findLast((one) => one.agentId === agentId && scope.principalId === one.ownerId) ?? null),
  },
  clock: { now: () => NOW, monotonic: () => 0 },
  ids: { next: (kind) => kind.parse("01930000-0000-7000-8000-000000000777") },
});

describe("routing a message", () => {
  const talks = [talk(20, first), talk(21, first), talk(22, second)];

  it("finds the conversation that the sender named", async () => {
    const routed = await route(portsOver(talks), owner, {
      agentId: first,
      conversationId: id(ConversationId, 20),
      text: "hi",
    });
    expect(routed).toMatchObject({
      ok: true,
      value: { fresh: false, conversation: { id: id(ConversationId, 20) }, agent: { id: first } },
    });
  });

  it("takes the sender's newest with that agent when none is named", async () => {
    const routed = await route(portsOver(talks), owner, { agentId: first, conversationId: null, text: "hi" });
    expect(routed).toMatchObject({ ok: true, value: { fresh: false, conversation: { id: id(ConversationId, 21) } } });
  });

  it("begins one, for the sender alone, when there is none", async () => {
    const routed = await route(portsOver([]), owner, { agentId: first, conversationId: null, text: "Remind me" });
    expect(routed).toMatchObject({
      ok: true,
      value: {
        fresh: true,
        conversation: {
          id: id(ConversationId, 777),
          agentId: first,
          ownerId: owner.principalId,
          audience: [owner.principalId],
          title: "Remind me",
          heads: { main: null },
          activeHead: "main",
          createdAt: NOW,
        },
      },
    });
  });

  it("never takes a title from quoted, forwarded or pasted words", async () => {
    const titleFrom = async (text: string): Promise<string> => {
      const routed = await route(portsOver([]), owner, { agentId: first, conversationId: null, text });
      return routed.ok ? routed.value.conversation.title : routed.error.code;
    };
    expect(await titleFrom("> You have won\nIs this true?")).toBe("Is this true?");
    expect(await titleFrom("```\nYou have won\n```")).toBe("New conversation");
    expect(await titleFrom("Begin forwarded message:\nYou have won")).toBe("New conversation");
  });

  it("begins one when the sender asks for a new one, whatever exists", async () => {
    const routed = await route(portsOver(talks), owner, { agentId: first, conversationId: "new", text: "hi" });
    expect(routed).toMatchObject({ ok: true, value: { fresh: true, conversation: { id: id(ConversationId, 777) } } });
  });

  it("begins the named conversation, under that very id, only where a surface says that it may begin", async () => {
    const named = { agentId: first, conversationId: id(ConversationId, 55), text: "hi" };
    expect(await route(portsOver(talks), owner, named)).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
    expect(await route(portsOver(talks), owner, { ...named, begins: true })).toMatchObject({
      ok: true,
      value: { fresh: true, conversation: { id: id(ConversationId, 55), ownerId: owner.principalId } },
    });
    const there = { agentId: first, conversationId: id(ConversationId, 20), text: "hi", begins: true };
    expect(await route(portsOver(talks), owner, there)).toMatchObject({ ok: true, value: { fresh: false } });
    expect(await route(portsOver(talks), owner, { ...there, agentId: second })).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
  });

  it("never goes by chance to a conversation that a surface keeps for a program, but to the newest other one", async () => {
    const kept = { ...talk(30, first), id: ConversationId.parse("00000000-0001-7000-8000-000000000030") };
    const older = { ...talk(20, first), createdAt: instantOf(Date.UTC(2026, 10, 1)) };
    const words = { agentId: first, conversationId: null, text: "my secret" };
    const routed = async (all: readonly Conversation[]) => {
      const found = await route(portsOver(all), owner, words);
      return found.ok ? found.value.conversation.id : found.error.code;
    };
    expect(await routed([older, talk(21, first), talk(22, second), kept])).toBe(id(ConversationId, 21));
    expect(await routed([kept])).toBe(id(ConversationId, 777));
    expect(await route(portsOver([kept]), owner, { ...words, conversationId: kept.id })).toMatchObject({
      value: { fresh: false },
    });
  });

  it("unplug: with a time in its id the same conversation is the newest, so the id is what kept the words out of it", async () => {
    const routed = await route(portsOver([talk(20, first), talk(30, first)]), owner, {
      agentId: first,
      conversationId: null,
      text: "my secret",
    });
    expect(routed).toMatchObject({ value: { conversation: { id: id(ConversationId, 30) } } });
  });

  it("refuses another agent's conversation as not found", async () => {
    const routed = await route(portsOver(talks), owner, {
      agentId: first,
      conversationId: id(ConversationId, 22),
      text: "hi",
    });
    expect(routed).toMatchObject({ ok: false, error: { code: "NOT_FOUND", context: { kind: "conversation" } } });
  });

  it("unplug: asked for the agent that owns it, the same conversation is found, so the check of the agent is what refused it", async () => {
    const routed = await route(portsOver(talks), owner, {
      agentId: second,
      conversationId: id(ConversationId, 22),
      text: "hi",
    });
    expect(routed).toMatchObject({ ok: true, value: { conversation: { agentId: second } } });
  });

  it("tells a stranger nothing about a conversation or an agent that exists", async () => {
    expect(
      await route(portsOver(talks), stranger, { agentId: first, conversationId: id(ConversationId, 20), text: "hi" }),
    ).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
    expect(
      await route(portsOver(talks), owner, { agentId: id(AgentId, 99), conversationId: null, text: "hi" }),
    ).toMatchObject({ ok: false, error: { code: "NOT_FOUND", context: { kind: "agent" } } });
  });
});
