import { MessageId, label, ok } from "@moltbot/contracts";
import type { Message } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { openRealHouse } from "../../../packages/gateway/src/operations/testing/real-house.ts";
import { codeOf, must } from "../../support/attack-house.ts";

type House = Awaited<ReturnType<typeof openRealHouse>>;
const open: House[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

const talk = async (texts: readonly string[]): Promise<House> => {
  const house = await openRealHouse({
    catalog: [],
    run: async () => ok({ text: "", summary: "", label: label("untrusted", []) }),
  });
  open.push(house);
  await house.begin();
  const { store, ids, clock } = house.house;
  const [conversation] = must(await store.conversations.list(house.scope, 1));
  if (conversation === undefined) throw new Error("no conversation");
  for (const text of texts) {
    const message: Message = {
      id: ids.next(MessageId),
      conversationId: conversation.id,
      parentId: null,
      role: "user",
      author: house.owner.id,
      turnId: null,
      parts: [{ type: "text", text }],
      label: label("authority", [house.owner.id]),
      state: "complete",
      model: null,
      createdAt: clock.now(),
    };
    must(await store.conversations.append(house.scope, "main", message));
  }
  return house;
};
const search = (house: House, query: string) =>
  house.operations["search.messages"](house.context(), { query, limit: 20 });

describe("a search", { timeout: 30_000 }, () => {
  it("takes no query for syntax, and none breaks it", async () => {
    const house = await talk(["the needle", "a haystack with % and _ and * in it"]);
    const queries = [
      'needle" OR 1=1 --',
      "needle NOT haystack",
      "needle NEAR/5 the",
      "{needle} : the",
      "words:needle",
      "^needle",
      "needle AND (",
      "'; DROP TABLE messages; --",
      '"',
      '""""""',
      "*",
      "**",
      "%",
      "_",
      "needle*needle*",
      "\\",
      "\u0000",
      "-needle",
      "+needle",
      "\ud800",
      "(((((((",
      "“needle",
      "a".repeat(500),
      "ﷺ".repeat(500),
      "* ".repeat(250),
      '"a b" '.repeat(80),
    ];
    for (const query of queries) {
      const answer = await search(house, query);
      expect([query, codeOf(answer)]).toEqual([query, "ok"]);
    }
    expect(must(await search(house, "needle")).hits).toHaveLength(1);
    expect(must(await search(house, "%")).hits).toEqual([]);
    expect(must(await house.house.store.conversations.list(house.scope, 5))).toHaveLength(1);
  });

  it("holds nobody else up, however much it has to read in vain and however often a phrase nearly fits", async () => {
    const heavy = `${"a ".repeat(49_000)}b`;
    const house = await talk(Array.from({ length: 40 }, () => heavy));
    for (const query of [`"b ${"a ".repeat(240)}"`, `"${"a ".repeat(240)}b b"`]) {
      let turns = 0;
      let going = true;
      const others = (async () => {
        for (; going; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      })();
      expect(must(await search(house, query)).hits).toEqual([]);
      going = false;
      await others;
      expect(turns).toBeGreaterThan(10);
    }
  });

  it("finds nothing for somebody else, in no conversation and under no id", async () => {
    const house = await talk(["the needle"]);
    const [conversation] = must(await house.house.store.conversations.list(house.scope, 1));
    const stranger = { ...house.owner, id: house.house.ids.next(MessageId) as unknown as typeof house.owner.id }; // any id but theirs
    for (const conversationId of [undefined, conversation?.id]) {
      const answer = await house.operations["search.messages"](house.context({ principal: stranger }), {
        query: "needle",
        limit: 20,
        conversationId,
      });
      expect(must(answer).hits).toEqual([]);
    }
  });
});
