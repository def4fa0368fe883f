import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Conversation, TurnLease } from "@moltbot/contracts";
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../database/index.ts";
import { onEveryPlace } from "../testing/index.ts";
import type { Place } from "../testing/index.ts";
import {
  AT,
  aConversation,
  aReply,
  aTurn,
  anApproval,
  codeOf,
  later,
  must,
  newTurnId,
  openPlace,
  person,
  scopeOf,
} from "./testing/world.ts";

onEveryPlace((places) => {
  const ada = person();
  const me = scopeOf(ada);
  const system = { ...me, reach: "system" } as const;
  let place: Place;
  let db: Database;
  let home: Conversation;
  let other: Conversation;
  const END = { state: "done", messageId: null, code: null } as const;

  beforeEach(async () => {
    place = places.fresh();
    db = await openPlace(place);
    home = aConversation(ada);
    other = aConversation(ada);
    for (const each of [home, other]) must(await db.conversations.create(me, each));
    return () => db.close();
  });

  const claim = async (at = 0, for_ = 1000): Promise<TurnLease | null> =>
    must(await db.turns.claim(later(at), later(at + for_)));
  const claimed = async (at = 0): Promise<TurnLease> => {
    const lease = await claim(at);
    if (lease === null) throw new Error("nothing to claim");
    return lease;
  };
  const enqueue = async (conversation = home, key: string | null = null) =>
    must(await db.turns.enqueue(me, aTurn(ada, conversation), key)).turn;

  describe("the queue of turns", () => {
    it("gives the same turn for the same key, and other people their own", async () => {
      const first = await enqueue(home, "k");
      const again = must(await db.turns.enqueue(me, aTurn(ada, other), "k"));
      expect(again).toEqual({ turn: first, fresh: false });
      expect(must(await db.turns.ofConversation(me, home.id, 9))).toEqual([first]);
      expect(must(await db.turns.ofConversation(me, other.id, 9))).toEqual([]);
      const bob = person(ada.tenantId);
      const his = aConversation(bob);
      must(await db.conversations.create(scopeOf(bob), his));
      expect(must(await db.turns.enqueue(scopeOf(bob), aTurn(bob, his), "k")).fresh).toBe(true);
      expect(codeOf(await db.turns.enqueue(me, { ...first }, null))).toBe("CONFLICT");
    });

    it("leases the oldest turn of an idle conversation", async () => {
      const [a, b, c] = [await enqueue(home), await enqueue(home), await enqueue(other)];
      expect(must(await db.turns.busyAgents(me))).toEqual([]);
      const first = await claimed();
      const second = await claimed();
      expect([first.turn.id, second.turn.id, first.turn.state]).toEqual([a.id, c.id, "running"]);
      expect(await claim()).toBeNull();
      expect(must(await db.turns.busyAgents(me))).toEqual([home.agentId, other.agentId].toSorted());
      must(await db.turns.finish(first, END));
      expect((await claimed()).turn.id).toBe(b.id);
      expect(must(await db.turns.counts(me))).toEqual({
        queued: 0,
        running: 2,
        waiting: 0,
        done: 1,
        failed: 0,
        unknown: 0,
        stopped: 0,
      });
      expect(must(await db.turns.find(me, a.id))).toMatchObject({ state: "done", end: END });
    });

    it("never leases one turn twice, however many claim at once", async () => {
      for (let n = 0; n < 6; n += 1) await enqueue(n % 2 === 0 ? home : other);
      const leases = (await Promise.all(Array.from({ length: 12 }, () => claim()))).filter((lease) => lease !== null);
      expect(new Set(leases.map((lease) => lease.turn.id)).size).toBe(2);
      expect(leases).toHaveLength(2);
    });

    it("refuses every write of an old fence", async () => {
      const turn = await enqueue();
      const old = await claimed(0);
      must(await db.turns.extend(old, later(1500)));
      must(await db.turns.progress(old, { steps: 3 }));
      expect(await claim(1499)).toBeNull();
      const fresh = await claimed(1500);
      expect([fresh.turn.id, fresh.fence, fresh.turn.attempts, fresh.turn.steps]).toEqual([
        turn.id,
        old.fence + 1,
        1,
        3,
      ]);
      for (const late of [
        db.turns.extend(old, later(9000)),
        db.turns.progress(old, { steps: 9 }),
        db.turns.park(old, []),
        db.turns.finish(old, END),
      ]) {
        expect(codeOf(await late)).toBe("QUEUE_LEASE_LOST");
      }
      expect(must(await db.turns.find(me, turn.id))).toMatchObject({ state: "running", steps: 3, end: null });
      must(await db.turns.finish(fresh, END));
      expect(codeOf(await db.turns.finish(fresh, END))).toBe("QUEUE_LEASE_LOST");
    });

    it("parks and wakes once", async () => {
      const turn = await enqueue();
      const approval = anApproval(home);
      must(await db.approvals.create(me, approval));
      const lease = await claimed();
      expect(must(await db.turns.resume(me, turn.id))).toBe(false);
      must(await db.turns.park(lease, [approval.id]));
      expect(must(await db.turns.find(me, turn.id))).toMatchObject({ state: "waiting", waitingFor: [approval.id] });
      expect(await claim()).toBeNull();
      const woken = await Promise.all([1, 2, 3].map(() => db.turns.resume(me, turn.id)));
      expect(woken.map(must)).toEqual([true, false, false]);
      expect((await claimed()).turn).toMatchObject({ id: turn.id, waitingFor: [], attempts: 0 });
      expect(codeOf(await db.turns.resume(me, newTurnId()))).toBe("NOT_FOUND");
    });

    it("does not lie down for an answer that came before it lay down", async () => {
      const turn = await enqueue();
      const approval = anApproval(home);
      must(await db.approvals.create(me, approval));
      const lease = await claimed();
      must(await db.approvals.move(me, approval.id, "pending", "allowed", {}));
      expect(must(await db.turns.resume(me, turn.id))).toBe(false); // the answer finds nobody to wake
      must(await db.turns.park(lease, [approval.id]));
      expect(must(await db.turns.find(me, turn.id)).state).toBe("queued");
    });

    it("does not lie down when one of several questions was answered, and wakes for any of them", async () => {
      const turn = await enqueue();
      const [answered, pending] = [anApproval(home), anApproval(home)];
      for (const each of [answered, pending]) must(await db.approvals.create(me, each));
      const waitingFor = [pending.id, answered.id];
      must(await db.turns.park(await claimed(), waitingFor));
      expect(must(await db.turns.wakeAnswered(AT))).toEqual([]);
      must(await db.approvals.move(me, answered.id, "pending", "denied", {}));
      expect(must(await db.turns.wakeAnswered(AT))).toEqual([turn.id]);
      must(await db.turns.park(await claimed(), waitingFor));
      expect(must(await db.turns.find(me, turn.id))).toMatchObject({ state: "queued", waitingFor: [] });
      must(await db.turns.park(await claimed(), [pending.id]));
      expect(must(await db.turns.wakeAnswered(AT))).toEqual([]);
      expect(must(await db.turns.find(me, turn.id)).state).toBe("waiting");
    });

    it("gives a turn back with the label it came with, and names those that run or wait", async () => {
      const [waiting, running, queued] = [await enqueue(), await enqueue(other), await enqueue(other)];
      expect(must(await db.turns.open(me))).toEqual([]);
      must(await db.turns.park(await claimed(), []));
      const lease = await claimed();
      expect(lease.turn.label).toStrictEqual(running.label);
      expect(must(await db.turns.find(me, queued.id)).label).toStrictEqual(queued.label);
      const open = must(await db.turns.open(me));
      expect(open.map(({ id, state }) => [id, state])).toEqual([
        [waiting.id, "waiting"],
        [running.id, "running"],
      ]);
      const bob = person(ada.tenantId);
      expect(must(await db.turns.open(scopeOf(bob)))).toEqual([]);
      expect(must(await db.turns.open({ ...scopeOf(bob), reach: "tenant" }))).toEqual(open);
      must(await db.turns.finish(lease, END));
      expect(must(await db.turns.open(system)).map(({ id }) => id)).toEqual([waiting.id]);
    });

    it("cancels what nobody leases", async () => {
      const [running, queued] = [await enqueue(), await enqueue()];
      await claimed();
      const stopped = { state: "stopped", messageId: null, code: "TURN_STOPPED" } as const;
      expect(must(await db.turns.cancel(me, running.id, stopped))).toBe(false);
      expect(must(await db.turns.cancel(me, queued.id, stopped))).toBe(true);
      expect(must(await db.turns.cancel(me, queued.id, stopped))).toBe(false);
      expect(must(await db.turns.find(me, queued.id))).toMatchObject({ state: "stopped", end: stopped });
      expect(codeOf(await db.turns.cancel(me, newTurnId(), stopped))).toBe("NOT_FOUND");
      expect(codeOf(await db.turns.find(me, newTurnId()))).toBe("NOT_FOUND");
    });

    it("returns the turns of a dead process at once, although their leases have not run out", async () => {
      const turn = await enqueue();
      const lease = await claimed();
      expect(must(await db.turns.recover(AT))).toEqual([]);
      await db.close(); // as far as the file knows, a crash
      db = await openPlace(place);
      expect(must(await db.turns.recover(AT))).toEqual([turn.id]);
      expect(must(await db.turns.recover(AT))).toEqual([]);
      expect(codeOf(await db.turns.finish(lease, END))).toBe("QUEUE_LEASE_LOST");
      expect((await claimed()).turn.attempts).toBe(1);
    });

    it("wakes a turn whose question was answered when nobody woke it, and one that waited for nothing", async () => {
      const approval = anApproval(home);
      must(await db.approvals.create(me, approval));
      const asked = await enqueue();
      must(await db.turns.park(await claimed(), [approval.id]));
      expect(must(await db.turns.wakeAnswered(AT))).toEqual([]);
      const retried = await enqueue(other);
      must(await db.turns.park(await claimed(), []));
      must(await db.approvals.move(me, approval.id, "pending", "allowed", {}));
      expect(must(await db.turns.wakeAnswered(AT)).toSorted()).toEqual([asked.id, retried.id].toSorted());
      expect(must(await db.turns.wakeAnswered(AT))).toEqual([]);
      expect((await claimed()).turn.id).toBe(asked.id);
    });

    it("ends a turn and appends its message in one transaction, or neither", async () => {
      const turn = await enqueue();
      const lease = await claimed();
      const reply = aReply(home, turn);
      const refused = await db.atomically(async (inside) => {
        must(await inside.conversations.append(me, "main", reply));
        must(await inside.turns.finish(lease, { ...END, messageId: reply.id }));
        return err(moltbotError("CONFLICT", { kind: "test" }));
      });
      expect(codeOf(refused)).toBe("CONFLICT");
      expect(codeOf(await db.conversations.message(me, reply.id))).toBe("NOT_FOUND");
      const late = await db.atomically(async (inside) => {
        must(await inside.conversations.append(me, "main", reply));
        return inside.turns.finish({ ...lease, fence: lease.fence - 1 }, END);
      });
      expect(codeOf(late)).toBe("QUEUE_LEASE_LOST");
      expect(codeOf(await db.conversations.message(me, reply.id))).toBe("NOT_FOUND");
      must(
        await db.atomically(async (inside) => {
          must(await inside.conversations.append(me, "main", reply));
          must(await inside.turns.finish(lease, { ...END, messageId: reply.id }));
          return ok(null);
        }),
      );
      expect(must(await db.turns.find(system, turn.id)).end?.messageId).toBe(reply.id);
      expect(must(await db.conversations.message(me, reply.id)).turnId).toBe(turn.id);
    });
  });

  describe("unplug: with a fence that is not compared, a worker that lost its lease overwrites the new one's turn", () => {
    it("so the fence must be the current one", async () => {
      const turn = await enqueue();
      const old = await claimed(0);
      const fresh = await claimed(1000);
      expect(codeOf(await db.turns.finish(old, { ...END, state: "failed" }))).toBe("QUEUE_LEASE_LOST");
      // A worker that could choose its fence is one that is not fenced.
      must(await db.turns.finish({ ...old, fence: fresh.fence }, { ...END, state: "failed" }));
      expect(must(await db.turns.find(me, turn.id)).state).toBe("failed");
      expect(codeOf(await db.turns.finish(fresh, END))).toBe("QUEUE_LEASE_LOST");
    });
  });
});
