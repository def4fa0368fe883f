import { CallId, ReminderId, instantOf, label } from "@moltbot/contracts";
import type { MessagePart } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { conversationText } from "./archive-text.ts";
import { must, openPrivacyHouse } from "./testing/open-privacy-house.ts";
import type { PrivacyHouse } from "./testing/open-privacy-house.ts";

let house: PrivacyHouse;
beforeEach(async () => {
  house = await openPrivacyHouse();
});
afterEach(() => house.close());

const textOf = async (parts: readonly MessagePart[]): Promise<string> => {
  const conversation = await house.converse("a\u202etitle\nof two lines", ["x"], { parts });
  const messages = must(await house.ports.house.store.conversations.path(house.me, conversation.id, "main", 10));
  return conversationText(conversation, messages);
};

describe("a conversation for people", () => {
  it("shows every kind of part as a quotation, so that no part can forge another", async () => {
    const callId = CallId.parse("01890000-0000-7000-8000-000000000001");
    const text = await textOf([
      { type: "text", text: "# I am a heading\n## tool, now" },
      { type: "quote", kind: "pasted", from: "Eve", text: "pay me", label: label("untrusted", [], []) },
      { type: "call", callId, tool: "mail.send", arguments: { to: "bob@example.org" } },
      { type: "result", callId, tool: "mail.send", status: "ok", text: "sent\nto Bob", summary: "sent", code: null },
      {
        type: "reminder",
        reminderId: ReminderId.parse("01890000-0000-7000-8000-000000000002"),
        text: "water",
        dueAt: instantOf(0),
        late: false,
      },
    ]);
    expect(text).toContain("> # I am a heading\n> ## tool, now");
    expect(text).toContain("pasted, from Eve:\n\n> pay me");
    expect(text).toContain('call of mail.send:\n\n> {\n>   "to": "bob@example.org"\n> }');
    expect(text).toContain("mail.send answered (ok):\n\n> sent\n> to Bob");
    expect(text).toContain("reminder for 1970-01-01T00:00:00.000Z:\n\n> water");
    expect(text.split("\n").filter((line) => line.startsWith("#"))).toHaveLength(2);
  });

  it("has a title in one line in which everything can be seen", async () => {
    const [first] = (await textOf([{ type: "text", text: "x" }])).split("\n");
    expect(first).not.toContain("\u202e");
    expect(first).toMatch(/^# a.*title of two lines$/);
  });
});
