import { OPERATION_NAMES, PrincipalId, covers, proofCovers } from "@moltbot/contracts";
import type { Identified, OperationPattern, Principal } from "@moltbot/contracts";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Identity } from "./index.ts";
import { createDevice, pair } from "./testing/device.ts";
import { codeOf, createWorld, must, testIds } from "./testing/world.ts";
import type { World } from "./testing/world.ts";

const READS: readonly OperationPattern[] = ["agents.list", "people.*"];
const WISH = { name: "x", role: "member", days: 1, scopes: null, integrity: "authority" } as const;

let world: World;
let identity: Identity;
let bob: Principal;
beforeEach(async () => {
  world = await createWorld();
  identity = world.identity;
  bob = { ...world.owner, id: testIds.next(PrincipalId), name: "Bob", role: "member" };
  world.store.people.set(bob.id, { ...bob, state: "active" });
});
/** The store knows of it; whoever changed it says so. */
const narrow = (patterns: readonly OperationPattern[] | null): void => {
  if (patterns === null) world.store.covers.delete(bob.id);
  else world.store.covers.set(bob.id, patterns);
  identity.forgetPerson(bob.id);
};

/** Every way in that somebody has who has not come by a terminal: what asks again, each time as a new request. */
const ways = async (): Promise<Readonly<Record<string, () => Promise<Identified>>>> => {
  const { code } = must(await identity.createSignInCode(bob, { strong: false }));
  const { cookie } = must(await identity.signIn(code, "a"));
  const { token } = must(await identity.createToken(bob, WISH));
  const phone = await createDevice(world.clock);
  const { accessToken } = await pair(identity, bob, phone);
  return {
    session: async () => must(await identity.bySession(cookie, "a")),
    token: async () => must(await identity.byToken(token, "a")),
    device: async () =>
      must(await identity.byDevice(accessToken, await phone.proof("GET", "/v2/agents", accessToken), "a")),
    ticket: async () => {
      const who = must(await identity.bySession(cookie, "a"));
      return must(await identity.byTicket(must(await identity.createTicket(who)).ticket, "a"));
    },
  };
};

describe("whom a role of the house's own narrows", () => {
  it("is narrowed whatever they come in by, also by what was made before", async () => {
    const all = await ways();
    for (const again of Object.values(all)) expect((await again()).proof.roleCovers).toBeUndefined();
    narrow(READS);
    for (const [way, again] of Object.entries(all)) {
      const { proof, principal } = await again();
      expect([way, proof.roleCovers, principal.role]).toEqual([way, READS, "member"]);
      expect([way, proofCovers(proof, "messages.send"), proofCovers(proof, "people.list")]).toEqual([way, false, true]);
    }
    narrow(null);
    for (const again of Object.values(all)) expect((await again()).proof.roleCovers).toBeUndefined();
  });

  it("is felt within a second, also where nobody said so: what was remembered is no older", async () => {
    const all = await ways();
    for (const again of Object.values(all)) await again();
    world.store.covers.set(bob.id, READS);
    world.clock.pass(900);
    for (const [way, again] of Object.entries(all))
      expect([way, (await again()).proof.roleCovers]).toEqual([way, READS]);
  });

  it("is narrowed with everybody, where nobody can say whom a change touches", async () => {
    const all = await ways();
    for (const again of Object.values(all)) await again();
    world.store.covers.set(bob.id, READS);
    for (const again of Object.values(all)) expect((await again()).proof.roleCovers).toBeUndefined();
    identity.forgetEverybody();
    for (const [way, again] of Object.entries(all))
      expect([way, (await again()).proof.roleCovers]).toEqual([way, READS]);
  });

  it("is not kept whole by a look-up that began before: what was read is not remembered then", async () => {
    const { session } = await ways();
    const { repository } = world.store;
    const sessionByVerifier = repository.sessionByVerifier.bind(repository);
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    Object.assign(world.store.repository, {
      sessionByVerifier: async (verifier: string) => {
        const found = await sessionByVerifier(verifier);
        await held;
        return found;
      },
    });
    const stale = session?.();
    narrow(READS);
    go();
    expect((await stale)?.proof.roleCovers).toBeUndefined();
    expect((await session?.())?.proof.roleCovers).toEqual(READS);
  });

  it("is somebody else for what goes on: streams, sockets and open tickets end with what they were begun with", async () => {
    const all = await ways();
    const { session: again } = all;
    const cases: readonly (readonly [readonly OperationPattern[] | null, readonly OperationPattern[] | null])[] = [
      [null, READS],
      [READS, ["agents.list"]],
      [READS, null],
      [null, ["*"]],
      [["*"], null],
      [
        ["agents.list", "agents.get"],
        ["agents.list", "people.list"],
      ],
    ];
    for (const [before, after] of cases) {
      narrow(before);
      const held: Identified[] = [];
      for (const way of Object.values(all)) held.push(await way());
      const who = await again?.();
      const { ticket } = who === undefined ? { ticket: "" } : must(await identity.createTicket(who));
      for (const each of held) expect(codeOf(await identity.stillGood(each))).toBe("ok");
      narrow(after);
      for (const each of held) expect(codeOf(await identity.stillGood(each))).toBe("NOT_SIGNED_IN");
      expect(codeOf(await identity.byTicket(ticket, "a"))).toBe("NOT_SIGNED_IN");
    }
  });

  it("unplug: where the store forgets to say it, a narrowed thief of a session is whole", async () => {
    const { session } = await ways();
    narrow(READS);
    const { repository } = world.store;
    const sessionByVerifier = repository.sessionByVerifier.bind(repository);
    Object.assign(world.store.repository, {
      sessionByVerifier: async (verifier: string) => {
        const found = await sessionByVerifier(verifier);
        return found.ok && found.value !== null ? { ...found, value: { ...found.value, roleCovers: null } } : found;
      },
    });
    const who = await session?.();
    expect(who !== undefined && proofCovers(who.proof, "messages.send")).toBe(true);
  });
});

describe("a token of somebody whom a role narrows", () => {
  const made = async (from: Identified, scopes: OperationPattern[] | null) =>
    identity.createToken(bob, { ...WISH, scopes }, from.proof);
  const whoIs = async (token: string): Promise<Identified> => must(await identity.byToken(token, "a"));

  it("names nothing that the role leaves out, and covers no more than the role did when nothing is named", async () => {
    narrow(READS);
    const from = await (await ways())["session"]?.();
    if (from === undefined) throw new Error("no session");
    for (const scopes of [["messages.send"], ["agents.*"], ["*"], ["people.list", "agents.get"]])
      expect(codeOf(await made(from, scopes))).toBe("ROLE_LEAVES_OUT");
    const within = await whoIs(must(await made(from, ["people.list"])).token);
    expect(within.proof.scopes).toEqual(["people.list"]);
    const open = must(await made(from, null)).token;
    expect((await whoIs(open)).proof.scopes).toEqual(READS);
    // Whoever is given more later has not given it to a program.
    narrow(null);
    expect(proofCovers((await whoIs(open)).proof, "messages.send")).toBe(false);
    expect(proofCovers((await whoIs(open)).proof, "people.list")).toBe(true);
  });

  it("covers what both cover, whatever the two are", async () => {
    const pattern = fc.constantFrom("*", "agents.*", "agents.list", "messages.send", "people.*", "people.list", "x.y");
    const patterns = fc.array(pattern, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(patterns, patterns, async (scopes, role) => {
        narrow(null);
        const { token } = must(await identity.createToken(bob, { ...WISH, scopes }));
        narrow(role);
        const { proof } = await whoIs(token);
        for (const name of OPERATION_NAMES)
          expect(proofCovers(proof, name)).toBe(covers(scopes, name) && covers(role, name));
      }),
      { numRuns: 40 },
    );
  });
});

describe("the owner at the machine itself", () => {
  it("is narrowed by nothing", async () => {
    world.store.covers.set(world.owner.id, []);
    expect(must(await identity.local()).proof.roleCovers).toBeUndefined();
  });
});
