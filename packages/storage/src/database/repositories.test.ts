import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  Digest,
  MessageId,
  ReminderId,
  SessionId,
  TokenId,
  TurnId,
  ok,
} from "@moltbot/contracts";
import type { Approval, ApprovalFacts, CallRecord } from "@moltbot/contracts";
import type { Database } from "./index.ts";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import {
  AT,
  aCall,
  aCapability,
  aConversation,
  aMemory,
  aMessage,
  aReminder,
  anAgent,
  anApproval,
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
  let options: TestOptions;
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;
  const ada = person();
  const me = scopeOf(ada);
  const system = scopeOf(ada, "system");

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    return () => db.close();
  });
  afterAll(removeFolders);

  const reopen = async (): Promise<void> => {
    await db.close();
    db = await openTest(options);
  };

  const factsOf = ({ question: _q, label: _l, scope: _s, reason: _r, edited: _e, ...facts }: Approval): ApprovalFacts =>
    facts;
  const byId = (approvals: readonly ApprovalFacts[]): readonly ApprovalFacts[] =>
    approvals.toSorted((a, b) => (a.id < b.id ? -1 : 1));

  describe("agents", () => {
    it("come back after a restart, oldest first", async () => {
      const first = anAgent(ada);
      const second = { ...anAgent(ada), createdAt: later(1) };
      must(await db.agents.create(me, second));
      must(await db.agents.create(me, first));
      await reopen();
      expect(must(await db.agents.list(me))).toEqual([first, second]);
      expect(must(await db.agents.find(me, second.id))).toEqual(second);
      expect(codeOf(await db.agents.find(me, next(AgentId)))).toBe("NOT_FOUND");
    });

    it("refuses an id that exists", async () => {
      const agent = anAgent(ada);
      must(await db.agents.create(me, agent));
      expect(codeOf(await db.agents.create(me, agent))).toBe("CONFLICT");
    });

    it("read as they were told last, after a restart", async () => {
      const agent = anAgent(ada);
      const other = { ...anAgent(ada), reading: "open" as const };
      for (const each of [agent, other]) must(await db.agents.create(me, each));
      expect(must(await db.agents.setReading(me, agent.id, "quarantined"))).toEqual({
        ...agent,
        reading: "quarantined",
      });
      await reopen();
      expect(must(await db.agents.find(me, agent.id)).reading).toBe("quarantined");
      expect(must(await db.agents.find(me, other.id)).reading).toBe("open");
      expect(codeOf(await db.agents.setReading(me, next(AgentId), "open"))).toBe("NOT_FOUND");
    });

    it("may ask for the tools that were set last, after a restart, and is the same otherwise", async () => {
      const [agent, other] = [anAgent(ada), anAgent(ada)];
      for (const each of [agent, other]) must(await db.agents.create(me, each));
      const set = { ...agent, capabilities: ["calc", "file.read"] };
      expect(must(await db.agents.setTools(me, agent.id, set.capabilities))).toEqual(set);
      await reopen();
      expect(must(await db.agents.find(me, agent.id))).toEqual(set);
      expect(must(await db.agents.find(me, other.id))).toEqual(other);
      expect(must(await db.agents.setTools(me, agent.id, [])).capabilities).toEqual([]);
      expect(codeOf(await db.agents.setTools(me, next(AgentId), []))).toBe("NOT_FOUND");
    });
  });

  describe("conversations", () => {
    it("come back as they were written", async () => {
      const conversation = aConversation(ada, { audience: [person().id] });
      must(await db.conversations.create(me, conversation));
      await reopen();
      expect(must(await db.conversations.find(me, conversation.id))).toEqual(conversation);
      expect(codeOf(await db.conversations.find(me, next(ConversationId)))).toBe("NOT_FOUND");
    });

    it("names the newest with an agent, and lists by last change", async () => {
      const agentId = next(AgentId);
      const old = aConversation(ada, { agentId });
      const young = aConversation(ada, { agentId, createdAt: later(5), updatedAt: later(5) });
      for (const each of [young, old]) must(await db.conversations.create(me, each));
      expect(must(await db.conversations.latest(me, agentId))?.id).toBe(young.id);
      expect(must(await db.conversations.latest(me, next(AgentId)))).toBeNull();
      must(await db.conversations.append(me, "main", aMessage(old, "new", { createdAt: later(10) })));
      expect(must(await db.conversations.list(me, 10)).map((each) => each.id)).toEqual([old.id, young.id]);
      expect(must(await db.conversations.list(me, 1))).toHaveLength(1);
    });

    it("appends under the head it finds and moves the head", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const stored = [];
      for (const text of ["one", "two", "three"]) {
        // The caller's parent is not believed.
        const message = aMessage(conversation, text, {
          parentId: next(MessageId),
          createdAt: later(stored.length),
          model: { name: "demo", demonstration: true },
        });
        stored.push(must(await db.conversations.append(me, "main", message)));
      }
      expect(stored.map((message) => message.parentId)).toEqual([null, stored[0]?.id, stored[1]?.id]);
      await reopen();
      expect(must(await db.conversations.path(me, conversation.id, "main", 10))).toEqual(stored);
      expect(must(await db.conversations.path(me, conversation.id, "main", 2))).toEqual(stored.slice(1));
      expect(must(await db.conversations.path(me, conversation.id, "main", 0))).toEqual([]);
      expect(must(await db.conversations.message(me, stored[1]?.id ?? next(MessageId)))).toEqual(stored[1]);
      const found = must(await db.conversations.find(me, conversation.id));
      expect([found.heads["main"], found.updatedAt]).toEqual([stored[2]?.id, later(2)]);
    });

    it("returns the stored message for an id that exists, and changes nothing", async () => {
      const conversation = aConversation(ada);
      const other = aConversation(ada);
      for (const each of [conversation, other]) must(await db.conversations.create(me, each));
      const first = must(await db.conversations.append(me, "main", aMessage(conversation, "first")));
      must(await db.conversations.append(me, "main", aMessage(conversation, "second")));
      expect(
        must(await db.conversations.append(me, "main", { ...first, parts: [{ type: "text", text: "changed" }] })),
      ).toEqual(first);
      expect(must(await db.conversations.path(me, conversation.id, "main", 9))).toHaveLength(2);
      expect(codeOf(await db.conversations.append(me, "main", { ...first, conversationId: other.id }))).toBe(
        "CONFLICT",
      );
    });

    it("keeps branches apart, whatever their names", async () => {
      const conversation = aConversation(ada, { heads: { main: null, ["__proto__"]: null, constructor: null } });
      must(await db.conversations.create(me, conversation));
      for (const head of ["main", "__proto__", "constructor"]) {
        must(await db.conversations.append(me, head, aMessage(conversation, head)));
      }
      for (const head of ["main", "__proto__", "constructor"]) {
        const path = must(await db.conversations.path(me, conversation.id, head, 9));
        expect(path.map((message) => message.parts)).toEqual([[{ type: "text", text: head }]]);
      }
      expect(codeOf(await db.conversations.append(me, "toString", aMessage(conversation)))).toBe("NOT_FOUND");
      expect(codeOf(await db.conversations.path(me, conversation.id, "valueOf", 5))).toBe("NOT_FOUND");
      expect(codeOf(await db.conversations.path(me, next(ConversationId), "main", 5))).toBe("NOT_FOUND");
      expect(codeOf(await db.conversations.message(me, next(MessageId)))).toBe("NOT_FOUND");
    });

    it("branch at any message of theirs without copying one, once per name", async () => {
      const conversation = aConversation(ada);
      const other = aConversation(ada);
      for (const each of [conversation, other]) must(await db.conversations.create(me, each));
      const first = must(await db.conversations.append(me, "main", aMessage(conversation, "first")));
      must(await db.conversations.append(me, "main", aMessage(conversation, "second")));
      must(await db.conversations.branch(me, conversation.id, "try", first.id));
      must(await db.conversations.branch(me, conversation.id, "anew", null));
      must(await db.conversations.append(me, "try", aMessage(conversation, "instead")));
      await reopen();
      const said = async (head: string) =>
        must(await db.conversations.path(me, conversation.id, head, 9)).map(({ parts }) => parts);
      expect(await said("main")).toEqual([[{ type: "text", text: "first" }], [{ type: "text", text: "second" }]]);
      expect(await said("try")).toEqual([[{ type: "text", text: "first" }], [{ type: "text", text: "instead" }]]);
      expect(await said("anew")).toEqual([]);
      expect(codeOf(await db.conversations.branch(me, conversation.id, "try", null))).toBe("CONFLICT");
      expect(codeOf(await db.conversations.branch(me, other.id, "try", first.id))).toBe("NOT_FOUND");
      expect(codeOf(await db.conversations.branch(scopeOf(person()), conversation.id, "hers", null))).toBe("NOT_FOUND");
    });

    it("cannot be read any more once a subject's key is gone", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const message = must(await db.conversations.append(me, "main", aMessage(conversation)));
      sealer.erase(`conversation:${conversation.id}`);
      expect(codeOf(await db.conversations.message(me, message.id))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await db.conversations.find(me, conversation.id))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await db.conversations.path(me, conversation.id, "main", 5))).toBe("CONTENT_UNREADABLE");
    });
  });

  describe("approvals", () => {
    it("keep question, answer and reason", async () => {
      const conversation = aConversation(ada);
      const approval = anApproval(conversation, { reason: "an earlier word" });
      must(await db.conversations.create(me, conversation));
      must(await db.approvals.create(me, approval));
      await reopen();
      expect(must(await db.approvals.find(me, approval.id))).toEqual(approval);
      const answer = { answeredBy: ada.id, answeredAt: later(1), scope: "once", reason: "go on" } as const;
      expect(must(await db.approvals.move(me, approval.id, "pending", "allowed", answer))).toEqual({
        ...approval,
        ...answer,
        state: "allowed",
      });
      expect(must(await db.approvals.move(me, approval.id, "allowed", "consumed", {}))).toEqual({
        ...approval,
        ...answer,
        state: "consumed",
      });
      expect(must(await db.approvals.ofTurn(me, approval.turnId))).toHaveLength(1);
      expect(must(await db.approvals.list(me, "pending", 5))).toEqual([]);
      expect(must(await db.approvals.list(me, "all", 5))).toHaveLength(1);
      expect(must(await db.approvals.list(me, "consumed", 5))).toHaveLength(1);
      expect(codeOf(await db.approvals.find(me, next(ApprovalId)))).toBe("NOT_FOUND");
    });

    it("refuses every move that the state machine does not know", async () => {
      const conversation = aConversation(ada);
      const approval = anApproval(conversation, { state: "denied" });
      must(await db.conversations.create(me, conversation));
      must(await db.approvals.create(me, approval));
      const moved = await db.approvals.move(me, approval.id, "denied", "allowed", {});
      expect(codeOf(moved)).toBe("APPROVAL_ALREADY_ANSWERED");
      expect(moved.ok ? null : moved.error.context).toEqual({ state: "denied" });
      expect(must(await db.approvals.find(me, approval.id)).state).toBe("denied");
    });

    it("keep an edit with its digest and its question, sealed apart, and lose none of it by a later move", async () => {
      const conversation = aConversation(ada);
      const approval = anApproval(conversation);
      must(await db.conversations.create(me, conversation));
      must(await db.approvals.create(me, approval));
      const changed = {
        edited: { text: "canarycanary", minutes: 5, deep: { list: [1, null] } },
        digest: Digest.parse("cd".repeat(32)),
        question: { ...approval.question, consequence: "Sets another.", stepUp: true },
      };
      must(await db.approvals.move(me, approval.id, "pending", "allowed", changed));
      must(await db.approvals.move(me, approval.id, "allowed", "consumed", { edited: null }));
      await reopen();
      expect(must(await db.approvals.find(me, approval.id))).toStrictEqual({
        ...approval,
        ...changed,
        state: "consumed",
      });
      const born = anApproval(conversation, { edited: { text: "x" } });
      must(await db.approvals.create(me, born));
      expect(must(await db.approvals.find(me, born.id)).edited).toEqual({ text: "x" });
      expect(engine.bytesOnDisk(options).includes("canarycanary")).toBe(false);
      sealer.erase(`conversation:${conversation.id}`);
      expect(codeOf(await db.approvals.find(me, approval.id))).toBe("CONTENT_UNREADABLE");
    });

    it("come newest first since a time", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const all = [1, 2, 3, 4].map((at) => anApproval(conversation, { createdAt: later(at) }));
      for (const each of all) must(await db.approvals.create(me, each));
      const ids = async (since: number, limit: number) =>
        must(await db.approvals.since(me, later(since), limit)).map(({ createdAt }) => createdAt);
      expect(await ids(2, 9)).toEqual([later(4), later(3), later(2)]);
      expect(await ids(2, 1)).toEqual([later(4)]);
      expect(await ids(2, 0)).toEqual([]);
      expect(await ids(5, 9)).toEqual([]);
      const erased = aConversation(ada);
      must(await db.conversations.create(me, erased));
      must(await db.approvals.create(me, anApproval(erased, { createdAt: later(9) })));
      sealer.erase(`conversation:${erased.id}`);
      expect(await ids(4, 9)).toEqual([later(4)]);
    });

    it("come newest first, each once, however many there are and although many are of one moment", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const all = Array.from({ length: 250 }, (_, n) =>
        anApproval(conversation, { createdAt: later(n < 120 ? 1 : n) }),
      );
      must(
        await db.atomically(async (inside) => {
          for (const each of all) must(await inside.approvals.create(me, each));
          return ok(null);
        }),
      );
      const sorted = all.toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? 1 : -1)).map(({ id }) => id);
      for (const limit of [99, 100, 101, 200, 250, 999])
        expect(must(await db.approvals.since(me, AT, limit)).map(({ id }) => id)).toEqual(sorted.slice(0, limit));
      expect(must(await db.approvals.since(me, later(2), 999))).toHaveLength(130);
    });

    it("are due when pending or allowed until this millisecond, those first that have been for longest", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const due = [
        anApproval(conversation, { state: "allowed", expiresAt: later(30_000) }),
        anApproval(conversation, { expiresAt: later(30_001) }),
        anApproval(conversation),
      ];
      const not = [
        anApproval(conversation, { state: "denied" }),
        anApproval(conversation, { expiresAt: later(60_001) }),
      ];
      for (const each of [...due, ...not].toReversed()) must(await db.approvals.create(me, each));
      expect(must(await db.approvals.due(system, later(60_000), 9))).toStrictEqual(due.map(factsOf));
      expect(must(await db.approvals.due(system, later(60_000), 2))).toStrictEqual(due.slice(0, 2).map(factsOf));
      expect(must(await db.approvals.due(system, later(60_000), 0))).toEqual([]);
      expect(must(await db.approvals.due(system, later(29_999), 9))).toEqual([]);
    });

    it("expire when named, due and still pending or allowed, and are returned once", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const due = [anApproval(conversation), anApproval(conversation, { state: "allowed" })];
      const unnamed = anApproval(conversation);
      const not = [
        anApproval(conversation, { state: "consumed" }),
        anApproval(conversation, { expiresAt: later(60_001) }),
      ];
      for (const each of [...due, unnamed, ...not]) must(await db.approvals.create(me, each));
      const ids = [...due, ...not].map(({ id }) => id);
      const expired = must(await db.approvals.expire(system, ids, later(60_000)));
      expect(byId(expired)).toStrictEqual(byId(due.map((each) => factsOf({ ...each, state: "expired" }))));
      expect(must(await db.approvals.expire(system, ids, later(60_000)))).toEqual([]);
      expect(must(await db.approvals.expire(system, [], later(60_000)))).toEqual([]);
      for (const each of [unnamed, ...not]) expect(must(await db.approvals.find(me, each.id))).toEqual(each);
    });

    it("are cancelled all at once where nobody used them yet, in one tenant and no other", async () => {
      const stranger = person();
      const [conversation, elsewhere] = [aConversation(ada), aConversation(stranger)];
      must(await db.conversations.create(me, conversation));
      must(await db.conversations.create(scopeOf(stranger), elsewhere));
      const open = [anApproval(conversation), anApproval(conversation, { state: "allowed", answeredBy: ada.id })];
      const closed = (["denied", "expired", "cancelled", "superseded", "consumed"] as const).map((state) =>
        anApproval(conversation, { state }),
      );
      const theirs = anApproval(elsewhere);
      for (const each of [...open, ...closed]) must(await db.approvals.create(me, each));
      must(await db.approvals.create(scopeOf(stranger), theirs));
      const cancelled = must(await db.approvals.cancelOpen(scopeOf(ada, "tenant")));
      expect(byId(cancelled)).toStrictEqual(byId(open.map((each) => factsOf({ ...each, state: "cancelled" }))));
      expect(must(await db.approvals.cancelOpen(scopeOf(ada, "tenant")))).toEqual([]);
      for (const each of closed) expect(must(await db.approvals.find(me, each.id))).toEqual(each);
      expect(must(await db.approvals.find(scopeOf(stranger), theirs.id))).toEqual(theirs);
    });

    it("that nobody can read any more still fall due, expire and are cancelled, with the others", async () => {
      const [kept, erased] = [aConversation(ada), aConversation(ada)];
      for (const each of [kept, erased]) must(await db.conversations.create(me, each));
      const early = { expiresAt: later(1) };
      const expiring = [anApproval(erased, early), anApproval(kept, early)];
      const staying = [anApproval(kept), anApproval(erased, { state: "allowed" })];
      for (const each of [...expiring, ...staying]) must(await db.approvals.create(me, each));
      sealer.erase(`conversation:${erased.id}`);
      expect(codeOf(await db.approvals.list(me, "pending", 9))).toBe("CONTENT_UNREADABLE");
      const ids = must(await db.approvals.due(system, later(1), 9)).map(({ id }) => id);
      expect(ids.toSorted()).toEqual(expiring.map(({ id }) => id).toSorted());
      expect(must(await db.approvals.expire(system, ids, later(1)))).toHaveLength(2);
      const cancelled = must(await db.approvals.cancelOpen(scopeOf(ada, "tenant")));
      expect(cancelled.map(({ id }) => id).toSorted()).toEqual(staying.map(({ id }) => id).toSorted());
      expect(must(await db.approvals.due(system, later(999_999), 9))).toEqual([]);
    });
  });

  describe("capabilities", () => {
    it("are found by holder until they are revoked", async () => {
      const holder = next(AgentId);
      const grants = [
        aCapability(ada, holder),
        aCapability(ada, holder, {
          issuedAt: later(1),
          reach: { kind: "conversation", conversationId: next(ConversationId) },
        }),
      ];
      for (const grant of grants) must(await db.capabilities.create(me, grant));
      expect(must(await db.capabilities.ofHolders(me, [holder]))).toEqual(grants);
      expect(must(await db.capabilities.ofHolders(me, [next(AgentId)]))).toEqual([]);
      const first = grants[0];
      if (first === undefined) throw new Error("there are two");
      expect(must(await db.capabilities.revoke(me, first.id, later(5))).revokedAt).toBe(later(5));
      expect(must(await db.capabilities.revoke(me, first.id, later(9))).revokedAt).toBe(later(5));
      expect(must(await db.capabilities.ofHolders(me, [next(AgentId), holder]))).toEqual(grants.slice(1));
      expect(must(await db.capabilities.list(me))).toHaveLength(2);
      expect(must(await db.capabilities.epoch(me))).toBe(0);
    });
  });

  describe("calls", () => {
    it("record what became of a call, but never change what it was", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const call = aCall(conversation);
      must(await db.calls.put(me, call));
      must(await db.calls.put(me, { ...call, state: "done", updatedAt: later(1), tool: "another" }));
      expect(must(await db.calls.find(me, call.callId))).toEqual({ ...call, state: "done", updatedAt: later(1) });
      expect(codeOf(await db.calls.put(me, { ...call, callDigest: "cd".repeat(32) as typeof call.callDigest }))).toBe(
        "NOT_FOUND",
      ); // another digest of the right form
      expect(must(await db.calls.ofTurn(me, call.turnId))).toHaveLength(1);
      expect(must(await db.calls.find(me, aCall(conversation).callId))).toBeNull();
    });
  });

  describe("the ledger of calls", () => {
    const other = Digest.parse("cd".repeat(32));
    const home = aConversation(ada);
    const put = async (...calls: readonly CallRecord[]): Promise<void> => {
      must(await db.conversations.create(me, home));
      for (const each of calls) must(await db.calls.put(me, each));
    };

    it("takes the digest of an edit while the call is only asked about, and nothing else of it", async () => {
      const call = aCall(home);
      await put(call);
      must(await db.calls.edit(me, { ...call, callDigest: other, state: "admitted", updatedAt: later(2) }));
      const edited = { ...call, callDigest: other, updatedAt: later(2) };
      expect(must(await db.calls.find(me, call.callId))).toEqual(edited);
      for (const change of [{ tool: "shell.run" }, { turnId: next(TurnId) }, { agentId: next(AgentId) }])
        expect(codeOf(await db.calls.edit(me, { ...edited, ...change, callDigest: call.callDigest }))).toBe("CONFLICT");
      expect(codeOf(await db.calls.edit(me, { ...edited, callId: next(CallId) }))).toBe("NOT_FOUND");
      for (const state of ["admitted", "done"] as const) {
        must(await db.calls.put(me, { ...edited, state }));
        expect(codeOf(await db.calls.edit(me, { ...edited, callDigest: call.callDigest }))).toBe("CONFLICT");
      }
      expect(must(await db.calls.find(me, call.callId))).toEqual({ ...edited, state: "done" });
    });

    it("counts what was admitted, in the turn and by the agent since, whatever became of it", async () => {
      const turnId = next(TurnId);
      const states = ["asked", "admitted", "done", "failed", "refused", "unknown"] as const;
      const [mine, elsewhere] = [{ turnId }, { turnId: next(TurnId) }];
      await put(
        ...states.map((state) => aCall(home, { ...mine, state })),
        ...states.map((state) => aCall(home, { ...elsewhere, state, updatedAt: later(10) })),
        aCall(home, { ...mine, state: "done", agentId: next(AgentId) }),
      );
      expect(must(await db.calls.admitted(me, turnId, home.agentId, AT))).toEqual({ turn: 5, agent: 8 });
      expect(must(await db.calls.admitted(me, turnId, home.agentId, later(10)))).toEqual({ turn: 5, agent: 4 });
      expect(must(await db.calls.admitted(me, next(TurnId), next(AgentId), AT))).toEqual({ turn: 0, agent: 0 });
    });
  });

  describe("reminders", () => {
    it("are created once per call and fired once", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const reminder = aReminder(conversation);
      expect(must(await db.reminders.create(me, reminder))).toEqual(reminder);
      expect(must(await db.reminders.create(me, { ...reminder, id: next(ReminderId), text: "again" }))).toEqual(
        reminder,
      );
      await reopen();
      expect(must(await db.reminders.list(me, {}))).toEqual([reminder]);
      expect(must(await db.reminders.nextDue(system))).toBe(reminder.dueAt);
      expect(must(await db.reminders.due(system, later(599_999), 5))).toEqual([]);
      expect(must(await db.reminders.due(system, reminder.dueAt, 5))).toEqual([reminder]);
      const fired = await Promise.all(
        [1, 2, 3, 4].map(() => db.reminders.markFired(system, reminder.id, reminder.dueAt)),
      );
      expect(fired.map(must).filter(Boolean)).toHaveLength(1);
      expect(must(await db.reminders.list(me, { state: "fired", conversationId: conversation.id }))).toHaveLength(1);
      expect(must(await db.reminders.list(me, { state: "scheduled" }))).toEqual([]);
      expect(must(await db.reminders.list(me, { conversationId: next(ConversationId) }))).toEqual([]);
      expect(must(await db.reminders.nextDue(system))).toBeNull();
      expect(codeOf(await db.reminders.markFired(system, next(ReminderId), AT))).toBe("NOT_FOUND");
      expect(must(await db.reminders.cancel(me, reminder.id))).toBe(false);
      expect(must(await db.reminders.find(me, reminder.id)).state).toBe("fired");
    });

    it("are cancelled once, and then never fire", async () => {
      const conversation = aConversation(ada);
      must(await db.conversations.create(me, conversation));
      const reminder = must(await db.reminders.create(me, aReminder(conversation)));
      const cancelled = await Promise.all([1, 2, 3].map(() => db.reminders.cancel(me, reminder.id)));
      expect(cancelled.map(must).filter(Boolean)).toHaveLength(1);
      expect(must(await db.reminders.markFired(system, reminder.id, reminder.dueAt))).toBe(false);
      await reopen();
      expect(must(await db.reminders.find(me, reminder.id))).toEqual({ ...reminder, state: "cancelled" });
      expect(must(await db.reminders.due(system, later(999_999), 5))).toEqual([]);
      expect(must(await db.reminders.nextDue(system))).toBeNull();
      expect(codeOf(await db.reminders.cancel(me, next(ReminderId)))).toBe("NOT_FOUND");
      expect(codeOf(await db.reminders.find(me, next(ReminderId)))).toBe("NOT_FOUND");
    });
  });

  describe("identity", () => {
    const bob = person(ada.tenantId);
    const token = (of = ada, verifier = "v1") =>
      ({
        id: next(TokenId),
        principal: of,
        role: "member",
        name: "laptop",
        verifier,
        createdAt: AT,
        expiresAt: later(9),
        scopes: null,
        integrity: "authority",
        key: null,
        madeWith: null,
        lastUsedAt: null,
        revokedAt: null,
      }) as const;

    it("has no owner at first, and the same one ever after", async () => {
      expect(must(await db.identity.owner())).toBeNull();
      must(await db.identity.createPerson(ada));
      must(await db.identity.createPerson(bob));
      await reopen();
      expect(must(await db.identity.owner())).toEqual(ada);
      expect(codeOf(await db.identity.createPerson(ada))).toBe("CONFLICT");
    });

    it("finds tokens by their verifier, with their person", async () => {
      must(await db.identity.createPerson(ada));
      const mine = token();
      must(await db.identity.createToken(me, mine));
      expect(must(await db.identity.tokenByVerifier("v1"))).toEqual({ ...mine, roleCovers: null });
      expect(must(await db.identity.tokenByVerifier("v2"))).toBeNull();
      must(await db.identity.revokeToken(me, mine.id, later(1)));
      must(await db.identity.revokeToken(me, mine.id, later(2)));
      expect(must(await db.identity.listTokens(me))).toEqual([{ ...mine, revokedAt: later(1) }]);
      expect(codeOf(await db.identity.createToken(me, token(bob)))).toBe("NOT_FOUND");
    });

    it("keeps sessions until they are revoked", async () => {
      must(await db.identity.createPerson(ada));
      const session = {
        id: next(SessionId),
        principal: ada,
        verifier: "s1",
        createdAt: AT,
        expiresAt: later(9),
        idleUntil: later(9),
        lastSeenAt: null,
        revokedAt: null,
      };
      must(await db.identity.createSession(session));
      expect(must(await db.identity.sessionByVerifier("s1"))).toEqual({ ...session, roleCovers: null });
      must(await db.identity.revokeSession(session.id, later(1)));
      expect(must(await db.identity.sessionByVerifier("s1"))?.revokedAt).toBe(later(1));
      expect(must(await db.identity.sessionByVerifier("s2"))).toBeNull();
      expect(codeOf(await db.identity.revokeSession(next(SessionId), AT))).toBe("NOT_FOUND");
      expect(
        codeOf(await db.identity.createSession({ ...session, id: next(SessionId), verifier: "s3", principal: bob })),
      ).toBe("NOT_FOUND");
    });

    it("spends a strong sign-in link alone where a strong one is needed", async () => {
      must(await db.identity.createPerson(ada));
      const link = { principalId: ada.id, expiresAt: later(9), usedAt: null };
      must(await db.identity.createSignInLink({ ...link, verifier: "weak", strong: false }));
      must(await db.identity.createSignInLink({ ...link, verifier: "strong", strong: true }));
      must(await db.identity.createSignInLink({ ...link, verifier: "strong too", strong: true }));
      expect(must(await db.identity.useSignInLink("weak", AT, "strong"))).toBeNull();
      expect(must(await db.identity.useSignInLink("weak", AT, "any"))).toEqual(ada);
      expect(must(await db.identity.useSignInLink("strong", AT, "strong"))).toEqual(ada);
      expect(must(await db.identity.useSignInLink("strong", AT, "any"))).toBeNull();
      expect(must(await db.identity.useSignInLink("strong too", AT, "any"))).toEqual(ada);
    });

    it("lets a sign-in link work once, before it expires", async () => {
      must(await db.identity.createPerson(ada));
      for (const verifier of ["l1", "l2"])
        must(
          await db.identity.createSignInLink({
            verifier,
            principalId: ada.id,
            strong: false,
            expiresAt: later(9),
            usedAt: null,
          }),
        );
      const used = await Promise.all([1, 2, 3].map(() => db.identity.useSignInLink("l1", later(8), "any")));
      expect(used.map(must)).toEqual([ada, null, null]);
      expect(must(await db.identity.useSignInLink("l2", later(9), "any"))).toBeNull();
      expect(must(await db.identity.useSignInLink("l3", AT, "any"))).toBeNull();
      expect(
        codeOf(
          await db.identity.createSignInLink({
            verifier: "l4",
            principalId: bob.id,
            strong: false,
            expiresAt: AT,
            usedAt: null,
          }),
        ),
      ).toBe("NOT_FOUND");
    });
  });

  describe("audit details", () => {
    const row = (sequence: number) => ({
      sequence,
      leaf: "ab".repeat(32),
      subject: "person:x",
      sealed: sequence % 2 === 0 ? null : new Uint8Array([sequence]),
    });

    it("are dense, read by range and truncated", async () => {
      expect(must(await db.auditDetails.highest())).toBe(0);
      must(await db.auditDetails.put([row(0), row(1)], 0));
      must(await db.auditDetails.put([row(2)], 0));
      await reopen();
      expect(must(await db.auditDetails.highest())).toBe(3);
      const found = must(await db.auditDetails.range(1, 3));
      expect(found.map((each) => [each.sequence, each.sealed === null ? null : [...each.sealed]])).toEqual([
        [1, [1]],
        [2, null],
      ]);
      must(await db.auditDetails.truncate(1));
      expect(must(await db.auditDetails.highest())).toBe(1);
    });

    it("refuses a gap and stores nothing of the batch", async () => {
      expect(codeOf(await db.auditDetails.put([row(0), row(2)], 0))).toBe("CONFLICT");
      expect(codeOf(await db.auditDetails.put([row(1)], 0))).toBe("CONFLICT");
      expect(must(await db.auditDetails.highest())).toBe(0);
    });
  });

  describe("at rest", () => {
    it("holds no word of it in the clear", async () => {
      const canary = "canarycanary";
      const conversation = aConversation(ada, { title: canary });
      must(await db.conversations.create(me, conversation));
      must(await db.conversations.append(me, "main", aMessage(conversation, canary)));
      must(await db.memories.create(me, aMemory(ada, canary)));
      must(await db.reminders.create(me, aReminder(conversation, { text: canary })));
      expect(engine.bytesOnDisk(options).includes(canary)).toBe(false);
      await db.close();
      expect(engine.bytesOnDisk(options).includes(canary)).toBe(false);
    });
  });
});
