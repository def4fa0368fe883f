/** Who keeps the house tries to become its owner or somebody else; and what happens at once is still one thing after the other. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Agent, Person } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { followStream } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { browserCaller, given, signInWith, tokenCaller } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { ABSENT, startStrangeHouse } from "./house.ts";
import type { Somebody, StrangeHouse } from "./house.ts";

describe("whoever keeps the house", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let owner: Person;
  let adam: Somebody;
  let eve: Somebody;
  let bob: Somebody;
  let agent: string;
  const people = async (): Promise<readonly string[]> =>
    given<Person[]>(await bob.browser("people.list")).map(({ id, role, state }) => `${id} ${role} ${state}`);
  const owners = async (): Promise<readonly string[]> => (await people()).filter((one) => one.includes(" owner "));

  beforeAll(async () => {
    strange = await startStrangeHouse();
    owner = given(await strange.local("sessions.current"));
    adam = await strange.join("Adam", "admin");
    eve = await strange.join("Eve", "admin");
    bob = await strange.join("Bob", "member");
    agent = given<Agent>(await bob.browser("agents.create", { name: "Helper" })).id;
  }, 60_000);
  afterAll(() => strange.close());

  it("becomes neither owner nor another admin's master, by no operation and no spelling", async () => {
    const before = await people();
    const tokens = [adam.browser, tokenCaller(strange.url, await strange.tokenOf(adam.browser, { role: "admin" }))];
    const tries: readonly (readonly [Parameters<Caller>[0], Record<string, unknown>])[] = [
      ["people.change", { personId: owner.id, role: "member" }],
      ["people.change", { personId: owner.id, state: "suspended" }],
      ["people.change", { personId: eve.id, role: "member" }],
      ["people.change", { personId: eve.id, state: "suspended" }],
      ["people.change", { personId: adam.id, role: "owner" }],
      ["people.change", { personId: adam.id, state: "active" }],
      ["people.change", { personId: bob.id, role: "owner" }],
      ["people.change", { personId: bob.id, role: "admin" }],
      ["people.change", { personId: bob.id, role: "OWNER" }],
      ["people.change", { personId: bob.id, role: ["owner"] }],
      ["people.change", { personId: bob.id, role: "member", tenantId: ABSENT }],
      ["people.remove", { personId: owner.id }],
      ["people.remove", { personId: eve.id }],
      ["people.transfer", { personId: adam.id }],
      ["people.invite", { name: "Mole", role: "owner" }],
      ["people.invite", { name: "Mole", role: "admin" }],
      ["tokens.create", { name: "x", role: "owner" }],
      ["secrets.set", { name: "openrouter", value: "mine", hosts: ["openrouter.ai"] }],
      ["config.set", { key: "owner.name", value: "Adam" }],
      ["system.resume", {}],
      ["privacy.export", { subject: { kind: "person", id: bob.id } }],
      ["privacy.erase", { subject: { kind: "person", id: bob.id }, confirm: bob.id }],
    ];
    for (const call of tokens)
      for (const [name, input] of tries)
        expect((await call(name, input)).code, `${name} ${JSON.stringify(input)}`).not.toBeNull();
    // Nor does the owner undo the one rule.
    for (const [name, input] of [
      ["people.change", { personId: bob.id, role: "owner" }],
      ["people.invite", { name: "Mole", role: "owner" }],
      ["people.remove", { personId: owner.id }],
      ["people.transfer", { personId: owner.id }],
      ["people.transfer", { personId: ABSENT }],
      ["privacy.erase", { subject: { kind: "person", id: owner.id }, confirm: owner.id }],
      ["privacy.export", { subject: { kind: "person", id: bob.id } }],
    ] as const)
      expect((await strange.local(name, input)).code, name).not.toBeNull();
    expect(await people()).toEqual(before);
  });

  it("makes nobody somebody else: no second way in for who was invited, and none back for who left", async () => {
    const ivy = given<{ person: Person; url: string }>(await adam.browser("people.invite", { name: "Ivy" }));
    for (const state of ["active", "suspended"])
      expect((await adam.browser("people.change", { personId: ivy.person.id, state })).code).toBe(
        "PERSON_NOT_CHANGEABLE",
      );
    expect((await strange.local("people.transfer", { personId: ivy.person.id })).code).toBe("PERSON_NOT_CHANGEABLE");
    const { cookie } = await signInWith(strange.url, ivy.url);
    given(await adam.browser("people.remove", { personId: ivy.person.id }));
    for (const call of [adam.browser, strange.local])
      for (const wish of [{ state: "active" }, { role: "viewer" }])
        expect((await call("people.change", { personId: ivy.person.id, ...wish })).code).toBe("PERSON_NOT_CHANGEABLE");
    expect((await browserCaller(strange.url, cookie)("agents.list")).status).toBe(401);
  });

  it("has a removal that wins over the sign-in of the same instant", async () => {
    const zed = given<{ person: Person; url: string }>(await adam.browser("people.invite", { name: "Zed" }));
    const [signedIn] = await Promise.all([
      signInWith(strange.url, zed.url),
      adam.browser("people.remove", { personId: zed.person.id }),
    ]);
    expect(await people()).toContain(`${zed.person.id} member left`);
    expect((await browserCaller(strange.url, signedIn.cookie)("agents.list")).status).toBe(401);
  });

  it("stops a turn, its tools, its stream and its socket with its person", async () => {
    const ken = await strange.join("Ken", "member");
    const hers = given<Agent>(await ken.browser("agents.create", { name: "Ken's" })).id;
    const letGo = strange.hold();
    const calls = [
      { tool: "file.append", arguments: { path: "late.txt", text: "late" } },
      { tool: "memory.save", arguments: { text: "late" } },
    ];
    const turn = strange.obey(ken.browser, hers, calls).then(
      ({ state }) => state,
      (cause: unknown) => String(cause),
    );
    const stream = await followStream(strange.port, "/v2/events", { cookie: ken.cookie });
    const socket = await mustOpen({ port: strange.port, headers: { cookie: ken.cookie, origin: strange.url } });
    await expect.poll(async () => (await ken.browser("conversations.list")).text).not.toBe("[]");
    given(await adam.browser("people.change", { personId: ken.id, state: "suspended" }));
    letGo();
    expect(await turn).toMatch(/stopped|NOT_SIGNED_IN/);
    await Promise.all([stream.ended, socket.closed]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(existsSync(join(strange.house.place.home, "workspaces", hers, "late.txt"))).toBe(false);
    expect(stream.text()).not.toContain("tool:executed");
  });

  it("stops everything by word of mouth, and nobody with less does", async () => {
    const stopped = async (): Promise<unknown> =>
      given<{ stopped: unknown }>(await strange.local("system.status")).stopped;
    given(await bob.browser("shares.set", { object: { type: "agent", id: agent }, to: { kind: "everyone" } }));
    for (const content of ["stop", "/stop", "STOP!", "stop everything", "/resume"])
      given(await bob.browser("messages.send", { agentId: agent, content, conversationId: "new" }));
    expect(await stopped()).toBeNull();
    given(await adam.browser("messages.send", { agentId: agent, content: "stop", conversationId: "new" }));
    expect(await stopped()).toMatchObject({ by: adam.id });
    // What an admin may stop, the owner alone sets going again.
    const resume = { agentId: agent, content: "/resume", conversationId: "new" };
    expect((await adam.browser("messages.send", resume)).code).toBe("EVERYTHING_STOPPED");
    expect((await adam.browser("system.resume")).code).toBe("ROLE_INSUFFICIENT");
    expect(await stopped()).not.toBeNull();
    given(await strange.local("system.resume"));
  });

  it("has one owner after two transfers, a suspension, a removal and a change of role at the same instant", async () => {
    const token = tokenCaller(strange.url, await strange.tokenOf(strange.local, { role: "owner" }));
    const done = await Promise.all([
      token("people.transfer", { personId: adam.id }),
      strange.local("people.transfer", { personId: eve.id }),
      token("people.change", { personId: adam.id, state: "suspended" }),
      token("people.change", { personId: eve.id, role: "viewer" }),
      token("people.remove", { personId: owner.id }),
      adam.browser("people.remove", { personId: adam.id }),
    ]);
    expect(done.filter(({ code }) => code === null).length).toBeGreaterThan(0);
    const now = await owners();
    expect(now).toHaveLength(1);
    expect(now[0]).toMatch(/ active$/);
    // A token for the owner is worth no more than its person is now.
    const isStill = now[0]?.startsWith(owner.id) === true;
    expect((await token("policy.get")).code === null).toBe(isStill);
  });
});
