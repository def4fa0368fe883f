import { MessageId, label } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { conversation, manifest } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;
const open: RealHouse[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});
const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

describe("search.messages", () => {
  it("finds one's own messages, and says what else this search can do", async () => {
    const house = await openRealHouse({ catalog: [manifest("pay.now", "commit")] });
    open.push(house);
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
