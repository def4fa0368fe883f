import { AgentId, ConversationId, MessageId, label, ownScope } from "@moltbot/contracts";
import type {
  Conversation,
  Message,
  MessagePart,
  Person,
  Principal,
  RequestContext,
  Result,
  StoredAgent,
} from "@moltbot/contracts";
import { createAgent } from "../../create-agent.ts";
import { must, openRealHouse } from "./real-house.ts";
import type { RealWish } from "./real-house.ts";

export type PeopleHouse = Awaited<ReturnType<typeof openRealHouse>>;

export { must };
export const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

/** A real house to which people come; `close` ends all that were opened. */
export const peopleHouses = () => {
  const open: PeopleHouse[] = [];
  return {
    start: async (wish: Partial<RealWish> = {}): Promise<PeopleHouse> => {
      const house = await openRealHouse({ catalog: [], ...wish });
      open.push(house);
      return house;
    },
    close: async (): Promise<void> => {
      for (const house of open.splice(0)) await house.close();
    },
  };
};

/** Comes in with the link of an invitation. */
export const arrive = async (
  house: PeopleHouse,
  name: string,
  role: Person["role"] = "member",
): Promise<RequestContext> => {
  const { url, person } = must(await house.operations["people.invite"](house.context(), { name, role, hours: 1 }));
  must(await house.identity.signIn(url.split("code=")[1] ?? "", "10.0.0.1"));
  const principal: Principal = { id: person.id, tenantId: house.owner.tenantId, kind: "person", name, role };
  return house.context({ principal, surface: "session" });
};

/** An agent of somebody's own. */
export const agentOf = async (
  house: PeopleHouse,
  { principal }: Pick<RequestContext, "principal">,
  name = "B",
): Promise<StoredAgent> =>
  must(
    await createAgent(house.house, principal, {
      id: house.house.ids.next(AgentId),
      name,
      model: "default",
      tools: undefined,
      reading: "auto",
    }),
  );

/** Lets everyone use the house's agent. */
export const lendToEveryone = async ({ operations, context, agent }: PeopleHouse): Promise<void> =>
  void must(
    await operations["shares.set"](context(), {
      object: { type: "agent", id: agent.id },
      to: { kind: "everyone" },
      rights: ["use"],
      effect: "allow",
    }),
  );

/** One thing that is said: by whom, and what of it. */
export interface Said {
  readonly role?: Message["role"];
  readonly parts: readonly MessagePart[];
  readonly sources?: Message["label"]["sources"];
  readonly integrity?: Message["label"]["integrity"];
  readonly head?: string;
}
export const text = (words: string): MessagePart => ({ type: "text", text: words });

/** Puts a conversation of a person with the house's agent on the shelf, said by said. */
export const tell = async (
  house: PeopleHouse,
  { principal }: Pick<RequestContext, "principal">,
  title: string,
  said: readonly Said[],
): Promise<{ readonly conversation: Conversation; readonly messages: readonly Message[] }> => {
  const { store, ids, clock } = house.house;
  const scope = ownScope(principal);
  const now = clock.now();
  const conversation: Conversation = {
    id: ids.next(ConversationId),
    agentId: house.agent.id,
    ownerId: principal.id,
    audience: [principal.id],
    title,
    heads: { main: null },
    activeHead: "main",
    createdAt: now,
    updatedAt: now,
  };
  must(await store.conversations.create(scope, conversation));
  const messages: Message[] = [];
  for (const { role = "user", parts, sources = [], integrity = "authority", head = "main" } of said) {
    const id = ids.next(MessageId);
    messages.push(
      must(
        await store.conversations.append(scope, head, {
          id,
          conversationId: conversation.id,
          parentId: null,
          role,
          author: role === "user" ? principal.id : house.agent.id,
          turnId: null,
          parts,
          label: label(integrity, [principal.id], [{ kind: "message", ref: id }, ...sources]),
          state: "complete",
          model: null,
          createdAt: clock.now(),
        }),
      ),
    );
  }
  return { conversation, messages };
};
