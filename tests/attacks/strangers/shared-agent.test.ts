/** Whoever uses an agent of somebody else tries, through its tools and with the ids they know, to reach what is the other's. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Agent, Attachment, Capability, Conversation, Message, Reminder } from "@moltbot/contracts";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { followStream } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { given } from "../../support/people.ts";
import { ABSENT, startStrangeHouse } from "./house.ts";
import type { Somebody, StrangeHouse } from "./house.ts";

const WORD = "zqadasown";

describe("an agent that everyone may use", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let bob: Somebody;
  let agent: string;
  const folder = (name: string): string => join(strange.house.place.home, "workspaces", name);
  const fileOf = (person: Somebody | null, path: string): string =>
    join(folder(person === null ? agent : `${agent}~${person.id}`), path);

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    bob = await strange.join("Bob", "member");
    agent = given<Agent>(await ada.browser("agents.create", { name: "Helper" })).id;
    const object = { type: "agent", id: agent };
    given(await ada.browser("shares.set", { object, to: { kind: "everyone" } }));
    const made = await strange.obey(ada.browser, agent, [
      { tool: "memory.save", arguments: { text: `${WORD} memory` } },
      { tool: "file.append", arguments: { path: "notes.txt", text: `${WORD} file` } },
      { tool: "reminder.create", arguments: { minutes: 600, text: `${WORD} reminder` } },
    ]);
    await strange.allowAll(ada.browser, made);
    given(await ada.browser("contacts.add", { kind: "person", name: WORD, address: `${WORD}@example.org` }));
    expect(readFileSync(fileOf(null, "notes.txt"), "utf8")).toContain(WORD);
  }, 60_000);
  afterAll(() => strange.close());

  it("opens none of its owner's files, memory, reminders or contacts to another's turn", async () => {
    const home = strange.house.place.home;
    const paths = [
      "notes.txt",
      `../${agent}/notes.txt`,
      `./../${agent}/notes.txt`,
      `../../workspaces/${agent}/notes.txt`,
      `../${agent}~${bob.id}/../${agent}/notes.txt`,
      join(home, "workspaces", agent, "notes.txt"),
      "../../vault/secrets.json",
    ];
    const report = await strange.obey(bob.browser, agent, [
      ...paths.map((path) => ({ tool: "file.read", arguments: { path } })),
      ...paths.map((path) => ({ tool: "file.append", arguments: { path, text: "bob was here" } })),
      { tool: "memory.search", arguments: { query: "memory" } },
      { tool: "memory.search", arguments: { query: WORD } },
      { tool: "reminder.list", arguments: {} },
      { tool: "contact.find", arguments: { name: WORD } },
    ]);
    await strange.allowAll(bob.browser, report);
    expect(await strange.resultsOf(bob.browser, report)).not.toMatch(
      new RegExp(`${WORD} (memory|file|reminder)|${WORD}@`),
    );
    const heard = strange.models.heard.at(-1)?.messages;
    expect(JSON.stringify(heard)).not.toMatch(new RegExp(`${WORD} (memory|file|reminder)|${WORD}@`));
    // What was written went into Bob's own folder, and the owner's is as it was.
    expect(readFileSync(fileOf(bob, "notes.txt"), "utf8")).toContain("bob was here");
    expect(readFileSync(fileOf(null, "notes.txt"), "utf8")).not.toContain("bob");
    expect(readdirSync(folder("")).toSorted()).toEqual([agent, `${agent}~${bob.id}`].toSorted());
  });

  it("takes nobody's message for another's: the same key of two people is two messages", async () => {
    const idempotencyKey = "the-same-key-1";
    const wish = { agentId: agent, conversationId: "new", idempotencyKey };
    const hers = given<{ turnId: string; conversationId: string }>(
      await ada.browser("messages.send", { ...wish, content: `${WORD} said` }),
    );
    const his = await bob.browser("messages.send", { ...wish, content: "bob said" });
    expect(his.text).not.toContain(WORD);
    expect(given<{ turnId: string }>(his).turnId).not.toBe(hers.turnId);
    // Nor does the key tell whether a conversation is there.
    for (const conversationId of [hers.conversationId, ABSENT]) {
      const tried = await bob.browser("messages.send", { ...wish, content: "x", conversationId });
      expect(tried.code).toBe("NOT_FOUND");
    }
  });

  it("keeps the same file of two people twice: who removes theirs removes nobody else's", async () => {
    const content = Buffer.from("the very same").toString("base64");
    const keep = async (person: Somebody): Promise<Attachment> => {
      const [conversation] = given<Conversation[]>(await person.browser("conversations.list"));
      const conversationId = conversation?.id;
      return given(await person.browser("attachments.create", { conversationId, name: "same.txt", content }));
    };
    const [hers, his] = [await keep(ada), await keep(bob)];
    expect(his.id).not.toBe(hers.id);
    given(await bob.browser("attachments.remove", { attachmentId: his.id }));
    expect((await ada.browser("attachments.get", { attachmentId: hers.id })).text).toContain(content);
  });

  it("spends none of its owner's grants, and lets nobody else answer, revoke or widen", async () => {
    const url = "https://granted.example/page";
    const wish = { holder: agent, tool: "web.fetch", expires: 1, reason: "reading" };
    const constraints = [
      { kind: "equals", argument: "url", value: url },
      { kind: "host-in", argument: "url", hosts: ["granted.example:443", "granted.example"] },
    ];
    const hers = given<Capability>(await ada.browser("capabilities.grant", { ...wish, constraints }));
    // It counts for her: nobody is asked, and the page is tried.
    const own = await strange.obey(ada.browser, agent, [{ tool: "web.fetch", arguments: { url } }]);
    expect(own.state).toBe("done");
    const asked = await strange.obey(bob.browser, agent, [{ tool: "web.fetch", arguments: { url } }]);
    const [approval] = asked.approvals;
    expect([asked.state, asked.approvals.length]).toEqual(["waiting", 1]);
    const answer = { approvalId: approval?.id, answer: "allow" };
    for (const call of [ada.browser, strange.local])
      expect((await call("approvals.answer", answer)).code).toBe("NOT_FOUND");
    for (const capabilityId of [hers.id, ABSENT])
      expect((await bob.browser("capabilities.revoke", { capabilityId })).code).toBe("NOT_FOUND");
    expect(given<Capability[]>(await ada.browser("capabilities.list")).map(({ id }) => id)).toContain(hers.id);
    expect((await bob.browser("capabilities.list")).text).not.toContain(hers.id);
    given(await bob.browser("approvals.answer", { ...answer, answer: "deny" }));
  });

  it("removes a source from what is one's own alone, though both have one of that name", async () => {
    const [message] = given<Message[]>(
      await ada.browser("conversations.messages", {
        conversationId: given<Conversation[]>(await ada.browser("conversations.list"))[0]?.id,
      }),
    );
    for (const id of [message?.id, ABSENT]) {
      const removed = await bob.browser("provenance.remove", { source: `message:${String(id)}` });
      expect(removed.json).toMatchObject({ removed: [], kept: [], effects: [] });
      expect((await bob.browser("provenance.show", { of: String(id) })).code).toBe("NOT_FOUND");
    }
    given(await bob.browser("provenance.remove", { source: "file:notes.txt" }));
    expect(existsSync(fileOf(bob, "notes.txt"))).toBe(false);
    expect(readFileSync(fileOf(null, "notes.txt"), "utf8")).toContain(WORD);
    expect((await ada.browser("memories.list")).text).toContain(`${WORD} memory`);
  });

  it("tells nobody what another reads: a canary of one person is no bell in another's talk", async () => {
    const { text } = given<{ text: string }>(await ada.browser("canaries.create", { name: "bell" }));
    const stream = await followStream(strange.port, "/v2/events", { cookie: ada.cookie });
    const blocks = [{ kind: "quoted", text: `it says ${text}` }];
    const wish = { agentId: agent, content: `see ${text}`, blocks, conversationId: "new" };
    given(await bob.browser("messages.send", wish));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(stream.text()).not.toContain("event:");
    stream.leave();
  });

  it("finds words of one's own alone, whatever a query is made of", async () => {
    given(await ada.browser("messages.send", { agentId: agent, content: `${WORD} pineapple`, conversationId: "new" }));
    given(await bob.browser("messages.send", { agentId: agent, content: "banana", conversationId: "new" }));
    const [hers] = given<Conversation[]>(await ada.browser("conversations.list"));
    const queries = [
      "pineapple",
      "pine*",
      "*",
      "%",
      "_",
      '"',
      "(",
      "\\",
      "-x",
      "NOT x",
      "pineapple OR banana",
      "^pineapple",
    ];
    for (const query of [
      ...queries,
      'pineapple" OR "banana',
      "' OR 1=1 --",
      "text:pineapple",
      "NEAR(pineapple banana)",
    ])
      expect((await bob.browser("search.messages", { query })).text, query).not.toContain(WORD);
    for (const conversationId of [hers?.id, ABSENT])
      expect((await bob.browser("search.messages", { query: "pineapple", conversationId })).json).toMatchObject({
        hits: [],
      });
  });

  it("exports and erases its owner's things alone: whoever used the agent keeps theirs", async () => {
    const eve = await strange.join("Eve", "member");
    const hers = given<Agent>(await eve.browser("agents.create", { name: "zqEves" })).id;
    given(await eve.browser("shares.set", { object: { type: "agent", id: hers }, to: { kind: "person", id: bob.id } }));
    const calls = [
      { tool: "file.append", arguments: { path: "his.txt", text: "zqbobs file" } },
      { tool: "memory.save", arguments: { text: "zqbobs memory" } },
      { tool: "reminder.create", arguments: { minutes: 600, text: "zqbobs reminder" } },
    ];
    const report = await strange.allowAll(bob.browser, await strange.obey(bob.browser, hers, calls));
    const own = [{ tool: "memory.save", arguments: { text: "zqEves memory" } }];
    await strange.allowAll(eve.browser, await strange.obey(eve.browser, hers, own));
    const subject = { kind: "person", id: eve.id };
    const archive = given<{ content: string }>(await eve.browser("privacy.export", { subject }));
    const files = unzipSync(Buffer.from(archive.content, "base64"));
    const texts = Object.values(files)
      .map((bytes) => strFromU8(bytes))
      .join("\n");
    expect(texts).toContain("zqEves memory");
    expect(texts).not.toMatch(/zqbobs|his\.txt/);
    given(await eve.browser("privacy.erase", { subject, confirm: eve.id }));
    expect((await bob.browser("conversations.messages", { conversationId: report.conversationId })).status).toBe(200);
    expect((await bob.browser("memories.list")).text).toContain("zqbobs memory");
    expect(given<Reminder[]>(await bob.browser("reminders.list")).map(({ text }) => text)).toContain("zqbobs reminder");
    expect(existsSync(join(folder(`${hers}~${bob.id}`), "his.txt"))).toBe(true);
  });

  it("stops with its share, in the middle of a turn, and nothing of the turn happens afterwards", async () => {
    const carl = await strange.join("Carl", "member");
    const letGo = strange.hold();
    const late = strange.obey(carl.browser, agent, [
      { tool: "file.append", arguments: { path: "late.txt", text: "late" } },
    ]);
    await expect.poll(async () => (await carl.browser("conversations.list")).text).not.toBe("[]");
    const object = { type: "agent", id: agent };
    const deny = { object, to: { kind: "person", id: carl.id }, effect: "deny" };
    const { id } = given<{ id: string }>(await ada.browser("shares.set", deny));
    letGo();
    expect((await late).state).toBe("stopped");
    for (const shareId of [id, ABSENT])
      expect((await carl.browser("shares.remove", { shareId })).code).toBe("NOT_FOUND");
    const grant = { holder: agent, tool: "calc", constraints: [], expires: 1, reason: "x" };
    expect((await carl.browser("capabilities.grant", grant)).code).toBe("NOT_FOUND");
    expect(existsSync(fileOf(carl, "late.txt"))).toBe(false);
  });
});
