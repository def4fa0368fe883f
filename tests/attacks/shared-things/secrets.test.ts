/** Somebody keeps a secret of their own, or may change another's, and wants it lent where it was never meant to go. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Agent, AuditRecord, Person, SecretInfo } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must, startAttackHouse } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";
import { arriveAt, clientCaller, given, tokenCaller } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";

const HERS = "canary-of-ada-11aa22bb";
const THE_HOUSES = "canary-of-the-house-33cc44dd";

describe("secrets of people and of the house", { timeout: 60_000 }, () => {
  let house: AttackHouse;
  let vendor: { readonly host: string; readonly seen: string[]; close(): void };
  let people: Record<"ada" | "bob" | "eve", { readonly id: Person["id"]; readonly call: Caller }>;

  beforeAll(async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization ?? "none");
      request.resume();
      response.writeHead(401).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // a TCP server has no other address
    vendor = { host: `127.0.0.1:${String(port)}`, seen, close: () => server.close() };
    house = await startAttackHouse({
      providers: { vendor: { baseUrl: `http://${vendor.host}/v1`, secret: "vendor-key" } },
    });
    const comes = async (name: string, role: "member" | "admin") => {
      const { person, browser } = await arriveAt(house.gateway.url, clientCaller(house.client), name, role);
      return { id: person.id, call: browser };
    };
    people = { ada: await comes("Ada", "member"), bob: await comes("Bob", "member"), eve: await comes("Eve", "admin") };
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
    vendor.close();
  });

  const set = (call: Caller, name: string, wish: Readonly<Record<string, unknown>> = {}) =>
    call("secrets.set", { name, value: HERS, hosts: [vendor.host], of: "me", ...wish });
  const list = async (call: Caller): Promise<readonly SecretInfo[]> => given<SecretInfo[]>(await call("secrets.list"));
  const share = async (id: string, rights: readonly string[]): Promise<void> =>
    void given(
      await people.ada.call("shares.set", {
        object: { type: "secret", id },
        to: { kind: "person", id: people.bob.id },
        rights,
      }),
    );

  it("a person's own of the name that a model asks for is never sent for the house", async () => {
    const { ada, eve } = people;
    for (const { call } of [ada, eve]) given(await set(call, "vendor-key"));
    const agent = given<Agent>(await ada.call("agents.create", { name: "Helper", model: "vendor" }));
    const send = () => ada.call("messages.send", { agentId: agent.id, content: "hello", conversationId: "new" });
    expect(given<{ state: string }>(await send()).state).toBe("failed");
    expect(vendor.seen).toEqual([]);
    must(
      await house.client.call("secrets.set", {
        name: "vendor-key",
        value: THE_HOUSES,
        hosts: [vendor.host, "127.0.0.1"],
      }),
    );
    given(await set(ada.call, "vendor-key", { value: `${HERS}-again` }));
    await send();
    expect(new Set(vendor.seen)).toEqual(new Set([`Bearer ${THE_HOUSES}`]));
    // Nobody but the owner of the house takes its place, and removing one's own leaves it.
    for (const { call } of [ada, eve]) {
      expect((await set(call, "vendor-key", { of: "house" })).code).toBe("ROLE_INSUFFICIENT");
      expect((await call("secrets.remove", { name: "vendor-key", of: "house" })).code).toBe("ROLE_INSUFFICIENT");
      given(await call("secrets.remove", { name: "vendor-key", of: "me" }));
    }
    vendor.seen.length = 0;
    await send();
    expect(new Set(vendor.seen)).toEqual(new Set([`Bearer ${THE_HOUSES}`]));
  });

  it("a shared one goes to no host that its owner did not name, whoever changes it", async () => {
    const { ada, bob, eve } = people;
    const own = given<SecretInfo>(await set(ada.call, "weather", { hosts: ["api.example"] }));
    await share(own.id, ["use", "edit"]);
    const change = (wish: Readonly<Record<string, unknown>>) =>
      set(bob.call, "weather", { value: "bob's", of: own.id, ...wish });
    for (const hosts of [
      ["evil.example"],
      ["api.example", "evil.example"],
      ["api.example:8443"],
      ["API.EXAMPLE", "evil.example"],
      ["api.example."],
    ])
      expect((await change({ hosts })).code, hosts.join()).toMatch(/^(ACCESS_DENIED|REQUEST_INVALID)$/);
    expect((await set(bob.call, "other-name", { of: own.id, hosts: ["api.example"] })).code).toBe("SECRET_NOT_FOUND");
    for (const call of [eve.call, tokenCaller(house.gateway.url, await house.tokenOf("owner"))])
      expect((await set(call, "weather", { of: own.id, hosts: ["api.example"] })).code).toBe("SECRET_NOT_FOUND");
    const [hers] = (await list(ada.call)).filter(({ id }) => id === own.id);
    expect(hers).toMatchObject({ hosts: ["api.example"], rotatedAt: own.rotatedAt, ownerId: ada.id });
    expect(given<SecretInfo>(await change({ hosts: ["api.example"] })).hosts).toEqual(["api.example"]);
    // One of Bob's own of the same name is his, and changes nothing of hers.
    given(await set(bob.call, "weather", { hosts: ["evil.example"] }));
    const after = (await list(ada.call)).filter(({ name }) => name === "weather");
    expect(after).toMatchObject([{ id: own.id, hosts: ["api.example"] }]);
  });

  it("is in no answer, no record and no file that somebody without the vault can read", async () => {
    const { ada, bob, eve } = people;
    const own = given<SecretInfo>(await set(ada.call, "diary"));
    await share(own.id, ["use"]);
    const subject = { kind: "person", id: bob.id };
    const answers = [
      await bob.call("secrets.list"),
      await bob.call("access.explain", { secretId: own.id }),
      await bob.call("privacy.export", { subject }),
      await eve.call("secrets.list"),
      await eve.call("audit.list", { limit: 500 }),
      await ada.call("audit.list", { limit: 500 }),
    ];
    for (const said of answers) {
      expect(said.code).toBeNull();
      expect(said.text).not.toContain("canary");
    }
    expect(answers[3]?.text).not.toContain("diary");
    // A keeper of the house sees what they did with their own, and nothing of what others did with theirs.
    const seen = given<AuditRecord[]>(await eve.call("audit.list", { limit: 500 }));
    expect(seen.filter(({ event, actor }) => event.startsWith("own-secret:") && actor !== eve.id)).toEqual([]);
    const file = readFileSync(join(house.place.home, "vault", "secrets.json"), "latin1");
    for (const word of ["canary", "diary", "weather", ada.id]) expect(file).not.toContain(word);
  });

  it("is removed by whoever may delete it alone, and goes with whoever leaves", async () => {
    const { ada, bob, eve } = people;
    const own = given<SecretInfo>(await set(ada.call, "gone"));
    await share(own.id, ["use", "edit"]);
    expect((await bob.call("secrets.remove", { name: "gone", of: own.id })).code).toBe("RIGHT_MISSING");
    expect((await eve.call("secrets.remove", { name: "gone", of: own.id })).code).toBe("SECRET_NOT_FOUND");
    expect((await list(ada.call)).map(({ id }) => id)).toContain(own.id);
    must(await house.client.call("people.remove", { personId: ada.id }));
    expect((await list(bob.call)).map(({ id }) => id)).not.toContain(own.id);
    const left = must(await house.client.call("secrets.list", {}));
    expect(left.map(({ name, ownerId }) => [name, ownerId])).toEqual([["vendor-key", null]]);
  });
});
