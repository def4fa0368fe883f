/** Somebody lets another read a conversation up to a message. Whoever wants more of it tries: its reader, a keeper of the house, a program, the model. */
import type { Agent, AuditRecord, Conversation, Message, OperationOutput, Share, TurnReport } from "@moltbot/contracts";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releaseOf } from "../../../packages/gateway/src/release.ts";
import { followStream } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { given, tokenCaller } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { ABSENT, KEY, startStrangeHouse } from "../strangers/house.ts";
import type { Somebody, StrangeHouse } from "../strangers/house.ts";

const SHOWN = "zqshown";
/** In results, calls, later words and on the agent's shelves: none of it may leave. */
const HIDDEN = /zqhidden|sk-live-4f9a/;

type Foreseen = OperationOutput<"shares.foresee">;

describe("a conversation that is shared up to a message", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let bob: Somebody;
  let eve: Somebody;
  let agent: string;

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    bob = await strange.join("Bob", "member");
    eve = await strange.join("Eve", "admin");
    agent = given<Agent>(await ada.browser("agents.create", { name: "Helper" })).id;
    given(await ada.browser("shares.set", { object: { type: "agent", id: agent }, to: { kind: "everyone" } }));
  }, 60_000);
  afterAll(() => strange.close());

  /** A conversation of Ada's: a key and a word of hers, a tool that wrote and read, an answer; and then words that nobody else is to see. */
  const talk = async (): Promise<{ readonly report: TurnReport; readonly upTo: string }> => {
    const calls = [
      { tool: "file.append", arguments: { path: "notes.txt", text: "zqhidden in the file" } },
      { tool: "file.read", arguments: { path: "notes.txt" } },
      { tool: "memory.save", arguments: { text: "zqhidden memory" } },
    ];
    const begun = await strange.obey(ada.browser, agent, calls);
    const report = await strange.allowAll(ada.browser, begun);
    const { conversationId } = report;
    const say = (content: string): Promise<TurnReport> =>
      ada.browser("messages.send", { agentId: agent, content, conversationId }).then((said) => given<TurnReport>(said));
    const said = await say(`${SHOWN}: my api key is ${KEY}`);
    const upTo = said.reply?.id ?? ABSENT;
    await say("zqhidden later words");
    return { report: said, upTo };
  };
  const foresee = async (conversationId: string, upTo: string): Promise<Foreseen> =>
    given<Foreseen>(await ada.browser("shares.foresee", { conversationId, upTo }));
  const wishFor = (conversationId: string, upTo: string, seen: string, to: string) => ({
    object: { type: "conversation", id: conversationId },
    to: { kind: "person", id: to },
    upTo,
    seen,
  });
  const share = (conversationId: string, upTo: string, to = bob.id): Promise<Share> =>
    strange.shareConversation(ada.browser, conversationId, upTo, to);
  const reads = (call: Caller, conversationId: string) =>
    call("conversations.messages", { conversationId, limit: 500 });
  const releases = async (): Promise<readonly AuditRecord[]> =>
    given<AuditRecord[]>(await ada.browser("audit.list", { limit: 500 })).filter(
      ({ event }) => event === "conversation:released",
    );
  const shares = async (): Promise<readonly Share[]> => given<Share[]>(await ada.browser("shares.list"));

  it("shows its reader what was foreseen, by whatever is asked, and nothing else of it", async () => {
    const { report, upTo } = await talk();
    const { conversationId, turnId } = report;
    const whole = given<Message[]>(await reads(ada.browser, conversationId));
    const calls = whole.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "call" ? [part.callId] : [])));
    expect(calls.length).toBeGreaterThan(1);
    const foreseen = await foresee(conversationId, upTo);
    expect(foreseen.masked).toBe(1);
    expect((await reads(bob.browser, conversationId)).code).toBe("NOT_FOUND");
    const stream = await followStream(strange.port, "/v2/events", { cookie: bob.cookie });
    await share(conversationId, upTo);
    const read = await reads(bob.browser, conversationId);
    const texts = (messages: readonly Message[]): unknown =>
      messages.map(({ id, role, parts }) => [
        id,
        role,
        parts.map((part) => (part.type === "text" ? part.text : part.type)),
      ]);
    expect(texts(given<Message[]>(read))).toEqual(texts(foreseen.messages));
    expect(read.text).toContain(SHOWN);
    given(await ada.browser("messages.send", { agentId: agent, content: "zqhidden again", conversationId }));
    const archive = given<{ content: string }>(
      await bob.browser("privacy.export", { subject: { kind: "person", id: bob.id } }),
    );
    const files = Object.values(unzipSync(Buffer.from(archive.content, "base64"))).map((bytes) => strFromU8(bytes));
    const asked = [
      await bob.browser("conversations.list"),
      await bob.browser("conversations.get", { conversationId }),
      read,
      await bob.browser("conversations.messages", { conversationId, head: "shared" }),
      await bob.browser("audit.list", { limit: 500 }),
    ];
    for (const said of asked) expect(said.text).not.toMatch(HIDDEN);
    for (const [name, input] of [
      ["conversations.messages", { conversationId, head: "main" }],
      ["turns.get", { turnId }],
      ["turns.stop", { turnId }],
      ["attachments.list", { conversationId }],
      ["attachments.create", { conversationId, name: "x.txt", content: "eA==" }],
      ["privacy.export", { subject: { kind: "conversation", id: conversationId } }],
      ["privacy.erase", { subject: { kind: "conversation", id: conversationId }, confirm: conversationId }],
      ["messages.send", { agentId: agent, content: "bob was here", conversationId }],
      ...whole.map(({ id }) => ["provenance.show", { of: id }] as const),
      ...calls.map((id) => ["decisions.explain", { id }] as const),
    ] as const) {
      const said = await bob.browser(name, input);
      expect(said.code, `${name} ${said.text}`).toBe("NOT_FOUND");
    }
    for (const query of [SHOWN, "zqhidden", "key"])
      expect((await bob.browser("search.messages", { query })).json).toMatchObject({ hits: [] });
    expect(files.join("\n")).not.toMatch(new RegExp(`${SHOWN}|${HIDDEN.source}`));
    expect(stream.text()).not.toMatch(new RegExp(`message:|turn:|${SHOWN}|${HIDDEN.source}`));
    stream.leave();
    // Nothing of what was tried stands in it.
    const after = (await reads(ada.browser, conversationId)).text;
    expect(after).not.toContain("bob was here");
    expect(after).toContain("zqhidden again");
  });

  it("is not in the view of the reader's own turns, whatever their model asks for", async () => {
    const { report, upTo } = await talk();
    await share(report.conversationId, upTo);
    const before = strange.models.heard.length;
    const his = await strange.obey(bob.browser, agent, [
      { tool: "memory.search", arguments: { query: SHOWN } },
      { tool: "file.read", arguments: { path: "notes.txt" } },
      { tool: "conversation.read", arguments: { conversationId: report.conversationId } },
    ]);
    await strange.allowAll(bob.browser, his);
    const heard = JSON.stringify(strange.models.heard.slice(before));
    expect(heard).not.toMatch(new RegExp(`${SHOWN}:|zqhidden`));
  });

  it("is shared by no model, in its owner's turn or in another's, whatever it calls", async () => {
    const { report, upTo } = await talk();
    const { conversationId } = report;
    const { digest } = await foresee(conversationId, upTo);
    const [known, recorded] = [await shares(), await releases()];
    const wish = wishFor(conversationId, upTo, digest, bob.id);
    const tools = ["shares.set", "shares_set", "share", "conversation.share", "http.request", "conversations.messages"];
    const calls = [
      ...tools.map((tool) => ({ tool, arguments: wish })),
      { tool: "web.fetch", arguments: { url: `${strange.url}/v2/shares` } },
      { tool: "file.append", arguments: { path: "../../vault/shares.json", text: JSON.stringify(wish) } },
    ];
    for (const person of [ada, bob, eve]) {
      const turn = await strange.obey(person.browser, agent, calls);
      await strange.allowAll(person.browser, turn);
    }
    expect(await shares()).toEqual(known);
    expect(await releases()).toEqual(recorded);
    expect((await reads(bob.browser, conversationId)).code).toBe("NOT_FOUND");
    const offered = new Set(strange.models.heard.flatMap((request) => request.tools.map(({ name }) => name)));
    expect([...offered].filter((name) => /share|release/i.test(name))).toEqual([]);
  });

  it("is RELEASE_CHANGED when anything of it is other than what was seen", async () => {
    const { report, upTo } = await talk();
    const { conversationId } = report;
    const { digest } = await foresee(conversationId, upTo);
    const whole = given<Message[]>(await reads(ada.browser, conversationId));
    const last = whole.at(-1)?.id ?? ABSENT;
    const [known, recorded] = [await shares(), await releases()];
    // The digest of less is none of more.
    const more = await ada.browser("shares.set", wishFor(conversationId, last, digest, bob.id));
    expect(more.code).toBe("RELEASE_CHANGED");
    // What is taken out in between is not what was seen.
    const spoken = whole.find(({ parts }) => parts.some((part) => part.type === "text" && part.text.includes(SHOWN)));
    given(await ada.browser("provenance.remove", { source: `message:${spoken?.id ?? ABSENT}` }));
    const drifted = await ada.browser("shares.set", wishFor(conversationId, upTo, digest, bob.id));
    expect(drifted.code).toBe("RELEASE_CHANGED");
    for (const [seen, code] of [
      ["0".repeat(64), "RELEASE_CHANGED"],
      [undefined, "REQUEST_INVALID"],
    ])
      expect((await ada.browser("shares.set", { ...wishFor(conversationId, upTo, digest, bob.id), seen })).code).toBe(
        code,
      );
    expect(await shares()).toEqual(known);
    expect(await releases()).toEqual(recorded);
    expect((await reads(bob.browser, conversationId)).code).toBe("NOT_FOUND");
  });

  it("is no admin's by a team that they join, nor by making everyone its reader", async () => {
    const { report, upTo } = await talk();
    const { conversationId } = report;
    await share(conversationId, upTo);
    const { digest } = await foresee(conversationId, upTo);
    const team = given<{ id: string }>(await eve.browser("teams.create", { name: "birds", members: [bob.id, ada.id] }));
    const object = { type: "conversation", id: conversationId };
    for (const to of [{ kind: "team", id: team.id }, { kind: "everyone" }]) {
      expect((await ada.browser("shares.set", { object, to, upTo, seen: digest })).code).toBe("REQUEST_INVALID");
      expect((await eve.browser("shares.set", { object, to, upTo, seen: digest })).code).toBe("NOT_FOUND");
      expect((await bob.browser("shares.set", { object, to, upTo, seen: digest })).code).toBe("ACCESS_DENIED");
    }
    given(await eve.browser("teams.change", { teamId: team.id, members: [bob.id, ada.id, eve.id] }));
    for (const call of [eve.browser, strange.local]) {
      expect((await reads(call, conversationId)).code).toBe("NOT_FOUND");
      expect((await call("conversations.list")).text).not.toContain(conversationId);
      expect((await call("shares.foresee", { conversationId, upTo })).code).toBe("NOT_FOUND");
      expect((await call("access.explain", { conversationId, personId: bob.id })).code).toBe("NOT_FOUND");
    }
    expect((await reads(bob.browser, conversationId)).code).toBeNull();
  });

  it("is released by its owner in person: by no lesser token, no untrusted one and none for something else", async () => {
    const { report, upTo } = await talk();
    const { conversationId } = report;
    const { digest } = await foresee(conversationId, upTo);
    const wish = wishFor(conversationId, upTo, digest, bob.id);
    const recorded = await releases();
    for (const [token, codes] of [
      [{ role: "viewer" }, ["ROLE_INSUFFICIENT"]],
      [{ role: "member", integrity: "untrusted" }, ["SCOPE_INSUFFICIENT"]],
      [{ role: "member", scopes: ["messages.send", "conversations.*"] }, ["SCOPE_INSUFFICIENT"]],
    ] as const) {
      const call = tokenCaller(strange.url, await strange.tokenOf(ada.browser, token));
      expect(codes).toContain((await call("shares.set", wish)).code);
    }
    expect((await reads(bob.browser, conversationId)).code).toBe("NOT_FOUND");
    expect(await releases()).toEqual(recorded);
    given(await ada.browser("shares.set", wish));
    expect((await reads(bob.browser, conversationId)).code).toBeNull();
    expect(await releases()).toHaveLength(recorded.length + 1);
  });

  it("ends for its reader with the share, the conversation, its source, and with either of the two", async () => {
    const gone = async (conversationId: string, reader: Somebody): Promise<void> => {
      expect((await reads(reader.browser, conversationId)).code).not.toBeNull();
      expect((await reader.browser("conversations.list")).text).not.toContain(conversationId);
    };
    const [first, second, third] = [await talk(), await talk(), await talk()];
    const ended = await share(first.report.conversationId, first.upTo);
    given(await ada.browser("shares.remove", { shareId: ended.id }));
    await gone(first.report.conversationId, bob);
    await share(second.report.conversationId, second.upTo);
    const subject = { kind: "conversation", id: second.report.conversationId };
    given(await ada.browser("privacy.erase", { subject, confirm: subject.id }));
    await gone(second.report.conversationId, bob);
    await share(third.report.conversationId, third.upTo);
    const whole = given<Message[]>(await reads(ada.browser, third.report.conversationId));
    const spoken = whole.find(({ parts }) => parts.some((part) => part.type === "text" && part.text.includes(SHOWN)));
    given(await ada.browser("provenance.remove", { source: `message:${spoken?.id ?? ABSENT}` }));
    expect((await reads(bob.browser, third.report.conversationId)).text).not.toContain(SHOWN);
    const carl = await strange.join("Carl", "member");
    const fourth = await talk();
    await share(fourth.report.conversationId, fourth.upTo, carl.id);
    given(await strange.local("people.change", { personId: ada.id, state: "suspended" }));
    await gone(fourth.report.conversationId, carl);
    given(await strange.local("people.change", { personId: ada.id, state: "active" }));
    given(await strange.local("people.remove", { personId: carl.id }));
    const list = await strange.local("conversations.list");
    expect(given<Conversation[]>(list).map(({ id }) => id)).not.toContain(fourth.report.conversationId);
  });
});

describe("unplug the choice of what a release holds", { timeout: 60_000 }, () => {
  it("the path as it is kept shows calls, results and secrets, and what is made of it none", async () => {
    const strange = await startStrangeHouse();
    try {
      const ada = await strange.join("Ada", "member");
      const agent = given<Agent>(await ada.browser("agents.create", { name: "Helper" })).id;
      const calls = [
        { tool: "file.append", arguments: { path: "notes.txt", text: "zqhidden in the file" } },
        { tool: "file.read", arguments: { path: "notes.txt" } },
      ];
      const begun = await strange.obey(ada.browser, agent, calls);
      const { conversationId } = await strange.allowAll(ada.browser, begun);
      given(await ada.browser("messages.send", { agentId: agent, content: `my api key is ${KEY}`, conversationId }));
      const path = given<Message[]>(await ada.browser("conversations.messages", { conversationId, limit: 500 }));
      expect(JSON.stringify(path)).toMatch(/zqhidden/);
      expect(JSON.stringify(path)).toContain(KEY);
      const [first] = path;
      if (first === undefined) throw new Error("something was said");
      const released = releaseOf({ id: first.conversationId, upTo: path.at(-1)?.id ?? first.id, path });
      expect(JSON.stringify(released)).not.toMatch(HIDDEN);
      expect(released.messages.length).toBeGreaterThan(2);
    } finally {
      await strange.close();
    }
  });
});
