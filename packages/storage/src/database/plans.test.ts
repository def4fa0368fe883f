import { CallId, PlanId, TurnId, label } from "@moltbot/contracts";
import type { Conversation } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import {
  aConversation,
  aPlan,
  codeOf,
  memorySealer,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import { onEveryEngine } from "./testing/engines.ts";
import type { TestOptions } from "./testing/world.ts";

onEveryEngine((engine) => {
  const ada = person();
  const gus = person(ada.tenantId);
  const me = scopeOf(ada);
  let options: TestOptions;
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;
  let home: Conversation;

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    home = aConversation(ada, { audience: [gus.id] });
    must(await db.conversations.create(me, home));
    return () => db.close();
  });
  afterAll(removeFolders);

  describe("plans", () => {
    it("come back as they were committed, of a turn in the order committed, after a restart", async () => {
      const turnId = next(TurnId);
      // An id does not say when: the order is that of the commits.
      const [second, first] = [aPlan(home, { turnId, goal: "later" }), aPlan(home, { turnId })];
      const rich = aPlan(home, {
        label: label("authority", [ada.id], [{ kind: "message", ref: "m" }]),
        steps: [
          { tool: "x", arguments: { deep: [{ $from: ["h0123456789ab"], ask: "who?", as: ["a", "b"] }] }, after: [] },
        ],
      });
      for (const plan of [first, second, rich]) must(await db.plans.create(me, plan));
      await db.close();
      db = await openTest(options);
      expect(must(await db.plans.ofTurn(me, turnId))).toStrictEqual([first, second]);
      expect(must(await db.plans.find(me, rich.id))).toStrictEqual(rich);
      expect(must(await db.plans.find(scopeOf(gus), rich.id))).toStrictEqual(rich);
      expect(must(await db.plans.ofTurn(me, next(TurnId)))).toEqual([]);
      expect(codeOf(await db.plans.find(me, next(PlanId)))).toBe("NOT_FOUND");
    });

    it("belong to a conversation that the scope sees, and are written once", async () => {
      expect(codeOf(await db.plans.create(me, aPlan(aConversation(ada))))).toBe("NOT_FOUND");
      const plan = aPlan(home);
      must(await db.plans.create(me, plan));
      expect(codeOf(await db.plans.create(me, { ...plan, goal: "something else" }))).toBe("CONFLICT");
      expect(must(await db.plans.find(me, plan.id)).goal).toBe("tell Bob");
    });

    it("stand sealed in the file, and are gone with the conversation's key or its owner's", async () => {
      const plan = aPlan(home, { goal: "canarycanary" });
      must(await db.plans.create(me, plan));
      const raw = await engine.intruder(options);
      const rows = await raw.ask("select * from plans");
      await raw.close();
      expect(JSON.stringify(rows)).not.toContain("canarycanary");
      expect(Buffer.from(rows[0]?.["plan"] as Uint8Array).includes("canarycanary")).toBe(false); // the column of sealed bytes
      expect(engine.bytesOnDisk(options).includes("canarycanary")).toBe(false);
      sealer.erase(`conversation:${home.id}`);
      expect(codeOf(await db.plans.find(me, plan.id))).toBe("CONTENT_UNREADABLE");
      const other = aConversation(ada);
      const hers = aPlan(other);
      must(await db.conversations.create(me, other));
      must(await db.plans.create(me, hers));
      sealer.erase(`person:${ada.id}`);
      expect(codeOf(await db.plans.find(me, hers.id))).toBe("CONTENT_UNREADABLE");
    });
  });

  describe("a step of a plan", () => {
    it("is taken by one call; that call again changes nothing, another is refused", async () => {
      const plan = aPlan(home);
      must(await db.plans.create(me, plan));
      const [callId, other] = [next(CallId), next(CallId)];
      expect(must(await db.plans.takenBy(me, plan.id, 1))).toBeNull();
      must(await db.plans.take(me, plan.id, 1, callId));
      must(await db.plans.take(me, plan.id, 1, callId));
      expect(codeOf(await db.plans.take(me, plan.id, 1, other))).toBe("CONFLICT");
      expect(must(await db.plans.takenBy(me, plan.id, 1))).toBe(callId);
      expect(must(await db.plans.takenBy(me, plan.id, 2))).toBeNull();
      must(await db.plans.take(me, plan.id, 2, other));
    });

    it.each([0, -1, 3, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
      "%d does not exist, so nobody takes it",
      async (step) => {
        const plan = aPlan(home);
        must(await db.plans.create(me, plan));
        expect(codeOf(await db.plans.take(me, plan.id, step, next(CallId)))).toBe("NOT_FOUND");
        expect(codeOf(await db.plans.takenBy(me, plan.id, step))).toBe("NOT_FOUND");
      },
    );

    it("is not taken when the transaction around it is undone", async () => {
      const plan = aPlan(home);
      must(await db.plans.create(me, plan));
      const undone = await db.atomically(async (inside) => {
        must(await inside.plans.take(me, plan.id, 1, next(CallId)));
        return inside.plans.find(me, next(PlanId));
      });
      expect(codeOf(undone)).toBe("NOT_FOUND");
      expect(must(await db.plans.takenBy(me, plan.id, 1))).toBeNull();
    });

    it("goes to the first call, however many come at once and whichever way they come", async () => {
      const storms = fc.array(fc.record({ who: fc.nat(3), together: fc.boolean() }), { minLength: 2, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), storms, async (scheduler, storm) => {
          const plan = aPlan(home);
          must(await db.plans.create(me, plan));
          const calls = [next(CallId), next(CallId), next(CallId), next(CallId)];
          const take = scheduler.scheduleFunction(async (callId: CallId, together: boolean) => ({
            callId,
            code: codeOf(
              await (together
                ? db.atomically((inside) => inside.plans.take(me, plan.id, 1, callId))
                : db.plans.take(me, plan.id, 1, callId)),
            ),
          }));
          const all = Promise.all(storm.map(({ who, together }) => take(calls[who] ?? next(CallId), together)));
          await scheduler.waitFor(all);
          const winner = must(await db.plans.takenBy(me, plan.id, 1));
          expect(calls).toContain(winner);
          for (const { callId, code } of await all) expect(code).toBe(callId === winner ? "ok" : "CONFLICT");
        }),
        { numRuns: 30 },
      );
    });
  });

  describe("unplug: without the key over plan and step", () => {
    it("a second call takes a step that was taken, and the file holds both", async () => {
      const plan = aPlan(home);
      must(await db.plans.create(me, plan));
      must(await db.plans.take(me, plan.id, 1, next(CallId)));
      const again = `insert into plan_steps select plan_id, step, '${next(CallId)}', tenant_id, owner_id, audience from plan_steps`;
      const raw = await engine.intruder(options);
      const taken = async () => Number((await raw.ask("select count(*) as n from plan_steps"))[0]?.["n"]);
      await expect(raw.ask(again)).rejects.toThrow(/unique/i);
      expect(await taken()).toBe(1);
      await raw.ask("create table loose as select * from plan_steps");
      await raw.ask("drop table plan_steps");
      await raw.ask("alter table loose rename to plan_steps");
      await raw.ask(again);
      expect(await taken()).toBe(2);
      await raw.close();
    });
  });
});
