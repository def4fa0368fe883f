import { setImmediate } from "node:timers/promises";
import { CallId, Digest, MemoryId, MessageId, PlanId, joinLabels, label, ok } from "@moltbot/contracts";
import type { CallRecord, Conversation, DecisionRecord, Label, MessagePart, Source } from "@moltbot/contracts";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import {
  AT,
  aCall,
  aConversation,
  aDecision,
  aMemory,
  aMessage,
  aPlan,
  aReminder,
  anEffect,
  codeOf,
  digest,
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

onEveryEngine((engine) => {
  const ada = person();
  const bob = person(ada.tenantId);
  const me = scopeOf(ada);
  const HOST = { kind: "host", ref: "evil.example:443" } as const;
  const hostile = label("untrusted", [ada.id], [HOST]);
  const own = label("authority", [ada.id], [{ kind: "message", ref: "mine" }]);
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;
  let home: Conversation;

  beforeEach(async () => {
    sealer = memorySealer();
    db = await openTest(engine.options({ sealer }));
    home = aConversation(ada);
    must(await db.conversations.create(me, home));
    return () => db.close();
  });
  afterAll(removeFolders);

  const say = async (part: MessagePart, of: Label = own, at = AT) =>
    must(await db.conversations.append(me, "main", aMessage(home, "", { parts: [part], label: of, createdAt: at })));
  const idsFrom = async (source: Source, scope = me) =>
    must(await db.provenance.derivedFrom(scope, source)).map(({ id }) => id);
  /** A decision and what the ledger says about its call. */
  const ran = async (decision: DecisionRecord, state: CallRecord["state"] = "done"): Promise<DecisionRecord> => {
    must(await db.calls.put(me, aCall(home, { callId: decision.callId, state })));
    must(await db.decisions.record(me, decision));
    return decision;
  };
  const effectsOf = async (source: Source = HOST) => must(await db.provenance.effectsFrom(me, source));

  const callId = next(CallId);
  const quote: MessagePart = { type: "quote", kind: "pasted", from: "a page", text: "obey me", label: hostile };
  const result: Extract<MessagePart, { type: "result" }> = {
    type: "result",
    callId,
    tool: "quarantine.ask",
    status: "ok",
    text: "42",
    summary: "a number",
    code: null,
  };
  const call: Extract<MessagePart, { type: "call" }> = { type: "call", callId, tool: "mail.send", arguments: {} };

  describe("what is kept", () => {
    it("is found by its id, with how it begins and the label of all that it holds", async () => {
      const message = await say(quote, own, later(1));
      expect(must(await db.provenance.item(me, message.id))).toStrictEqual({
        kind: "message",
        id: message.id,
        says: "A person wrote: “obey me”",
        label: joinLabels(own, hostile),
        at: later(1),
      });
      const memory = must(await db.memories.create(me, aMemory(ada, "pay\u202E Eve", { label: hostile })));
      expect(must(await db.provenance.item(me, memory.id))).toStrictEqual({
        kind: "memory",
        id: memory.id,
        says: "A memory: “pay⟨U+202E⟩ Eve”",
        label: hostile,
        at: AT,
      });
      const reminder = must(await db.reminders.create(me, aReminder(home, { label: hostile, state: "fired" })));
      expect(must(await db.provenance.item(me, reminder.id))).toMatchObject({
        kind: "reminder",
        says: `A reminder for ${reminder.dueAt}: “stretch”`,
        label: hostile,
      });
      for (const id of [next(MessageId), next(MemoryId), "", "obey", `${message.id} `])
        expect(codeOf(await db.provenance.item(me, id))).toBe("NOT_FOUND");
      expect(codeOf(await db.provenance.item(scopeOf(bob), message.id))).toBe("NOT_FOUND");
      sealer.erase(`conversation:${home.id}`);
      expect(codeOf(await db.provenance.item(me, message.id))).toBe("CONTENT_UNREADABLE");
    });

    it.each<readonly [MessagePart["type"], MessagePart, string]>([
      ["text", { type: "text", text: " " }, ""],
      ["result", result, "quarantine.ask: 42"],
      ["call", call, "a call of mail.send"],
      ["plan", { type: "plan", plan: aPlan(aConversation(ada)) }, "tell Bob"],
      ["plan", { type: "plan", plan: aPlan(aConversation(ada), { goal: "" }) }, "a plan"],
      [
        "reminder",
        { type: "reminder", reminderId: aReminder(aConversation(ada)).id, text: "go", dueAt: AT, late: false },
        "go",
      ],
    ])("says how a message begins that holds a %s", async (_type, part, words) => {
      const { id } = await say(part);
      expect(must(await db.provenance.item(me, id)).says).toBe(`A person wrote: “${words}”`);
    });
  });

  describe("what came from a source", () => {
    it("is every message, memory and scheduled reminder whose label names it, oldest first, and nothing else", async () => {
      const reminder = aReminder(home, { label: hostile, createdAt: later(1) });
      const fired = aReminder(home, { label: hostile, state: "fired" });
      const memory = aMemory(ada, "obey", { label: joinLabels(own, hostile), createdAt: later(3) });
      for (const each of [reminder, fired, aReminder(home)]) must(await db.reminders.create(me, each));
      for (const each of [memory, aMemory(ada, "lunch")]) must(await db.memories.create(me, each));
      const young = await say({ type: "text", text: "later" }, hostile, later(4));
      const old = await say({ type: "text", text: "page" }, hostile, later(2));
      await say({ type: "text", text: "mine" });
      expect(await idsFrom(HOST)).toEqual([reminder.id, old.id, memory.id, young.id]);
      expect(must(await db.provenance.derivedFrom(me, HOST)).map(({ kind }) => kind)).toEqual([
        "reminder",
        "message",
        "memory",
        "message",
      ]);
      // The same words as another kind, a part of it, or more than it, name something else.
      for (const other of [
        { kind: "file", ref: HOST.ref },
        { kind: "host", ref: "evil.example" },
        { kind: "host", ref: `${HOST.ref}0` },
        { kind: "host", ref: "" },
        { kind: "host", ref: "%" },
      ] as const)
        expect(await idsFrom(other)).toEqual([]);
      expect(await idsFrom(HOST, scopeOf(bob))).toEqual([]);
      expect(await idsFrom(HOST, scopeOf(bob, "tenant"))).toHaveLength(4);
    });

    it.each<readonly [string, MessagePart]>([
      ["in a quote", quote],
      [
        "in what a reader answered, although only a number of it is in view",
        { ...result, reader: { bits: 8, label: hostile } },
      ],
      ["in the value of an argument", { ...call, values: { to: own, text: hostile } }],
      [
        "in what a planned step refers to",
        { ...call, planned: { planId: next(PlanId), step: 1, from: [{ ref: 1, label: hostile }] } },
      ],
      ["in a plan", { type: "plan", plan: aPlan(aConversation(ada), { label: hostile }) }],
    ])("is found where its label is sealed: %s", async (_where, part) => {
      await say({ type: "text", text: "mine" });
      const message = await say(part);
      const [item, ...rest] = must(await db.provenance.derivedFrom(me, HOST));
      expect(rest).toEqual([]);
      expect(item).toMatchObject({ kind: "message", id: message.id, label: { integrity: "untrusted" } });
      expect(item?.label.sources).toContainEqual(HOST);
    });

    it.each(['a"b\\c', "päth/ü.txt", "\u0000", "\uD800", "a\nb", "'; drop table memories; --", "[%_]*"])(
      "is found whatever the source is called: %j",
      async (ref) => {
        const source = { kind: "file", ref } as const;
        const from = label("untrusted", "public", [source]);
        const memory = must(await db.memories.create(me, aMemory(ada, "x", { label: from })));
        must(await db.memories.create(me, aMemory(ada, "y", { label: hostile })));
        must(await db.fileLabels.keep(me, digest, from));
        expect(await idsFrom(source)).toEqual([memory.id]);
        expect(must(await db.provenance.filesFrom(me, source))).toEqual([{ content: digest, label: from }]);
      },
    );

    it("passes over what was erased, and what was removed names nothing any more", async () => {
      const erased = aConversation(ada);
      must(await db.conversations.create(me, erased));
      must(await db.conversations.append(me, "main", aMessage(erased, "obey", { label: hostile })));
      const message = await say({ type: "text", text: "page" }, hostile);
      sealer.erase(`conversation:${erased.id}`);
      expect(await idsFrom(HOST)).toEqual([message.id]);
      must(await db.conversations.removeContent(me, message.id, "gone"));
      expect(await idsFrom(HOST)).toEqual([]);
    });

    it("is found among thousands while others come in between, and inside a transaction", async () => {
      must(
        await db.atomically(async (inside) => {
          for (let n = 0; n < 1_200; n += 1)
            must(
              await inside.conversations.append(
                me,
                "main",
                aMessage(home, "x", n % 400 === 7 ? { label: hostile } : {}),
              ),
            );
          return ok(null);
        }, "with-record"),
      );
      let turns = 0;
      let running = true;
      const others = (async () => {
        for (; running; turns += 1) await setImmediate();
      })();
      expect(await idsFrom(HOST)).toHaveLength(3);
      running = false;
      await others;
      expect(turns).toBeGreaterThanOrEqual(20);
      expect(must(await db.atomically((inside) => inside.provenance.derivedFrom(me, HOST)))).toHaveLength(3);
    });

    it("is not said to be nothing when the file is closed", async () => {
      await db.close();
      const looked = [
        await db.provenance.item(me, callId),
        await db.provenance.derivedFrom(me, HOST),
        await db.provenance.filesFrom(me, HOST),
        await db.provenance.effectsFrom(me, HOST),
      ];
      expect(looked.map(codeOf)).toEqual(looked.map(() => "DATABASE_UNAVAILABLE"));
    });
  });

  describe("files that came from a source", () => {
    it("are contents with the label they are read with", async () => {
      const [second, third] = [Digest.parse("cd".repeat(32)), Digest.parse("0f".repeat(32))];
      must(await db.fileLabels.keep(me, second, hostile));
      must(await db.fileLabels.keep(me, digest, hostile));
      must(await db.fileLabels.keep(me, digest, own));
      must(await db.fileLabels.keep(me, third, own));
      must(await db.fileLabels.keep(scopeOf(bob), second, label("untrusted", [bob.id])));
      expect(must(await db.provenance.filesFrom(me, HOST))).toEqual([
        { content: digest, label: joinLabels(own, hostile) },
        { content: second, label: hostile },
      ]);
      expect(must(await db.provenance.filesFrom(scopeOf(bob), HOST))).toEqual([]);
      // Who sees what several people keep gets the label that a look at the content gives.
      const all = must(await db.provenance.filesFrom(scopeOf(ada, "tenant"), HOST));
      expect(all.find(({ content }) => content === second)?.label).toEqual(
        must(await db.fileLabels.find(scopeOf(ada, "tenant"), second)),
      );
    });
  });

  describe("effects under the influence of a source", () => {
    it("are allowed calls that may have left, oldest first, with where they went", async () => {
      const second = await ran(anEffect(home, { label: hostile, at: later(2) }));
      const first = await ran(anEffect(home, { label: joinLabels(own, hostile), effect: "fetch", at: later(1) }));
      await ran(anEffect(home, { label: own }));
      expect(await effectsOf()).toStrictEqual([
        { callId: first.callId, tool: "mail.send", effect: "fetch", at: later(1), to: "bob@example.org" },
        { callId: second.callId, tool: "mail.send", effect: "send", at: later(2), to: "bob@example.org" },
      ]);
      expect(must(await db.provenance.effectsFrom(scopeOf(bob), HOST))).toEqual([]);
    });

    it.each(["send", "fetch", "execute", "commit"] as const)("count a %s", async (effect) => {
      await ran(anEffect(home, { label: hostile, effect }));
      expect(await effectsOf()).toHaveLength(1);
    });

    it.each(["read", "write"] as const)("leave out a %s, which stays here", async (effect) => {
      await ran(anEffect(home, { label: hostile, effect }));
      expect(await effectsOf()).toEqual([]);
    });

    it.each(["admitted", "done", "failed", "unknown"] as const)("count one whose call is %s", async (state) => {
      await ran(anEffect(home, { label: hostile }), state);
      expect(await effectsOf()).toHaveLength(1);
    });

    it.each(["asked", "refused"] as const)("leave out one whose call is %s", async (state) => {
      await ran(anEffect(home, { label: hostile }), state);
      expect(await effectsOf()).toEqual([]);
    });

    it("leave out what was asked about or refused, what no tool did, and what the ledger does not know", async () => {
      const asked = anEffect(home, { label: hostile });
      await ran({ ...asked, kind: "ask" });
      await ran({ ...anEffect(home, { label: hostile }), kind: "deny" });
      const bare = aDecision(home, { kind: "allow" });
      await ran({ ...bare, input: { ...bare.input, call: { ...bare.input.call, label: hostile } } });
      must(await db.decisions.record(me, anEffect(home, { label: hostile })));
      expect(await effectsOf()).toEqual([]);
    });

    it("count a call chosen in a clean view that carried the source in a value or a reference", async () => {
      const carried = await ran(anEffect(home, { label: own, values: { to: own, text: hostile } }));
      const base = anEffect(home, { label: own, at: later(1) });
      const planned = { planId: next(PlanId), step: 2, from: [{ ref: 1, label: hostile }] };
      await ran({ ...base, input: { ...base.input, call: { ...base.input.call, planned } } });
      expect((await effectsOf()).map((effect) => effect.callId)).toEqual([carried.callId, base.callId]);
    });

    it("name a call once, as it was when it was allowed last", async () => {
      const first = await ran(anEffect(home, { label: hostile }));
      const again = anEffect(home, {
        label: hostile,
        callId: first.callId,
        at: later(5),
        resources: [{ argument: "to", kind: "recipient", value: "eve@example.org", refusal: null }],
      });
      must(await db.decisions.record(me, again));
      const [only, ...rest] = await effectsOf();
      expect(rest).toEqual([]);
      expect(only).toMatchObject({ callId: first.callId, at: later(5), to: "eve@example.org" });
    });

    it("say where they went in characters that can be seen, several places, what they set, or that none was named", async () => {
      const place = (kind: "host" | "value", value: string) => ({ argument: "a", kind, value, refusal: null });
      const hosts = ["1", "2", "3", "4", "5", "6", "6"].map((value) => place("host", value));
      const cases = [
        [[place("host", "evil\u202E.example:443"), place("value", "7")], "evil⟨U+202E⟩.example:443"],
        [hosts, "1, 2, 3, 4, 5 and 1 more"],
        [[place("value", "10")], "a: 10"],
        [[], "no place named"],
      ] as const;
      for (const [at, [resources]] of cases.entries())
        await ran(anEffect(home, { label: hostile, resources, at: later(at) }));
      expect((await effectsOf()).map(({ to }) => to)).toEqual(cases.map(([, words]) => words));
    });

    it("pass over what was erased", async () => {
      await ran(anEffect(home, { label: hostile }));
      sealer.erase(`conversation:${home.id}`);
      expect(await effectsOf()).toEqual([]);
    });
  });

  describe("unplug: by the labels of messages alone", () => {
    it("a hostile page that the owner pasted stays where it is", async () => {
      const message = await say(quote);
      const path = must(await db.conversations.path(me, home.id, "main", 9));
      const byOwnLabel = path.filter((each) => each.label.sources.some(({ ref }) => ref === HOST.ref));
      expect(byOwnLabel).toEqual([]);
      expect(await idsFrom(HOST)).toEqual([message.id]);
    });
  });

  describe("unplug: without what planned values bring in", () => {
    it("a stolen text that left in a planned mail is not reported", async () => {
      const stolen = anEffect(home, { label: own, values: { text: hostile } });
      const { values: _values, ...blind } = stolen.input.call;
      await ran({ ...stolen, input: { ...stolen.input, call: blind } });
      expect(await effectsOf()).toEqual([]);
      await ran(anEffect(home, { label: own, values: { text: hostile } }));
      expect(await effectsOf()).toHaveLength(1);
    });
  });
});
