import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { StopId, TenantId, err, moltbotError, ok } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Database } from "./index.ts";
import {
  aConversation,
  aStop,
  aTurn,
  AT,
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
  const bob = person(ada.tenantId);
  const eve = person();
  const me = scopeOf(ada);
  let options: TestOptions;
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    return () => db.close();
  });
  afterAll(removeFolders);

  describe("a stop", () => {
    it("is in force for the whole tenant and no other, and stays in force after a restart", async () => {
      const stop = aStop(ada, { surface: "chat", reason: "something is off" });
      expect(must(await db.stops.current(me))).toBeNull();
      must(await db.stops.begin(me, stop));
      await db.close();
      db = await openTest(options);
      expect(must(await db.stops.current(me))).toEqual(stop);
      expect(must(await db.stops.current(scopeOf(bob)))).toEqual(stop);
      expect(must(await db.stops.current(scopeOf(eve)))).toBeNull();
    });

    it("ends once, with who resumed and when, and may then begin again", async () => {
      const stop = aStop(ada, { reason: "why" });
      must(await db.stops.begin(me, stop));
      const ended = { ...stop, resumedAt: later(5), resumedBy: bob.id };
      const results = await Promise.all([1, 2, 3].map(() => db.stops.end(scopeOf(bob), stop.id, bob.id, later(5))));
      expect(results.map(codeOf)).toEqual(["ok", "NOT_STOPPED", "NOT_STOPPED"]);
      expect(results[0]).toEqual({ ok: true, value: ended });
      expect(must(await db.stops.current(me))).toBeNull();
      must(await db.stops.begin(me, aStop(ada, { epoch: 2 })));
      expect(must(await db.stops.current(me))?.epoch).toBe(2);
    });

    it("is not ended by a word about an earlier one", async () => {
      const [first, second] = [aStop(ada), aStop(bob, { epoch: 2 })];
      must(await db.stops.begin(me, first));
      must(await db.stops.end(me, first.id, ada.id, later(1)));
      must(await db.stops.begin(scopeOf(bob), second));
      for (const id of [first.id, next(StopId)])
        expect(codeOf(await db.stops.end(me, id, ada.id, later(2)))).toBe("NOT_STOPPED");
      expect(must(await db.stops.current(me))).toEqual(second);
      expect(must(await db.stops.end(me, second.id, ada.id, later(3))).id).toBe(second.id);
    });

    it("begins once, however many stop at once", async () => {
      const stops = [ada, bob, ada, bob].map((by) => aStop(by));
      const begun = await Promise.all(stops.map((stop) => db.stops.begin({ ...me, principalId: stop.by }, stop)));
      expect(begun.map(codeOf)).toEqual(["ok", "CONFLICT", "CONFLICT", "CONFLICT"]);
      expect(must(await db.stops.current(me))?.id).toBe(stops[0]?.id);
    });

    it("is begun by oneself, in one's own tenant", async () => {
      expect(codeOf(await db.stops.begin(me, aStop(bob)))).toBe("NOT_FOUND");
      expect(codeOf(await db.stops.begin(me, aStop(ada, { tenantId: next(TenantId) })))).toBe("NOT_FOUND");
      expect(codeOf(await db.stops.end(me, next(StopId), bob.id, AT))).toBe("NOT_FOUND");
      expect(codeOf(await db.stops.end(me, next(StopId), ada.id, AT))).toBe("NOT_STOPPED");
      must(await db.stops.begin(scopeOf(ada, "system"), aStop(bob)));
    });

    it("holds without its reason when that cannot be sealed or read", async () => {
      const keyless: ContentSealer = {
        seal: () => err(moltbotError("VAULT_LOCKED", { problem: "a test says so" })),
        open: () => err(moltbotError("CONTENT_UNREADABLE")),
        // The database itself is opened by a mark of its vault, which is nobody's content.
        mac: ([subject]) => (subject === "system" ? ok("00") : err(moltbotError("CONTENT_UNREADABLE"))),
        prepare: ([subject]) =>
          subject === "system" ? ok(undefined) : err(moltbotError("VAULT_LOCKED", { problem: "a test says so" })),
      };
      const other = await openTest(engine.options({ sealer: keyless }));
      const stop = aStop(ada, { reason: "the disk is full" });
      must(await other.stops.begin(me, stop));
      expect(must(await other.stops.current(me))).toEqual({ ...stop, reason: null });
      await other.close();

      const forgotten = aStop(ada, { reason: "soon forgotten" });
      must(await db.stops.begin(me, forgotten));
      sealer.erase(`person:${ada.id}`);
      expect(must(await db.stops.current(me))).toMatchObject({ by: ada.id, reason: null });
      expect(must(await db.stops.end(me, forgotten.id, ada.id, AT)).resumedBy).toBe(ada.id);
    });
  });

  describe("while a tenant is stopped", () => {
    it("its turns are held in the queue, those of others run, and after it they go on in order", async () => {
      const [home, elsewhere] = [aConversation(ada), aConversation(eve)];
      must(await db.conversations.create(me, home));
      must(await db.conversations.create(scopeOf(eve), elsewhere));
      const [first, second] = [aTurn(ada, home), aTurn(ada, home)];
      for (const turn of [first, second]) must(await db.turns.enqueue(me, turn, null));
      const stop = aStop(ada);
      must(await db.stops.begin(me, stop));
      expect(must(await db.turns.claim(AT, later(1000)))).toBeNull();
      const hers = aTurn(eve, elsewhere);
      must(await db.turns.enqueue(scopeOf(eve), hers, null));
      expect(must(await db.turns.claim(AT, later(1000)))?.turn.id).toBe(hers.id);
      expect(must(await db.turns.counts(me)).queued).toBe(2);
      must(await db.stops.end(me, stop.id, ada.id, AT));
      expect(must(await db.turns.claim(AT, later(1000)))?.turn.id).toBe(first.id);
      expect(must(await db.turns.claim(AT, later(1000)))).toBeNull();
    });

    it("a running turn that is given back is held, and a waiting one wakes into the queue", async () => {
      const home = aConversation(ada);
      const other = aConversation(ada);
      for (const each of [home, other]) must(await db.conversations.create(me, each));
      const [waiting, running] = [aTurn(ada, home), aTurn(ada, other)];
      for (const turn of [waiting, running]) must(await db.turns.enqueue(me, turn, null));
      const lease = must(await db.turns.claim(AT, later(1000)));
      must(await db.turns.claim(AT, later(1000)));
      if (lease === null) throw new Error("it was queued");
      must(await db.turns.park(lease, []));
      must(await db.stops.begin(me, aStop(ada)));
      expect(must(await db.turns.open(me)).map(({ id, state }) => [id, state])).toEqual([
        [waiting.id, "waiting"],
        [running.id, "running"],
      ]);
      expect(must(await db.turns.resume(me, waiting.id))).toBe(true);
      expect(must(await db.turns.claim(later(1000), later(2000)))).toBeNull();
      expect(must(await db.turns.counts(me))).toMatchObject({ queued: 2, running: 0 });
      expect(must(await db.turns.open(me))).toEqual([]);
    });
  });

  describe("unplug: without a stop on record", () => {
    it("the same turn is leased", async () => {
      const home = aConversation(ada);
      must(await db.conversations.create(me, home));
      must(await db.turns.enqueue(me, aTurn(ada, home), null));
      const stop = aStop(ada);
      must(await db.stops.begin(me, stop));
      expect(must(await db.turns.claim(AT, later(1000)))).toBeNull();
      must(await db.stops.end(me, stop.id, ada.id, AT));
      expect(must(await db.turns.claim(AT, later(1000)))).not.toBeNull();
    });
  });
});
