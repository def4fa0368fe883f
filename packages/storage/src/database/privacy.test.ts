import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { AttachmentId, CapabilityId, ErasureId, MemoryId, SecretId, instantOf, label } from "@moltbot/contracts";
import type { Conversation, ErasureCertificate, Memory } from "@moltbot/contracts";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { filesOf, openWithKey } from "./open-file.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { toPerson } from "./testing/people-attacks.ts";
import { ROOMY, aPackage, aSigner, boxOf } from "./testing/package-attacks.ts";
import { aPrompt, aShareOf, promptObject, talkObject } from "./testing/shared-attacks.ts";
import {
  AT,
  aCall,
  aCapability,
  aContact,
  aConversation,
  aDecision,
  aMemory,
  aMessage,
  aPlan,
  aReminder,
  aStop,
  aTurn,
  aUse,
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
  temporaryFile,
} from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  const ada = person();
  const eve = { ...person(ada.tenantId), name: "Eve" };
  const me = scopeOf(ada);
  const system = scopeOf(ada, "system");
  let keys: Map<string, Uint8Array>;
  let sealer: ReturnType<typeof memorySealer>;
  let options: TestOptions;
  let db: Database;
  let home: Conversation;
  let other: Conversation;
  let kept: Memory;
  let derived: Memory;
  let derivedAgain: Memory;

  /** Every row of every table, with the sealed bytes as they are. */
  const dump = async (): Promise<Readonly<Record<string, readonly unknown[]>>> => {
    const intruder = await engine.intruder(options);
    try {
      return await intruder.everything();
    } finally {
      await intruder.close();
    }
  };

  /** One of everything in a conversation, with one word in each. */
  const fill = async (conversation: Conversation, word: string): Promise<void> => {
    must(await db.conversations.create(me, conversation));
    const message = must(await db.conversations.append(me, "main", aMessage(conversation, `${word} one`)));
    must(
      await db.conversations.append(
        me,
        "main",
        aMessage(conversation, `${word} two`, { role: "assistant", author: conversation.agentId }),
      ),
    );
    const turn = aTurn(ada, conversation, { userMessageId: message.id });
    must(await db.turns.enqueue(me, turn, `key-${word}`));
    const call = aCall(conversation, { turnId: turn.id });
    must(await db.calls.put(me, call));
    must(await db.decisions.record(me, aDecision(conversation, { turnId: turn.id, callId: call.callId }, word)));
    must(await db.approvals.create(me, anApproval(conversation, { turnId: turn.id, reason: word })));
    const plan = aPlan(conversation, { turnId: turn.id, goal: word });
    must(await db.plans.create(me, plan));
    must(await db.plans.take(me, plan.id, 1, call.callId));
    must(await db.reminders.create(me, aReminder(conversation, { text: word })));
    const bound = aCapability(ada, conversation.agentId, {
      reach: { kind: "conversation", conversationId: conversation.id },
      constraints: [{ kind: "host-in", argument: "url", hosts: [`${word}.example:443`] }],
    });
    must(await db.capabilities.create(me, bound));
    must(
      await db.capabilities.create(
        me,
        aCapability(ada, conversation.agentId, { reach: { kind: "task", turnId: turn.id } }),
      ),
    );
    must(await db.capabilities.create(me, aCapability(ada, conversation.agentId, { parent: bound.id })));
    must(await db.capabilities.addUse(me, aUse(bound, { callId: call.callId })));
    must(
      await db.attachments.create(
        me,
        {
          id: next(AttachmentId),
          ownerId: ada.id,
          conversationId: conversation.id,
          name: `${word}.txt`,
          mediaType: "text/plain",
          bytes: 3,
          label: label("untrusted", [ada.id], [{ kind: "file", ref: `${word}.txt` }]),
          createdAt: AT,
        },
        word === "canary" ? "aa".repeat(32) : "bb".repeat(32),
      ),
    );
  };

  beforeEach(async () => {
    keys = new Map();
    sealer = memorySealer(keys);
    options = engine.options({ sealer });
    db = await openTest(options);
    must(await db.identity.createPerson(ada));
    must(await db.identity.createPerson(eve));
    home = aConversation(ada, { title: "canary title" });
    other = aConversation(ada, { title: "robin title" });
    await fill(home, "canary");
    await fill(other, "robin");
    const [first] = must(await db.conversations.path(me, home.id, "main", 10));
    const [elsewhere] = must(await db.conversations.path(me, other.id, "main", 10));
    const from = label("authority", [ada.id], [{ kind: "message", ref: first?.id ?? "" }]);
    kept = must(
      await db.memories.create(
        me,
        aMemory(ada, "robin sings", {
          label: label("authority", [ada.id], [{ kind: "message", ref: elsewhere?.id ?? "" }]),
        }),
      ),
    );
    derived = must(await db.memories.create(me, aMemory(ada, "the canary is yellow", { label: from })));
    derivedAgain = must(
      await db.memories.create(
        me,
        aMemory(ada, "so is its seed", { label: label("untrusted", [ada.id], [{ kind: "memory", ref: derived.id }]) }),
      ),
    );
    must(await db.reminders.create(me, aReminder(other, { text: "feed the canary", label: from })));
    must(await db.contacts.create(me, aContact(ada)));
    return () => db.close();
  });
  const conversation = () => ({ kind: "conversation", id: home.id }) as const;
  /** As the gateway does it: keys first, then rows; what has lost its own key is known by its id alone. */
  const eraseHome = async () => {
    const keysOfHome = must(await db.privacy.keysOf(me, conversation()));
    for (const key of keysOfHome) sealer.erase(key);
    const gone = must(await db.privacy.erase(me, conversation()));
    for (const key of keysOfHome)
      if (key.startsWith("memory:")) must(await db.memories.remove(system, MemoryId.parse(key.slice(7))));
    return gone;
  };

  describe("the keys of a subject", () => {
    it("are a conversation's own, its files', and those of every memory that came of it, in chains", async () => {
      const [attachment] = must(await db.attachments.ofConversation(me, home.id));
      expect(new Set(must(await db.privacy.keysOf(me, conversation())))).toEqual(
        new Set([
          `conversation:${home.id}`,
          `attachment:${attachment?.id ?? ""}`,
          `memory:${derived.id}`,
          `memory:${derivedAgain.id}`,
        ]),
      );
    });

    it("are of a person all that the person owns", async () => {
      const found = must(await db.privacy.keysOf(me, { kind: "person", id: ada.id }));
      for (const key of [
        `person:${ada.id}`,
        `conversation:${home.id}`,
        `conversation:${other.id}`,
        `memory:${kept.id}`,
      ])
        expect(found).toContain(key);
      expect(found.filter((key) => key.startsWith("attachment:"))).toHaveLength(2);
    });

    it("do not exist for whoever does not see the subject, and nothing of it goes", async () => {
      const stranger = scopeOf(person());
      const inTenant = scopeOf(eve);
      for (const scope of [stranger, inTenant])
        for (const subject of [conversation(), { kind: "person", id: ada.id } as const]) {
          expect(codeOf(await db.privacy.keysOf(scope, subject))).toBe("NOT_FOUND");
          expect(codeOf(await db.privacy.addressesOf(scope, subject))).toBe("NOT_FOUND");
          expect(codeOf(await db.privacy.erase(scope, subject))).toBe("NOT_FOUND");
        }
      expect((await dump())["conversations"]).toHaveLength(2);
    });

    it("are not for one who was only let in: a guest of a conversation cannot erase it", async () => {
      const shared = aConversation(ada, { audience: [eve.id] });
      must(await db.conversations.create(me, shared));
      must(await db.conversations.find(scopeOf(eve), shared.id));
      const subject = { kind: "conversation", id: shared.id } as const;
      expect(codeOf(await db.privacy.keysOf(scopeOf(eve), subject))).toBe("NOT_FOUND");
      expect(codeOf(await db.privacy.erase(scopeOf(eve), subject))).toBe("NOT_FOUND");
    });
  });

  describe("erasing a conversation", () => {
    it("takes every row that names it, and what came of it elsewhere, and leaves the other one whole", async () => {
      const gone = await eraseHome();
      expect(gone).toMatchObject({
        conversations: 1,
        messages: 2,
        turns: 1,
        calls: 1,
        decisions: 1,
        approvals: 1,
        plans: 1,
        plan_steps: 1,
        reminders: 2,
        capabilities: 3,
        capability_uses: 1,
        attachments: 1,
      });
      for (const [table, rows] of Object.entries(await dump()))
        expect(JSON.stringify(rows), table).not.toContain(home.id);
      expect(codeOf(await db.conversations.find(me, home.id))).toBe("NOT_FOUND");
      expect(must(await db.conversations.path(me, other.id, "main", 10)).map(({ parts }) => parts)).toEqual([
        [{ type: "text", text: "robin one" }],
        [{ type: "text", text: "robin two" }],
      ]);
      expect(must(await db.memories.list(me, 10)).map(({ id }) => id)).toEqual([kept.id]);
      expect(must(await db.memories.search(me, "canary yellow seed", 10, [ada.id]))).toEqual([]);
      expect(must(await db.memories.search(me, "sings", 10, [ada.id])).map(({ id }) => id)).toEqual([kept.id]);
      expect(must(await db.reminders.list(me, {})).map(({ text }) => text)).toEqual(["robin"]);
      expect(must(await db.capabilities.list(me))).toHaveLength(3);
      expect(must(await db.contacts.list(me))).toHaveLength(1);
      expect(must(await db.approvals.list(me, "all", 10))).toHaveLength(1);
      expect(must(await db.check())).toEqual([]);
    });

    it("leaves the leaf of a record whose details it takes", async () => {
      const subject = `conversation:${home.id}`;
      const sealed = must(sealer.seal([subject], "audit:0", "canary"));
      must(await db.auditDetails.put([{ sequence: 0, leaf: "l0", subject, sealed }], 1));
      must(await db.auditDetails.put([{ sequence: 1, leaf: "l1", subject: `conversation:${other.id}`, sealed }], 2));
      expect(await eraseHome()).toMatchObject({ audit_details: 1 });
      const [first, second] = must(await db.auditDetails.range(0, 2));
      expect(first).toMatchObject({ leaf: "l0", sealed: null });
      expect(second?.sealed).not.toBeNull();
    });

    it("goes on where a crash left it: whose keys are gone already is found by what it names", async () => {
      // Between the keys and the rows.
      for (const key of must(await db.privacy.keysOf(me, conversation()))) sealer.erase(key);
      must(await db.memories.remove(system, derived.id));
      const gone = must(await db.privacy.erase(system, conversation()));
      expect(gone).toMatchObject({ messages: 2, reminders: 2 });
      // And once more, after the rows went.
      expect(must(await db.privacy.erase(system, conversation()))).toEqual({});
      expect(codeOf(await db.privacy.erase(me, conversation()))).toBe("NOT_FOUND");
    });

    it("names where its files lie", async () => {
      expect(must(await db.privacy.addressesOf(me, conversation()))).toEqual(["aa".repeat(32)]);
    });
  });

  describe("erasing a person", () => {
    it("takes their prompts, what they shared and what was shared with them, and nobody else's", async () => {
      const [mine, hers] = [aPrompt(ada, { text: "canary prompt" }), aPrompt(eve, { text: "robin prompt" })];
      must(await db.prompts.create(me, mine));
      must(await db.prompts.create(scopeOf(eve), hers));
      const [first] = must(await db.conversations.path(me, home.id, "main", 10));
      for (const share of [
        aShareOf(promptObject(mine), ada, toPerson(eve)),
        aShareOf({ type: "secret", id: next(SecretId) }, ada, toPerson(eve)),
        aShareOf(talkObject(home), ada, toPerson(eve), { upTo: first?.id ?? null }),
      ])
        must(await db.shares.set(me, share));
      must(await db.shares.set(scopeOf(eve), aShareOf(promptObject(hers), eve, toPerson(ada))));
      const stays = must(await db.shares.set(scopeOf(eve), aShareOf(promptObject(hers), eve, { kind: "everyone" })));
      for (const key of must(await db.privacy.keysOf(me, { kind: "person", id: ada.id }))) sealer.erase(key);
      // The release went with its conversation, the others with the person.
      expect(must(await db.privacy.erase(me, { kind: "person", id: ada.id }))).toMatchObject({ prompts: 1, shares: 4 });
      const rows = await dump();
      expect(rows["prompts"]).toHaveLength(1);
      expect(rows["shares"]).toHaveLength(1);
      expect(must(await db.prompts.list(scopeOf(eve)))).toEqual([hers]);
      expect(must(await db.shares.list(scopeOf(eve)))).toEqual([stays]);
      expect(must(await db.conversations.sharedWith(scopeOf(eve)))).toEqual([]);
    });

    it("takes what plugins kept for them, and leaves what they kept for others and what is installed", async () => {
      const [house, box] = [scopeOf(ada, "tenant"), boxOf(ada, eve)];
      must(await db.packages.put(house, aPackage(ada)));
      must(await db.signers.put(house, aSigner(ada)));
      for (const scope of [me, scopeOf(eve)])
        must(await db.pluginItems.set(scope, box, "town", `canary of ${scope.principalId}`, ROOMY));
      for (const key of must(await db.privacy.keysOf(me, { kind: "person", id: ada.id }))) sealer.erase(key);
      expect(must(await db.privacy.erase(me, { kind: "person", id: ada.id }))).toMatchObject({ plugin_items: 1 });
      const rows = await dump();
      expect(rows["plugin_items"]).toMatchObject([{ owner_id: eve.id }]);
      expect(must(await db.pluginItems.get(scopeOf(eve), box, "town"))).toBe(`canary of ${eve.id}`);
      // Nobody can even ask whether there was anything.
      expect(codeOf(await db.pluginItems.get(me, box, "town"))).toBe("CONTENT_UNREADABLE");
      expect(must(await db.packages.list(scopeOf(eve)))).toEqual([aPackage(ada)]);
      expect(must(await db.signers.list(scopeOf(eve)))).toEqual([aSigner(ada)]);
    });

    it("leaves a nameless account without a way in, and takes the rest", async () => {
      must(await db.agents.create(me, anAgent(ada)));
      must(await db.stops.begin(me, aStop(ada, { reason: "canary" })));
      must(
        await db.identity.createSession({
          id: next(CapabilityId) as never, // any id will do
          principal: ada,
          verifier: "v",
          createdAt: AT,
          expiresAt: later(1),
          idleUntil: later(1),
          lastSeenAt: null,
          revokedAt: null,
        }),
      );
      for (const key of must(await db.privacy.keysOf(me, { kind: "person", id: ada.id }))) sealer.erase(key);
      const gone = must(await db.privacy.erase(me, { kind: "person", id: ada.id }));
      expect(gone).toMatchObject({
        conversations: 2,
        messages: 4,
        memories: 3,
        contacts: 1,
        sessions: 1,
        agents: 1,
        stops: 1,
      });
      expect(must(await db.identity.sessionByVerifier("v"))).toBeNull();
      const rows = await dump();
      for (const table of ["conversations", "messages", "memories", "contacts", "capabilities", "agents", "reminders"])
        expect(rows[table], table).toEqual([]);
      expect(JSON.stringify(rows["principals"])).not.toContain("Ada");
      expect(must(await db.stops.current(me))).not.toBeNull();
      expect(codeOf(await db.identity.tokenByVerifier("nothing"))).toBe("ok");
    });
  });

  describe("scrubbing", () => {
    it("goes over every table, and what is left is whole", async () => {
      await eraseHome();
      must(await db.privacy.scrub());
      expect(must(await db.check())).toEqual([]);
      expect(must(await db.memories.list(me, 10)).map(({ id }) => id)).toEqual([kept.id]);
    });

    it("cannot be done inside a transaction", async () => {
      expect(codeOf(await db.atomically((inner) => inner.privacy.scrub()))).toBe("DATABASE_UNAVAILABLE");
    });

    const file = (): { readonly file: string; readonly key: Uint8Array } => {
      if (!("file" in options)) throw new Error("this place is no file");
      return options;
    };
    /** All that stands on the pages of the file, opened with its key: also what no query shows any more. */
    const pagesOf = (): string => {
      const copy = temporaryFile();
      for (const [at, each] of filesOf(file().file).entries())
        if (existsSync(each)) copyFileSync(each, filesOf(copy)[at] ?? copy);
      const handle = openWithKey(copy, file().key, { readonly: false });
      handle.pragma("journal_mode = DELETE");
      handle.pragma("rekey = ''");
      handle.close();
      return readFileSync(copy, "latin1");
    };

    const open = (readonly: boolean) => openWithKey(file().file, file().key, { readonly });
    it.runIf(engine.engine === "sqlite")(
      "leaves no free page, no write-ahead log and no tombstone of a word",
      async () => {
        await eraseHome();
        must(await db.privacy.scrub());
        const handle = open(true);
        expect(handle.prepare("PRAGMA freelist_count").pluck().get()).toBe(0);
        handle.close();
        const wal = filesOf(file().file)[1] ?? "";
        expect(readFileSync(wal)).toHaveLength(0);
        expect(/canary|yellow|seed/.test(pagesOf())).toBe(false);
        expect(pagesOf().includes("sings")).toBe(true);
      },
    );

    it.runIf(engine.engine === "sqlite")(
      "is what takes the words out of the pages: without it they are found (unplug)",
      async () => {
        expect(/yellow/.test(pagesOf())).toBe(true);
        for (const key of must(await db.privacy.keysOf(me, conversation()))) sealer.erase(key);
        const handle = open(false);
        handle.exec(
          `DELETE FROM memory_words WHERE rowid IN (SELECT ordinal FROM memories WHERE id = '${derived.id}')`,
        );
        handle.exec(`DELETE FROM memories WHERE id = '${derived.id}'`);
        handle.close();
        expect(/yellow/.test(pagesOf())).toBe(true);
        must(await db.privacy.scrub());
        expect(/yellow/.test(pagesOf())).toBe(false);
      },
    );
  });

  describe("certificates and copies", () => {
    it("are kept sealed, newest first, for those who may see them", async () => {
      const certificate = (at: number): ErasureCertificate => ({
        id: next(ErasureId),
        subject: conversation(),
        at: instantOf(at),
        keys: 1,
        rows: {},
        files: 0,
        keyring: { from: 1, to: 2 },
        outOfReach: [{ what: "a file", where: "canary.txt", why: "it is yours" }],
        audit: { size: 1, root: "00".repeat(32) },
        publicKey: "k",
        signature: "s",
      });
      const [old, recent] = [certificate(1), certificate(2)];
      must(await db.privacy.certify(me, old));
      must(await db.privacy.certify(me, recent));
      must(await db.privacy.certify(me, recent));
      expect(must(await db.privacy.certificates(me))).toEqual([recent, old]);
      expect(must(await db.privacy.certificates(scopeOf(person())))).toEqual([]);
      expect(JSON.stringify((await dump())["erasures"])).not.toContain("canary");
      const copy = {
        id: randomUUID() as never,
        kind: "backup",
        file: "/backups/canary",
        at: AT,
        bytes: 5_000_000_000,
        rows: 7,
        generation: 3,
      } as const; // any id will do
      must(await db.copies.add(me, copy));
      expect(must(await db.copies.list(me))).toEqual([copy]);
      expect(must(await db.copies.list(scopeOf(person())))).toEqual([]);
      expect(JSON.stringify((await dump())["copies"])).not.toContain("canary");
    });
  });

  describe("retiring", () => {
    it("takes what is older than the instant of its kind, and no other kind", async () => {
      must(await db.decisions.record(me, aDecision(other, { at: later(1_000) })));
      expect(must(await db.privacy.retire(system, { decisions: later(1) }))).toEqual({ decisions: 2 });
      expect(must(await db.privacy.retire(system, {}))).toEqual({});
      expect(must(await db.privacy.retire(scopeOf(person()), { decisions: later(9_999) }))).toEqual({});
    });
  });

  describe("attachments", () => {
    const attachment = (change: object = {}) => ({
      id: next(AttachmentId),
      ownerId: ada.id,
      conversationId: home.id,
      name: "notes.txt",
      mediaType: "text/plain",
      bytes: 12,
      label: label("untrusted", [ada.id], []),
      createdAt: AT,
      ...change,
    });

    it("are one per content and conversation, with the name of the first", async () => {
      const first = must(await db.attachments.create(me, attachment(), "cc".repeat(32)));
      const second = must(await db.attachments.create(me, attachment({ name: "again.txt" }), "cc".repeat(32)));
      expect(second).toEqual(first);
      expect(must(await db.attachments.find(me, first.id))).toEqual({ attachment: first, address: "cc".repeat(32) });
      expect(must(await db.attachments.total(me))).toBe(3 + 3 + 12);
      expect(must(await db.attachments.remove(me, first.id))).toBe("cc".repeat(32));
      expect(codeOf(await db.attachments.remove(me, first.id))).toBe("NOT_FOUND");
    });

    it("hide their names, and do not exist for others", async () => {
      const first = must(await db.attachments.create(me, attachment({ name: "canary.txt" }), "cc".repeat(32)));
      expect(JSON.stringify((await dump())["attachments"])).not.toContain("canary.txt");
      const stranger = scopeOf(eve);
      expect(codeOf(await db.attachments.find(stranger, first.id))).toBe("NOT_FOUND");
      expect(codeOf(await db.attachments.remove(stranger, first.id))).toBe("NOT_FOUND");
      expect(must(await db.attachments.ofConversation(stranger, home.id))).toEqual([]);
      expect(codeOf(await db.attachments.create(stranger, attachment(), "dd".repeat(32)))).toBe("NOT_FOUND");
      expect(codeOf(await db.attachments.create(me, attachment({ ownerId: eve.id }), "dd".repeat(32)))).toBe(
        "NOT_FOUND",
      );
    });
  });
});
