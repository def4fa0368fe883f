import { MessageId, label } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { conversation, manifest } from "./testing/fake-house.ts";
import { must, peopleHouses } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);

describe("search.messages", () => {
  it("finds one's own messages, and says what else this search can do", async () => {
    const house = await houses.start({ catalog: [manifest("pay.now", "commit")] });
    const { store, ids, clock } = house.house;
    const where = { ...conversation(1), agentId: house.agent.id, ownerId: house.owner.id, audience: [] };
    must(await store.conversations.create(house.scope, where));
    const message = must(
      await store.conversations.append(house.scope, "main", {
        id: ids.next(MessageId),
        conversationId: where.id,
        parentId: null,
        role: "user",
        author: house.owner.id,
        turnId: null,
        parts: [{ type: "text", text: "Plums, and sugar" }],
        label: label("authority", [house.owner.id]),
        state: "complete",
        model: null,
        createdAt: clock.now(),
      }),
    );
    const ask = (query: string) => house.operations["search.messages"](house.context(), { query, limit: 20 });
    const found = must(await ask("sugar plums"));
    expect(found.abilities).toEqual({ phrase: true, prefix: true });
    expect(found.hits).toEqual([
      {
        messageId: message.id,
        conversationId: where.id,
        title: where.title,
        role: "user",
        at: message.createdAt,
        snippet: "Plums, and sugar",
        matches: [
          [0, 5],
          [11, 16],
        ],
      },
    ]);
    expect(must(await ask("sugar salt")).hits).toEqual([]);
  });
});
