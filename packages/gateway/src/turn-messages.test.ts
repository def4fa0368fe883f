import { MessageId, TurnId, label, moltbotError, ok } from "@moltbot/contracts";
import type { Message } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { OWNER, SYSTEM, at, conversation, idOf, turn } from "./operations/testing/fake-house.ts";
import { turnMessages } from "./turn-messages.ts";

const TALK = conversation(1);
const MINE = turn(10);

const message = (n: number, turnId: TurnId): Message => ({
  id: idOf(MessageId, n),
  conversationId: TALK.id,
  parentId: null,
  role: "user",
  author: OWNER.id,
  turnId,
  parts: [{ type: "text", text: String(n) }],
  label: label("authority", [OWNER.id]),
  state: "complete",
  model: null,
  createdAt: at(n),
});

/** A conversation whose messages are, in order, of these turns; message n has the id n. `asked` are the limits it was read with. */
const talkOf = (turns: readonly number[]) => {
  const all = turns.map((n, index) => message(index + 1, idOf(TurnId, n)));
  const asked: number[] = [];
  return {
    asked,
    path: async (_scope: unknown, _id: unknown, _head: unknown, limit: number) => {
      asked.push(limit);
      return ok(all.slice(-limit));
    },
  };
};

const numbers = async (talk: ReturnType<typeof talkOf>, userMessage: number, most: number) => {
  const wanted = { ...MINE, userMessageId: idOf(MessageId, userMessage) };
  const read = turnMessages(talk, SYSTEM, wanted, TALK, most);
  const first = await read();
  await read();
  return first.ok
    ? first.value.map(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : ""))[0])
    : [];
};

describe("the messages of a turn", () => {
  it("are the newest of the conversation, read once, as long as its own are among them", async () => {
    const talk = talkOf([7, 7, 7, 10, 10]);
    expect(await numbers(talk, 4, 3)).toEqual(["3", "4", "5"]);
    expect(talk.asked).toEqual([3, 3]);
  });

  it("hold all of a turn that waited while much was said after it, and nothing else that is older", async () => {
    const talk = talkOf([7, 7, 10, 10, 10, 8, 8, 8, 8, 8, 8, 10]);
    expect(await numbers(talk, 3, 2)).toEqual(["3", "4", "5", "11", "12"]);
    // What was found to be far enough back is where the next look begins.
    expect(talk.asked).toEqual([2, 4, 8, 16, 16]);
  });

  it("hold all of a turn that is itself longer than the window", async () => {
    expect(await numbers(talkOf([7, ...Array.from({ length: 9 }, () => 10)]), 2, 4)).toHaveLength(9);
  });

  it("are the newest alone where the turn is nowhere on the path", async () => {
    const talk = talkOf(Array.from({ length: 30_000 }, () => 7));
    expect(await numbers(talk, 0xffff, 200)).toHaveLength(200);
    expect(Math.max(...talk.asked)).toBeLessThanOrEqual(20_000);
  });

  it("are none when the conversation cannot be read", async () => {
    const fault = moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" });
    const failing = { path: async () => ({ ok: false as const, error: fault }) };
    expect(await turnMessages(failing, SYSTEM, MINE, TALK, 5)()).toEqual({ ok: false, error: fault });
  });
});
