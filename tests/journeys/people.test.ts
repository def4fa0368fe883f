import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Agent, AuditRecord, Person, Share, Team, TurnReport } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../support/must.ts";
import { askedLast, scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";
import { browserCaller, clientCaller, given, signInWith, tokenCaller } from "../support/people.ts";
import type { Caller } from "../support/people.ts";

/** Says what it is asked to, and writes into a file or its memory when it is told to. */
const models = scriptedModels((request) => {
  const asked = askedLast(request);
  const done = request.messages.at(-1)?.role === "tool";
  if (asked.startsWith("keep ") && !done)
    return { calls: [{ tool: "file.append", arguments: { path: "kept.txt", text: asked.slice(5) } }] };
  if (asked.startsWith("remember ") && !done) return { calls: [{ tool: "memory.save", arguments: { text: asked } }] };
  if (asked.startsWith("read") && !done) return { calls: [{ tool: "file.read", arguments: { path: "kept.txt" } }] };
  return { text: `heard: ${asked}` };
});

const SETTINGS = { gateway: { drainSeconds: 0 }, limits: { requestsPerSecond: 100_000 } };

interface Member {
  readonly person: Person;
  readonly call: Caller;
  readonly cookie: string;
}

describe("people of one house", { timeout: 60_000 }, () => {
  let house: FittedGateway;
  let owner: Caller;
  const url = (): string => house.gateway.url;
  beforeAll(async () => {
    house = await startFittedGateway({ models }, newPlace(SETTINGS));
    owner = clientCaller(house.client);
  }, 60_000);
  afterAll(async () => {
    await house.close();
    house.place.remove();
  });

  const joins = async (name: string, role: Person["role"] = "member", by: Caller = owner): Promise<Member> => {
    const invited = given<{ person: Person; url: string }>(await by("people.invite", { name, role }));
    expect(invited.person).toMatchObject({ name, role, state: "invited" });
    const { cookie, code } = await signInWith(url(), invited.url);
    expect(code).toBeNull();
    return { person: invited.person, cookie, call: browserCaller(url(), cookie) };
  };
  const send = async (call: Caller, agentId: string, content: string): Promise<TurnReport> =>
    given(await call("messages.send", { agentId, content, conversationId: "new" }));
  /** Sends it and says yes, once, to whatever its turn asks. */
  const keep = async (call: Caller, agentId: string, content: string): Promise<TurnReport> => {
    const report = await send(call, agentId, content);
    for (const { id } of report.approvals) given(await call("approvals.answer", { approvalId: id, answer: "allow" }));
    return given(await call("turns.get", { turnId: report.turnId, wait: "true" }));
  };
  const tokenOf = async (call: Caller): Promise<string> =>
    given<{ token: string }>(await call("tokens.create", { name: "script" })).token;

  it("somebody is invited, comes in once with the link, and has things of their own that nobody else sees", async () => {
    const invited = given<{ person: Person; url: string }>(await owner("people.invite", { name: "Ada" }));
    const first = await signInWith(url(), invited.url);
    expect(first.code).toBeNull();
    expect((await signInWith(url(), invited.url)).code).toBe("SIGN_IN_LINK_INVALID");
    const ada = browserCaller(url(), first.cookie);
    const people = given<Person[]>(await ada("people.list"));
    expect(people.find(({ id }) => id === invited.person.id)).toMatchObject({ state: "active", role: "member" });
    expect(given(await ada("agents.list"))).toEqual([]);
    const agent = given<Agent>(await ada("agents.create", { name: "Ada's" }));
    const report = await send(ada, agent.id, "the word is zqparrotxq");
    expect(report.state).toBe("done");
    // The owner of the house sees neither the agent nor what was said.
    expect((await owner("agents.get", { agentId: agent.id })).code).toBe("NOT_FOUND");
    expect((await owner("conversations.messages", { conversationId: report.conversationId })).code).toBe("NOT_FOUND");
    expect(given<{ hits: unknown[] }>(await owner("search.messages", { query: "zqparrotxq" })).hits).toEqual([]);
    expect(given<{ hits: unknown[] }>(await ada("search.messages", { query: "zqparrotxq" })).hits).not.toEqual([]);
    const seen = given<AuditRecord[]>(await owner("audit.list", { limit: 500 }));
    expect(JSON.stringify(seen)).not.toContain(report.conversationId);
    expect(seen.map(({ event }) => event)).toContain("person:invited");
    expect(JSON.stringify(given(await ada("audit.list", { limit: 500 })))).toContain(report.conversationId);
  });

  it("a shared agent is used by another with a conversation, files and grants of their own", async () => {
    const bob = await joins("Bob");
    const cleo = await joins("Cleo");
    const agent = given<Agent>(await bob.call("agents.create", { name: "Bob's" }));
    await keep(bob.call, agent.id, "keep zqbobsxq");
    expect(await send(bob.call, agent.id, "remember zqbobsxq")).toMatchObject({ state: "done", approvals: [] });
    const folder = join(house.place.home, "workspaces", agent.id);
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).toContain("zqbobsxq");
    expect((await cleo.call("messages.send", { agentId: agent.id, content: "hi" })).code).toBe("NOT_FOUND");
    const share = given<Share>(
      await bob.call("shares.set", {
        object: { type: "agent", id: agent.id },
        to: { kind: "person", id: cleo.person.id },
      }),
    );
    expect(share).toMatchObject({ rights: ["use"], effect: "allow", by: bob.person.id });
    expect(given<Agent[]>(await cleo.call("agents.list")).map(({ id }) => id)).toEqual([agent.id]);
    expect((await cleo.call("agents.reading", { agentId: agent.id, reading: "open" })).code).toBe("ACCESS_DENIED");
    expect(
      (await cleo.call("shares.set", { object: { type: "agent", id: agent.id }, to: { kind: "everyone" } })).code,
    ).toBe("ACCESS_DENIED");
    // Bob's starting grants are not hers: what runs for him without a question asks her.
    const asks = await send(cleo.call, agent.id, "remember zqcleosxq");
    expect(asks.approvals).toHaveLength(1);
    const approvalId = asks.approvals[0]?.id;
    for (const other of [bob.call, owner])
      expect((await other("approvals.answer", { approvalId, answer: "allow" })).code).toBe("NOT_FOUND");
    given(await cleo.call("approvals.answer", { approvalId, answer: "allow", scope: "always" }));
    expect(given<TurnReport>(await cleo.call("turns.get", { turnId: asks.turnId, wait: "true" })).state).toBe("done");
    expect(await send(cleo.call, agent.id, "remember zqcleosxq")).toMatchObject({ state: "done", approvals: [] });
    await keep(cleo.call, agent.id, "keep zqcleosxq");
    expect(readFileSync(join(`${folder}~${cleo.person.id}`, "kept.txt"), "utf8")).toContain("zqcleosxq");
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).not.toContain("zqcleosxq");
    // Her grant is hers alone, and what she read is what she wrote.
    expect(given<unknown[]>(await bob.call("capabilities.list")).length).toBeGreaterThan(0);
    expect(JSON.stringify(given(await bob.call("capabilities.list")))).not.toContain(cleo.person.id);
    expect(given(await bob.call("conversations.list"))).toHaveLength(2);
    expect(JSON.stringify(given(await bob.call("memories.list")))).not.toContain("zqcleosxq");
    // It ends at once, also for a turn that waits.
    const waiting = await send(cleo.call, agent.id, "read it");
    expect(waiting.state).toBe("waiting");
    given(await bob.call("shares.remove", { shareId: share.id }));
    expect((await cleo.call("agents.get", { agentId: agent.id })).code).toBe("NOT_FOUND");
    expect((await cleo.call("messages.send", { agentId: agent.id, content: "hi" })).code).toBe("NOT_FOUND");
    expect(given<TurnReport>(await cleo.call("turns.get", { turnId: waiting.turnId })).state).toBe("stopped");
  });

  it("a team has what is shared with it, a deny wins, and access explain says which rule decides", async () => {
    const [dan, eva] = [await joins("Dan"), await joins("Eva")];
    const agent = given<Agent>(await dan.call("agents.create", { name: "Dan's" }));
    expect((await dan.call("teams.create", { name: "birds" })).code).toBe("ROLE_INSUFFICIENT");
    const team = given<Team>(await owner("teams.create", { name: "birds", members: [eva.person.id] }));
    const object = { type: "agent", id: agent.id };
    given(await dan.call("shares.set", { object, to: { kind: "team", id: team.id }, rights: ["use", "edit"] }));
    given(await eva.call("agents.reading", { agentId: agent.id, reading: "open" }));
    expect(given(await eva.call("access.explain", { agentId: agent.id, right: "edit" }))).toMatchObject({
      allowed: true,
      because: [{ rule: "share" }],
    });
    const deny = given<Share>(
      await dan.call("shares.set", { object, to: { kind: "person", id: eva.person.id }, effect: "deny" }),
    );
    expect((await eva.call("agents.get", { agentId: agent.id })).code).toBe("NOT_FOUND");
    expect((await eva.call("access.explain", { agentId: agent.id })).code).toBe("NOT_FOUND");
    const why = await dan.call("access.explain", { agentId: agent.id, personId: eva.person.id });
    expect(given(why)).toMatchObject({ allowed: false, because: [{ rule: "deny", shareId: deny.id }] });
    given(await dan.call("shares.remove", { shareId: deny.id }));
    expect((await eva.call("agents.get", { agentId: agent.id })).code).toBeNull();
    given(await owner("teams.change", { teamId: team.id, members: [] }));
    expect((await eva.call("agents.get", { agentId: agent.id })).code).toBe("NOT_FOUND");
    expect(given(await eva.call("access.explain", { operation: "teams.create" }))).toMatchObject({
      allowed: false,
      because: [{ rule: "role" }],
    });
    expect((await eva.call("access.explain", { operation: "teams.create", personId: dan.person.id })).code).toBe(
      "ROLE_INSUFFICIENT",
    );
  });

  it("who is suspended is refused everywhere at once, and comes back to what was theirs", async () => {
    const fay = await joins("Fay");
    const agent = given<Agent>(await fay.call("agents.create", { name: "Fay's" }));
    const token = await tokenOf(fay.call);
    const script = tokenCaller(url(), token);
    expect((await script("agents.list")).status).toBe(200);
    const stream = await fetch(`${url()}/v2/events`, { headers: { authorization: `Bearer ${token}` } });
    expect(stream.status).toBe(200);
    const suspended = await owner("people.change", { personId: fay.person.id, state: "suspended" });
    expect(given<Person>(suspended).state).toBe("suspended");
    for (const call of [fay.call, script])
      for (const name of ["agents.list", "people.list", "sessions.current", "audit.list"] as const)
        expect((await call(name)).status, name).toBe(401);
    const ended = stream.text().then(
      () => "ended",
      () => "ended",
    );
    expect(await Promise.race([ended, new Promise((resolve) => setTimeout(() => resolve("open"), 1_000))])).toBe(
      "ended",
    );
    expect(given<Person[]>(await owner("people.list")).find(({ id }) => id === fay.person.id)?.state).toBe("suspended");
    given(await owner("people.change", { personId: fay.person.id, state: "active" }));
    // What ended stays ended; the owner at the machine makes a new way in, and nobody else does.
    expect((await script("agents.list")).status).toBe(401);
    const gil = await joins("Gil", "admin");
    expect((await gil.call("people.link", { personId: fay.person.id })).code).toBe("PERSON_NOT_CHANGEABLE");
    const again = given<{ url: string }>(await owner("people.link", { personId: fay.person.id }));
    const { cookie } = await signInWith(url(), again.url);
    const back = await fetch(`${url()}/v2/sessions/current`, { headers: { cookie } });
    expect(await back.json()).toMatchObject({ id: fay.person.id });
    expect((await owner("agents.get", { agentId: agent.id })).code).toBe("NOT_FOUND");
  });

  it("whoever is removed before they came does not come, however good the link still is", async () => {
    const { person, url: link } = given<{ person: Person; url: string }>(await owner("people.invite", { name: "Max" }));
    expect(given<Person>(await owner("people.remove", { personId: person.id })).state).toBe("left");
    expect((await signInWith(url(), link)).code).toBe("SIGN_IN_LINK_INVALID");
    expect((await owner("people.remove", { personId: person.id })).code).toBe("PERSON_NOT_CHANGEABLE");
  });

  it("an admin manages members and viewers, nobody above, and nobody themselves", async () => {
    const gus = await joins("Gus", "admin");
    const hal = await joins("Hal", "member", gus.call);
    const ida = await joins("Ida", "admin");
    const me = given<Person>(await owner("sessions.current"));
    const change = async (personId: string, more: object): Promise<string | null> =>
      (await gus.call("people.change", { personId, ...more })).code;
    expect(await change(hal.person.id, { role: "viewer" })).toBeNull();
    expect((await hal.call("agents.create", { name: "x" })).code).toBe("ROLE_INSUFFICIENT");
    expect(await change(hal.person.id, { role: "admin" })).toBe("PERSON_NOT_CHANGEABLE");
    expect(await change(hal.person.id, { role: "owner" })).toBe("PERSON_NOT_CHANGEABLE");
    expect(await change(ida.person.id, { role: "viewer" })).toBe("PERSON_NOT_CHANGEABLE");
    expect(await change(me.id, { state: "suspended" })).toBe("PERSON_NOT_CHANGEABLE");
    expect(await change(gus.person.id, { role: "member" })).toBe("PERSON_NOT_CHANGEABLE");
    expect((await gus.call("people.invite", { name: "x", role: "owner" })).code).toBe("PERSON_NOT_CHANGEABLE");
    expect((await gus.call("people.transfer", { personId: hal.person.id })).code).toBe("ROLE_INSUFFICIENT");
    expect((await hal.call("people.remove", { personId: gus.person.id })).code).toBe("ROLE_INSUFFICIENT");
    expect((await owner("people.change", { personId: me.id, role: "viewer" })).code).toBe("PERSON_NOT_CHANGEABLE");
    expect((await owner("people.remove", { personId: me.id })).code).toBe("PERSON_NOT_CHANGEABLE");
    expect(given<Person>(await gus.call("people.remove", { personId: hal.person.id })).state).toBe("left");
    expect((await hal.call("agents.list")).status).toBe(401);
    expect(given<Person>(await ida.call("people.remove", { personId: ida.person.id })).state).toBe("left");
    expect((await ida.call("agents.list")).status).toBe(401);
  });

  it("what somebody who left wrote is erased by the owner, exported by nobody, and files of theirs are named", async () => {
    const jan = await joins("Jan");
    const agent = given<Agent>(await jan.call("agents.create", { name: "Jan's" }));
    await keep(jan.call, agent.id, "keep zqjansxq");
    const subject = { kind: "person", id: jan.person.id };
    expect((await owner("privacy.export", { subject })).code).toBe("NOT_FOUND");
    expect((await owner("privacy.erase", { subject, confirm: jan.person.id })).code).toBe("NOT_FOUND");
    given(await owner("people.remove", { personId: jan.person.id }));
    expect((await owner("privacy.export", { subject })).code).toBe("NOT_FOUND");
    const certificate = given<{ outOfReach: { where: string }[] }>(
      await owner("privacy.erase", { subject, confirm: jan.person.id }),
    );
    expect(certificate.outOfReach.map(({ where }) => where)).toContain(`${agent.id}/kept.txt`);
    expect(existsSync(join(house.place.home, "workspaces", agent.id, "kept.txt"))).toBe(true);
    expect(given<Person[]>(await owner("people.list")).find(({ id }) => id === jan.person.id)).toMatchObject({
      name: "",
      state: "left",
    });
  });

  it("a member has and erases what is theirs, and is signed out with it", async () => {
    const kit = await joins("Kit");
    const agent = given<Agent>(await kit.call("agents.create", { name: "Kit's" }));
    const report = await send(kit.call, agent.id, "hello");
    const conversation = { kind: "conversation", id: report.conversationId };
    given(await kit.call("privacy.export", { subject: conversation }));
    expect((await owner("privacy.erase", { subject: conversation, confirm: report.conversationId })).code).toBe(
      "NOT_FOUND",
    );
    given(await kit.call("privacy.erase", { subject: conversation, confirm: report.conversationId }));
    expect(given<unknown[]>(await kit.call("privacy.certificates"))).toHaveLength(1);
    const subject = { kind: "person", id: kit.person.id };
    given(await kit.call("privacy.export", { subject }));
    given(await kit.call("privacy.erase", { subject, confirm: kit.person.id }));
    expect((await kit.call("agents.list")).status).toBe(401);
    expect(
      (
        await owner("privacy.erase", {
          subject: { kind: "person", id: given<Person>(await owner("sessions.current")).id },
          confirm: given<Person>(await owner("sessions.current")).id,
        })
      ).code,
    ).toBe("PERSON_NOT_CHANGEABLE");
  });

  it("the house is handed on: there is one owner before and after, and the local socket is the new one's", async () => {
    const lea = await joins("Lea", "admin");
    const before = given<Person>(await owner("sessions.current"));
    const formerly = given<{ url: string }>(await owner("links.create")).url;
    const { cookie } = await signInWith(url(), formerly);
    const former = browserCaller(url(), cookie);
    expect((await former("vault.status")).code).toBeNull();
    const both = given<Person[]>(await owner("people.transfer", { personId: lea.person.id }));
    expect(both.map(({ id, role }) => [id, role])).toEqual([
      [before.id, "admin"],
      [lea.person.id, "owner"],
    ]);
    expect((await former("vault.status")).code).toBe("ROLE_INSUFFICIENT");
    expect((await lea.call("vault.status")).code).toBeNull();
    expect(given<Person[]>(await former("people.list")).filter(({ role }) => role === "owner")).toHaveLength(1);
    expect(given<Person>(await owner("sessions.current")).id).toBe(lea.person.id);
    // What was the former owner's stays theirs.
    expect(given<Agent[]>(await former("agents.list")).length).toBeGreaterThan(0);
    expect((await lea.call("agents.get", { agentId: house.agent.id })).code).toBe("NOT_FOUND");
    expect(must(await house.client.call("audit.verify", {})).ok).toBe(true);
    // When a former owner is erased, for whom the house did its own work, it closes and is opened anew.
    given(await former("people.remove", { personId: before.id }));
    const subject = { kind: "person", id: before.id };
    given(await owner("privacy.erase", { subject, confirm: before.id }));
    for (let left = 200; left > 0 && house.gateway.state() !== "locked"; left -= 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect(house.gateway.state()).toBe("locked");
    must(await house.gateway.unlock({}));
    expect(given<Person>(await owner("sessions.current")).id).toBe(lea.person.id);
    const schedules = given<{ ownerId: string }[]>(await owner("schedules.list"));
    expect(schedules.length).toBeGreaterThan(2);
    expect(new Set(schedules.map(({ ownerId }) => ownerId))).toEqual(new Set([lea.person.id]));
  });
});
