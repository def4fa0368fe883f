import { PrincipalId, StopId } from "@moltbot/contracts";
import type { Conversation, OutboxItem } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createIds } from "../../crypto/index.ts";
import type { Database } from "../../database/index.ts";
import { anItem, newConversationId, second } from "./work-engine.ts";
import type { WorkEngine, WorkPlace } from "./work-engine.ts";
import { AT, aConversation, codeOf, must, person, scopeOf } from "./world.ts";

const ids = createIds();

/** What the port promises of the outbox, checked on one engine. */
export const outboxContract = (engine: WorkEngine): void => {
  describe(`the outbox on ${engine.name}`, () => {
    const ada = person();
    const me = scopeOf(ada);
    let place: WorkPlace;
    let db: Database;
    let home: Conversation;
    beforeEach(async () => {
      place = engine.create();
      db = await place.open();
      home = aConversation(ada);
      must(await db.conversations.create(me, home));
    });
    afterEach(() => place.close());

    const put = async (change: Partial<OutboxItem> = {}): Promise<OutboxItem> => {
      const item = anItem(ada, change);
      must(await db.outbox.put(me, item));
      return item;
    };
    const take = async (at = 0, limit = 10) =>
      must(await db.outbox.take(second(at), limit)).map(({ id, state, attempts }) => ({ id, state, attempts }));
    const stateOf = async ({ id }: OutboxItem) =>
      must(await db.outbox.list(me, "all", 100)).find((item) => item.id === id)?.state;

    it("keeps an item as it was put, once", async () => {
      const item = await put({ conversationId: home.id });
      must(await db.outbox.put(me, { ...item, payload: { other: true } }));
      expect(must(await db.outbox.list(me, "waiting", 10))).toStrictEqual([item]);
      expect(codeOf(await db.outbox.put(me, anItem(ada, { conversationId: newConversationId() })))).toBe("NOT_FOUND");
      expect(codeOf(await db.outbox.put(me, anItem(person())))).toBe("NOT_FOUND");
    });

    it("gives each item out once, the oldest first", async () => {
      const [a, b, c] = [await put(), await put(), await put()];
      expect((await take(0, 2)).map(({ id }) => id)).toEqual([a.id, b.id]);
      expect(await take()).toEqual([{ id: c.id, state: "sending", attempts: 1 }]);
      expect(await take()).toEqual([]);
      must(await db.outbox.settle(a.id, "sent", null, AT));
      must(await db.outbox.settle(b.id, "refused", "HOST_UNREACHABLE", AT));
      expect([await stateOf(a), await stateOf(b), await stateOf(c)]).toEqual(["sent", "refused", "sending"]);
      expect(must(await db.outbox.list(me, "refused", 10))).toMatchObject([{ problem: "HOST_UNREACHABLE" }]);
    });

    it("gives out one of a conversation at a time, in order, and others beside it", async () => {
      const other = aConversation(ada);
      must(await db.conversations.create(me, other));
      const first = await put({ conversationId: home.id, repeatable: true });
      const next = await put({ conversationId: home.id });
      const beside = await put({ conversationId: other.id });
      expect((await take()).map(({ id }) => id)).toEqual([first.id, beside.id]);
      expect(await take()).toEqual([]);
      // What has to wait keeps its place.
      must(await db.outbox.settle(first.id, "waiting", "HOST_UNREACHABLE", second(30)));
      expect(await take(29)).toEqual([]);
      expect(await take(30)).toEqual([{ id: first.id, state: "sending", attempts: 2 }]);
      must(await db.outbox.settle(first.id, "sent", null, second(31)));
      expect((await take(31)).map(({ id }) => id)).toEqual([next.id]);
    });

    it("settles what is being sent alone, and lets what cannot be repeated never wait again", async () => {
      const item = await put();
      expect(codeOf(await db.outbox.settle(item.id, "sent", null, AT))).toBe("CONFLICT");
      await take();
      expect(codeOf(await db.outbox.settle(item.id, "waiting", null, AT))).toBe("CONFLICT");
      expect(await stateOf(item)).toBe("sending");
      must(await db.outbox.settle(item.id, "unknown", null, AT));
      expect(codeOf(await db.outbox.settle(item.id, "sent", null, AT))).toBe("CONFLICT");
      expect(codeOf(await db.outbox.settle(anItem(ada).id, "sent", null, AT))).toBe("NOT_FOUND");
    });

    it("after a crash sends again what may be repeated, and says of the rest that nobody knows", async () => {
      const [once, often, waiting] = [await put(), await put({ repeatable: true }), await put()];
      await take(0, 2);
      expect(must(await db.outbox.recover(AT))).toEqual([]);
      db = await place.open();
      expect(must(await db.outbox.recover(second(1)))).toMatchObject([{ id: once.id, state: "unknown" }]);
      expect(must(await db.outbox.recover(second(1)))).toEqual([]);
      expect((await take(1)).map(({ id }) => id).toSorted()).toEqual([often.id, waiting.id].toSorted());
      expect(await stateOf(once)).toBe("unknown");
    });

    it("lets a process that is gone settle nothing of what another one sends", async () => {
      const item = await put({ repeatable: true });
      await take();
      const gone = db;
      db = await place.open();
      must(await db.outbox.recover(AT));
      await take();
      expect((await gone.outbox.settle(item.id, "sent", null, AT)).ok).toBe(false);
      expect(await stateOf(item)).toBe("sending");
    });

    it("gives out nothing while everything is stopped, and cancels what waits", async () => {
      const item = await put();
      const stop = {
        id: ids.next(StopId),
        tenantId: ada.tenantId,
        by: ada.id,
        surface: "api" as const,
        reason: null,
        epoch: 1,
        at: AT,
        resumedAt: null,
        resumedBy: null,
      };
      must(await db.stops.begin(me, stop));
      expect(await take()).toEqual([]);
      const tenant = { ...me, reach: "tenant" as const };
      expect(must(await db.outbox.cancelWaiting({ ...tenant, tenantId: person().tenantId }, AT))).toBe(0);
      expect(must(await db.outbox.cancelWaiting(tenant, AT))).toBe(1);
      must(await db.stops.end(me, stop.id, PrincipalId.parse(ada.id), second(1)));
      expect(await take(2)).toEqual([]);
      expect(await stateOf(item)).toBe("cancelled");
    });

    it("shows a person nothing of another's", async () => {
      await put();
      expect(must(await db.outbox.list(scopeOf(person(ada.tenantId)), "all", 10))).toEqual([]);
      expect(must(await db.outbox.cancelWaiting(scopeOf(person(ada.tenantId)), AT))).toBe(0);
      expect(must(await db.outbox.list({ ...me, reach: "tenant" }, "all", 10))).toHaveLength(1);
    });
  });
};
