import { TokenId, err, label, moltbotError } from "@moltbot/contracts";
import type { StoredToken } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import type { ContentSealer } from "../crypto/index.ts";
import { MIGRATIONS } from "./migrate.ts";
import { firstTables } from "./migrations/0001-first-tables.ts";
import { guardTables } from "./migrations/0002-guard-tables.ts";
import { planTables } from "./migrations/0003-plan-tables.ts";
import type { DatabaseOptions } from "./open-database.ts";
import { openWithKey } from "./open-file.ts";
import { onEveryEngine } from "./testing/engines.ts";
import type { Intruder } from "./testing/engines.ts";
import { insertOldRows, oldRows } from "./testing/old-rows.ts";
import {
  AT,
  aCall,
  aCapability,
  aContact,
  aConversation,
  aMemory,
  aMessage,
  aPlan,
  aReminder,
  aTurn,
  aUse,
  anAgent,
  anApproval,
  codeOf,
  digest,
  later,
  memorySealer,
  must,
  next,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

afterAll(removeFolders);
const ada = person();
const me = scopeOf(ada);
const home = aConversation(ada);
const began = aMessage(home, "remind me", { label: label("participant", [ada.id], [{ kind: "message", ref: "m" }]) });
const approval = anApproval(home, { reason: "an earlier word" });
const grant = aCapability(ada, home.agentId);
const call = aCall(home);
const agent = anAgent(ada);
const [known, lost] = [aTurn(ada, home, { userMessageId: began.id }), aTurn(ada, home)];

/** A file as version 1 left it: its own tables, and rows with the columns that it knew. */
const versionOne = async (options: DatabaseOptions, sealer: ReturnType<typeof memorySealer>): Promise<void> => {
  await (await openTest(options, { migrations: [firstTables] })).close();
  const rows = oldRows(sealer, ada);
  const { preview, sources, agentChain, grant: limits, proposal, stepUp, ...oldQuestion } = approval.question;
  expect([preview, sources, agentChain, limits, proposal, stepUp]).toHaveLength(6);
  const raw = openWithKey(options.file, options.key, { readonly: false });
  const intruder: Intruder = {
    ask: async (text) => (raw.exec(text), []),
    everything: async () => ({}),
    close: async () => void raw.close(),
  };
  await insertOldRows(intruder, "sqlite", [
    rows.person(),
    rows.agent(agent),
    rows.conversation({ ...home, heads: { main: began.id } }),
    rows.message(began),
    rows.call(call),
    rows.capability(grant, null),
    rows.approval(approval, oldQuestion),
    {
      table: "sign_in_links",
      values: { verifier: "old", tenant_id: ada.tenantId, owner_id: ada.id, audience: "[]", expires_at: later(9) },
    },
    rows.turn(known, null, false),
    rows.turn(lost, null, false),
  ]);
  await intruder.close();
};

describe("a database of version 1", () => {
  it("opens with every row, and what it did not know is filled in on the safe side", async () => {
    const sealer = memorySealer();
    const options = optionsFor(temporaryFile(), { sealer });
    await versionOne(options, sealer);
    const db = await openTest(options);

    expect(must(await db.approvals.find(me, approval.id))).toStrictEqual(approval);
    expect(must(await db.turns.find(me, known.id))).toStrictEqual({ ...known, label: began.label });
    expect(must(await db.turns.find(me, lost.id)).label).toEqual(label("untrusted", [ada.id]));
    expect(must(await db.capabilities.ofHolders(me, [home.agentId]))).toStrictEqual([grant]);
    expect(must(await db.capabilities.usage(me, [grant.id]))).toEqual([]);
    expect(must(await db.calls.find(me, call.callId))).toEqual(call);
    expect(must(await db.stops.current(me))).toBeNull();
    expect(must(await db.agents.list(me))).toStrictEqual([{ ...agent, reading: "auto" }]);
    expect(must(await db.contacts.list(me))).toEqual([]);
    expect(must(await db.plans.ofTurn(me, known.id))).toEqual([]);

    // Where the code was made is not known, so it opens a session and proves nothing.
    expect(must(await db.identity.useSignInLink("old", AT, "strong"))).toBeNull();
    expect(must(await db.identity.useSignInLink("old", AT, "any"))).toEqual(ada);

    // And everything new works on the old rows.
    must(await db.capabilities.addUse(me, aUse(grant)));
    expect(must(await db.capabilities.usage(me, [grant.id]))).toHaveLength(1);
    const edited = { text: "stretch more" };
    expect(must(await db.approvals.move(me, approval.id, "pending", "allowed", { edited })).edited).toEqual(edited);
    expect(must(await db.turns.claim(AT, later(1)))?.turn.id).toBe(known.id);
    expect(must(await db.agents.setReading(me, agent.id, "quarantined")).reading).toBe("quarantined");
    const plan = aPlan(home, { turnId: known.id });
    must(await db.plans.create(me, plan));
    must(await db.plans.take(me, plan.id, 1, call.callId));
    const contact = must(await db.contacts.create(me, aContact(ada)));
    const source = { kind: "message", ref: "m" } as const;
    expect(must(await db.provenance.derivedFrom(me, source)).map(({ id }) => id)).toEqual([began.id]);
    must(await db.conversations.removeContent(me, began.id, "taken away"));
    expect(must(await db.check())).toEqual([]);
    await db.close();
    const again = await openTest(options);
    expect(must(await again.agents.find(me, agent.id)).reading).toBe("quarantined");
    expect(must(await again.plans.takenBy(me, plan.id, 1))).toBe(call.callId);
    expect(must(await again.contacts.list(me))).toEqual([contact]);
    expect(must(await again.conversations.message(me, began.id)).state).toBe("removed");
    expect(must(await again.approvals.find(me, approval.id)).edited).toEqual(edited);
    await again.close();
  });

  it("gives a turn no trust by a message of another conversation", async () => {
    const sealer = memorySealer();
    const options = optionsFor(temporaryFile(), { sealer });
    await versionOne(options, sealer);
    const raw = openWithKey(options.file, options.key, { readonly: false });
    raw.prepare("update turns set user_message_id = 'elsewhere' where id = ?").run(known.id);
    raw
      .prepare(
        "insert into conversations select ?, tenant_id, owner_id, audience, agent_id, title, heads, active_head, created_at, updated_at from conversations",
      )
      .run(AT);
    raw
      .prepare(
        "insert into messages select 'elsewhere', tenant_id, owner_id, audience, ?, null, role, author, turn_id, parts, label, state, model, created_at from messages",
      )
      .run(AT);
    raw.close();
    const db = await openTest(options);
    expect(must(await db.turns.find(me, known.id)).label.integrity).toBe("untrusted");
    await db.close();
  });
});

onEveryEngine((engine) => {
  describe("a database of version 3", () => {
    const bob = person(ada.tenantId);
    const room = aConversation(ada, {
      audience: [bob.id],
      title: "Geheimtitel",
      heads: { main: null, "Zweig Plum": null },
      activeHead: "Zweig Plum",
    });
    const from = label("participant", [ada.id], [{ kind: "host", ref: "geheim.example:443" }]);
    const mine = aMessage(room, "a word of mine", { label: from });
    const hers = aMessage(room, "a word of Bob", { author: bob.id, parentId: mine.id });
    const reply = aMessage(room, "an answer", {
      role: "assistant",
      author: room.agentId,
      parentId: hers.id,
      model: { name: "Geheimmodell", demonstration: false },
    });
    const stored = { ...room, heads: { main: reply.id, "Zweig Plum": null } };
    const token: StoredToken = {
      id: next(TokenId),
      principal: ada,
      role: "member",
      name: "Geheimtoken",
      verifier: "v".repeat(43),
      createdAt: AT,
      expiresAt: later(1000),
      scopes: null,
      integrity: "authority",
      key: null,
      madeWith: null,
      lastUsedAt: null,
      revokedAt: null,
    };
    const use = aUse(grant, { bytes: 7, amounts: { geheimEuro: 12 } });
    const answered = anApproval(room, {
      state: "allowed",
      answeredBy: ada.id,
      answeredAt: AT,
      scope: "once",
      reason: "Geheimgrund",
      edited: { to: "geheim@example.org" },
      label: from,
    });
    const memory = aMemory(ada, "Plums are in season", { label: from });
    const reminder = aReminder(room, { text: "buy plums", label: from });
    const ended = aTurn(ada, room, { state: "done", end: { state: "done", messageId: reply.id, code: null } });
    const running = aTurn(ada, room);
    const old = [firstTables, guardTables, planTables];

    const versionThree = async (sealer: ReturnType<typeof memorySealer>): Promise<TestOptions> => {
      const options = engine.options({ sealer });
      await (await openTest(options, { migrations: old })).close();
      const rows = oldRows(sealer, ada);
      const intruder = await engine.intruder(options);
      await insertOldRows(intruder, engine.engine, [
        rows.person(),
        rows.token(token),
        rows.agent(agent),
        rows.conversation(stored),
        ...[mine, hers, reply].map(rows.message),
        rows.call({ ...call, conversationId: room.id }),
        rows.capability(grant, use),
        rows.use(use),
        rows.approval(answered),
        rows.memory(memory, 1),
        rows.reminder(reminder),
        rows.fileLabel(digest, from),
        rows.turn(ended, "geheimkey", true),
        rows.turn(running, null, true),
      ]);
      await intruder.close();
      return options;
    };

    it("opens with every row, and what was clear is sealed", async () => {
      const sealer = memorySealer();
      const options = await versionThree(sealer);
      const db = await openTest(options);
      expect(must(await db.identity.owner())).toEqual(ada);
      expect(must(await db.identity.tokenByVerifier(token.verifier))).toEqual({ ...token, roleCovers: null });
      expect(must(await db.agents.list(me))).toEqual([agent]);
      expect(must(await db.conversations.find(me, room.id))).toEqual(stored);
      expect(must(await db.conversations.path(me, room.id, "main", 9))).toEqual([mine, hers, reply]);
      expect(must(await db.calls.find(me, call.callId))).toEqual({ ...call, conversationId: room.id });
      expect(must(await db.capabilities.list(me))).toEqual([grant]);
      const used = { capabilityId: grant.id, count: 1, bytes: 7, amounts: { geheimEuro: 12 }, recent: [AT] };
      expect(must(await db.capabilities.usage(me, [grant.id]))).toEqual([used]);
      expect(must(await db.approvals.find(me, answered.id))).toEqual(answered);
      expect(must(await db.memories.find(me, memory.id))).toEqual(memory);
      expect(must(await db.reminders.find(me, reminder.id))).toEqual(reminder);
      expect(must(await db.fileLabels.find(me, digest))).toEqual(from);
      expect(must(await db.turns.byKey(me, "geheimkey"))).toEqual(ended);
      expect(must(await db.turns.find(me, running.id))).toEqual(running);

      // And the words of what was there are found.
      const hits = must(await db.conversations.search(me, "word of", { limit: 9 }));
      expect(hits.map(({ messageId }) => messageId).toSorted()).toEqual([mine.id, hers.id].toSorted());
      expect(must(await db.memories.search(me, "plums", 9, [ada.id]))).toEqual([memory]);
      const source = { kind: "host", ref: "geheim.example:443" } as const;
      expect(must(await db.provenance.filesFrom(me, source))).toEqual([{ content: digest, label: from }]);
      expect(
        must(await db.provenance.derivedFrom(me, source))
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual([mine.id, memory.id, reminder.id].toSorted());
      await db.close();

      const intruder = await engine.intruder(options);
      const everything = JSON.stringify(await intruder.everything());
      await intruder.close();
      for (const clear of ["Geheim", "geheim", "Zweig", "plums", digest]) expect(everything).not.toContain(clear);
    });

    it("has none of the columns that were clear any more", async () => {
      const options = await versionThree(memorySealer());
      await (await openTest(options)).close();
      const intruder = await engine.intruder(options);
      for (const column of [
        "name from principals",
        "name from tokens",
        "model from agents",
        "active_head from conversations",
        "label from messages",
        "label from memories",
        "label from reminders",
        "label from file_labels",
        "grant_json from capabilities",
        "used_amounts from capabilities",
        "amounts from capability_uses",
        "call_digest from calls",
        "digest from approvals",
        "idempotency_key from turns",
        "ending from turns",
      ])
        await expect(intruder.ask(`select ${column}`), column).rejects.toThrow(/no such column|does not exist/);
      await intruder.close();
    });

    it("leaves what was erased before unreadable, and everything else as it was", async () => {
      const sealer = memorySealer();
      const options = await versionThree(sealer);
      sealer.erase(`conversation:${room.id}`);
      const db = await openTest(options);
      expect(codeOf(await db.conversations.message(me, mine.id))).toBe("CONTENT_UNREADABLE");
      expect(must(await db.conversations.search(me, "word", { limit: 9 }))).toEqual([]);
      expect(must(await db.memories.find(me, memory.id))).toEqual(memory);
      await db.close();
    });

    it("is as it was when the vault refuses a key in the middle of it", async () => {
      const sealer = memorySealer();
      const options = await versionThree(sealer);
      const broken: ContentSealer = {
        ...sealer,
        seal: (subjects, record, text) =>
          record.startsWith("capabilities/")
            ? err(moltbotError("VAULT_LOCKED", { problem: "the disk is full" }))
            : sealer.seal(subjects, record, text),
      };
      await expect(openTest({ ...options, sealer: broken })).rejects.toThrow("VAULT_LOCKED");
      const db = await openTest(options);
      expect(must(await db.conversations.find(me, room.id))).toEqual(stored);
      await db.close();
    });
  });
});

describe("the migrations", () => {
  it("count from 1 without a gap, and a row of version 2 that was written without a label is nobody's word", async () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, at) => at + 1));
    const options = optionsFor(temporaryFile());
    await (await openTest(options, { migrations: [firstTables, guardTables] })).close();
    const raw = openWithKey(options.file, options.key, { readonly: true });
    const columns = raw.prepare<[], { name: string; dflt_value: string }>("pragma table_info(turns)").all();
    raw.close();
    const given = columns.find(({ name }) => name === "label")?.dflt_value.slice(1, -1) ?? "";
    expect(JSON.parse(given)).toEqual(label("untrusted", []));
  });
});
