import { beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import { OPERATION_NAMES, PrincipalId, ROLES, TokenId, covers, roleSuffices } from "@moltbot/contracts";
import type { Identified, OperationPattern, Principal, Proof } from "@moltbot/contracts";
import type { Identity } from "./index.ts";
import { createDevice, pair } from "./testing/device.ts";
import { codeOf, createWorld, must, testIds } from "./testing/world.ts";
import type { World } from "./testing/world.ts";

let world: World;
let identity: Identity;
let owner: Principal;
beforeEach(async () => {
  world = await createWorld();
  ({ identity, owner } = world);
});
const WISH = { name: "x", role: "member", days: 1, scopes: null, integrity: "authority" } as const;
const signIn = async (): Promise<Identified> => {
  const { code } = must(await identity.createSignInCode(owner, { strong: true }));
  return must(await identity.bySession(must(await identity.signIn(code, "a")).cookie, "a"));
};

describe("a ticket", () => {
  it("is good once, for whoever it was made for, with what they came by", async () => {
    const who = await signIn();
    const { ticket } = must(await identity.createTicket(who));
    expect(must(await identity.byTicket(ticket, "b"))).toEqual(who);
    expect(codeOf(await identity.byTicket(ticket, "b"))).toBe("TICKET_INVALID");
  });

  it("is for one of two that come at once", async () => {
    const { ticket } = must(await identity.createTicket(await signIn()));
    const both = await Promise.all([identity.byTicket(ticket, "a"), identity.byTicket(ticket, "b")]);
    expect(both.map(codeOf).toSorted()).toEqual(["TICKET_INVALID", "ok"]);
  });

  it("is worth nothing after thirty seconds, for the thief who finds it later", async () => {
    const { ticket } = must(await identity.createTicket(await signIn()));
    world.clock.pass(30_000);
    expect(codeOf(await identity.byTicket(ticket, "thief"))).toBe("TICKET_INVALID");
  });

  it("is worth nothing when its session has ended in between, or its person is another one", async () => {
    const who = await signIn();
    const { ticket } = must(await identity.createTicket(who));
    must(await identity.endPerson(owner, owner.id));
    expect(codeOf(await identity.byTicket(ticket, "a"))).toBe("NOT_SIGNED_IN");
    const again = await signIn();
    const second = must(await identity.createTicket(again));
    world.store.people.set(owner.id, { ...owner, role: "viewer", state: "active" });
    identity.forgetPerson(owner.id);
    expect(codeOf(await identity.byTicket(second.ticket, "a"))).toBe("NOT_SIGNED_IN");
  });

  it("is not made for somebody that nobody identified", async () => {
    const forged: Proof = {
      kind: "local",
      id: null,
      strong: true,
      at: world.clock.now(),
      scopes: null,
      integrity: "authority",
    };
    const { ticket } = must(await identity.createTicket({ principal: owner, proof: forged }));
    expect(codeOf(await identity.byTicket(ticket, "a"))).toBe("NOT_SIGNED_IN");
  });

  it("does not pile up: one credential has sixteen, and the oldest goes", async () => {
    const who = await signIn();
    const tickets: string[] = [];
    for (let index = 0; index < 17; index += 1) tickets.push(must(await identity.createTicket(who)).ticket);
    expect(codeOf(await identity.byTicket(tickets[0] ?? "", "a"))).toBe("TICKET_INVALID");
    expect(codeOf(await identity.byTicket(tickets[1] ?? "", "a"))).toBe("ok");
  });

  it("of a device opens its door behind a lockout that others caused, which no guess does", async () => {
    const phone = await createDevice(world.clock);
    const { accessToken } = await pair(identity, owner, phone);
    const who = must(await identity.byDevice(accessToken, await phone.proof("POST", "/v2/tickets", accessToken), "a"));
    const { ticket } = must(await identity.createTicket(who));
    const codes: string[] = [];
    for (let index = 0; index < 20; index += 1) codes.push(codeOf(await identity.byTicket(`guess ${index}`, "a")));
    expect(codes).toContain("LOCKED_OUT");
    expect(must(await identity.byTicket(ticket, "a")).proof.kind).toBe("device");
  });
});

describe("what a token may be made for", () => {
  const proofWith = async (scopes: Proof["scopes"], integrity: Proof["integrity"] = "authority"): Promise<Proof> => {
    const { token } = must(await identity.createToken(owner, { ...WISH, role: "owner", scopes, integrity }));
    return must(await identity.byToken(token, "a")).proof;
  };
  const make = async (from: Proof, wish: object): Promise<string> =>
    codeOf(await identity.createToken(owner, { ...WISH, ...wish }, from));

  it("is no more than what it is made with", async () => {
    const narrow = await proofWith(["agents.*", "messages.send", "tokens.create"]);
    expect(await make(narrow, {})).toBe("SCOPE_INSUFFICIENT");
    expect(await make(narrow, { scopes: ["*"] })).toBe("SCOPE_INSUFFICIENT");
    expect(await make(narrow, { scopes: ["messages.*"] })).toBe("SCOPE_INSUFFICIENT");
    expect(await make(narrow, { scopes: ["messages.send", "secrets.set"] })).toBe("SCOPE_INSUFFICIENT");
    expect(await make(narrow, { scopes: ["agents.list", "agents.*", "messages.send"] })).toBe("ok");
    expect(await make(await proofWith(null), {})).toBe("ok");
    expect(await make(await proofWith(null, "untrusted"), {})).toBe("SCOPE_INSUFFICIENT");
    expect(await make(await proofWith(null, "untrusted"), { integrity: "untrusted" })).toBe("ok");
    expect(world.store.tokens.filter(({ madeWith }) => madeWith !== null)).toHaveLength(3);
  });

  it("never grows, through any chain of tokens that make tokens (role minting by rotation)", async () => {
    const pattern: fc.Arbitrary<OperationPattern> = fc.constantFrom(
      "*",
      "agents.*",
      "tokens.*",
      "agents.list",
      "tokens.create",
      "messages.send",
      "secrets.set",
    );
    const wishes = fc.array(
      fc.record({
        role: fc.constantFrom(...ROLES),
        scopes: fc.option(fc.array(pattern, { minLength: 1, maxLength: 4 })),
        integrity: fc.constantFrom("authority" as const, "untrusted" as const),
      }),
      { maxLength: 8 },
    );
    const may = ({ proof: { scopes } }: Identified, operation: string): boolean =>
      scopes === null || covers(scopes, operation);
    await fc.assert(
      fc.asyncProperty(wishes, async (chain) => {
        const start = must(
          await identity.createToken(owner, { ...WISH, role: "member", scopes: ["agents.*", "tokens.create"] }),
        );
        let holder = must(await identity.byToken(start.token, "a"));
        for (const wish of chain) {
          const made = await identity.createToken(holder.principal, { ...WISH, ...wish }, holder.proof);
          if (!made.ok) continue;
          const next = must(await identity.byToken(made.value.token, "a"));
          expect(roleSuffices(holder.principal.role, next.principal.role)).toBe(true);
          for (const name of OPERATION_NAMES) expect(may(next, name) && !may(holder, name)).toBe(false);
          expect(holder.proof.integrity === "untrusted" && next.proof.integrity === "authority").toBe(false);
          holder = next;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("may use in a day what its maker says, which is kept in exact amounts, on record and shown", async () => {
    const limits = { tokensPerDay: 1_000, moneyPerDay: 0.1 };
    const { id } = must(await identity.createToken(owner, { ...WISH, ...limits }));
    const stored = [...world.store.tokens.values()].find((token) => token.id === id);
    expect(stored).toMatchObject({ tokensPerDay: 1_000, moneyPerDay: 100_000 });
    const { id: free } = must(await identity.createToken(owner, { ...WISH, tokensPerDay: null, moneyPerDay: null }));
    const listed = must(await identity.listTokens(owner));
    expect(listed.find((token) => token.id === id)).toMatchObject(limits);
    for (const name of Object.keys(limits)) expect(listed.find((token) => token.id === free)).not.toHaveProperty(name);
    expect(world.recorded.find(({ fields }) => fields["tokenId"] === id)?.fields).toMatchObject({
      tokensPerDay: 1_000,
      moneyPerDay: 100_000,
    });
  });

  it("lives no longer than the token it is made with", async () => {
    const short = must(await identity.createToken(owner, { ...WISH, days: 1 }));
    const { principal, proof } = must(await identity.byToken(short.token, "a"));
    const made = must(await identity.createToken(principal, { ...WISH, days: 365 }, proof));
    expect(made.expiresAt).toBe(short.expiresAt);
    const elsewhere = must(await identity.createToken(principal, { ...WISH, days: 365 }));
    expect(elsewhere.expiresAt > short.expiresAt).toBe(true);
  });

  it("ends with the token it was made with, through the whole chain and where it is remembered", async () => {
    const chain = [must(await identity.createToken(owner, WISH))];
    const beside = must(await identity.createToken(owner, WISH));
    for (let step = 0; step < 3; step += 1) {
      const maker = must(await identity.byToken(chain.at(-1)?.token ?? "", "a"));
      chain.push(must(await identity.createToken(maker.principal, WISH, maker.proof)));
    }
    const holders = await Promise.all(chain.map(async ({ token }) => must(await identity.byToken(token, "a"))));
    const [, stolen, third] = chain;
    must(await identity.revokeToken(owner, TokenId.parse(stolen?.id)));
    const codes = await Promise.all(chain.map(async ({ token }) => codeOf(await identity.byToken(token, "a"))));
    expect(codes).toEqual(["ok", "TOKEN_INVALID", "TOKEN_INVALID", "TOKEN_INVALID"]);
    const still = await Promise.all(holders.map(async (who) => codeOf(await identity.stillGood(who))));
    expect(still).toEqual(["ok", "NOT_SIGNED_IN", "NOT_SIGNED_IN", "NOT_SIGNED_IN"]);
    expect(codeOf(await identity.byToken(beside.token, "a"))).toBe("ok");
    expect(world.recorded.at(-1)).toMatchObject({
      event: "token:revoked",
      fields: { tokenId: stolen?.id, withIt: 2 },
    });
    // Whoever had got past the door makes nothing any more either.
    const late = await identity.createToken(owner, WISH, holders[2]?.proof);
    expect([codeOf(late), third?.id]).toEqual(["TOKEN_INVALID", holders[2]?.proof.id]);
  });

  it("unplug: with nothing said of what asked, what a stolen token made outlives it", async () => {
    const attack = async (from: (thief: Identified) => Proof | undefined): Promise<string> => {
      const stolen = must(await identity.createToken(owner, WISH));
      const thief = must(await identity.byToken(stolen.token, "a"));
      const kept = must(await identity.createToken(thief.principal, WISH, from(thief)));
      must(await identity.revokeToken(owner, stolen.id));
      return codeOf(await identity.byToken(kept.token, "a"));
    };
    expect(await attack(({ proof }) => proof)).toBe("TOKEN_INVALID");
    expect(await attack(() => undefined)).toBe("ok");
  });

  it("unplug: without a look at what asks, a narrow token makes a wide one", async () => {
    const narrow = must(await identity.createToken(owner, { ...WISH, scopes: ["tokens.create"] }));
    const thief = must(await identity.byToken(narrow.token, "a"));
    const attack = async (from: Proof | undefined): Promise<string> =>
      codeOf(await identity.createToken(thief.principal, WISH, from));
    expect(await attack(thief.proof)).toBe("SCOPE_INSUFFICIENT");
    expect(await attack(undefined)).toBe("ok");
  });

  it("shrinks with its person, and never grows with them", async () => {
    const { token } = must(await identity.createToken(owner, { ...WISH, role: "admin" }));
    world.store.people.set(owner.id, { ...owner, role: "viewer", state: "active" });
    expect(must(await identity.byToken(token, "a")).principal.role).toBe("viewer");
    world.store.people.set(owner.id, { ...owner, role: "owner", state: "active" });
    identity.forgetPerson(owner.id);
    expect(must(await identity.byToken(token, "a")).principal.role).toBe("admin");
  });

  it("is seen and ended by its person alone, and notes its last use to the minute", async () => {
    const { token, id } = must(await identity.createToken(owner, WISH));
    const other: Principal = { ...owner, id: testIds.next(PrincipalId), role: "owner" };
    expect(must(await identity.listTokens(other))).toEqual([]);
    expect(codeOf(await identity.revokeToken(other, id))).toBe("NOT_FOUND");
    expect(must(await identity.listTokens(owner))[0]?.lastUsedAt).toBeNull();
    await identity.byToken(token, "a");
    const first = world.clock.now();
    world.clock.pass(59_000);
    await identity.byToken(token, "a");
    expect(must(await identity.listTokens(owner))).toMatchObject([{ id, scopes: null, lastUsedAt: first }]);
  });
});

describe("somebody who was invited", () => {
  const invited = (): Principal & { state: "invited" } => ({
    ...owner,
    id: testIds.next(PrincipalId),
    name: "Grace",
    role: "member",
    state: "invited",
  });

  it("comes in by the link alone, which makes them active and spends every other one", async () => {
    const grace = invited();
    world.store.people.set(grace.id, grace);
    const first = must(await identity.invite(grace, 48, owner));
    const second = must(await identity.invite(grace, 48, owner));
    world.clock.pass(47 * 3_600_000);
    const { principal } = must(await identity.signIn(first.code, "a"));
    expect(principal).toMatchObject({ id: grace.id, role: "member" });
    expect(world.store.people.get(grace.id)?.state).toBe("active");
    expect(codeOf(await identity.signIn(second.code, "b"))).toBe("SIGN_IN_LINK_INVALID");
    expect(principal).not.toHaveProperty("arrived");
    expect(world.changes).toEqual([`arrived ${grace.id}`]);
    must(await identity.signIn(must(await identity.createSignInCode(grace, { strong: false })).code, "a"));
    expect(world.changes).toHaveLength(1);
  });

  it("cannot come after the hours are over, nor with a link for somebody who is in already", async () => {
    const grace = invited();
    world.store.people.set(grace.id, grace);
    const { code } = must(await identity.invite(grace, 1, owner));
    world.clock.pass(3_600_000);
    expect(codeOf(await identity.signIn(code, "a"))).toBe("SIGN_IN_LINK_INVALID");
    for (const state of ["active", "suspended", "left"] as const)
      expect(codeOf(await identity.invite({ id: grace.id, state }, 1, owner))).toBe("PERSON_NOT_CHANGEABLE");
  });
});

describe("the end of a person", () => {
  it("ends every way in at once, and says what it ended", async () => {
    const { token } = must(await identity.createToken(owner, WISH));
    const phone = await createDevice(world.clock);
    const { accessToken } = await pair(identity, owner, phone);
    const session = await signIn();
    const link = must(await identity.createSignInCode(owner, { strong: false }));
    const byToken = must(await identity.byToken(token, "a"));
    const proofs = [
      await phone.proof("GET", "/v2/agents", accessToken),
      await phone.proof("GET", "/v2/agents", accessToken),
    ];
    const byDevice = must(await identity.byDevice(accessToken, proofs[0] ?? { proof: "", method: "", url: "" }, "a"));
    must(await identity.endPerson(owner, owner.id));
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
    expect(codeOf(await identity.byDevice(accessToken, proofs[1] ?? { proof: "", method: "", url: "" }, "a"))).toBe(
      "TOKEN_INVALID",
    );
    expect(codeOf(await identity.signIn(link.code, "a"))).toBe("SIGN_IN_LINK_INVALID");
    for (const who of [byToken, byDevice, session]) expect(codeOf(await identity.stillGood(who))).toBe("NOT_SIGNED_IN");
    expect(world.recorded.find(({ event }) => event === "person:ended")).toMatchObject({
      fields: { principalId: owner.id, credentials: 2, devices: 1 },
    });
  });

  it("happens also where it cannot be recorded, and says so", async () => {
    const { token } = must(await identity.createToken(owner, WISH));
    world.auditWorks = false;
    expect(codeOf(await identity.endPerson(owner, owner.id))).toBe("AUDIT_UNWRITABLE");
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
  });
});
