import { label } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { MIGRATIONS } from "./migrate.ts";
import { firstTables } from "./migrations/0001-first-tables.ts";
import type { DatabaseOptions } from "./open-database.ts";
import { openWithKey } from "./open-file.ts";
import {
  AT,
  aCall,
  aCapability,
  aContact,
  aConversation,
  aMessage,
  aPlan,
  aTurn,
  aUse,
  anAgent,
  anApproval,
  later,
  memorySealer,
  must,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";

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

type Values = Readonly<Record<string, string | number | null | Uint8Array>>;

/** A file as version 1 left it: its own tables, and rows with the columns that it knew. */
const versionOne = async (options: DatabaseOptions, sealer: ReturnType<typeof memorySealer>): Promise<void> => {
  const old = await openTest(options, { migrations: [firstTables] });
  must(await old.conversations.create(me, home));
  must(await old.conversations.append(me, "main", began));
  must(await old.calls.put(me, call));
  must(await old.capabilities.create(me, grant));
  await old.close();

  const raw = openWithKey(options.file, options.key, { readonly: false });
  const owned = { tenant_id: ada.tenantId, owner_id: ada.id, audience: "[]", conversation_id: home.id };
  const insert = (table: string, values: Values): void => {
    const names = Object.keys(values);
    raw
      .prepare(`insert into ${table} (${names.join()}) values (${names.map(() => "?").join()})`)
      .run(...Object.values(values));
  };
  const seal = (record: string, text: string): Uint8Array =>
    must(sealer.seal([`conversation:${home.id}`], record, text));
  const { preview, sources, agentChain, grant: limits, proposal, stepUp, ...oldQuestion } = approval.question;
  expect([preview, sources, agentChain, limits, proposal, stepUp]).toHaveLength(6);
  insert("approvals", {
    ...owned,
    id: approval.id,
    turn_id: approval.turnId,
    call_id: approval.callId,
    agent_id: approval.agentId,
    digest: approval.digest,
    question: seal(approval.id, JSON.stringify(oldQuestion)),
    label: JSON.stringify(approval.label),
    state: "pending",
    created_at: approval.createdAt,
    expires_at: approval.expiresAt,
    reason: seal(`${approval.id}/reason`, "an earlier word"),
  });
  raw
    .prepare(
      "insert into principals (id, tenant_id, owner_id, audience, ordinal, kind, name, role, created_at) values (?, ?, ?, '[]', 1, ?, ?, ?, ?)",
    )
    .run(ada.id, ada.tenantId, ada.id, ada.kind, ada.name, ada.role, AT);
  raw
    .prepare(
      "insert into sign_in_links (verifier, tenant_id, owner_id, audience, expires_at) values ('old', ?, ?, '[]', ?)",
    )
    .run(ada.tenantId, ada.id, later(9));
  raw
    .prepare(
      "insert into agents (id, tenant_id, owner_id, audience, name, model, capabilities, created_at) values (?, ?, ?, '[]', ?, ?, ?, ?)",
    )
    .run(agent.id, ada.tenantId, ada.id, agent.name, agent.model, JSON.stringify(agent.capabilities), AT);
  for (const turn of [known, lost]) {
    insert("turns", {
      ...owned,
      id: turn.id,
      agent_id: turn.agentId,
      authority: turn.authority,
      user_message_id: turn.userMessageId,
      state: "queued",
      steps: 0,
      attempts: 0,
      waiting_for: "[]",
      ending: "null",
      fence: 0,
      created_at: AT,
      updated_at: AT,
    });
  }
  raw.close();
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

describe("the migrations", () => {
  it("count from 1 without a gap, and a row written without a label is nobody's word", async () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, at) => at + 1));
    const options = optionsFor(temporaryFile());
    await (await openTest(options)).close();
    const raw = openWithKey(options.file, options.key, { readonly: true });
    const columns = raw.prepare<[], { name: string; dflt_value: string }>("pragma table_info(turns)").all();
    raw.close();
    const given = columns.find(({ name }) => name === "label")?.dflt_value.slice(1, -1) ?? "";
    expect(JSON.parse(given)).toEqual(label("untrusted", []));
  });
});
