/** Somebody tries what they know of another's things, by its id or by a guess, and compares with what never was. */
import { randomUUID } from "node:crypto";
import type { Agent, Attachment, AuditRecord, Message, Prompt, SecretInfo, TurnReport } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { given, tokenCaller } from "../../support/people.ts";
import type { Caller, Said } from "../../support/people.ts";
import { startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

/** An id of the same age as another, that nothing has. */
const beside = (id: string): string => id.slice(0, 15) + randomUUID().slice(15);

describe("ids of what is another's", { timeout: 120_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let bob: Somebody;
  let eve: Somebody;
  let mine: string;
  /** What Ada has, by what the field is called. */
  let hers: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    bob = await strange.join("Bob", "member");
    eve = await strange.join("Eve", "admin");
    const agent = given<Agent>(await ada.browser("agents.create", { name: "Helper" })).id;
    mine = given<Agent>(await bob.browser("agents.create", { name: "His" })).id;
    const done = await strange.allowAll(
      ada.browser,
      await strange.obey(ada.browser, agent, [
        { tool: "file.append", arguments: { path: "notes.txt", text: "zqhidden" } },
        { tool: "memory.save", arguments: { text: "zqhidden memory" } },
        { tool: "reminder.create", arguments: { text: "zqhidden reminder", minutes: 600 } },
      ]),
    );
    const waits = await strange.obey(ada.browser, agent, [
      { tool: "contact.add", arguments: { name: "Boss", address: "boss@example.org" } },
    ]);
    const [question] = waits.approvals;
    const { conversationId } = done;
    const say = await ada.browser("messages.send", { agentId: agent, content: "zqshown", conversationId });
    const upTo = given<TurnReport>(say).reply?.id ?? "";
    const later = given<TurnReport>(
      await ada.browser("messages.send", { agentId: agent, content: "zqhidden later", conversationId }),
    );
    const file = given<Attachment>(
      await ada.browser("attachments.create", { conversationId, name: "zqhidden.txt", content: "eA==" }),
    );
    const prompt = given<Prompt>(await ada.browser("prompts.create", { name: "zqprompt", text: "zqhidden" }));
    const secret = given<SecretInfo>(
      await ada.browser("secrets.set", { name: "zqsecret", value: "zqvalue", hosts: ["api.example"], of: "me" }),
    );
    const token = given<{ id: string }>(await ada.browser("tokens.create", { name: "zqtoken" })).id;
    const share = await strange.shareConversation(ada.browser, conversationId, upTo, bob.id);
    const all = given<Message[]>(await ada.browser("conversations.messages", { conversationId, limit: 500 }));
    const capabilities = given<readonly { id: string }[]>(await ada.browser("capabilities.list"));
    const memories = given<readonly { id: string }[]>(await ada.browser("memories.list"));
    const reminders = given<readonly { id: string }[]>(await ada.browser("reminders.list"));
    const sessions = given<readonly { id: string }[]>(await ada.browser("sessions.list"));
    hers = {
      agentId: [agent],
      conversationId: [waits.conversationId],
      messageId: [...all.map(({ id }) => id), later.message.id],
      turnId: [done.turnId, waits.turnId, later.turnId],
      approvalId: question === undefined ? [] : [question.id],
      callId: all.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "call" ? [part.callId] : []))),
      attachmentId: [file.id],
      promptId: [prompt.id],
      secretId: [secret.id],
      tokenId: [token],
      shareId: [share.id],
      sessionId: sessions.map(({ id }) => id),
      capabilityId: capabilities.map(({ id }) => id),
      memoryId: memories.map(({ id }) => id),
      reminderId: reminders.map(({ id }) => id),
    };
    // Of each kind there is one: what is not there is tried by nobody.
    expect(Object.keys(hers).filter((kind) => hers[kind]?.length === 0)).toEqual([]);
  }, 60_000);
  afterAll(() => strange.close());

  /** Every way to put an id into an operation. */
  const tries = (id: string): readonly (readonly [OperationName, Readonly<Record<string, unknown>>])[] => [
    ["agents.get", { agentId: id }],
    ["agents.reading", { agentId: id, reading: "quarantined" }],
    ["agents.tools", { agentId: id, tools: [] }],
    ["messages.send", { agentId: id, content: "x", conversationId: "new" }],
    ["messages.send", { agentId: mine, content: "x", conversationId: id }],
    ["messages.send", { agentId: mine, content: "x", promptId: id, conversationId: "new" }],
    ["turns.get", { turnId: id }],
    ["turns.get", { turnId: id, wait: "true" }],
    ["turns.stop", { turnId: id }],
    ["conversations.get", { conversationId: id }],
    ["conversations.messages", { conversationId: id }],
    ["conversations.messages", { conversationId: id, head: "main" }],
    ["approvals.get", { approvalId: id }],
    ["approvals.answer", { approvalId: id, answer: "allow" }],
    ["approvals.answers", { answers: [{ approvalId: id, answer: "deny" }] }],
    ["approvals.preview", { approvalId: id, constraints: [] }],
    ["capabilities.revoke", { capabilityId: id }],
    ["provenance.show", { of: id }],
    ...["message", "conversation", "memory", "file", "turn", "call"].flatMap(
      (kind) =>
        [
          ["provenance.show", { of: `${kind}:${id}` }],
          ["provenance.remove", { source: `${kind}:${id}`, dryRun: true }],
          ["provenance.remove", { source: `${kind}:${id}` }],
        ] as const,
    ),
    ["reminders.cancel", { reminderId: id }],
    ["memories.remove", { memoryId: id }],
    ["decisions.explain", { id }],
    ...["agent", "person", "decision", "trace"].map((field) => ["audit.list", { [field]: id }] as const),
    ["tokens.revoke", { tokenId: id }],
    ["sessions.revoke", { sessionId: id }],
    ["devices.revoke", { deviceId: id }],
    ["shares.remove", { shareId: id }],
    ["shares.foresee", { conversationId: id, upTo: id }],
    ["shares.foresee", { conversationId: hers["conversationId"]?.[0] ?? "", upTo: id }],
    ...["agent", "prompt", "secret"].flatMap(
      (type) =>
        [
          ["shares.set", { object: { type, id }, to: { kind: "everyone" } }],
          ["shares.set", { object: { type, id }, to: { kind: "person", id: bob.id } }],
          ["access.explain", { [`${type}Id`]: id }],
          ["access.explain", { [`${type}Id`]: id, personId: ada.id, right: "edit" }],
        ] as const,
    ),
    [
      "shares.set",
      { object: { type: "conversation", id }, to: { kind: "person", id: eve.id }, upTo: id, seen: "0".repeat(64) },
    ],
    ["access.explain", { conversationId: id }],
    ["access.explain", { conversationId: id, personId: ada.id }],
    ["secrets.set", { name: "zqsecret", value: "x", hosts: ["api.example"], of: id }],
    ["secrets.set", { name: "other", value: "x", hosts: ["evil.example"], of: id }],
    ["secrets.remove", { name: "zqsecret", of: id }],
    ["prompts.change", { promptId: id, text: "x" }],
    ["prompts.remove", { promptId: id }],
    ["search.messages", { query: "zqhidden", conversationId: id }],
    ["attachments.create", { conversationId: id, name: "x", content: "eA==" }],
    ["attachments.list", { conversationId: id }],
    ["attachments.get", { attachmentId: id }],
    ["attachments.remove", { attachmentId: id }],
    ["privacy.export", { subject: { kind: "conversation", id } }],
    ["privacy.erase", { subject: { kind: "conversation", id }, confirm: id }],
    ["capabilities.grant", { holder: id, tool: "mail.send", reason: "x", expires: 1, rights: ["use"] }],
    ["contacts.remove", { contactId: id }],
  ];

  /** Who asks has tried things themselves, and that is on record too. */
  const byAda = ({ json }: Said): string =>
    JSON.stringify(Array.isArray(json) ? (json as AuditRecord[]).filter(({ actor }) => actor === ada.id) : json);
  const steady = (text: string, id: string): string =>
    text
      .replaceAll(id, "ID")
      .replaceAll(id.toUpperCase(), "ID")
      .replaceAll(/"(traceId|at|createdAt|updatedAt|size|root|signature|sequence)":("[^"]*"|\d+)/gu, "")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/gu, "SOME");

  it("are answered as if nothing had them, by whatever they are asked and by whomever, and nothing changes", async () => {
    const socket = await mustOpen({ port: strange.port, headers: { cookie: bob.cookie, origin: strange.url } });
    const token = tokenCaller(strange.url, await strange.tokenOf(bob.browser));
    let serial = 0;
    const bySocket: Caller = async (name, input = {}) => {
      const { output, error } = await socket.ask(`s${String((serial += 1))}`, name, input);
      const text = JSON.stringify(output ?? error);
      return { status: 0, text, json: output, code: error === undefined ? null : String(error["code"]) };
    };
    const seen = async (): Promise<string> => {
      const parts: string[] = [];
      for (const name of [
        "agents.list",
        "conversations.list",
        "prompts.list",
        "secrets.list",
        "shares.list",
        "tokens.list",
        "memories.list",
        "reminders.list",
        "capabilities.list",
      ] as const)
        parts.push((await ada.browser(name)).text);
      return parts.join("\n").replaceAll(/"lastUsedAt":"[^"]*"/gu, "");
    };
    const before = await seen();
    const different: string[] = [];
    const told = (name: OperationName, said: Said, of: string): string =>
      `${String(said.status)} ${String(said.code)} ${steady(name === "audit.list" ? byAda(said) : said.text, of)}`;
    const some = ["conversationId", "messageId"];
    for (const [who, call, kinds] of [
      ["bob", bob.browser, Object.keys(hers)],
      ["bob's token", token, some],
      ["bob's socket", bySocket, some],
      ["eve", eve.browser, some],
      ["the owner", strange.local, some],
    ] as const) {
      const absent = beside(bob.id);
      const nothing: string[] = [];
      for (const [name, input] of tries(absent)) nothing.push(told(name, await call(name, input), absent));
      for (const kind of kinds)
        // The newest: of messages, one that came after what was shared.
        for (const id of (hers[kind] ?? []).slice(-1))
          for (const [at, [name, input]] of tries(id).entries()) {
            // That something was shared with one is on record, and one's own to know.
            if (name === "audit.list" && kind === "shareId") continue;
            const answer = told(name, await call(name, input), id);
            if (answer !== nothing[at])
              different.push(`${who} ${kind} ${name} ${JSON.stringify(input)}: ${answer} | ${String(nothing[at])}`);
          }
    }
    socket.leave();
    expect(different).toEqual([]);
    expect(await seen()).toBe(before);
  });
});
