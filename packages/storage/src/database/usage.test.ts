import { AgentId, TokenId } from "@moltbot/contracts";
import type { StoredToken, UsageEntry } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { aPersonOf, aUsage } from "./testing/people-attacks.ts";
import { AT, codeOf, later, must, next, openTest, person, removeFolders, scopeOf } from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

afterAll(removeFolders);

const FROM = "2000-01-01";
const TODAY = AT.slice(0, 10);
const YESTERDAY = later(-86_400_000).slice(0, 10);

onEveryEngine((engine) => {
  const ada = person();
  const bob = person(ada.tenantId);
  const eve = person();
  const house = { kind: "house", id: ada.tenantId } as const;
  const gemini = { kind: "model", id: "gemini" } as const;
  let options: TestOptions;
  let db: Database;

  beforeEach(async () => {
    options = engine.options();
    db = await openTest(options);
    for (const each of [ada, eve]) must(await db.identity.createPerson(each));
    must(await db.people.create(scopeOf(ada, "tenant"), aPersonOf(bob)));
  });
  afterEach(() => db.close());

  const amounts = async (of: readonly UsageEntry["subject"][], day = TODAY): Promise<Record<string, number>> =>
    Object.fromEntries(
      must(await db.usage.used(ada.tenantId, day, of)).map(({ subject, unit, amount }) => [
        `${subject.kind} ${subject.id} ${unit}`,
        amount,
      ]),
    );
  const adas = (change: Partial<UsageEntry> = {}): UsageEntry => aUsage(ada, change);
  const token = (change: Partial<StoredToken> = {}): StoredToken => {
    const id = next(TokenId);
    return {
      id,
      principal: ada,
      role: "member",
      name: "t",
      verifier: id,
      scopes: null,
      integrity: "authority",
      key: null,
      madeWith: null,
      createdAt: AT,
      expiresAt: later(9_999),
      revokedAt: null,
      lastUsedAt: null,
      ...change,
    };
  };

  describe("what of budgets was used", () => {
    it("grows by what is added, for each day, subject and unit apart, and outlives the process", async () => {
      must(await db.usage.add([adas({ amount: 7 }), adas({ amount: 3, unit: "money" }), adas({ day: YESTERDAY })]));
      must(await db.usage.add([adas({ amount: 5 }), adas({ subject: house, ownerId: null })]));
      await db.close();
      db = await openTest(options);
      expect(await amounts([{ kind: "person", id: ada.id }, house])).toEqual({
        [`person ${ada.id} tokens`]: 12,
        [`person ${ada.id} money`]: 3,
        [`house ${ada.tenantId} tokens`]: 10,
      });
      expect(await amounts([{ kind: "person", id: ada.id }], YESTERDAY)).toEqual({ [`person ${ada.id} tokens`]: 10 });
      expect(await amounts([{ kind: "agent", id: ada.id }])).toEqual({});
    });

    it("agrees with another way of adding up, and never goes down", async () => {
      const subjects = [{ kind: "person", id: ada.id }, house, gemini, { kind: "sender", id: "a: b" }] as const;
      const entry = fc.record({
        day: fc.constantFrom(TODAY, YESTERDAY),
        subject: fc.constantFrom(...subjects),
        unit: fc.constantFrom("tokens" as const, "money" as const),
        amount: fc.oneof(fc.nat(5), fc.nat(1_000_000_000)),
      });
      const steps = fc.array(fc.array(entry, { maxLength: 5 }), { minLength: 1, maxLength: 12 });
      const sums = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          for (const step of all) {
            must(await db.usage.add(step.map((each) => adas(each))));
            for (const { day, subject, unit, amount } of step) {
              const key = JSON.stringify([day, subject.kind, subject.id, unit]);
              sums.set(key, (sums.get(key) ?? 0) + amount);
            }
            const listed = must(await db.usage.list(scopeOf(ada), FROM));
            const found = listed.map(({ day, subject, unit, amount }) => [
              JSON.stringify([day, subject.kind, subject.id, unit]),
              amount,
            ]);
            // Equal to sums that only ever grew.
            expect(Object.fromEntries(found)).toEqual(Object.fromEntries(sums));
          }
          for (const day of [TODAY, YESTERDAY])
            for (const { subject, unit, amount } of must(await db.usage.used(ada.tenantId, day, subjects)))
              expect(sums.get(JSON.stringify([day, subject.kind, subject.id, unit]))).toBe(amount);
        }),
        { numRuns: 12 },
      );
    });

    it("counts everything of those who add at the same time", async () => {
      const adds = Array.from({ length: 60 }, (_, at) =>
        db.usage.add([
          adas({ amount: at }),
          adas({ amount: 1, subject: house, ownerId: null }),
          adas({ amount: 2, subject: gemini, ownerId: null }),
        ]),
      );
      for (const added of await Promise.all(adds)) must(added);
      expect(await amounts([{ kind: "person", id: ada.id }, house, gemini])).toEqual({
        [`person ${ada.id} tokens`]: 1_770,
        [`house ${ada.tenantId} tokens`]: 60,
        "model gemini tokens": 120,
      });
    });

    it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])("takes nothing of a step that holds %d", async (amount) => {
      expect(codeOf(await db.usage.add([adas(), adas({ subject: gemini, amount })]))).toBe("REQUEST_INVALID");
      expect(must(await db.usage.list(scopeOf(ada), FROM))).toEqual([]);
    });

    it("stays at the greatest exact number instead of turning over", async () => {
      must(await db.usage.add([adas({ amount: Number.MAX_SAFE_INTEGER })]));
      must(await db.usage.add([adas({ amount: Number.MAX_SAFE_INTEGER })]));
      must(await db.usage.add([adas({ amount: 1 })]));
      expect(await amounts([{ kind: "person", id: ada.id }])).toEqual({
        [`person ${ada.id} tokens`]: Number.MAX_SAFE_INTEGER,
      });
    });

    it("shows everybody their own, whoever keeps the house all of it, and another house nothing", async () => {
      const agent = { kind: "agent", id: next(AgentId) } as const;
      must(
        await db.usage.add([adas(), adas({ subject: agent }), aUsage(bob), adas({ subject: house, ownerId: null })]),
      );
      const kindsFor = async (scope: Parameters<Database["usage"]["list"]>[0]): Promise<readonly string[]> =>
        must(await db.usage.list(scope, FROM)).map(({ subject, ownerId }) => `${subject.kind} ${String(ownerId)}`);
      expect(await kindsFor(scopeOf(ada))).toEqual([`agent ${ada.id}`, `person ${ada.id}`]);
      expect(await kindsFor(scopeOf(bob))).toEqual([`person ${bob.id}`]);
      expect((await kindsFor(scopeOf(ada, "tenant"))).toSorted()).toEqual(
        [`agent ${ada.id}`, "house null", `person ${ada.id}`, `person ${bob.id}`].toSorted(),
      );
      expect(await kindsFor(scopeOf(eve, "tenant"))).toEqual([]);
      expect(must(await db.usage.used(eve.tenantId, TODAY, [house, { kind: "person", id: ada.id }]))).toEqual([]);
    });

    it("is of whoever it began as: who adds to it does not come to see it", async () => {
      const agent = { kind: "agent", id: next(AgentId) } as const;
      must(await db.usage.add([adas({ subject: agent })]));
      must(await db.usage.add([aUsage(bob, { subject: agent })]));
      expect(must(await db.usage.list(scopeOf(bob), FROM))).toEqual([]);
      expect(must(await db.usage.list(scopeOf(ada), FROM))).toEqual([adas({ subject: agent, amount: 20 })]);
    });

    it("goes with the person it is of, and not from the sums of the house", async () => {
      must(await db.usage.add([aUsage(bob), adas(), adas({ subject: house, ownerId: null })]));
      must(await db.privacy.erase(scopeOf(ada, "system"), { kind: "person", id: bob.id }));
      expect(await amounts([{ kind: "person", id: bob.id }, { kind: "person", id: ada.id }, house])).toEqual({
        [`person ${ada.id} tokens`]: 10,
        [`house ${ada.tenantId} tokens`]: 10,
      });
    });

    it("is let go of when it is old, and today's never", async () => {
      must(await db.usage.add([adas(), adas({ day: YESTERDAY })]));
      must(await db.privacy.retire(scopeOf(ada, "system"), { usage: AT }));
      expect(await amounts([{ kind: "person", id: ada.id }], YESTERDAY)).toEqual({});
      const left = await amounts([{ kind: "person", id: ada.id }]);
      must(await db.privacy.retire(scopeOf(ada, "system"), { usage: later(-86_400_000) }));
      expect(await amounts([{ kind: "person", id: ada.id }])).toEqual(left);
    });
  });

  describe("what is under way", () => {
    it("is taken by what it took in the end, in one step", async () => {
      const begun = must(await db.usage.begin([adas({ amount: 500 })]));
      expect(await amounts([{ kind: "person", id: ada.id }])).toEqual({});
      expect(codeOf(await db.usage.add([adas({ amount: -1 })], begun))).toBe("REQUEST_INVALID");
      must(await db.usage.add([adas({ amount: 7 })], begun));
      must(await db.usage.add([], must(await db.usage.begin([adas({ amount: 500 })]))));
      await db.close();
      db = await openTest(options);
      expect(must(await db.usage.recover())).toBe(0);
      expect(await amounts([{ kind: "person", id: ada.id }])).toEqual({ [`person ${ada.id} tokens`]: 7 });
    });

    it("counts as the most it could take where its process is gone, once, and not while it is there", async () => {
      must(await db.usage.begin([adas({ amount: 500 }), adas({ subject: house, ownerId: null, amount: 500 })]));
      must(await db.usage.begin([adas({ amount: 20, unit: "money" })]));
      expect(must(await db.usage.recover())).toBe(0);
      await db.close();
      db = await openTest(options);
      expect(must(await db.usage.recover())).toBe(2);
      expect(must(await db.usage.recover())).toBe(0);
      expect(await amounts([{ kind: "person", id: ada.id }, house])).toEqual({
        [`person ${ada.id} tokens`]: 500,
        [`person ${ada.id} money`]: 20,
        [`house ${ada.tenantId} tokens`]: 500,
      });
    });
  });

  describe("what a token may use by itself", () => {
    it("is kept with it, and with it comes what each may that it was made with", async () => {
      const scope = scopeOf(ada);
      const first = token({ tokensPerDay: 100, moneyPerDay: 0 });
      const second = token({ madeWith: first.id, createdAt: later(1) });
      const third = token({ madeWith: second.id, tokensPerDay: 50, createdAt: later(2) });
      for (const each of [first, second, third, token()]) must(await db.identity.createToken(scope, each));
      expect(must(await db.usage.tokenLimits(third.id))).toEqual([
        { id: first.id, tokensPerDay: 100, moneyPerDay: 0 },
        { id: second.id },
        { id: third.id, tokensPerDay: 50 },
      ]);
      expect(must(await db.usage.tokenLimits(first.id))).toEqual([{ id: first.id, tokensPerDay: 100, moneyPerDay: 0 }]);
      expect(must(await db.usage.tokenLimits(next(TokenId)))).toEqual([]);
      expect(must(await db.identity.listTokens(scope))).toContainEqual(first);
      expect(must(await db.identity.tokenByVerifier(third.verifier))).toMatchObject({ tokensPerDay: 50 });
    });
  });
});
