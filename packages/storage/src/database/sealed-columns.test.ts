import { DecisionId, PluginName, PrincipalId, TokenId, label } from "@moltbot/contracts";
import type { Message, Turn } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import type { ContentSealer } from "../crypto/index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { aPersonOf, aRole, aTeam } from "./testing/people-attacks.ts";
import { ROOMY, aPackage, aSigner } from "./testing/package-attacks.ts";
import { aPrompt } from "./testing/shared-attacks.ts";
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
  later,
  memorySealer,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

afterAll(removeFolders);

/** Words that stand in the database for content, names, recipients and places, each planted once. */
const CANARIES = [
  "canarytitle",
  "canarybranch",
  "canaryactive",
  "canarymessage",
  "canaryquote",
  "canaryquotefrom",
  "canarysummary",
  "canaryresult",
  "canaryargument",
  "canarymodel",
  "canaryhost.example",
  "canaryfile.txt",
  "canaryquestion",
  "canarywhy",
  "canaryrecipient",
  "canaryreason",
  "canaryedited",
  "canaryapprovallabel",
  "canarygrant.example",
  "canarygrantreason",
  "canaryamount",
  "canaryuseamount",
  "canarymemory",
  "canarymemorylabel",
  "canaryreminder",
  "canaryreminderlabel",
  "canaryfilelabel",
  "canaryturnlabel",
  "canaryturncode",
  "canarykey",
  "canaryperson",
  "canaryinvited",
  "canaryrole",
  "canaryteam",
  "canarytoken",
  "canaryagent",
  "canaryagentmodel",
  "canaryprompt",
  "canaryprompttext",
  "canarycontact",
  "canaryaddress",
  "canarygoal",
  "canarystep",
  "canarystop",
  "canarydecision",
  "canarydecisionlabel",
  "canaryskill",
  "canaryskilltext",
  "canaryupdate",
  "canarychosen.example",
  "canarysigner",
  "canaryplugin",
  "canaryitemkey",
  "canaryitemvalue",
] as const;
const DIGEST = "cd".repeat(32);

const from = (ref: string) => label("participant", "public", [{ kind: "host", ref }]);

/** Writes one of everything, through the repositories alone. */
const plant = async (options: TestOptions): Promise<Message["id"]> => {
  const ada = { ...person(), name: "canaryperson" };
  const me = scopeOf(ada);
  const db = await openTest(options);
  must(await db.identity.createPerson(ada));
  const house = scopeOf(ada, "tenant");
  const invited = { ...person(ada.tenantId), name: "canaryinvited" };
  must(await db.people.create(house, aPersonOf(invited, { state: "invited" })));
  must(await db.teams.create(house, aTeam([invited], { name: "canaryteam" })));
  must(await db.roles.create(house, aRole({ name: "canaryrole" })));
  must(
    await db.identity.createToken(me, {
      id: next(TokenId),
      principal: ada,
      role: "owner",
      name: "canarytoken",
      verifier: "a".repeat(43),
      createdAt: AT,
      expiresAt: later(9),
      scopes: null,
      integrity: "authority",
      key: null,
      madeWith: null,
      lastUsedAt: null,
      revokedAt: null,
    }),
  );
  const agent = { ...anAgent(ada), name: "canaryagent", model: "canaryagentmodel" };
  must(await db.agents.create(me, agent));
  must(await db.prompts.create(me, aPrompt(ada, { name: "canaryprompt", text: "canaryprompttext" })));
  const home = aConversation(ada, {
    agentId: agent.id,
    title: "canarytitle",
    heads: { main: null, canarybranch: null, canaryactive: null },
    activeHead: "canaryactive",
  });
  must(await db.conversations.create(me, home));
  const message = aMessage(home, "canarymessage", {
    label: label(
      "participant",
      [ada.id],
      [
        { kind: "host", ref: "canaryhost.example:443" },
        { kind: "file", ref: "canaryfile.txt" },
      ],
    ),
    model: { name: "canarymodel", demonstration: false },
    parts: [
      { type: "text", text: "canarymessage" },
      { type: "quote", kind: "pasted", from: "canaryquotefrom", text: "canaryquote", label: from("canaryquote") },
      { type: "call", callId: aCall(home).callId, tool: "mail.send", arguments: { to: "canaryargument" } },
      {
        type: "result",
        callId: aCall(home).callId,
        tool: "mail.send",
        status: "ok",
        text: "canaryresult",
        summary: "canarysummary",
        code: null,
      },
    ],
  });
  must(await db.conversations.append(me, "main", message));
  const approval = anApproval(home);
  must(
    await db.approvals.create(me, {
      ...approval,
      digest: approval.digest,
      question: {
        ...approval.question,
        consequence: "canaryquestion",
        why: "canarywhy",
        arguments: [],
        preview: null,
        grant: [],
        leaves: { to: ["canaryrecipient"], data: [] } as never, // only its words matter here
      },
      label: from("canaryapprovallabel"),
    }),
  );
  must(
    await db.approvals.move(me, approval.id, "pending", "denied", {
      answeredBy: ada.id,
      answeredAt: AT,
      reason: "canaryreason",
      edited: { to: "canaryedited" },
    }),
  );
  const grant = aCapability(ada, agent.id, {
    constraints: [{ kind: "host-in", argument: "url", hosts: ["canarygrant.example:443"] }],
    reason: "canarygrantreason",
  });
  must(await db.capabilities.create(me, grant));
  must(await db.capabilities.addUse(me, aUse(grant, { amounts: { canaryamount: 3, canaryuseamount: 4 } })));
  must(await db.calls.put(me, aCall(home, { callDigest: DIGEST as never }))); // sixty-four hex digits
  must(await db.memories.create(me, aMemory(ada, "canarymemory", { label: from("canarymemorylabel") })));
  must(await db.reminders.create(me, aReminder(home, { text: "canaryreminder", label: from("canaryreminderlabel") })));
  must(await db.fileLabels.keep(me, DIGEST as never, from("canaryfilelabel"))); // sixty-four hex digits
  const turn: Turn = aTurn(ada, home, { label: from("canaryturnlabel"), agentId: agent.id });
  must(await db.turns.enqueue(me, turn, "canarykey"));
  const lease = must(await db.turns.claim(AT, later(9)));
  if (lease === null) throw new Error("the turn was not claimed");
  must(await db.turns.finish(lease, { state: "failed", messageId: null, code: "canaryturncode" }));
  must(await db.contacts.create(me, aContact(ada, { name: "canarycontact", address: "canaryaddress@example.org" })));
  must(
    await db.plans.create(
      me,
      aPlan(home, { goal: "canarygoal", steps: [{ tool: "mail.search", arguments: { q: "canarystep" }, after: [] }] }),
    ),
  );
  must(await db.stops.begin(me, aStop(ada, { reason: "canarystop" })));
  const decision = aDecision(home, { id: next(DecisionId) }, "canarydecision");
  const { input } = decision;
  must(
    await db.decisions.record(me, {
      ...decision,
      input: { ...input, call: { ...input.call, label: from("canarydecisionlabel") } },
    }),
  );
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  must(await db.signers.put(house, aSigner(ada, { name: "canarysigner" })));
  must(
    await db.packages.put(
      house,
      aPackage(ada, { kind: "skill", name: "canaryskill", archive: bytes("canaryskilltext") }),
    ),
  );
  const plugin = PluginName.parse("canaryplugin");
  const choices = { hosts: ["canarychosen.example:443"], secrets: {} };
  must(await db.packages.put(house, aPackage(ada, { name: plugin, choices, waiting: bytes("canaryupdate") })));
  must(await db.pluginItems.set(me, { plugin, audience: "public" }, "canaryitemkey", "canaryitemvalue", ROOMY));
  await db.close();
  return message.id;
};

onEveryEngine((engine) => {
  /** What somebody with the engine's password, and no key of a subject, finds of the planted words. */
  const foundIn = async (sealer: ContentSealer): Promise<readonly string[]> => {
    const options = engine.options({ sealer });
    await plant(options);
    const intruder = await engine.intruder(options);
    const tables = await intruder.everything();
    await intruder.close();
    const text = JSON.stringify(tables, (_name, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : bufferText(value),
    ).toLowerCase();
    return [...CANARIES, DIGEST].filter((canary) => text.includes(canary));
  };

  describe("everything that is content or a name", () => {
    it("stands in no column of any table, whoever reads the engine's files", async () => {
      expect(await foundIn(memorySealer())).toEqual([]);
    });

    it("is found again by whoever has the keys: nothing was only thrown away", async () => {
      const sealer = memorySealer();
      const options = engine.options({ sealer });
      const id = await plant(options);
      const db = await openTest(options);
      const system = { ...scopeOf(person(), "system"), principalId: next(PrincipalId) };
      const message = must(await db.conversations.message(system, id));
      expect(JSON.stringify(message)).toContain("canaryhost.example:443");
      const home = must(await db.conversations.find(system, message.conversationId));
      expect(home).toMatchObject({ title: "canarytitle", activeHead: "canaryactive", heads: { main: id } });
      await db.close();
    });
  });

  describe("unplug: with the sealing of one table off", () => {
    const cases: readonly (readonly [string, string])[] = [
      ["conversations/", "canarytitle"],
      ["messages/", "canaryhost.example"],
      ["approvals/", "canaryquestion"],
      ["capabilities/", "canarygrant.example"],
      ["capability_uses/", "canaryuseamount"],
      ["calls/", DIGEST],
      ["memories/", "canarymemorylabel"],
      ["reminders/", "canaryreminder"],
      ["file_labels/", "canaryfilelabel"],
      ["turns/", "canaryturnlabel"],
      ["principals/", "canaryperson"],
      ["principals/", "canaryinvited"],
      ["roles/", "canaryrole"],
      ["teams/", "canaryteam"],
      ["tokens/", "canarytoken"],
      ["agents/", "canaryagent"],
      ["prompts/", "canaryprompttext"],
      ["packages/", "canarychosen.example"],
      ["signers/", "canarysigner"],
      ["plugin_items/", "canaryitemvalue"],
    ];
    it.each(cases.filter((_, at) => engine.engine === "sqlite" || at === 1))(
      "the words of %s lie open",
      async (records, canary) => {
        const sealer = memorySealer();
        const open: ContentSealer = {
          ...sealer,
          seal: (subjects, record, text) =>
            record.startsWith(records) ? { ok: true, value: Buffer.from(text) } : sealer.seal(subjects, record, text),
          open: (subjects, record, sealed) =>
            record.startsWith(records)
              ? { ok: true, value: Buffer.from(sealed).toString() }
              : sealer.open(subjects, record, sealed),
        };
        expect(await foundIn(open)).toContain(canary);
      },
    );
  });
});

/** A buffer says of itself what JSON makes of it before anybody else can. */
const bufferText = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "type" in value && value.type === "Buffer" && "data" in value
    ? Buffer.from(value.data as readonly number[]).toString("latin1") // the bytes, as a buffer lists them
    : value;
