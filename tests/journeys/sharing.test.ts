import type {
  Agent,
  AuditReport,
  Conversation,
  Message,
  OperationOutput,
  Person,
  Prompt,
  SecretInfo,
  Share,
  TurnReport,
} from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askedLast, scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";
import { arriveAt, browserCaller, clientCaller, given, signInWith } from "../support/people.ts";
import type { Caller } from "../support/people.ts";

const models = scriptedModels((request) => ({ text: `heard: ${askedLast(request)}` }));
const SETTINGS = { gateway: { drainSeconds: 0 }, limits: { requestsPerSecond: 100_000 } };

interface Member {
  readonly person: Person;
  readonly call: Caller;
}

describe("what people of one house share with each other", { timeout: 60_000 }, () => {
  const place = newPlace(SETTINGS);
  let house: FittedGateway;
  let ada: Member;
  let bob: Member;
  const owner: Caller = (name, input) => clientCaller(house.client)(name, input);
  const joins = async (name: string): Promise<Member> => {
    const { person, browser } = await arriveAt(house.gateway.url, owner, name);
    return { person, call: browser };
  };
  beforeAll(async () => {
    house = await startFittedGateway({ models }, place);
    ada = await joins("Ada");
    bob = await joins("Bob");
  }, 60_000);
  afterAll(async () => {
    expect(given<AuditReport>(await owner("audit.verify")).ok).toBe(true);
    await house.close();
    place.remove();
  });

  /** Closes the house and opens it again: what people hold goes on. */
  const restart = async (): Promise<void> => {
    await house.close();
    house = await startFittedGateway({ models }, place);
    for (const member of [ada, bob]) {
      const link = given<{ url: string }>(await owner("people.link", { personId: member.person.id }));
      const { cookie } = await signInWith(house.gateway.url, link.url);
      Object.assign(member, { call: browserCaller(house.gateway.url, cookie) });
    }
  };

  it("a conversation is foreseen, shared, read, shared further, taken back, and all of it survives a restart", async () => {
    const agent = given<Agent>(await ada.call("agents.create", { name: "Helper" }));
    const send = async (content: string, conversationId = "new"): Promise<TurnReport> =>
      given(await ada.call("messages.send", { agentId: agent.id, content, conversationId }));
    const first = await send("zqfirst plan");
    const { conversationId } = first;
    const second = await send("zqsecond thought", conversationId);
    const foresee = async (upTo: string | undefined): Promise<OperationOutput<"shares.foresee">> =>
      given(await ada.call("shares.foresee", { conversationId, upTo }));
    const share = async (upTo: string | undefined): Promise<Share> =>
      given(
        await ada.call("shares.set", {
          object: { type: "conversation", id: conversationId },
          to: { kind: "person", id: bob.person.id },
          upTo,
          seen: (await foresee(upTo)).digest,
        }),
      );
    const read = async (): Promise<readonly Message[]> =>
      given(await bob.call("conversations.messages", { conversationId }));
    expect((await foresee(first.reply?.id)).messages).toHaveLength(2);
    await share(first.reply?.id);
    const [listed] = given<Conversation[]>(await bob.call("conversations.list"));
    expect(listed).toMatchObject({
      id: conversationId,
      ownerId: ada.person.id,
      title: "zqfirst plan",
      activeHead: "shared",
    });
    expect(JSON.stringify(await read())).toContain("heard: zqfirst plan");
    expect(JSON.stringify(await read())).not.toContain("zqsecond");
    await restart();
    expect(await read()).toHaveLength(2);
    const wider = await share(second.reply?.id);
    expect(await read()).toHaveLength(4);
    expect((await bob.call("messages.send", { agentId: agent.id, content: "hi", conversationId })).code).toBe(
      "NOT_FOUND",
    );
    given(await ada.call("shares.remove", { shareId: wider.id }));
    expect((await bob.call("conversations.messages", { conversationId })).code).toBe("NOT_FOUND");
    expect(given<Message[]>(await ada.call("conversations.messages", { conversationId }))).toHaveLength(4);
  });

  it("a prompt is used by another as its owner's words, and as one's own by its owner", async () => {
    const prompt = given<Prompt>(await ada.call("prompts.create", { name: "short", text: "Answer in one sentence." }));
    const object = { type: "prompt", id: prompt.id };
    given(await ada.call("shares.set", { object, to: { kind: "everyone" } }));
    expect(given<Prompt[]>(await bob.call("prompts.list"))).toMatchObject([{ name: "short", ownerId: ada.person.id }]);
    const agent = given<Agent>(await bob.call("agents.create", { name: "Bob's" }));
    const wish = { content: "What is new?", promptId: prompt.id, conversationId: "new" };
    const his = given<TurnReport>(await bob.call("messages.send", { agentId: agent.id, ...wish }));
    expect(his.message.parts).toMatchObject([
      { type: "text", text: "What is new?" },
      { type: "quote", from: "Ada", text: "Answer in one sentence." },
    ]);
    const [helper] = given<Agent[]>(await ada.call("agents.list"));
    const hers = given<TurnReport>(await ada.call("messages.send", { agentId: helper?.id, ...wish }));
    expect(hers.message.parts).toEqual([{ type: "text", text: "Answer in one sentence.\n\nWhat is new?" }]);
    await restart();
    expect(given<Prompt[]>(await ada.call("prompts.list"))).toEqual([prompt]);
  });

  it("a secret of one's own is known to nobody, then to whom it is shared with, and never by its value", async () => {
    const wish = { name: "weather", value: "canary-5150", hosts: ["api.weather.example"], of: "me" };
    const secret = given<SecretInfo>(await ada.call("secrets.set", wish));
    const names = async (call: Caller): Promise<readonly string[]> =>
      given<SecretInfo[]>(await call("secrets.list")).map(({ name }) => name);
    expect([await names(ada.call), await names(bob.call), await names(owner)]).toEqual([["weather"], [], []]);
    const object = { type: "secret", id: secret.id };
    given(await ada.call("shares.set", { object, to: { kind: "person", id: bob.person.id } }));
    await restart();
    const seen = await bob.call("secrets.list");
    expect(given<SecretInfo[]>(seen)).toMatchObject([{ id: secret.id, ownerId: ada.person.id }]);
    expect(seen.text).not.toContain("canary");
    expect(await names(owner)).toEqual([]);
    given(await owner("people.remove", { personId: ada.person.id }));
    expect(await names(bob.call)).toEqual([]);
  });
});
