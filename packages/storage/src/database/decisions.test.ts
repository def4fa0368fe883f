import { setImmediate } from "node:timers/promises";
import { CallId, DecisionId, ToolName, ok } from "@moltbot/contracts";
import type { AgentId, Conversation, DecisionRecord } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import {
  AT,
  aCapability,
  aConversation,
  aDecision,
  codeOf,
  later,
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
  const me = scopeOf(ada);
  let options: TestOptions;
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;
  let home: Conversation;

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    home = aConversation(ada);
    must(await db.conversations.create(me, home));
    return () => db.close();
  });
  afterAll(removeFolders);

  const recorded = async (...decisions: readonly DecisionRecord[]): Promise<void> => {
    for (const decision of decisions) must(await db.decisions.record(me, decision));
  };
  /** All pages, one after the other. */
  const replayed = async (filter: Parameters<Database["decisions"]["page"]>[1], limit: number) => {
    const found: DecisionRecord[] = [];
    for (let after: DecisionId | null = null; ;) {
      const page: readonly DecisionRecord[] = must(await db.decisions.page(me, filter, after, limit));
      expect(page.length).toBeLessThanOrEqual(limit);
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined) return found;
      after = last.id;
    }
  };

  /** All pages from the newest, one after the other. */
  const newestOf = async (filter: Parameters<Database["decisions"]["newest"]>[1], limit: number) => {
    const found: DecisionRecord[] = [];
    for (let before: DecisionId | null = null; ;) {
      const page: readonly DecisionRecord[] = must(await db.decisions.newest(me, filter, before, limit));
      expect(page.length).toBeLessThanOrEqual(limit);
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined) return found;
      before = last.id;
    }
  };

  describe("recorded decisions", () => {
    it("come back with everything that was looked at, after a restart", async () => {
      const plain = aDecision(home);
      const refused = aDecision(home, { kind: "deny", code: "TOOL_UNKNOWN" });
      const rich: DecisionRecord = {
        ...refused,
        input: {
          ...refused.input,
          manifest: {
            name: ToolName.parse("reminder.create"),
            version: 1,
            title: "Set a reminder",
            effect: "commit",
            permissions: ["reminder:write"],
            critical: ["minutes"],
            roles: { minutes: "time" },
            undo: "undoable",
          },
          capabilities: [aCapability(ada, home.agentId, { release: [{ source: "any", to: "public" }] })],
          budgets: [{ name: "calls in this turn", limit: 50, used: 3 }],
        },
      };
      await recorded(plain, rich);
      await db.close();
      db = await openTest(options);
      expect(must(await db.decisions.find(me, plain.id))).toStrictEqual(plain);
      expect(must(await db.decisions.find(me, rich.id))).toStrictEqual(rich);
      expect(codeOf(await db.decisions.find(me, next(DecisionId)))).toBe("NOT_FOUND");
    });

    it("are found by their call, oldest first", async () => {
      const callId = next(CallId);
      const [asked, allowed] = [aDecision(home, { callId }), aDecision(home, { callId, kind: "allow" })];
      await recorded(asked, aDecision(home), allowed);
      expect(must(await db.decisions.ofCall(me, callId)).map(({ id }) => id)).toEqual([asked.id, allowed.id]);
      expect(must(await db.decisions.ofCall(me, next(CallId)))).toEqual([]);
    });

    it("belong to a conversation that the scope sees, and are written once", async () => {
      expect(codeOf(await db.decisions.record(me, aDecision(aConversation(ada))))).toBe("NOT_FOUND");
      const decision = aDecision(home);
      await recorded(decision);
      expect(codeOf(await db.decisions.record(me, { ...decision, kind: "allow" }))).toBe("CONFLICT");
      expect(must(await db.decisions.find(me, decision.id)).kind).toBe("ask");
    });

    it("are paged without a gap or a repeat, whatever the filter and the size of a page", async () => {
      const agents: readonly AgentId[] = [home.agentId, aConversation(ada).agentId];
      const tools = ["reminder.create", "web.fetch"];
      const all: DecisionRecord[] = [];
      for (let n = 0; n < 60; n += 1) {
        const change = { agentId: agents[n % 2] ?? home.agentId, at: later(n) };
        all.push(aDecision(home, change, `text ${String(n)}`, tools[n % 3 === 0 ? 1 : 0]));
      }
      await recorded(...all);
      await fc.assert(
        fc.asyncProperty(
          fc.option(fc.constantFrom(...agents), { nil: undefined }),
          fc.option(fc.constantFrom(...tools), { nil: undefined }),
          fc.option(fc.integer({ min: -5, max: 65 }), { nil: undefined }),
          fc.integer({ min: 1, max: 70 }),
          async (agentId, tool, since, limit) => {
            const filter = {
              ...(agentId === undefined ? {} : { agentId }),
              ...(tool === undefined ? {} : { tool }),
              ...(since === undefined ? {} : { since: later(since) }),
            };
            const wanted = all.filter(
              (each) =>
                (agentId === undefined || each.agentId === agentId) &&
                (tool === undefined || each.input.call.tool === tool) &&
                (since === undefined || each.at >= later(since)),
            );
            expect((await replayed(filter, limit)).map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
            if (since !== undefined) return;
            const newest = wanted.toReversed().map(({ id }) => id);
            expect((await newestOf(filter, limit)).map(({ id }) => id)).toEqual(newest);
          },
        ),
        { numRuns: 60 },
      );
      expect(must(await db.decisions.page(me, {}, null, 0))).toEqual([]);
      expect(must(await db.decisions.newest(me, {}, null, 0))).toEqual([]);
    });

    it("begin where a time begins, although times need not rise, and end after an id that nobody knows", async () => {
      const [early, late] = [aDecision(home, { at: later(9) }), aDecision(home, { at: AT })];
      await recorded(early, late);
      expect((await replayed({ since: later(1) }, 5)).map(({ id }) => id)).toEqual([early.id]);
      expect(must(await db.decisions.page(me, { since: later(10) }, null, 5))).toEqual([]);
      expect(must(await db.decisions.page(me, {}, next(DecisionId), 5))).toEqual([]);
      expect(must(await db.decisions.newest(me, {}, next(DecisionId), 5))).toEqual([]);
      expect((await replayed({ since: AT }, 5)).map(({ id }) => id)).toEqual([early.id, late.id]);
    });

    it("pass over those of an erased conversation, so that the rest can be replayed", async () => {
      const gone = aConversation(ada);
      must(await db.conversations.create(me, gone));
      const erased = Array.from({ length: 7 }, () => aDecision(gone));
      const kept = [aDecision(home), aDecision(home)];
      await recorded(...erased, ...kept);
      sealer.erase(`conversation:${gone.id}`);
      expect((await replayed({}, 2)).map(({ id }) => id)).toEqual(kept.map(({ id }) => id));
      expect((await newestOf({}, 2)).map(({ id }) => id)).toEqual(kept.toReversed().map(({ id }) => id));
      expect(must(await db.decisions.countCalls(me, AT))).toBe(9);
      expect(codeOf(await db.decisions.find(me, erased[0]?.id ?? next(DecisionId)))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await db.decisions.ofCall(me, erased[0]?.callId ?? next(CallId)))).toBe("CONTENT_UNREADABLE");
    });

    it("count each call once since a time, whatever its decisions and their order", async () => {
      const [often, once] = [next(CallId), next(CallId)];
      const at = (milliseconds: number, callId: CallId) => aDecision(home, { callId, at: later(milliseconds) });
      await recorded(at(9, often), at(1, often), at(2, once), at(8, often), at(0, next(CallId)), at(5, next(CallId)));
      const counted = async (since: number) => must(await db.decisions.countCalls(me, later(since)));
      expect(await Promise.all([0, 1, 3, 6, 9, 10].map(counted))).toEqual([4, 3, 2, 1, 1, 0]);
    });

    it("are found across a long past of others, and let others work meanwhile", async () => {
      const mine = [aDecision(home), aDecision(home)];
      const bob = person(ada.tenantId);
      const theirs = aConversation(bob);
      must(await db.conversations.create(scopeOf(bob), theirs));
      const [first, last] = mine;
      if (first === undefined || last === undefined) throw new Error("there are two");
      await recorded(first);
      must(
        await db.atomically(async (inside) => {
          for (let n = 0; n < 2_500; n += 1) must(await inside.decisions.record(scopeOf(bob), aDecision(theirs)));
          return ok(null);
        }, "with-record"),
      );
      await recorded(last);
      const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
        let turns = 0;
        let running = true;
        const others = (async () => {
          for (; running; turns += 1) await setImmediate();
        })();
        await work();
        running = false;
        await others;
        return turns;
      };
      const looked = [
        async () => expect(await replayed({ since: AT }, 5)).toEqual(mine),
        async () => expect(await newestOf({ tool: "reminder.create" }, 5)).toEqual(mine.toReversed()),
        async () => expect(must(await db.decisions.countCalls(me, AT))).toBe(2),
        async () => expect(must(await db.decisions.page(scopeOf(bob), {}, null, 9_999))).toHaveLength(2_500),
      ];
      must(
        await db.atomically(async (inside) => {
          expect(await inside.decisions.page(me, {}, first.id, 5)).toEqual(ok([last]));
          expect(await inside.decisions.newest(me, {}, last.id, 5)).toEqual(ok([first]));
          return inside.decisions.countCalls(me, AT);
        }),
      );
      for (const look of looked) expect(await turnsDuring(look)).toBeGreaterThanOrEqual(3);
    });

    it("hand on that the file is closed", async () => {
      await db.close();
      const looked = [
        await db.decisions.page(me, {}, null, 5),
        await db.decisions.page(me, { since: AT }, null, 5),
        await db.decisions.newest(me, {}, null, 5),
        await db.decisions.countCalls(me, AT),
      ];
      expect(looked.map(codeOf)).toEqual(looked.map(() => "DATABASE_UNAVAILABLE"));
    });

    it("stand sealed in the file", async () => {
      await recorded(aDecision(home, {}, "canarycanary"));
      expect(engine.bytesOnDisk(options).includes("canarycanary")).toBe(false);
    });
  });
});
