import type { OperationName } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, settle, standIn, stubForms } from "../testing/keeping.ts";
import { access, ANNA, BERT, MOLTY, person, SELF, share, team } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, ME } from "../testing/samples.ts";
import { AgentList } from "./agent-list.ts";
import { ShareDialog } from "./share-dialog.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

type Table = { readonly [N in OperationName]?: unknown };
const KITCHEN = team(1, "Kitchen", [ANNA]);
const FULL: Table = {
  "people.list": [SELF, ANNA, BERT, person(5, "Emil", { state: "left" })],
  "teams.list": [KITCHEN],
  "shares.list": [],
  "access.explain": access("owner"),
  "shares.set": share(9, { kind: "everyone" }),
  "shares.remove": {},
};
const play = (element: ShareDialog | AgentList, table: Table, wish: object) => {
  const gateway = gatewayOf({ ...FULL, ...table });
  const done = standIn(element);
  Object.assign(element, { call: gateway.call, me: ME }, wish);
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  const heard = (): void =>
    (element as unknown as { updated(changed: ReadonlyMap<string, unknown>): void }).updated(new Map([["heard", 0]])); // what Lit calls
  const named = (name: OperationName) => gateway.asked.filter((one) => one.name === name).map(({ input }) => input);
  return { read, submit, heard, done, named, answers: gateway.answers };
};
const open = async (table: Table = {}, wish: object = {}, agent = MOLTY) => {
  const dialog = new ShareDialog();
  const page = play(dialog, table, wish);
  await dialog.show({ type: "agent", ...agent });
  return page;
};

describe("sharing an agent", () => {
  it("shows that it is private, and whom it is shared with or kept from", async () => {
    expect((await open()).read().words).toContain("Private: for you alone");
    const { read } = await open({
      "shares.list": [
        share(1, { kind: "team", id: KITCHEN.id }, { rights: ["use", "edit"] }),
        share(2, { kind: "person", id: BERT.id }, { effect: "deny" }),
        share(3, { kind: "everyone" }, { object: { type: "agent", id: "another" as never } }),
      ],
    });
    for (const part of [
      "Shared with the team Kitchen, kept from some",
      "may talk to it and change it",
      "Bert kept from them",
      "may not talk to it",
    ])
      expect(read().words).toContain(part);
  });

  it("shares with a team, a person or everyone, with rights, and keeps it from somebody", async () => {
    const { read, submit, named } = await open();
    read().fire("click", "Share it…");
    for (const part of ["Team: Kitchen", "Bert", "Everyone in the house"]) expect(read().words).toContain(part);
    for (const part of ["Emil", "<option value=you"]) expect(read().markup).not.toContain(part);
    await submit({ to: `team ${KITCHEN.id}`, edit: "yes" });
    expect(read().words).toContain("It is shared with the team Kitchen.");
    read().fire("click", "Share it…");
    read().fire("change", "deny");
    expect(read().words).not.toContain("They may remove it");
    await submit({ to: `person ${BERT.id}`, edit: "yes" });
    expect(read().words).toContain("It is kept from Bert.");
    const object = { type: "agent", id: AGENT };
    expect(named("shares.set")).toEqual([
      { object, to: { kind: "team", id: KITCHEN.id }, rights: ["use", "edit"], effect: "allow" },
      { object, to: { kind: "person", id: BERT.id }, rights: ["use"], effect: "deny" },
    ]);
  });

  it("asks nothing for somebody who is not in the list, and says why a share was refused", async () => {
    const { read, submit, named } = await open({
      "shares.set": refused("ACCESS_DENIED", { right: "share", kind: "agent" }),
    });
    read().fire("click", "Share it…");
    await submit({ to: "person nobody" });
    expect(named("shares.set")).toEqual([]);
    await submit({ to: "everyone" });
    expect(read().words).toContain("You may not share this agent.");
  });

  it("ends a share and lifts a deny by one press, each said", async () => {
    const shares = [share(1, { kind: "everyone" }), share(2, { kind: "person", id: BERT.id }, { effect: "deny" })];
    const { read, named, answers, done } = await open({ "shares.list": shares });
    read().fire("click", "End the share with everyone in the house");
    await settle();
    expect(read().words).toContain("It is no longer shared with everyone in the house.");
    read().fire("click", "Lift what keeps it from Bert");
    await settle();
    expect(read().words).toContain("It is no longer kept from Bert.");
    expect(named("shares.remove")).toEqual(shares.map(({ id }) => ({ shareId: id })));
    answers["shares.remove"] = refused("NOT_FOUND", { kind: "share" });
    read().fire("click", "End the share");
    await settle();
    expect(done.at(-1)).toBe("focus #share-problem");
  });

  it("of somebody else’s agent says who shares it and why, and offers nothing", async () => {
    const table = { "access.explain": access("share", "Its owner shares it with this person: use.") };
    const { read } = await open(table, {}, Object.assign({}, MOLTY, { ownerId: ANNA.id }));
    expect(read().words).toContain("Shared with you by Anna Berg");
    expect(read().words).toContain("Its owner shares it with this person");
    expect(read().words).not.toContain("Share it…");
    expect((await open(table)).read().words).toContain("Shared with you by you");
  });

  it("loads again when it hears of a share, and says what could not be loaded", async () => {
    const { heard, named, read } = await open();
    heard();
    await settle();
    expect(named("shares.list")).toHaveLength(2);
    read().fire("close", "Who may use");
    heard();
    expect(named("shares.list")).toHaveLength(2);
    const failed = await open({ "shares.list": refused("DATABASE_UNAVAILABLE", { problem: "it is busy" }) });
    expect(failed.read().words).toContain("it is busy");
    expect((await open({}, { me: { ...ME, role: "viewer" } })).read().words).toContain("A viewer shares nothing.");
  });
});

describe("the agents", () => {
  const OTHER = Object.assign({}, MOLTY, { id: "other" as never, name: "Helper", ownerId: BERT.id });
  const list = async (table: Table = {}, wish: object = {}) => {
    const element = new AgentList();
    const done: unknown[] = [];
    const page = play(element, table, {
      agents: [MOLTY, OTHER],
      current: AGENT,
      talkTo: (id: unknown) => done.push(id),
      share: (agent: { readonly name: string }) => done.push(agent.name),
      made: (id: unknown) => done.push(`made ${String(id)}`),
      ...wish,
    });
    page.heard();
    await settle();
    return { ...page, element, did: done };
  };

  it("say whose they are and whom they are shared with", async () => {
    const own = await list({ "shares.list": [share(1, { kind: "everyone" })] });
    expect(own.read().words).toContain("Molty here Shared with everyone in the house");
    const others = await list({ "access.explain": access("share") });
    expect(others.read().words).toContain("Helper Shared with you by Bert");
    expect((await list({}, { agents: [] })).read().words).toContain("nobody shared one with you");
  });

  it("lead to a conversation and to their sharing, and one can be made", async () => {
    const { read, did, submit, answers } = await list({
      "agents.create": refused("STEP_UP_REQUIRED", { problem: "no" }),
    });
    read().fire("click", "Talk to Helper");
    read().fire("click", "Sharing of Molty");
    read().fire("click", "Make an agent");
    await submit({ name: "Ada" });
    expect(read().markup).toContain("agent-problem");
    answers["agents.create"] = { ...MOLTY, id: "new" };
    await submit({ name: " Ada " });
    expect(did).toEqual(["other", "Molty", "made new"]);
    const viewer = await list({}, { me: { ...ME, role: "viewer" } });
    expect(viewer.read().words).not.toContain("Make an agent");
  });
});
