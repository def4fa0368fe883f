import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { Digest, PrincipalId, TenantId, instantOf, moltbotError, err, ok, done } from "@moltbot/contracts";
import type {
  AuditEvent,
  AuditPort,
  AuditRecord,
  ClockPort,
  CryptoPort,
  IdPort,
  IdentityRepository,
  Principal,
  StoredSession,
  StoredSignInLink,
  StoredToken,
} from "@moltbot/contracts";
import { createIdentity } from "./index.ts";
import type { Identity } from "./index.ts";
import { buildIdentity } from "./identity.ts";

const DAY = 86_400_000;
let now = 0;
let recorded: AuditEvent[];
let auditWorks: boolean;
let lookUps: number;
let store: { owner: Principal | null; tokens: StoredToken[]; sessions: StoredSession[]; links: StoredSignInLink[] };

const clock: ClockPort = { now: () => instantOf(1_763_800_000_000 + now), monotonic: () => now };
const crypto: CryptoPort = {
  hash: (bytes) => Digest.parse(createHash("sha256").update(bytes).digest("hex")),
  mac: (purpose, bytes) => createHmac("sha256", `key of ${purpose}`).update(bytes).digest("hex"),
  macWith: (key, bytes) => createHmac("sha256", Buffer.from(key, "hex")).update(bytes).digest("hex"),
  randomText: (length) => randomBytes(length).toString("base64url"),
  equal: (a, b) => timingSafeEqual(Buffer.from(a), Buffer.from(b)),
};
let count = 0;
const ids: IdPort = {
  next: (kind) => kind.parse(`01900000-0000-7000-8000-${(count += 1).toString(16).padStart(12, "0")}`),
};
const audit: AuditPort = {
  record: async (event) => {
    if (!auditWorks) return err(moltbotError("AUDIT_UNWRITABLE"));
    recorded.push(event);
    return ok({} as AuditRecord); // the room only asks whether it was recorded
  },
  list: async () => ok([]),
  query: async () => ok([]),
  proveRecord: async () => err(moltbotError("INTERNAL")),
  proveSize: async () => err(moltbotError("INTERNAL")),
  prune: async () => ok(0),
  head: async () => err(moltbotError("INTERNAL")),
  verify: async () => err(moltbotError("INTERNAL")),
  export: async () => ok(""),
};
const repository: IdentityRepository = {
  owner: async () => ok(store.owner),
  createPerson: async (person) => {
    store.owner = person;
    return done;
  },
  createToken: async (_, token) => {
    store.tokens.push(token);
    return done;
  },
  tokenByVerifier: async (verifier) => {
    lookUps += 1;
    return ok(store.tokens.find((token) => token.verifier === verifier) ?? null);
  },
  listTokens: async (scope) =>
    ok(
      store.tokens.filter(
        ({ principal }) =>
          principal.tenantId === scope.tenantId && (scope.reach === "tenant" || principal.id === scope.principalId),
      ),
    ),
  revokeToken: async (scope, id, at) => {
    const index = store.tokens.findIndex((token) => token.id === id && token.principal.tenantId === scope.tenantId);
    const token = store.tokens[index];
    if (token === undefined) return err(moltbotError("NOT_FOUND", { kind: "token" }));
    store.tokens[index] = { ...token, revokedAt: at };
    return done;
  },
  createSession: async (session) => {
    store.sessions.push(session);
    return done;
  },
  sessionByVerifier: async (verifier) => {
    lookUps += 1;
    return ok(store.sessions.find((session) => session.verifier === verifier) ?? null);
  },
  revokeSession: async (id, at) => {
    store.sessions = store.sessions.map((session) => (session.id === id ? { ...session, revokedAt: at } : session));
    return done;
  },
  createSignInLink: async (link) => {
    store.links.push(link);
    return done;
  },
  useSignInLink: async (verifier, at, needs) => {
    const index = store.links.findIndex(
      (link) =>
        link.verifier === verifier && link.usedAt === null && at < link.expiresAt && (link.strong || needs === "any"),
    );
    const link = store.links[index];
    if (link === undefined) return ok(null);
    store.links[index] = { ...link, usedAt: at };
    return ok(store.owner);
  },
};
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const options = { repository, crypto, clock, ids, audit, log };

let identity: Identity;
let owner: Principal;
beforeEach(async () => {
  now = 0;
  recorded = [];
  auditWorks = true;
  lookUps = 0;
  store = { owner: null, tokens: [], sessions: [], links: [] };
  identity = createIdentity(options);
  owner = must(await identity.ensureOwner("Ada"));
});
function must<T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}
const codeOf = (result: { ok: boolean; error?: { code: string } }): string => result.error?.code ?? "ok";
const wrong = (digit: number): string => `mb_${String(digit).padStart(43, "x")}`;
const newToken = async (): Promise<{ id: StoredToken["id"]; token: string }> =>
  must(await identity.createToken(owner, { name: "laptop", role: "member", days: 2 }));
const signIn = async (address = "10.0.0.1"): Promise<string> =>
  must(await identity.signIn(must(await identity.createSignInCode(owner, { strong: true })).code, address)).cookie;

describe("the owner", () => {
  it("is made once and is who the local socket speaks for", async () => {
    expect(must(await identity.ensureOwner("Somebody else"))).toBe(owner);
    expect(must(await identity.local())).toEqual({ ...owner, role: "owner", kind: "person", name: "Ada" });
    expect(must(await createIdentity(options).ensureOwner("Later"))).toEqual(owner);
    expect(recorded.map(({ event }) => event)).toEqual(["owner:created"]);
  });

  it("does not exist before the first start, and is not made when that cannot be recorded", async () => {
    store.owner = null;
    auditWorks = false;
    const empty = createIdentity(options);
    expect(codeOf(await empty.local())).toBe("NOT_SIGNED_IN");
    expect(codeOf(await empty.ensureOwner("Ada"))).toBe("AUDIT_UNWRITABLE");
    expect(store.owner).toBeNull();
  });
});

describe("a token", () => {
  it("is mb_ and 32 random bytes, kept as a keyed verifier alone, and carries its own role", async () => {
    const { token, id } = await newToken();
    expect(token).toMatch(/^mb_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(store)).not.toContain(token.slice(3));
    expect(JSON.stringify(recorded)).not.toContain(token.slice(3));
    expect(must(await identity.byToken(token, "a"))).toEqual({ ...owner, role: "member" });
    expect(recorded.at(-1)).toMatchObject({
      event: "token:created",
      actor: owner.id,
      fields: { tokenId: id, role: "member" },
    });
  });

  it("is refused at the millisecond it expires, also when it is remembered", async () => {
    const { token } = await newToken();
    now = 2 * DAY - 1;
    expect(codeOf(await identity.byToken(token, "a"))).toBe("ok");
    now = 2 * DAY;
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
  });

  it("is remembered for five seconds at most", async () => {
    const { token } = await newToken();
    for (now = 0; now < 5000; now += 1000) await identity.byToken(token, "a");
    expect(lookUps).toBe(1);
    now = 5000;
    await identity.byToken(token, "a");
    expect(lookUps).toBe(2);
  });

  it("is refused at once when it is revoked", async () => {
    const { token, id } = await newToken();
    await identity.byToken(token, "a");
    must(await identity.revokeToken(owner, id));
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
    expect(recorded.at(-1)).toMatchObject({ event: "token:revoked", fields: { tokenId: id } });
    expect(must(await identity.listTokens(owner))).toEqual([expect.objectContaining({ id, revokedAt: clock.now() })]);
    expect(Object.keys(must(await identity.listTokens(owner))[0] ?? {})).not.toContain("verifier");
  });

  it("is not remembered by a look-up that a revocation overtook", async () => {
    const { token, id } = await newToken();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = createIdentity({
      ...options,
      repository: {
        ...repository,
        tokenByVerifier: async (verifier) => {
          const read = await repository.tokenByVerifier(verifier);
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
    expect(codeOf(await identity.createToken(member, { name: "x", role: "owner", days: 1 }))).toBe("ROLE_INSUFFICIENT");
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

  it("is not made when that cannot be recorded; revoking works all the same and says so", async () => {
    const { id, token } = await newToken();
    auditWorks = false;
    expect(codeOf(await identity.createToken(owner, { name: "x", role: "member", days: 1 }))).toBe("AUDIT_UNWRITABLE");
    expect(store.tokens).toHaveLength(1);
    expect(codeOf(await identity.revokeToken(owner, id))).toBe("AUDIT_UNWRITABLE");
    expect(codeOf(await identity.byToken(token, "a"))).toBe("TOKEN_INVALID");
  });
});

describe("a sign-in code", () => {
  it("opens one session, once", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    expect(JSON.stringify(store)).not.toContain(code);
    const session = must(await identity.signIn(code, "10.0.0.1"));
    expect(session.principal).toEqual(owner);
    expect(JSON.stringify(store)).not.toContain(session.cookie);
    expect(codeOf(await identity.signIn(code, "10.0.0.1"))).toBe("SIGN_IN_LINK_INVALID");
    expect(must(await identity.bySession(session.cookie, "10.0.0.1"))).toEqual(owner);
    expect(recorded.map(({ event }) => event)).toEqual(["owner:created", "link:created", "session:opened"]);
  });

  it("is refused after ten minutes", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    now = 10 * 60_000;
    expect(codeOf(await identity.signIn(code, "a"))).toBe("SIGN_IN_LINK_INVALID");
  });

  it("opens nothing when that cannot be recorded", async () => {
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    auditWorks = false;
    expect(codeOf(await identity.signIn(code, "a"))).toBe("AUDIT_UNWRITABLE");
    expect(codeOf(await identity.createSignInCode(owner, { strong: true }))).toBe("AUDIT_UNWRITABLE");
    expect(store.sessions).toEqual([]);
    expect(store.links).toHaveLength(1);
  });
});

describe("a session", () => {
  it("lasts thirty days", async () => {
    const cookie = await signIn();
    now = 30 * DAY - 1;
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("ok");
    now = 30 * DAY;
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("NOT_SIGNED_IN");
  });

  it("ends at once, and ending it again changes nothing", async () => {
    const cookie = await signIn();
    await identity.bySession(cookie, "a");
    must(await identity.signOut(cookie));
    expect(codeOf(await identity.bySession(cookie, "a"))).toBe("NOT_SIGNED_IN");
    must(await identity.signOut(cookie));
    must(await identity.signOut("never one"));
    expect(recorded.filter(({ event }) => event === "session:ended")).toHaveLength(1);
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

  it("is a fresh code of that same person, good once, and recorded", async () => {
    const code = await newCode();
    expect(codeOf(await identity.prove(owner, code))).toBe("ok");
    expect(recorded.at(-1)).toMatchObject({ event: "proof:accepted", actor: owner.id });
    expect(codeOf(await identity.prove(owner, code))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.signIn(code, "a"))).toBe("SIGN_IN_LINK_INVALID");
  });

  it("is not a code that was made with what it should be a proof beside, which counts as wrong and stays good for signing in", async () => {
    const weak = must(await identity.createSignInCode(owner, { strong: false })).code;
    expect(recorded.at(-1)).toMatchObject({ event: "link:created", fields: { strong: false } });
    for (let index = 0; index < 10; index += 1)
      expect(codeOf(await identity.prove(owner, weak))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.prove(owner, await newCode()))).toBe("LOCKED_OUT");
    expect(recorded.filter(({ event }) => event === "proof:accepted")).toEqual([]);
    expect(codeOf(await identity.signIn(weak, "a"))).toBe("ok");
  });

  it("unplug: with a store that takes any code for a strong one, a thief proves with a code of the thief's own", async () => {
    const attack = async (who: Identity): Promise<string> =>
      codeOf(await who.prove(owner, must(await who.createSignInCode(owner, { strong: false })).code));
    const careless: IdentityRepository = {
      ...repository,
      useSignInLink: (verifier, at) => repository.useSignInLink(verifier, at, "any"),
    };
    expect(await attack(identity)).toBe("SIGN_IN_LINK_INVALID");
    expect(await attack(createIdentity({ ...options, repository: careless }))).toBe("ok");
  });

  it("is not a code that is too old, or was used to sign in, or belongs to somebody else", async () => {
    const old = await newCode();
    now += 10 * 60_000;
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
    expect(recorded.filter(({ event }) => event === "proof:accepted")).toEqual([]);
  });

  it("does not count when it cannot be recorded", async () => {
    const code = await newCode();
    auditWorks = false;
    expect(codeOf(await identity.prove(owner, code))).toBe("AUDIT_UNWRITABLE");
  });

  it("locks the person's proofs after ten wrong ones, and nobody's way in", async () => {
    const other: Principal = { ...owner, id: ids.next(PrincipalId) };
    for (let index = 0; index < 10; index += 1) await identity.prove(owner, "wrong");
    expect(await identity.prove(owner, await newCode())).toMatchObject({
      ok: false,
      error: { code: "LOCKED_OUT", context: { retryAfter: 30 } },
    });
    expect(codeOf(await identity.prove(other, "wrong"))).toBe("SIGN_IN_LINK_INVALID");
    expect(codeOf(await identity.signIn(await newCode(), "10.0.0.1"))).toBe("ok");
    now += 30_000;
    expect(codeOf(await identity.prove(owner, await newCode()))).toBe("ok");
  });

  it("unplug: without the lockout a guesser goes on until a guess is right", async () => {
    const attack = async (who: Identity): Promise<string> => {
      const code = await newCode();
      for (let index = 0; index < 100; index += 1) await who.prove(owner, `guess ${index}`);
      return codeOf(await who.prove(owner, code));
    };
    expect(await attack(identity)).toBe("LOCKED_OUT");
    expect(await attack(buildIdentity(options, { remaining: () => 0, wrong: () => false }))).toBe("ok");
  });
});

describe("wrong credentials", () => {
  const guess = async (times: number, address: string, who = identity): Promise<readonly string[]> => {
    const codes: string[] = [];
    for (let index = 0; index < times; index += 1) codes.push(codeOf(await who.byToken(wrong(index), address)));
    return codes;
  };

  it("lock an address after ten, for good tokens and codes too, and nobody else", async () => {
    const { token } = await newToken();
    const { code } = must(await identity.createSignInCode(owner, { strong: true }));
    const cookie = await signIn("10.0.0.9");
    expect(await guess(11, "10.0.0.1")).toEqual([...Array.from({ length: 10 }, () => "TOKEN_INVALID"), "LOCKED_OUT"]);
    expect(await identity.byToken(token, "10.0.0.1")).toMatchObject({
      ok: false,
      error: { code: "LOCKED_OUT", context: { retryAfter: 30 } },
    });
    expect(codeOf(await identity.signIn(code, "10.0.0.1"))).toBe("LOCKED_OUT");
    expect(codeOf(await identity.bySession(cookie, "10.0.0.1"))).toBe("ok");
    expect(codeOf(await identity.local())).toBe("ok");
    expect(codeOf(await identity.byToken(token, "10.0.0.2"))).toBe("ok");
    expect(recorded.filter(({ event }) => event === "credential:refused")).toEqual([
      expect.objectContaining({
        actor: "system",
        fields: { kind: "token", seconds: 30 },
        details: { address: "10.0.0.1" },
      }),
    ]);
    now += 30_000;
    expect(codeOf(await identity.signIn(code, "10.0.0.1"))).toBe("ok");
  });

  it("lock twice as long each time, up to fifteen minutes, and forget after an hour of quiet", async () => {
    const locks: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      await guess(10, "a");
      const refused = await identity.byToken(wrong(0), "a");
      const seconds = refused.ok ? 0 : Number(refused.error.context["retryAfter"]);
      locks.push(seconds);
      now += seconds * 1000;
    }
    expect(locks).toEqual([30, 60, 120, 240, 480, 900, 900]);
    now += 60 * 60_000 + 1;
    await guess(10, "a");
    expect(await identity.byToken(wrong(0), "a")).toMatchObject({ error: { context: { retryAfter: 30 } } });
  });

  it("count codes, cookies and malformed tokens alike, and only within five minutes", async () => {
    await guess(9, "a");
    now += 5 * 60_000;
    expect((await guess(9, "a")).at(-1)).toBe("TOKEN_INVALID");
    await identity.signIn("wrong", "a");
    expect(codeOf(await identity.byToken("short", "a"))).toBe("LOCKED_OUT");
    for (let index = 0; index < 9; index += 1) await identity.bySession(`${wrong(index).slice(3)}`, "b");
    await identity.byToken("short", "b");
    expect(codeOf(await identity.byToken("short", "b"))).toBe("LOCKED_OUT");
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

  it("are refused the same when the burst cannot be recorded", async () => {
    auditWorks = false;
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
    expect(lookUps).toBe(10);
    expect(await attack(buildIdentity(options, { remaining: () => 0, wrong: () => false }))).toBe("ok");
    expect(lookUps).toBeGreaterThan(500);
  });
});

describe("a failing database", () => {
  it("is passed on and counts as nobody's guess", async () => {
    const broken = async (): Promise<ReturnType<typeof err<ReturnType<typeof moltbotError>>>> =>
      err(moltbotError("DATABASE_UNAVAILABLE", { problem: "x" }));
    const failing = createIdentity({
      ...options,
      repository: {
        ...repository,
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
      failing.createToken(owner, { name: "x", role: "owner", days: 1 }),
      failing.createSignInCode(owner, { strong: true }),
      failing.listTokens(owner),
      failing.revokeToken(
        owner,
        store.tokens[0]?.id ?? must(await identity.createToken(owner, { name: "y", role: "owner", days: 1 })).id,
      ),
    ];
    for (const result of all) expect(codeOf(await result)).toBe("DATABASE_UNAVAILABLE");
  });
});
