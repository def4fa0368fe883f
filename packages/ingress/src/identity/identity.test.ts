import { beforeEach, describe, expect, it } from "vitest";
import { PrincipalId, TenantId, err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { IdentityRepository, Principal, StoredToken } from "@moltbot/contracts";
import { createIdentity } from "./index.ts";
import type { Identity } from "./index.ts";
import { codeOf, createWorld, must, testIds as ids } from "./testing/world.ts";
import type { World } from "./testing/world.ts";

const DAY = 86_400_000;
/** No lockout at all. */
const UNLOCKED = { lockout: { remaining: () => 0, wrong: () => false } };
const WISH = { scopes: null, integrity: "authority" } as const;

let world: World;
let identity: Identity;
let owner: Principal;
beforeEach(async () => {
  world = await createWorld();
  ({ identity, owner } = world);
});
const wrong = (digit: number): string => `mb_${String(digit).padStart(43, "x")}`;
const newToken = async (): Promise<{ id: StoredToken["id"]; token: string }> =>
  must(await identity.createToken(owner, { name: "laptop", role: "member", days: 2, ...WISH }));
const signIn = async (address = "10.0.0.1"): Promise<string> =>
  must(await identity.signIn(must(await identity.createSignInCode(owner, { strong: true })).code, address)).cookie;

/** Tries so often, and waits when told to wait a little; gives what was answered to each try that was looked at. */
const insist = async (times: number, attempt: (index: number) => Promise<{ ok: boolean }>): Promise<string[]> => {
  const codes: string[] = [];
  for (let index = 0; index < times;) {
    const answer = (await attempt(index)) as {
      ok: boolean;
      error?: { code: string; context: { retryAfter?: number } };
    }; // any answer of the room
    const wait = answer.error?.code === "LOCKED_OUT" ? Number(answer.error.context.retryAfter) : 0;
    if (wait > 0 && wait < 30) {
      world.clock.pass(wait * 1000);
      continue;
    }
    codes.push(codeOf(answer));
    index += 1;
  }
  return codes;
};

describe("the owner", () => {
  it("is made once and is who the local socket speaks for", async () => {
    expect(must(await identity.ensureOwner("Somebody else"))).toEqual(owner);
    const local = must(await identity.local());
    expect(local.principal).toEqual({ ...owner, role: "owner", kind: "person", name: "Ada" });
    expect(local.proof).toMatchObject({ kind: "local", id: null, strong: true, scopes: null, integrity: "authority" });
    expect(must(await world.again().ensureOwner("Later"))).toEqual(owner);
    expect(world.recorded.map(({ event }) => event)).toEqual(["owner:created"]);
  });

  it("is whoever owns the house now, within a second of handing it on", async () => {
    must(await identity.local());
    const heir: Principal = { ...owner, id: ids.next(PrincipalId), name: "Grace" };
    world.store.people.set(owner.id, { ...owner, role: "admin", state: "active" });
    world.store.people.set(heir.id, { ...heir, state: "active" });
    world.clock.pass(1_000);
    expect(must(await identity.local()).principal).toEqual(heir);
  });

  it("does not exist before the first start, and is not made when that cannot be recorded", async () => {
    world.store.people.clear();
    world.auditWorks = false;
    const empty = world.again();
    expect(codeOf(await empty.local())).toBe("NOT_SIGNED_IN");
    expect(codeOf(await empty.ensureOwner("Ada"))).toBe("AUDIT_UNWRITABLE");
    expect(world.store.people.size).toBe(0);
  });
});

describe("a token", () => {
  it("is mb_ and 32 random bytes, kept as a keyed verifier alone, and carries its own role", async () => {
    const { token, id } = await newToken();
    expect(token).toMatch(/^mb_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify([world.store.tokens, world.store.sessions, world.store.links])).not.toContain(token.slice(3));
    expect(JSON.stringify(world.recorded)).not.toContain(token.slice(3));
    const { principal, proof } = must(await identity.byToken(token, "a"));
    expect(principal).toEqual({ ...owner, role: "member" });
    expect(proof).toEqual({
      kind: "token",
      id,
      strong: false,
      at: world.clock.now(),
      scopes: null,
      integrity: "authority",
      personRole: "owner",
    });
    expect(world.recorded.at(-1)).toMatchObject({
      event: "token:created",
      actor: owner.id,
      fields: { tokenId: id, role: "member" },
    });
  });

  it("is refused at the millisecond it expires, also when it is remembered", async () => {
    const { token } = await newToken();
    world.clock.pass(2 * DAY - 1);
    expect(codeOf(await identity.byToken(token, "a"))).toBe("ok");
    world.clock.pass(1);
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
  });

  it("is remembered for less than a second", async () => {
    const { token } = await newToken();
    for (let passed = 0; passed < 900; passed += 100) {
      await identity.byToken(token, "a");
      world.clock.pass(100);
    }
    expect(world.store.lookUps).toBe(1);
    await identity.byToken(token, "a");
    expect(world.store.lookUps).toBe(2);
  });

  it("is refused at once when it is revoked", async () => {
    const { token, id } = await newToken();
    await identity.byToken(token, "a");
    must(await identity.revokeToken(owner, id));
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
    expect(world.recorded.at(-1)).toMatchObject({ event: "token:revoked", fields: { tokenId: id } });
    expect(must(await identity.listTokens(owner))).toEqual([
      expect.objectContaining({ id, revokedAt: world.clock.now() }),
    ]);
    expect(Object.keys(must(await identity.listTokens(owner))[0] ?? {})).not.toContain("verifier");
  });

  it("is not remembered by a look-up that a revocation overtook", async () => {
    const { token, id } = await newToken();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = createIdentity({
      ...world.options,
      repository: {
        ...world.store.repository,
        tokenByVerifier: async (verifier) => {
          const read = await world.store.repository.tokenByVerifier(verifier);
          await held;
          return read;
        },
      },
    });
    const asked = slow.byToken(token, "a");
    must(await slow.revokeToken(owner, id));
    release();
    await asked;
    expect(codeOf(await slow.byToken(token, "a"))).toBe("TOKEN_INVALID");
  });

  it("cannot be made stronger than its maker, nor revoked from another tenant", async () => {
    const member: Principal = { ...owner, role: "member" };
    expect(codeOf(await identity.createToken(member, { name: "x", role: "owner", days: 1, ...WISH }))).toBe(
      "ROLE_INSUFFICIENT",
    );
    const { id, token } = await newToken();
    expect(
      codeOf(
        await identity.revokeToken(
          { ...owner, tenantId: ids.next({ parse: (text) => text as Principal["tenantId"] }) },
          id,
        ),
      ),
    ).toBe("NOT_FOUND");
    expect(codeOf(await identity.byToken(token, "a"))).toBe("ok");
    expect(must(await identity.listTokens(member))).toHaveLength(1);
  });

  it("is not made when that cannot be world.recorded; revoking works all the same and says so", async () => {
    const { id, token } = await newToken();
    world.auditWorks = false;
    expect(codeOf(await identity.createToken(owner, { name: "x", role: "member", days: 1, ...WISH }))).toBe(
      "AUDIT_UNWRITABLE",
    );
    expect(world.store.tokens).toHaveLength(1);
    expect(codeOf(await identity.revokeToken(owner, id))).toBe("AUDIT_UNWRITABLE");
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
  });
});

describe("a sign-in code", () => {
  it("opens one session, once", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    expect(JSON.stringify([world.store.tokens, world.store.sessions, world.store.links])).not.toContain(code);
    const session = must(await identity.signIn(code, "10.0.0.1"));
    expect(session.principal).toEqual(owner);
    expect(JSON.stringify([world.store.tokens, world.store.sessions, world.store.links])).not.toContain(session.cookie);
    expect(codeOf(await identity.signIn(code, "10.0.0.1"))).toBe("SIGN_IN_LINK_INVALID");
    const { principal, proof } = must(await identity.bySession(session.cookie, "10.0.0.1"));
    expect(principal).toEqual(owner);
    expect(proof).toMatchObject({ kind: "session", strong: false, scopes: null, integrity: "authority" });
    expect(world.recorded.map(({ event }) => event)).toEqual(["owner:created", "link:created", "session:opened"]);
  });

  it("is refused after ten minutes", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    world.clock.pass(10 * 60_000);
    expect(codeOf(await identity.signIn(code, "a"))).toBe("SIGN_IN_LINK_INVALID");
  });

  it("opens nothing when that cannot be world.recorded", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    world.auditWorks = false;
    expect(codeOf(await identity.signIn(code, "a"))).toBe("AUDIT_UNWRITABLE");
    expect(codeOf(await identity.createSignInCode(owner, { strong: true }))).toBe("AUDIT_UNWRITABLE");
    expect(world.store.sessions).toEqual([]);
    expect(world.store.links).toHaveLength(1);
  });
});

describe("a session", () => {
  it("lasts thirty days, however busy it is", async () => {
    const cookie = await signIn();
    for (let day = 1; day < 30; day += 1) {
      world.clock.pass(DAY);
      expect(codeOf(await identity.bySession(cookie, "a"))).toBe("ok");
    }
    world.clock.pass(DAY - 1);
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("ok");
    world.clock.pass(1);
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("NOT_SIGNED_IN");
  });

  it("ends after fourteen days in which nobody used it", async () => {
    const cookie = await signIn();
    world.clock.pass(14 * DAY - 1);
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("ok");
    world.clock.pass(14 * DAY - 1);
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("ok");
    const other = await signIn();
    world.clock.pass(14 * DAY);
    expect(codeOf(await identity.bySession(other, "a"))).toBe("NOT_SIGNED_IN");
  });

  it("notes its use once a minute, and is good also where that cannot be written", async () => {
    const cookie = await signIn();
    for (let second = 0; second < 150; second += 1) {
      await identity.bySession(cookie, "a");
      world.clock.pass(1_000);
    }
    expect(world.store.sessions[0]?.lastSeenAt).toBe(instantOf(millisecondsOf(world.clock.now()) - 30_000));
    const full = createIdentity({
      ...world.options,
      repository: {
        ...world.store.repository,
        touchSession: async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "the disk is full" })),
      },
    });
    world.clock.pass(60_000);
    expect(codeOf(await full.bySession(cookie, "a"))).toBe("ok");
  });

  it("is listed and ended by its person alone, and the one that asks is named", async () => {
    const mine = await signIn();
    const other = await signIn();
    const { proof } = must(await identity.bySession(mine, "a"));
    const listed = must(await identity.listSessions(owner, proof));
    expect(listed.map(({ current }) => current)).toEqual([true, false]);
    const theirs = listed[1]?.id ?? must(await identity.listSessions(owner))[0]?.id;
    if (theirs === undefined) throw new Error("there is no session");
    const stranger: Principal = { ...owner, id: ids.next(PrincipalId) };
    expect(must(await identity.listSessions(stranger))).toEqual([]);
    expect(codeOf(await identity.revokeSession(stranger, theirs))).toBe("NOT_FOUND");
    expect(codeOf(await identity.bySession(other, "a"))).toBe("ok");
    must(await identity.revokeSession(owner, theirs));
    expect(codeOf(await identity.bySession(other, "a"))).toBe("NOT_SIGNED_IN");
    expect(must(await identity.listSessions(owner)).map(({ id }) => id)).toEqual([proof.id]);
    expect(world.recorded.at(-1)).toMatchObject({ event: "session:ended", fields: { sessionId: theirs } });
  });

  it("ends at once, and ending it again changes nothing", async () => {
    const cookie = await signIn();
    await identity.bySession(cookie, "a");
    must(await identity.signOut(cookie));
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("NOT_SIGNED_IN");
    must(await identity.signOut(cookie));
    must(await identity.signOut("never one"));
    expect(world.recorded.filter(({ event }) => event === "session:ended")).toHaveLength(1);
  });

  it("is not confused with a token", async () => {
    const cookie = await signIn();
    const { token } = await newToken();
    expect(codeOf(await identity.byToken(`mb_${cookie}`, "a"))).toBe("TOKEN_INVALID");
    expect(codeOf(await identity.bySession(token.slice(3), "a"))).toBe("NOT_SIGNED_IN");
  });
});

describe("a proof of who is there", () => {
  const newCode = async (): Promise<string> => must(await identity.createSignInCode(owner, { strong: true })).code;

  it("is a fresh code of that same person, good once, and world.recorded", async () => {
    const code = await newCode();
    expect(codeOf(await identity.prove(owner, code))).toBe("ok");
    expect(world.recorded.at(-1)).toMatchObject({ event: "proof:accepted", actor: owner.id });
    expect(codeOf(await identity.prove(owner, code))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.signIn(code, "a"))).toBe("SIGN_IN_LINK_INVALID");
  });

  it("is not a code that was made with what it should be a proof beside, which counts as wrong and stays good for signing in", async () => {
    const weak = must(await identity.createSignInCode(owner, { strong: false })).code;
    expect(world.recorded.at(-1)).toMatchObject({ event: "link:created", fields: { strong: false } });
    const refused = await insist(10, () => identity.prove(owner, weak));
    expect(new Set(refused)).toEqual(new Set(["SIGN_IN_LINK_INVALID"]));
    expect(codeOf(await identity.prove(owner, await newCode()))).toBe("LOCKED_OUT");
    expect(world.recorded.filter(({ event }) => event === "proof:accepted")).toEqual([]);
    expect(codeOf(await identity.signIn(weak, "a"))).toBe("ok");
  });

  it("unplug: with a store that takes any code for a strong one, a thief proves with a code of the thief's own", async () => {
    const attack = async (who: Identity): Promise<string> =>
      codeOf(await who.prove(owner, must(await who.createSignInCode(owner, { strong: false })).code));
    const careless: IdentityRepository = {
      ...world.store.repository,
      useSignInLink: (verifier, at) => world.store.repository.useSignInLink(verifier, at, "any"),
    };
    expect(await attack(identity)).toBe("SIGN_IN_LINK_INVALID");
    expect(await attack(createIdentity({ ...world.options, repository: careless }))).toBe("ok");
  });

  it("is not a code that is too old, or was used to sign in, or belongs to somebody else", async () => {
    const old = await newCode();
    world.clock.pass(10 * 60_000);
    expect(codeOf(await identity.prove(owner, old))).toBe("SIGN_IN_LINK_INVALID");
    const used = await newCode();
    must(await identity.signIn(used, "a"));
    expect(codeOf(await identity.prove(owner, used))).toBe("SIGN_IN_LINK_INVALID");
    const other: Principal = { ...owner, id: ids.next(PrincipalId) };
    const foreign = await newCode();
    expect(codeOf(await identity.prove(other, foreign))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.prove(owner, foreign))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.prove({ ...owner, tenantId: ids.next(TenantId) }, await newCode()))).toBe(
      "SIGN_IN_LINK_INVALID",
    );
    expect(world.recorded.filter(({ event }) => event === "proof:accepted")).toEqual([]);
  });

  it("does not count when it cannot be world.recorded", async () => {
    const code = await newCode();
    world.auditWorks = false;
    expect(codeOf(await identity.prove(owner, code))).toBe("AUDIT_UNWRITABLE");
  });

  it("locks the person's proofs after ten wrong ones, and nobody's way in", async () => {
    const other: Principal = { ...owner, id: ids.next(PrincipalId) };
    await insist(10, () => identity.prove(owner, "wrong"));
    expect(await identity.prove(owner, await newCode())).toMatchObject({
      ok: false,
      error: { code: "LOCKED_OUT", context: { retryAfter: 30 } },
    });
    expect(codeOf(await identity.prove(other, "wrong"))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.signIn(await newCode(), "10.0.0.1"))).toBe("ok");
    world.clock.pass(30_000);
    expect(codeOf(await identity.prove(owner, await newCode()))).toBe("ok");
  });

  it("unplug: without the lockout a guesser goes on until a guess is right", async () => {
    const attack = async (who: Identity): Promise<string> => {
      const code = await newCode();
      for (let index = 0; index < 100; index += 1) await who.prove(owner, `guess ${index}`);
      return codeOf(await who.prove(owner, code));
    };
    expect(await attack(identity)).toBe("LOCKED_OUT");
    expect(await attack(world.again(UNLOCKED))).toBe("ok");
  });
});

describe("wrong credentials", () => {
  const guess = (times: number, address: string, who = identity): Promise<readonly string[]> =>
    insist(times, (index) => who.byToken(wrong(index), address));
  const locked = (seconds: number): object => ({
    ok: false,
    error: { code: "LOCKED_OUT", context: { retryAfter: seconds } },
  });

  it("lock the tokens of an address after ten, good ones that nobody used yet too, and nothing else", async () => {
    const { token } = await newToken();
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    const cookie = await signIn("10.0.0.9");
    expect(await guess(11, "10.0.0.1")).toEqual([...Array.from({ length: 10 }, () => "TOKEN_INVALID"), "LOCKED_OUT"]);
    expect(await identity.byToken(token, "10.0.0.1")).toMatchObject(locked(30));
    expect(codeOf(await identity.bySession(cookie, "10.0.0.1"))).toBe("ok");
    expect(codeOf(await identity.local())).toBe("ok");
    expect(codeOf(await identity.signIn(code, "10.0.0.1"))).toBe("ok");
    expect(world.recorded.filter(({ event }) => event === "credential:refused")).toEqual([
      expect.objectContaining({
        actor: "system",
        fields: { kind: "token", seconds: 30 },
        details: { address: "10.0.0.1" },
      }),
    ]);
    expect(codeOf(await identity.byToken(token, "10.0.0.2"))).toBe("ok");
    world.clock.pass(30_000);
    expect(codeOf(await identity.byToken(token, "10.0.0.1"))).toBe("ok");
  });

  it("do not keep a token out that was good a moment ago, until it is revoked", async () => {
    const { token, id } = await newToken();
    expect(codeOf(await identity.byToken(token, "10.0.0.1"))).toBe("ok");
    await guess(10, "10.0.0.1");
    expect(codeOf(await identity.byToken(wrong(1), "10.0.0.1"))).toBe("LOCKED_OUT");
    expect(codeOf(await identity.byToken(token, "10.0.0.1"))).toBe("ok");
    must(await identity.revokeToken(owner, id));
    expect(codeOf(await identity.byToken(token, "10.0.0.1"))).toBe("LOCKED_OUT");
    expect(codeOf(await identity.byToken(token, "10.0.0.1"))).toBe("LOCKED_OUT");
  });

  it("do not keep a token out after a restart that was at work before it, and one that nobody used, or lately, they do", async () => {
    const lasting = async () =>
      must(await identity.createToken(owner, { name: "script", role: "member", days: 90, ...WISH }));
    const [used, unused, old, gone] = [await lasting(), await lasting(), await lasting(), await lasting()];
    must(await identity.byToken(old.token, "10.0.0.1"));
    world.clock.pass(DAY);
    for (const { token } of [used, gone]) must(await identity.byToken(token, "10.0.0.1"));
    must(await identity.revokeToken(owner, gone.id));
    world.clock.pass(29.5 * DAY);
    const restarted = world.again();
    await guess(10, "10.0.0.1", restarted);
    const codes: string[] = [];
    for (const { token } of [used, unused, old, gone]) codes.push(codeOf(await restarted.byToken(token, "10.0.0.1")));
    expect(codes).toEqual(["ok", "LOCKED_OUT", "LOCKED_OUT", "LOCKED_OUT"]);
    expect(codeOf(await restarted.byToken(wrong(1), "10.0.0.1"))).toBe("LOCKED_OUT");
  });

  it("ask the records once which tokens were at work, and again where they could not be read", async () => {
    const { token } = await newToken();
    must(await identity.byToken(token, "10.0.0.1"));
    let asked = 0;
    let readable = false;
    const { repository } = world.options;
    const restarted = createIdentity({
      ...world.options,
      repository: {
        ...repository,
        tokensUsed: (since, now, limit) => {
          asked += 1;
          return readable
            ? repository.tokensUsed(since, now, limit)
            : Promise.resolve(err(moltbotError("DATABASE_UNAVAILABLE", { problem: "x" })));
        },
      },
    });
    const lock = async (): Promise<void> => {
      for (let index = 0; index < 30; index += 1) await restarted.byToken(wrong(index), "10.0.0.1");
    };
    await lock();
    expect(asked).toBe(1);
    readable = true;
    expect(codeOf(await restarted.byToken(token, "10.0.0.1"))).toBe("LOCKED_OUT");
    world.clock.pass(1_000);
    await lock();
    expect(codeOf(await restarted.byToken(token, "10.0.0.1"))).toBe("ok");
    await lock();
    expect(asked).toBe(2);
  });

  it("unplug: without what the records know, a guesser beside it keeps a restarted house's program out", async () => {
    const { token } = await newToken();
    must(await identity.byToken(token, "10.0.0.1"));
    const attack = async (who: Identity): Promise<string> => {
      await guess(10, "10.0.0.1", who);
      return codeOf(await who.byToken(token, "10.0.0.1"));
    };
    const forgetful = { ...world.options.repository, tokensUsed: async () => ok([]) };
    expect(await attack(world.again())).toBe("ok");
    expect(await attack(createIdentity({ ...world.options, repository: forgetful }))).toBe("LOCKED_OUT");
  });

  it("lock sign-in codes of an address by themselves", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    await insist(10, (index) => identity.signIn(`guess ${index}`, "10.0.0.1"));
    expect(await identity.signIn(code, "10.0.0.1")).toMatchObject(locked(30));
    world.clock.pass(30_000);
    expect(codeOf(await identity.signIn(code, "10.0.0.1"))).toBe("ok");
  });

  it("lock twice as long each time, up to fifteen minutes, and forget after an hour of quiet", async () => {
    const locks: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      await guess(10, "a");
      const refused = await identity.byToken(wrong(0), "a");
      const seconds = refused.ok ? 0 : Number(refused.error.context["retryAfter"]);
      locks.push(seconds);
      world.clock.pass(seconds * 1000);
    }
    expect(locks).toEqual([30, 60, 120, 240, 480, 900, 900]);
    world.clock.pass(60 * 60_000 + 1);
    await guess(10, "a");
    expect(await identity.byToken(wrong(0), "a")).toMatchObject({ error: { context: { retryAfter: 30 } } });
  });

  it("count malformed tokens too, and only within five minutes", async () => {
    await guess(9, "a");
    world.clock.pass(5 * 60_000);
    expect((await guess(9, "a")).at(-1)).toBe("TOKEN_INVALID");
    expect((await insist(2, () => identity.byToken("short", "a"))).at(-1)).toBe("LOCKED_OUT");
  });

  it("do not count a forgotten tab or a credential that was good once", async () => {
    const { token, id } = await newToken();
    must(await identity.revokeToken(owner, id));
    const cookie = await signIn();
    must(await identity.signOut(cookie));
    for (let index = 0; index < 30; index += 1) {
      await identity.bySession(wrong(1).slice(3), "a");
      await identity.bySession(cookie, "a");
      await identity.byToken(token, "a");
    }
    expect(codeOf(await identity.byToken(wrong(0), "a"))).toBe("TOKEN_INVALID");
  });

  it("are refused the same when the burst cannot be world.recorded", async () => {
    world.auditWorks = false;
    expect((await guess(11, "a")).at(-1)).toBe("LOCKED_OUT");
  });
});

describe("unplug the lockout", () => {
  it("stops a guesser who holds the good token among wrong ones, and lets it through without the lockout", async () => {
    const { token } = await newToken();
    const attack = async (who: Identity): Promise<string> => {
      for (let index = 0; index < 500; index += 1) await who.byToken(wrong(index), "attacker");
      return codeOf(await who.byToken(token, "attacker"));
    };
    expect(await attack(identity)).toBe("LOCKED_OUT");
    expect(world.store.lookUps).toBeLessThanOrEqual(10);
    expect(await attack(world.again(UNLOCKED))).toBe("ok");
    expect(world.store.lookUps).toBeGreaterThan(500);
  });
});

describe("a failing database", () => {
  it("is passed on and counts as nobody's guess", async () => {
    const broken = async (): Promise<ReturnType<typeof err<ReturnType<typeof moltbotError>>>> =>
      err(moltbotError("DATABASE_UNAVAILABLE", { problem: "x" }));
    const failing = createIdentity({
      ...world.options,
      repository: {
        ...world.store.repository,
        owner: broken,
        createPerson: broken,
        tokenByVerifier: broken,
        sessionByVerifier: broken,
        useSignInLink: broken,
        createToken: broken,
        createSession: broken,
        createSignInLink: broken,
        revokeToken: broken,
        revokeSession: broken,
        listTokens: broken,
      },
    });
    for (let index = 0; index < 20; index += 1)
      expect(codeOf(await failing.byToken(wrong(index), "a"))).toBe("DATABASE_UNAVAILABLE");
    const all = [
      failing.bySession("x".repeat(43), "a"),
      failing.signIn("x", "a"),
      failing.signOut("x"),
      failing.local(),
      failing.ensureOwner("x"),
      failing.createToken(owner, { name: "x", role: "owner", days: 1, ...WISH }),
      failing.createSignInCode(owner, { strong: true }),
      failing.listTokens(owner),
      failing.revokeToken(
        owner,
        world.store.tokens[0]?.id ??
          must(await identity.createToken(owner, { name: "y", role: "owner", days: 1, ...WISH })).id,
      ),
    ];
    for (const result of all) expect(codeOf(await result)).toBe("DATABASE_UNAVAILABLE");
  });
});
