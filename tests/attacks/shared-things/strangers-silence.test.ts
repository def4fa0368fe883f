/** Whoever reads a shared conversation, and whoever keeps the house, looks everywhere for a sign of what its owner does next. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Agent, Attachment, Message, Prompt, SecretInfo, TurnReport } from "@moltbot/contracts";
import { OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { followStream } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { given } from "../../support/people.ts";
import { KEY, startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

/** What the house as a whole does, and what asking does itself. */
const OF_THE_HOUSE: ReadonlySet<string> = new Set([
  "system.status",
  "audit.head",
  "audit.proof",
  "audit.list",
  "sessions.list",
]);

describe("what an owner does with what they shared", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let bob: Somebody;
  let eve: Somebody;
  let agentId: string;

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    bob = await strange.join("Bob", "member");
    eve = await strange.join("Eve", "admin");
    agentId = given<Agent>(await ada.browser("agents.create", { name: "Helper" })).id;
    given(await ada.browser("shares.set", { object: { type: "agent", id: agentId }, to: { kind: "everyone" } }));
  }, 60_000);
  afterAll(() => strange.close());

  const say = async (content: string, conversationId = "new"): Promise<TurnReport> =>
    given<TurnReport>(await ada.browser("messages.send", { agentId, content, conversationId }));
  const share = async ({ conversationId, reply }: TurnReport): Promise<void> =>
    void (await strange.shareConversation(ada.browser, conversationId, reply?.id ?? "", bob.id));
  /** Everything that can be read without naming something, and the conversation itself. */
  const readAll = async ({ browser }: Somebody, conversationId: string): Promise<Record<string, string>> => {
    const read: Record<string, string> = {};
    for (const name of OPERATION_NAMES) {
      const { method, path, effect } = OPERATIONS[name];
      if (method !== "GET" || effect !== "read" || path.includes("{") || OF_THE_HOUSE.has(name)) continue;
      read[name] = (await browser(name)).text;
    }
    for (const name of ["conversations.get", "conversations.messages", "attachments.list"] as const)
      read[name] = (await browser(name, { conversationId })).text;
    read["search"] = (await browser("search.messages", { query: "zqhidden" })).text;
    read["house"] = (await browser("usage.show", { of: "house" })).text.replaceAll(/"used":\d+/gu, "");
    return Object.fromEntries(
      Object.entries(read).map(([name, text]) => [
        name,
        text.replaceAll(/"(traceId|lastUsedAt|lastSeenAt|renewsAt|residentBytes)":("[^"]*"|\d+)/gu, ""),
      ]),
    );
  };

  it("shows nowhere: not in a list, a date, an order, an event, a search, a measure or the house's own books", async () => {
    const shown = await say("zqshown");
    const { conversationId } = shown;
    await share(shown);
    await share(await say("zqshown two"));
    await strange.obey(bob.browser, agentId, [{ tool: "memory.save", arguments: { text: "his" } }]);
    const before = [await readAll(bob, conversationId), await readAll(eve, conversationId)];
    const headers = ({ cookie }: Somebody) => ({ cookie, origin: strange.url });
    const streams = [
      await followStream(strange.port, "/v2/events", headers(bob)),
      await followStream(strange.port, "/v2/events", headers(eve)),
    ];
    const socket = await mustOpen({ port: strange.port, headers: headers(bob) });
    expect((await socket.ask("1", "events.subscribe")).error).toBeUndefined();

    await say("zqhidden later", conversationId);
    const waits = await strange.obey(
      ada.browser,
      agentId,
      [
        { tool: "contact.add", arguments: { name: "Boss", address: "boss@example.org" } },
        { tool: "file.append", arguments: { path: "notes.txt", text: "zqhidden" } },
        { tool: "reminder.create", arguments: { text: "zqhidden", minutes: 600 } },
      ],
      { conversationId },
    );
    await strange.allowAll(ada.browser, waits);
    expect((await ada.browser("reminders.list")).text).toContain("zqhidden");
    const file = given<Attachment>(
      await ada.browser("attachments.create", { conversationId, name: "zqhidden.txt", content: "eA==" }),
    );
    given(await ada.browser("attachments.remove", { attachmentId: file.id }));
    const prompt = given<Prompt>(await ada.browser("prompts.create", { name: "zqhidden", text: "zqhidden" }));
    given(await ada.browser("prompts.change", { promptId: prompt.id, text: "zqhidden 2" }));
    const set = { name: "zqhidden", value: "zqvalue", hosts: ["api.example"], of: "me" };
    given<SecretInfo>(await ada.browser("secrets.set", set));
    given(await ada.browser("messages.send", { agentId, content: "zqhidden", promptId: prompt.id, conversationId }));
    given(await ada.browser("privacy.export", { subject: { kind: "conversation", id: conversationId } }));
    given(await ada.browser("canaries.create", { name: "zqhidden" }));
    given(await ada.browser("tokens.create", { name: "zqhidden" }));
    given(await ada.browser("shares.foresee", { conversationId, upTo: waits.message.id }));
    given(await ada.browser("provenance.remove", { source: `message:${waits.message.id}` }));

    const after = [await readAll(bob, conversationId), await readAll(eve, conversationId)];
    expect(after).toEqual(before);
    await socket.ask("2", "agents.list");
    for (const stream of streams) {
      expect(stream.text()).not.toMatch(/^event:/mu);
      stream.leave();
    }
    expect(JSON.stringify(socket)).not.toContain("zqhidden");
    socket.leave();
  });

  it("shows nothing to the owner of a shared agent of who else talks to it, while they do and afterwards", async () => {
    const { conversationId } = await say("zqshown");
    const his = await strange.obey(bob.browser, agentId, [{ tool: "memory.save", arguments: { text: "his" } }]);
    await strange.allowAll(bob.browser, his);
    const readers = [ada, eve];
    // The sum of an agent's budget is its owner's to see, whoever used it.
    const sums = (text = ""): string => text.replaceAll(/("kind":"agent".*?"used":)\d+/gu, "$1");
    const readBoth = () =>
      Promise.all(
        readers.map(async (one) => {
          const read = await readAll(one, conversationId);
          return { ...read, "usage.show": sums(read["usage.show"]) };
        }),
      );
    const before = await readBoth();
    const streams = await Promise.all(
      readers.map(({ cookie }) => followStream(strange.port, "/v2/events", { cookie, origin: strange.url })),
    );
    const letGo = strange.hold();
    const running = bob.browser("messages.send", { agentId, content: "zqhidden", conversationId: "new" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const meanwhile = await readBoth();
    letGo();
    given(await running);
    const waits = await strange.obey(bob.browser, agentId, [
      { tool: "contact.add", arguments: { name: "Boss", address: "boss@example.org" } },
    ]);
    expect(waits.approvals).toHaveLength(1);
    expect(await readBoth()).toEqual(before);
    expect(meanwhile).toEqual(before);
    for (const stream of streams) {
      expect(stream.text()).not.toMatch(/^event:/mu);
      stream.leave();
    }
  });

  it("names no file and no origin that holds a recognised secret", async () => {
    const path = `${KEY}.txt`;
    // A file that no tool wrote: what is read from it names it.
    const folder = join(strange.house.place.home, "workspaces", agentId);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, path), "harmless");
    const calls = [{ tool: "file.read", arguments: { path } }];
    const done = await strange.allowAll(ada.browser, await strange.obey(ada.browser, agentId, calls));
    const quoted = given<TurnReport>(
      await ada.browser("messages.send", {
        agentId,
        content: "and this",
        conversationId: done.conversationId,
        blocks: [{ kind: "pasted", from: `api key ${KEY}`, text: `the key is ${KEY}` }],
      }),
    );
    await share(quoted);
    const hers = given<Message[]>(await ada.browser("conversations.messages", { conversationId: done.conversationId }));
    expect(JSON.stringify(hers)).toContain(KEY);
    for (const name of ["conversations.list", "conversations.get", "conversations.messages"] as const) {
      const said = await bob.browser(
        name,
        name === "conversations.list" ? {} : { conversationId: done.conversationId },
      );
      expect(said.code).toBeNull();
      expect(said.text).not.toContain("4f9aK2mPq8");
    }
  });
});
