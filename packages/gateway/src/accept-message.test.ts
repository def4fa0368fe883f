import type { OperationInput, Result, TurnReport } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest } from "./operations/testing/fake-house.ts";
import { must, peopleHouses } from "./operations/testing/people-house.ts";
import type { PeopleHouse } from "./operations/testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);
const start = (): Promise<PeopleHouse> => houses.start({ catalog: [manifest("note.write", "write")] });

const KEY = "key-of-a-message";
const send = (house: PeopleHouse, more: Partial<OperationInput<"messages.send">>): Promise<Result<TurnReport>> =>
  house.operations["messages.send"](house.context(), {
    agentId: house.agent.id,
    content: "Buy milk",
    blocks: [],
    wait: true,
    idempotencyKey: KEY,
    ...more,
  });
const messagesOf = async ({ operations, context }: PeopleHouse): Promise<number> => {
  let messages = 0;
  for (const { id } of must(await operations["conversations.list"](context(), { limit: 10 }))) {
    const path = must(await operations["conversations.messages"](context(), { conversationId: id, limit: 100 }));
    messages += path.filter(({ role }) => role === "user").length;
  }
  return messages;
};

describe("a message with a key", () => {
  const blocks: OperationInput<"messages.send">["blocks"] = [{ kind: "pasted", from: "Bob", text: "and bread" }];

  it("sent twice is one, also where it began a conversation and brought words of somebody else", async () => {
    const house = await start();
    const wish: Parameters<typeof send>[1] = { conversationId: "new", blocks };
    const [first, second] = [await send(house, wish), await send(house, wish)];
    expect(first.ok && second.ok && first.value.turnId === second.value.turnId).toBe(true);
    expect(await messagesOf(house)).toBe(1);
  });

  it.each<readonly [string, Parameters<typeof send>[1]]>([
    ["other words", { content: "Buy bread" }],
    ["words of somebody else beside them", { blocks }],
    ["the same words as somebody else's", { content: "> Buy milk" }],
  ])("is refused for another message: %s; nothing is dropped without a word", async (_what, other) => {
    const house = await start();
    expect(await send(house, {})).toMatchObject({ ok: true });
    expect(await send(house, other)).toMatchObject({ ok: false, error: { code: "IDEMPOTENCY_KEY_REUSED" } });
    expect(await messagesOf(house)).toBe(1);
    expect(await send(house, { ...other, idempotencyKey: "key-of-its-own" })).toMatchObject({ ok: true });
  });
});
