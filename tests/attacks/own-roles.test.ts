/** A role of the house's own is got around: by what was opened, made or remembered before it, by speed, and by another name. */
import type { DeviceTokens, OwnRole, Person, TurnReport } from "@moltbot/contracts";
import { NEVER_LEFT_OUT, OPERATIONS, OPERATION_NAMES, covers, instantOf } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDevice } from "../../packages/ingress/src/identity/testing/device.ts";
import { mustOpen } from "../../packages/ingress/src/http/testing/open-socket.ts";
import { followStream } from "../../packages/ingress/src/http/testing/start-server.ts";
import { arriveAt, given, httpCaller, tokenCaller, withPath } from "../support/people.ts";
import type { Arrived, Caller, Said } from "../support/people.ts";
import { ABSENT, startStrangeHouse } from "./strangers/house.ts";
import type { StrangeHouse } from "./strangers/house.ts";

const SECOND = 1_000;
const CLOCK = { now: () => instantOf(Date.now()) };
const within = async (happens: Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await Promise.race([happens, new Promise((resolve) => setTimeout(resolve, 3 * SECOND))]);
  return performance.now() - began;
};
let count = 0;
const fresh = (word: string): string => `${word} ${String((count += 1))}`;

describe("roles of the house's own", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  beforeAll(async () => {
    strange = await startStrangeHouse();
    // A proof from before the gateway began, to the second, is none.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }, 60_000);
  afterAll(() => strange.close());

  const make = async (operations: readonly string[], base = "member"): Promise<OwnRole> =>
    given(await strange.local("roles.create", { name: fresh("role"), base, operations }));
  const join = (role: string, by: Caller = strange.local): Promise<Arrived> =>
    arriveAt(strange.url, by, fresh("Ada"), role);
  const give = async ({ person }: Pick<Arrived, "person">, role: string): Promise<Person> =>
    given(await strange.local("people.change", { personId: person.id, role }));
  const agentsOf = async (call: Caller): Promise<readonly string[]> =>
    given<readonly { name: string }[]>(await call("agents.list")).map(({ name }) => name);

  /** Everything that somebody can come back with, made while they had their whole role. */
  const waysOf = async ({ cookie, browser }: Arrived): Promise<Readonly<Record<string, Caller>>> => {
    const device = await createDevice(CLOCK);
    const proof = async (method: string, path: string, token: string | null): Promise<string> =>
      (await device.proof(method, path, token, { claims: { htu: `${strange.url}${path}` } })).proof;
    const { code } = given<{ code: string }>(await browser("devices.invite"));
    const pairing = httpCaller(strange.url, { dpop: await proof("POST", "/v2/devices", null) });
    const { accessToken } = given<DeviceTokens>(
      await pairing("devices.pair", { code, name: "phone", key: { ...device.key } }),
    );
    const token = await strange.tokenOf(browser);
    const headers = { cookie, origin: strange.url };
    return {
      session: browser,
      token: tokenCaller(strange.url, token),
      device: async (name, input = {}) => {
        const { method, path } = OPERATIONS[name];
        const [filled] = withPath(path, input);
        const dpop = await proof(method, filled, accessToken);
        return httpCaller(strange.url, { authorization: `DPoP ${accessToken}`, dpop })(name, input);
      },
      socket: async (name, input = {}) => {
        const socket = await mustOpen({ port: strange.port, headers });
        const { output, error } = await socket.ask("1", name, input);
        socket.leave();
        const code_ = typeof error?.["code"] === "string" ? error["code"] : null;
        return { status: code_ === null ? 200 : 400, text: JSON.stringify(output ?? error), json: output, code: code_ };
      },
    };
  };

  it("leave out the same by whatever somebody comes, also by what was made before; and nothing happens", async () => {
    const patterns = ["agents.list", "people.list", "roles.*", "sessions.current"];
    const role = await make(patterns);
    const ada = await join("member");
    const ways = await waysOf(ada);
    for (const call of Object.values(ways)) expect((await call("agents.create", { name: "before" })).code).toBeNull();
    const before = await agentsOf(ada.browser);
    await give(ada, role.id);
    const left: readonly (readonly [Parameters<Caller>[0], Parameters<Caller>[1]])[] = [
      ["agents.create", { name: "stolen" }],
      ["contacts.add", { kind: "mail", name: "Eve", address: "eve@evil.example" }],
      ["tokens.create", { name: "way in" }],
      ["devices.invite", {}],
      ["links.create", {}],
      ["sessions.list", {}],
      ["memories.list", {}],
      ["approvals.answer", { approvalId: ABSENT, answer: "allow" }],
      ["people.change", { personId: ada.person.id, role: "member" }],
      ["roles.create", { name: "mine", base: "member", operations: ["*"] }],
      ["roles.change", { roleId: role.id, operations: ["*"] }],
    ];
    for (const [way, call] of Object.entries(ways)) {
      for (const [name, input] of left) {
        const { code } = await call(name, input);
        const expected = covers(patterns, name) || name === "people.change" ? "ROLE_INSUFFICIENT" : "ROLE_LEAVES_OUT";
        expect([way, name, code]).toEqual([way, name, expected]);
      }
      expect([way, (await call("people.list")).code]).toEqual([way, null]);
    }
    expect(await agentsOf(ada.browser)).toEqual(before);
    await give(ada, "member");
    expect(given(await ada.browser("contacts.list"))).toEqual([]);
    // What there is was made before: one token, one device.
    expect(given<readonly unknown[]>(await ada.browser("tokens.list"))).toHaveLength(1);
    expect(given<readonly unknown[]>(await ada.browser("devices.list"))).toHaveLength(1);
  });

  it("let through exactly what they name, operation by operation, for one who is asked for all of them", async () => {
    const patterns = ["agents.*", "messages.send", "memories.list", "people.list"];
    const ada = await join((await make(patterns, "admin")).id);
    for (const name of OPERATION_NAMES) {
      const { role, effect } = OPERATIONS[name];
      // What it lets through is done: only what reads, or what fails for want of its input.
      if (role === null || NEVER_LEFT_OUT.some((always) => always === name)) continue;
      if (effect !== "read" && covers(patterns, name)) continue;
      const { code } = await ada.browser(name, { agentId: ABSENT, personId: ABSENT, name: "nothing" });
      if (role === "owner") expect([name, code]).toEqual([name, "ROLE_INSUFFICIENT"]);
      else expect([name, code === "ROLE_LEAVES_OUT"]).toEqual([name, !covers(patterns, name)]);
    }
    expect(await agentsOf(ada.browser)).toEqual([]);
  });

  it("end within a second what was opened with more: streams, sockets, tickets and answers that are being made", async () => {
    const role = await make(["agents.list", "messages.send", "sessions.ticket"]);
    const ada = await join("member");
    const agent = given<{ id: string }>(await ada.browser("agents.create", { name: "hers" }));
    const headers = { cookie: ada.cookie, origin: strange.url };
    const stream = await followStream(strange.port, "/v2/events", headers);
    const socket = await mustOpen({ port: strange.port, headers });
    expect((await socket.ask("1", "events.subscribe")).error).toBeUndefined();
    const { ticket } = given<{ ticket: string }>(await ada.browser("sessions.ticket"));
    const go = strange.hold();
    const path = `/v2/agents/${agent.id}/messages`;
    const answer = await followStream(strange.port, path, headers, '{"content":"hello"}');
    await answer.until("agent:started");
    await give(ada, role.id);
    const ends = [within(stream.ended), within(socket.closed), within(answer.ended)];
    for (const milliseconds of await Promise.all(ends)) expect(milliseconds).toBeLessThan(SECOND);
    go();
    const reopened = await fetch(`${strange.url}/v2/events?ticket=${ticket}`);
    expect(reopened.status).toBe(401);
    // Open anew they are what the role covers: no events, messages still.
    expect((await fetch(`${strange.url}/v2/events`, { headers })).status).toBe(403);
    const again = await mustOpen({ port: strange.port, headers });
    expect((await again.ask("1", "events.subscribe")).error?.["code"]).toBe("ROLE_LEAVES_OUT");
    expect((await again.ask("2", "agents.list")).error).toBeUndefined();
    again.leave();
    const heard = [stream.text().length, answer.text().length];
    given<TurnReport>(await ada.browser("messages.send", { agentId: agent.id, content: "more" }));
    expect([stream.text().length, answer.text().length]).toEqual(heard);
  });

  it("hold from the moment the change is answered, however fast somebody asks meanwhile", async () => {
    const [wide, narrow] = [await make(["agents.*", "people.list"]), await make(["agents.list", "people.list"])];
    const ada = await join(wide.id);
    let changed = false;
    const late: Said[] = [];
    const hammer = async (): Promise<void> => {
      while (!changed) await ada.browser("agents.create", { name: "early" });
      for (let i = 0; i < 3; i += 1) late.push(await ada.browser("agents.create", { name: "late" }));
    };
    const asking = Array.from({ length: 4 }, hammer);
    await new Promise((resolve) => setTimeout(resolve, 50));
    given(await strange.local("roles.change", { roleId: wide.id, operations: [...narrow.operations] }));
    changed = true;
    await Promise.all(asking);
    expect(late.map(({ code }) => code)).toEqual(Array<string>(12).fill("ROLE_LEAVES_OUT"));
    expect(await agentsOf(ada.browser)).not.toContain("late");
  });

  it("are got around by no token: neither one that was made before, nor one whose person is given more", async () => {
    const role = await make(["tokens.*", "agents.list"]);
    const ada = await join("member");
    const before = await strange.tokenOf(ada.browser);
    const scoped = await strange.tokenOf(ada.browser, { scopes: ["agents.*", "messages.send"] });
    await give(ada, role.id);
    const codes = async (token: string, ...names: readonly Parameters<Caller>[0][]) => {
      const said: (string | null)[] = [];
      for (const name of names)
        said.push((await tokenCaller(strange.url, token)(name, name === "agents.create" ? { name: "made" } : {})).code);
      return said;
    };
    expect(await codes(before, "agents.list", "agents.create")).toEqual([null, "ROLE_LEAVES_OUT"]);
    expect(await codes(scoped, "agents.list", "agents.create", "tokens.list")).toEqual([
      null,
      "ROLE_LEAVES_OUT",
      "SCOPE_INSUFFICIENT",
    ]);
    expect((await ada.browser("tokens.create", { name: "x", scopes: ["agents.*"] })).code).toBe("ROLE_LEAVES_OUT");
    const made = await strange.tokenOf(ada.browser);
    await give(ada, "member");
    expect(await codes(made, "agents.list", "agents.create")).toEqual([null, "SCOPE_INSUFFICIENT"]);
    expect(await codes(before, "agents.create")).toEqual([null]);
    const body = { model: "moltbot", messages: [{ role: "user", content: "hi" }] };
    await give(ada, role.id);
    expect((await strange.openAi(before, body)).code).toBe("ROLE_LEAVES_OUT");
    expect((await strange.openAi(before, { ...body, stream: true })).code).toBe("ROLE_LEAVES_OUT");
  });

  it("are got around by no other name: who keeps people lets in nobody who may more, and becomes nobody", async () => {
    const keeper = await join((await make(["people.*", "roles.list"], "admin")).id);
    const waiting = given<{ person: Person }>(await strange.local("people.invite", { name: fresh("Bob") })).person;
    const wide = await make(["agents.*", "people.list"]);
    const others = given<readonly Person[]>(await strange.local("people.list"));
    for (const role of ["viewer", "member", "admin", "owner", wide.id])
      expect((await keeper.browser("people.invite", { name: "Sock", role })).code).toBe("PERSON_NOT_CHANGEABLE");
    expect((await keeper.browser("people.link", { personId: waiting.id })).code).toBe("PERSON_NOT_CHANGEABLE");
    for (const role of ["member", wide.id])
      expect((await keeper.browser("people.change", { personId: waiting.id, role })).code).toBe(
        "PERSON_NOT_CHANGEABLE",
      );
    for (const role of ["admin", "owner", keeper.person.ownRole ?? ""])
      expect((await keeper.browser("people.change", { personId: keeper.person.id, role })).code).toBe(
        "PERSON_NOT_CHANGEABLE",
      );
    expect((await keeper.browser("roles.change", { roleId: keeper.person.ownRole, operations: ["*"] })).code).toBe(
      "ROLE_INSUFFICIENT",
    );
    expect(given(await strange.local("people.list"))).toEqual(others);
    const role = await make(["people.list"]);
    const sock = await join(role.id, keeper.browser);
    expect((await sock.browser("agents.create", { name: "stolen" })).code).toBe("ROLE_LEAVES_OUT");
  });

  it("keep nobody in: whom they leave nothing else signs out and leaves", async () => {
    const ada = await join((await make(["people.list"])).id);
    const bob = await join("member");
    expect((await ada.browser("people.remove", { personId: bob.person.id })).code).not.toBeNull();
    const other = await join((await make(["people.list"])).id);
    expect((await other.browser("sessions.end")).code).toBeNull();
    expect((await other.browser("people.list")).code).toBe("NOT_SIGNED_IN");
    expect(given<Person>(await ada.browser("people.remove", { personId: ada.person.id }))).toMatchObject({
      state: "left",
      ownRole: null,
    });
    expect((await bob.browser("agents.list")).code).toBeNull();
  });
});
