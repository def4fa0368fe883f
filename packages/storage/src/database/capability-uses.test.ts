import { AgentId, CallId, CapabilityId, err, moltbotError, ok } from "@moltbot/contracts";
import type { Capability, CapabilityUse } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import {
  AT,
  aCapability,
  aUse,
  codeOf,
  later,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import { onEveryEngine } from "./testing/engines.ts";

onEveryEngine((engine) => {
  const ada = person();
  const bob = person();
  const me = scopeOf(ada);
  let db: Database;
  let grant: Capability;

  beforeEach(async () => {
    db = await openTest(engine.options());
    grant = aCapability(ada, next(AgentId));
    must(await db.capabilities.create(me, grant));
    return () => db.close();
  });
  afterAll(removeFolders);

  const usageOf = async (capability = grant) => must(await db.capabilities.usage(me, [capability.id]))[0];

  describe("what a capability was used for", () => {
    it("is summed, newest use first, and left out when there was none", async () => {
      const other = aCapability(ada, grant.holder);
      must(await db.capabilities.create(me, other));
      expect(must(await db.capabilities.usage(me, [grant.id, other.id]))).toEqual([]);
      must(await db.capabilities.addUse(me, aUse(grant, { at: later(2), bytes: 5, amounts: { price: 3, tip: 0.5 } })));
      must(await db.capabilities.addUse(me, aUse(grant, { at: later(1), bytes: 7, amounts: { price: 4 } })));
      expect(must(await db.capabilities.usage(me, [other.id, grant.id, next(CapabilityId)]))).toEqual([
        { capabilityId: grant.id, count: 2, bytes: 12, amounts: { price: 7, tip: 0.5 }, recent: [later(2), later(1)] },
      ]);
      expect(must(await db.capabilities.usage(me, []))).toEqual([]);
    });

    it("counts a call once, even when the call comes with other numbers", async () => {
      const use = aUse(grant, { bytes: 5, amounts: { price: 3 } });
      must(await db.capabilities.addUse(me, use));
      must(await db.capabilities.addUse(me, { ...use, bytes: 500, amounts: { price: -3 }, at: later(9) }));
      expect(await usageOf()).toMatchObject({ count: 1, bytes: 5, amounts: { price: 3 }, recent: [AT] });
      const other = aCapability(ada, grant.holder);
      must(await db.capabilities.create(me, other));
      must(await db.capabilities.addUse(me, { ...use, capabilityId: other.id }));
      expect((await usageOf(other))?.count).toBe(1);
    });

    it("names at most the newest thousand uses, and counts them all", async () => {
      must(
        await db.atomically(async (inside) => {
          for (let n = 0; n < 1010; n += 1) must(await inside.capabilities.addUse(me, aUse(grant, { at: later(n) })));
          return ok(null);
        }),
      );
      const usage = await usageOf();
      expect([usage?.count, usage?.recent.length, usage?.recent[0], usage?.recent.at(-1)]).toEqual([
        1010,
        1000,
        later(1009),
        later(10),
      ]);
    });

    it("is that of the calls that were admitted: a rolled back transaction was no use", async () => {
      const undone = await db.atomically(async (inside) => {
        must(await inside.capabilities.addUse(me, aUse(grant)));
        return err(moltbotError("CONFLICT", { kind: "test" }));
      });
      expect(codeOf(undone)).toBe("CONFLICT");
      expect(await usageOf()).toBeUndefined();
    });

    it("is counted for a capability that the scope sees, and for no other", async () => {
      expect(codeOf(await db.capabilities.addUse(scopeOf(bob), aUse(grant)))).toBe("NOT_FOUND");
      expect(codeOf(await db.capabilities.addUse(me, aUse(aCapability(ada, grant.holder))))).toBe("NOT_FOUND");
      expect(must(await db.capabilities.usage(scopeOf(bob), [grant.id]))).toEqual([]);
      expect(await usageOf()).toBeUndefined();
    });

    it("is the sum over the different calls, whatever the names of the amounts and however they come", async () => {
      const name = fc.constantFrom("price", "__proto__", "constructor", "größe");
      const use = fc.record({
        call: fc.nat(6),
        bytes: fc.nat(1000),
        amounts: fc.dictionary(name, fc.integer({ min: -100, max: 100 })),
        together: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(use, { maxLength: 12 }), async (uses) => {
          const capability = aCapability(ada, grant.holder);
          must(await db.capabilities.create(me, capability));
          const calls = Array.from({ length: 7 }, () => next(CallId));
          const given = uses.map(({ call, bytes, amounts }): CapabilityUse =>
            aUse(capability, { callId: calls[call] ?? next(CallId), bytes, amounts }),
          );
          await Promise.all(
            given.map((each, at) =>
              uses[at]?.together === true
                ? db.atomically((inside) => inside.capabilities.addUse(me, each))
                : db.capabilities.addUse(me, each),
            ),
          );
          const counted = [...new Map(given.toReversed().map((each) => [each.callId, each])).values()];
          const sums = new Map<string, number>();
          for (const { amounts } of counted)
            for (const [key, amount] of Object.entries(amounts)) sums.set(key, (sums.get(key) ?? 0) + amount);
          const usage = await usageOf(capability);
          expect(usage?.count ?? 0).toBe(counted.length);
          expect(usage?.bytes ?? 0).toBe(counted.reduce((sum, { bytes }) => sum + bytes, 0));
          expect(new Map(Object.entries(usage?.amounts ?? {}))).toEqual(sums);
        }),
        { numRuns: 40 },
      );
    });

    it("never becomes too large to be a number", async () => {
      for (let n = 0; n < 3; n += 1)
        must(await db.capabilities.addUse(me, aUse(grant, { amounts: { price: Number.MAX_VALUE } })));
      expect((await usageOf())?.amounts).toEqual({ price: Number.MAX_VALUE });
    });
  });

  describe("the epoch", () => {
    it("rises by one for each who raises it, however many at once, and ends what was granted before", async () => {
      const raised = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          at % 2 === 0 ? db.capabilities.raiseEpoch(me) : db.atomically((inside) => inside.capabilities.raiseEpoch(me)),
        ),
      );
      expect(raised.map(must).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(must(await db.capabilities.epoch(me))).toBe(8);
      expect(must(await db.capabilities.epoch(scopeOf(bob)))).toBe(0);
      const fresh = aCapability(ada, grant.holder, { epoch: 8 });
      must(await db.capabilities.create(me, fresh));
      expect(must(await db.capabilities.ofHolders(me, [grant.holder]))).toEqual([fresh]);
      expect(must(await db.capabilities.list(me))).toHaveLength(2);
    });

    it("goes back with its transaction", async () => {
      await db.atomically(async (inside) => {
        must(await inside.capabilities.raiseEpoch(me));
        return err(moltbotError("CONFLICT", { kind: "test" }));
      });
      expect(must(await db.capabilities.epoch(me))).toBe(0);
      expect(must(await db.capabilities.ofHolders(me, [grant.holder]))).toEqual([grant]);
    });

    it("is raised by nobody of another tenant, whatever scope they write", async () => {
      must(await db.identity.createPerson(ada));
      must(await db.identity.createPerson(bob));
      const forged = { tenantId: ada.tenantId, principalId: bob.id, reach: "own" } as const;
      expect(codeOf(await db.capabilities.raiseEpoch(forged))).toBe("NOT_FOUND");
      expect(must(await db.capabilities.epoch(me))).toBe(0);
    });
  });

  describe("capabilities", () => {
    it("of several holders come together, with what they may let out", async () => {
      const other = aCapability(ada, next(AgentId), {
        issuedAt: later(1),
        release: [{ source: { kind: "file", ref: "notes.md" }, to: "example.org:443" }],
      });
      must(await db.capabilities.create(me, other));
      expect(must(await db.capabilities.ofHolders(me, [other.holder, grant.holder]))).toStrictEqual([grant, other]);
      expect(must(await db.capabilities.ofHolders(me, [other.holder, other.holder]))).toStrictEqual([other]);
      expect(must(await db.capabilities.ofHolders(me, []))).toEqual([]);
    });
  });
});
