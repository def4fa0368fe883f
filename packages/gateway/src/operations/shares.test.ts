import { MessageId, ownScope } from "@moltbot/contracts";
import type { Message, OperationInput, RequestContext } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { idOf } from "./testing/fake-house.ts";
import { HIDDEN_CALL, HIDDEN_RESULT, KEY } from "./testing/hidden-parts.ts";
import { arrive, codeOf, lendToEveryone, must, peopleHouses, tell, text } from "./testing/people-house.ts";
import type { PeopleHouse, Said } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);

const SAID: readonly Said[] = [
  { parts: [text(`What did the bank write? My api key is ${KEY}`)] },
  { role: "assistant", parts: [text("I look."), HIDDEN_CALL] },
  { role: "tool", parts: [HIDDEN_RESULT] },
  {
    role: "assistant",
    parts: [text("It asks for the rent.")],
    sources: [{ kind: "host", ref: "bank.example" }],
    integrity: "untrusted",
  },
  { parts: [text("canary-later words")] },
];

const start = async (fails = { audit: false, database: false }) => {
  const house = await houses.start({ fails });
  const ada = await arrive(house, "Ada");
  const bob = await arrive(house, "Bob");
  const told = await tell(house, ada, "canary-title", SAID);
  const { conversation, messages } = told;
  const upTo = messages[3]?.id ?? idOf(MessageId, 1);
  const object = { type: "conversation", id: conversation.id } as const;
  const foresee = (context: RequestContext = ada, to: Message["id"] = upTo) =>
    house.operations["shares.foresee"](context, { conversationId: conversation.id, upTo: to });
  const share = async (wish: Partial<OperationInput<"shares.set">> = {}, context: RequestContext = ada) => {
    const seen = must(await foresee(ada, wish.upTo ?? upTo)).digest;
    return house.operations["shares.set"](context, {
      object,
      to: { kind: "person", id: bob.principal.id },
      rights: ["use"],
      effect: "allow",
      upTo,
      seen,
      ...wish,
    });
  };
  /** Everything that a person can ask about it, as one text. */
  const allSeenBy = async (context: RequestContext): Promise<string> => {
    const { operations } = house;
    const { id: conversationId } = conversation;
    const asked = [
      await operations["conversations.list"](context, { limit: 100 }),
      await operations["conversations.get"](context, { conversationId }),
      await operations["conversations.messages"](context, { conversationId, limit: 100 }),
      await operations["conversations.messages"](context, { conversationId, limit: 100, head: "main" }),
      await operations["search.messages"](context, { query: "rent", limit: 20 }),
      await operations["audit.list"](context, { limit: 500 }),
      await operations["approvals.list"](context, { state: "all", limit: 100 }),
    ];
    return JSON.stringify(asked);
  };
  return { house, ada, bob, conversation, messages, upTo, object, foresee, share, allSeenBy };
};
type Begun = Awaited<ReturnType<typeof start>>;
const readBy = async ({ house, conversation }: Begun, context: RequestContext) =>
  house.operations["conversations.messages"](context, { conversationId: conversation.id, limit: 100 });

describe("sharing a conversation", () => {
  it("shows exactly what was foreseen, to whom it is shared, and dates of the share alone", async () => {
    const begun = await start();
    const { house, bob, ada, conversation, foresee, share, upTo } = begun;
    const seen = must(await foresee());
    expect(seen).toMatchObject({ masked: 1, sources: ["host:bank.example"] });
    expect(codeOf(await readBy(begun, bob))).toBe("NOT_FOUND");
    const shared = must(await share());
    expect(shared).toMatchObject({ rights: ["use"], effect: "allow", upTo, by: ada.principal.id });
    const read = must(await readBy(begun, bob));
    const readers = [ada.principal.id, bob.principal.id].toSorted();
    expect(read).toEqual(seen.messages.map((message) => ({ ...message, label: { ...message.label, readers } })));
    expect(read.map(({ parts }) => parts.length)).toEqual([1, 1, 1]);
    const [listed] = must(await house.operations["conversations.list"](bob, { limit: 10 }));
    expect(listed).toEqual({
      id: conversation.id,
      agentId: conversation.agentId,
      ownerId: ada.principal.id,
      audience: [ada.principal.id, bob.principal.id],
      title: expect.stringMatching(/^What did the bank write\?/) as unknown,
      heads: { shared: upTo },
      activeHead: "shared",
      createdAt: conversation.createdAt,
      updatedAt: shared.at,
    });
    expect(must(await house.operations["conversations.get"](bob, { conversationId: conversation.id }))).toEqual(listed);
  });

  it("shows no call, no result, no later word, no kept title and no secret, whatever is asked", async () => {
    const { bob, share, allSeenBy, house } = await start();
    must(await share());
    const all = await allSeenBy(bob);
    expect(all).toContain("It asks for the rent.");
    expect(all).not.toContain("canary");
    expect(all).not.toContain(KEY);
    expect(
      house.heard.filter(({ audience }) => audience.includes(bob.principal.id)).map(({ name }) => name),
    ).not.toContain("message:received");
  });

  it("lets nobody else read, and its reader neither write, share on, nor see what came of it", async () => {
    const begun = await start();
    const { house, ada, bob, conversation, share, object, upTo, foresee } = begun;
    must(await share());
    const eve = await arrive(house, "Eve", "admin");
    for (const context of [eve, house.context()]) expect(codeOf(await readBy(begun, context))).toBe("NOT_FOUND");
    await lendToEveryone(house);
    const write = await house.operations["messages.send"](bob, {
      agentId: house.agent.id,
      content: "hello",
      blocks: [],
      conversationId: conversation.id,
      wait: false,
    });
    expect(codeOf(write)).toBe("NOT_FOUND");
    expect(codeOf(await foresee(bob))).toBe("ACCESS_DENIED");
    const onward = await house.operations["shares.set"](bob, {
      object,
      to: { kind: "person", id: eve.principal.id },
      rights: ["use"],
      effect: "allow",
      upTo,
      seen: must(await foresee(ada)).digest,
    });
    expect(codeOf(onward)).toBe("ACCESS_DENIED");
    expect(must(await house.operations["shares.list"](bob, {}))).toEqual([]);
  });

  it("goes on only when it is shared again, and ends at once when the share does", async () => {
    const begun = await start();
    const { house, ada, bob, messages, share } = begun;
    const first = must(await share());
    const last = messages[4]?.id ?? idOf(MessageId, 1);
    const second = must(await share({ upTo: last }));
    expect([second.id, second.upTo]).toEqual([first.id, last]);
    expect(JSON.stringify(must(await readBy(begun, bob)))).toContain("canary-later");
    must(await house.operations["shares.remove"](ada, { shareId: second.id }));
    expect(codeOf(await readBy(begun, bob))).toBe("NOT_FOUND");
    expect(must(await house.operations["conversations.list"](bob, { limit: 10 }))).toEqual([]);
  });

  it("loses what is taken out of it, for the reader too", async () => {
    const begun = await start();
    const { house, ada, bob, messages, share } = begun;
    must(await share());
    const [, , , answer] = messages;
    if (answer === undefined) throw new Error("there are five");
    must(await house.house.store.conversations.removeContent(ownScope(ada.principal), answer.id, "taken out"));
    const words = JSON.stringify(must(await readBy(begun, bob)));
    expect(words).not.toMatch(/the rent|taken out/);
    const titles = async () =>
      must(await house.operations["conversations.list"](bob, { limit: 5 })).map(({ title }) => title);
    expect(await titles()).toEqual([expect.stringMatching(/^What did the bank write/)]);
    const [first, second] = messages;
    for (const one of [first, second])
      must(
        await house.house.store.conversations.removeContent(ownScope(ada.principal), one?.id ?? answer.id, "taken out"),
      );
    expect(await titles()).toEqual([]);
    expect(codeOf(await readBy(begun, bob))).toBe("NOT_FOUND");
  });

  it("is refused unless it is exactly what was seen", async () => {
    const begun = await start();
    const { house, ada, bob, conversation, messages, object, foresee, share, upTo } = begun;
    const { digest } = must(await foresee());
    const last = messages[4]?.id ?? idOf(MessageId, 1);
    expect(codeOf(await share({ upTo: last, seen: digest }))).toBe("RELEASE_CHANGED");
    const [, , , answer] = messages;
    must(await house.house.store.conversations.removeContent(ownScope(ada.principal), answer?.id ?? last, "gone"));
    expect(codeOf(await share({ seen: digest }))).toBe("RELEASE_CHANGED");
    const bare = { object, to: { kind: "person", id: bob.principal.id }, effect: "allow" } as const;
    for (const wish of [{ upTo }, { seen: digest }, {}])
      expect(codeOf(await house.operations["shares.set"](ada, { ...bare, rights: ["use"], ...wish }))).toBe(
        "REQUEST_INVALID",
      );
    expect(must(await house.operations["shares.list"](ada, {}))).toEqual([]);
    expect(codeOf(await house.operations["conversations.get"](bob, { conversationId: conversation.id }))).toBe(
      "NOT_FOUND",
    );
  });

  it("is with persons alone, to read alone", async () => {
    const { house, ada, share } = await start();
    const team = must(await house.operations["teams.create"](house.context(), { name: "birds", members: [] }));
    for (const wish of [
      { to: { kind: "everyone" } },
      { to: { kind: "team", id: team.id } },
      { to: { kind: "person", id: ada.principal.id } },
      { rights: ["edit"] },
      { rights: ["use", "delete"] },
      { effect: "deny" },
    ] as const)
      expect(codeOf(await share(wish as Partial<OperationInput<"shares.set">>)), JSON.stringify(wish)).toBe(
        "REQUEST_INVALID",
      );
    const agent = { type: "agent", id: house.agent.id } as const;
    const upTo = idOf(MessageId, 1);
    const to = { kind: "everyone" } as const;
    expect(
      codeOf(
        await house.operations["shares.set"](house.context(), {
          object: agent,
          to,
          rights: ["use"],
          effect: "allow",
          upTo,
        }),
      ),
    ).toBe("REQUEST_INVALID");
    expect(must(await house.operations["shares.list"](ada, {}))).toEqual([]);
  });

  it("is foreseen for a message of it alone, and for what shows something", async () => {
    const { house, ada, foresee, messages } = await start();
    const other = await tell(house, ada, "other", [{ role: "tool", parts: [HIDDEN_RESULT] }]);
    const foreign = other.messages[0]?.id ?? idOf(MessageId, 1);
    expect(codeOf(await foresee(ada, foreign))).toBe("NOT_FOUND");
    expect(codeOf(await foresee(ada, idOf(MessageId, 1)))).toBe("NOT_FOUND");
    expect(
      codeOf(await house.operations["shares.foresee"](ada, { conversationId: other.conversation.id, upTo: foreign })),
    ).toBe("REQUEST_INVALID");
    expect(must(await foresee(ada, messages[0]?.id)).messages).toHaveLength(1);
  });

  it("shows one branch: what was said on another stays its owner's", async () => {
    const begun = await start();
    const { house, ada, bob, conversation, messages } = begun;
    const { store } = house.house;
    const scope = ownScope(ada.principal);
    must(await store.conversations.branch(scope, conversation.id, "other", messages[0]?.id ?? null));
    const id = house.house.ids.next(MessageId);
    const [first] = messages;
    if (first === undefined) throw new Error("there are five");
    must(await store.conversations.append(scope, "other", { ...first, id, parts: [text("on the other branch")] }));
    must(await begun.share({ upTo: id }));
    const words = JSON.stringify(must(await readBy(begun, bob)));
    expect(words).toContain("on the other branch");
    expect(words).not.toMatch(/the rent|I look/);
  });

  it("is on record as a release, with counts, and without its record it does not happen", async () => {
    const fails = { audit: false, database: false };
    const begun = await start(fails);
    const { house, ada, bob, share, upTo } = begun;
    must(await share());
    const [record] = must(await house.operations["audit.list"](ada, { limit: 1 }));
    expect(record).toMatchObject({
      event: "conversation:released",
      fields: { personId: bob.principal.id, upTo, messages: 3, masked: 1, sources: 1 },
    });
    expect(Object.keys(record?.commitments ?? {})).toEqual(["sources"]);
    expect(JSON.stringify(record)).not.toContain("bank.example");
    const last = begun.messages[4]?.id ?? upTo;
    const { digest } = must(await begun.foresee(ada, last));
    fails.audit = true;
    expect(codeOf(await share({ upTo: last, seen: digest }))).toBe("AUDIT_UNWRITABLE");
    fails.audit = false;
    expect(JSON.stringify(must(await readBy(begun, bob)))).not.toContain("canary-later");
  });

  it("is told to its reader and to nobody else", async () => {
    const { house, ada, bob, object, share } = await start();
    await arrive(house, "Eve");
    must(await share());
    const told = house.heard.findLast(({ name }) => name === "share:changed");
    expect(told?.payload).toEqual({ object, by: ada.principal.id });
    expect(told?.audience).toEqual([ada.principal.id, bob.principal.id]);
  });
});

describe("unplug the digest of what was seen", () => {
  it("a wish that was changed on its way would release what nobody was shown", async () => {
    const begun = await start();
    const { house, ada, bob, messages, share, foresee } = begun;
    const last = messages[4]?.id ?? idOf(MessageId, 1);
    const changed = { upTo: last, seen: must(await foresee()).digest };
    expect(codeOf(await share(changed))).toBe("RELEASE_CHANGED");
    expect(codeOf(await readBy(begun, bob))).toBe("NOT_FOUND");
    const { id } = must(await share());
    const [kept] = must(await house.operations["shares.list"](ada, {}));
    if (kept === undefined) throw new Error("it is shared");
    must(await house.house.store.shares.set(ownScope(ada.principal), { ...kept, id, upTo: last }));
    expect(JSON.stringify(must(await readBy(begun, bob)))).toContain("canary-later");
  });
});

describe("whose the shared things are", () => {
  it("sharing on is the owner's alone, for every kind", async () => {
    const house: PeopleHouse = await houses.start();
    const ada = await arrive(house, "Ada");
    const bob = await arrive(house, "Bob");
    const { operations } = house;
    const prompt = must(await operations["prompts.create"](ada, { name: "p", text: "Be short." }));
    const secret = must(
      await operations["secrets.set"](ada, { name: "weather", value: "v", hosts: ["api.example"], of: "me" }),
    );
    const everyone = { to: { kind: "everyone" }, effect: "allow" } as const;
    for (const object of [
      { type: "prompt", id: prompt.id },
      { type: "secret", id: secret.id },
    ] as const) {
      expect(codeOf(await operations["shares.set"](bob, { object, ...everyone, rights: ["use"] }))).toBe("NOT_FOUND");
      must(await operations["shares.set"](ada, { object, ...everyone, rights: ["use"] }));
      expect(codeOf(await operations["shares.set"](bob, { object, ...everyone, rights: ["use"] }))).toBe(
        "ACCESS_DENIED",
      );
    }
    const kinds = must(await operations["shares.list"](ada, {})).map(({ object }) => object.type);
    expect(kinds).toEqual(["prompt", "secret"]);
    expect(must(await operations["shares.list"](bob, {}))).toEqual([]);
  });

  it("the house's secrets are nobody's to share", async () => {
    const house: PeopleHouse = await houses.start();
    const { operations } = house;
    const secret = must(
      await operations["secrets.set"](house.context(), { name: "w", value: "v", hosts: ["api.example"], of: "house" }),
    );
    const object = { type: "secret", id: secret.id } as const;
    const to = { kind: "everyone" } as const;
    expect(
      codeOf(await operations["shares.set"](house.context(), { object, to, rights: ["use"], effect: "allow" })),
    ).toBe("NOT_FOUND");
  });
});

describe("access explain", () => {
  it("says the rule for prompts, secrets and conversations, and tells nobody with whom else they are shared", async () => {
    const begun = await start();
    const { house, ada, bob, conversation, share } = begun;
    const { operations } = house;
    const eve = await arrive(house, "Eve", "admin");
    const conversationId = conversation.id;
    const ask = (context: RequestContext, personId?: typeof bob.principal.id) =>
      operations["access.explain"](context, {
        conversationId,
        right: "use",
        ...(personId === undefined ? {} : { personId }),
      });
    expect(codeOf(await ask(eve, bob.principal.id))).toBe("NOT_FOUND");
    expect(must(await ask(ada, bob.principal.id))).toMatchObject({ allowed: false, because: [{ rule: "nothing" }] });
    const { id: shareId } = must(await share());
    expect(must(await ask(bob))).toMatchObject({ allowed: true, because: [{ rule: "share", shareId }] });
    must(await share({ to: { kind: "person", id: eve.principal.id } }));
    expect(codeOf(await ask(eve, bob.principal.id))).toBe("ACCESS_DENIED");
    const both = await operations["access.explain"](ada, { conversationId, agentId: house.agent.id, right: "use" });
    expect(codeOf(both)).toBe("REQUEST_INVALID");
    const secret = must(
      await operations["secrets.set"](ada, { name: "weather", value: "v", hosts: ["api.example"], of: "me" }),
    );
    const theirs = await operations["access.explain"](ada, {
      secretId: secret.id,
      personId: bob.principal.id,
      right: "edit",
    });
    expect(must(theirs).allowed).toBe(false);
  });
});
