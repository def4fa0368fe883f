import type { OperationInput, Result, TurnReport } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest } from "./operations/testing/fake-house.ts";
import { openRealHouse } from "./operations/testing/real-house.ts";

type House = Awaited<ReturnType<typeof openRealHouse>>;
const open: House[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});
const start = async (): Promise<House> => {
  const house = await openRealHouse({ catalog: [manifest("note.write", "write")] });
  open.push(house);
  return house;
};

const KEY = "key-of-a-message";
const send = (house: House, more: Partial<OperationInput<"messages.send">>): Promise<Result<TurnReport>> =>
  house.operations["messages.send"](house.context(), {
    agentId: house.agent.id,
    content: "Buy milk",
    blocks: [],
    wait: true,
    idempotencyKey: KEY,
    ...more,
  });
const messagesOf = async (house: House): Promise<number> => {
  const listed = await house.operations["conversations.list"](house.context(), { limit: 10 });
  if (!listed.ok) throw new Error(listed.error.message);
  let messages = 0;
  for (const { id } of listed.value) {
    const path = await house.operations["conversations.messages"](house.context(), { conversationId: id, limit: 100 });
    messages += path.ok ? path.value.filter(({ role }) => role === "user").length : 0;
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
