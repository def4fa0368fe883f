import { DeviceId, PrincipalId, SessionId, TokenId } from "@moltbot/contracts";
import type { Principal, StoredDevice, StoredToken } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import {
  AT,
  codeOf,
  later,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
  standingClock,
} from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

const FAR = later(999_999_999);
const X = "A".repeat(43);

onEveryEngine((engine) => {
  let db: Database;
  let options: TestOptions;
  let clock: ReturnType<typeof standingClock>;
  let ada: Principal;
  let bob: Principal;
  beforeEach(async () => {
    clock = standingClock();
    options = engine.options({ clock });
    db = await openTest(options);
    ada = person();
    bob = person(ada.tenantId);
    for (const each of [ada, bob]) must(await db.identity.createPerson(each));
    return async () => db.close();
  });
  afterAll(removeFolders);

  const aDevice = (change: Partial<StoredDevice> = {}): StoredDevice => ({
    id: next(DeviceId),
    principal: ada,
    name: "canaryphone",
    thumbprint: "t".repeat(43),
    key: { kty: "EC", crv: "P-256", x: X, y: X },
    refreshVerifier: `r-${next(DeviceId)}`,
    pairedAt: AT,
    lastSeenAt: null,
    idleUntil: FAR,
    expiresAt: FAR,
    revokedAt: null,
    ...change,
  });
  const paired = async (change: Partial<StoredDevice> = {}): Promise<StoredDevice> => {
    const device = aDevice(change);
    must(await db.devices.create(device));
    return device;
  };
  const stateOf = async (verifier: string): Promise<string | null> =>
    must(await db.devices.byRefresh(verifier))?.state ?? null;
  /** Sets a person's state behind the repositories' back. */
  const become = async ({ id }: Principal, state: string): Promise<void> => {
    const raw = await engine.intruder(options);
    await raw.ask(`update principals set state = '${state}' where id = '${id}'`);
    await raw.close();
  };

  describe("devices", () => {
    it("come back as they were written, survive a reopening, and say nothing in the clear", async () => {
      const device = await paired();
      await db.close();
      db = await openTest(options);
      expect(must(await db.devices.byId(device.id))).toEqual({ ...device, roleCovers: null });
      expect(must(await db.devices.byRefresh(device.refreshVerifier))).toEqual({ device, state: "good" });
      const { principal: _p, key: _k, refreshVerifier: _r, ...facts } = device;
      expect(must(await db.devices.list(scopeOf(ada)))).toEqual([facts]);
      const raw = await engine.intruder(options);
      expect(JSON.stringify(await raw.everything())).not.toContain("canaryphone");
      await raw.close();
    });

    it("are hidden from everybody else and ended by their person, once", async () => {
      const device = await paired();
      expect(must(await db.devices.list(scopeOf(bob)))).toEqual([]);
      expect(codeOf(await db.devices.revoke(scopeOf(bob), device.id, later(1)))).toBe("NOT_FOUND");
      must(await db.devices.revoke(scopeOf(ada), device.id, later(1)));
      must(await db.devices.revoke(scopeOf(ada), device.id, later(2)));
      expect(must(await db.devices.byId(device.id))?.revokedAt).toBe(later(1));
      expect(must(await db.devices.rotate(device.id, device.refreshVerifier, "next", FAR))).toBe(false);
    });

    it("are not made for a person of another tenant, nor for nobody", async () => {
      const eve = person();
      expect(codeOf(await db.devices.create(aDevice({ principal: eve })))).toBe("NOT_FOUND");
      must(await db.identity.createPerson(eve));
      expect(codeOf(await db.devices.create(aDevice({ principal: { ...eve, tenantId: ada.tenantId } })))).toBe(
        "NOT_FOUND",
      );
    });

    it("note when they were seen last, and never go back", async () => {
      const device = await paired();
      must(await db.devices.touch(device.id, later(5)));
      must(await db.devices.touch(device.id, later(4)));
      expect(must(await db.devices.byId(device.id))?.lastSeenAt).toBe(later(5));
    });

    it("of a person all end together, with open pairing codes, and nobody else's", async () => {
      const mine = [await paired(), await paired()];
      const other = await paired({ principal: bob });
      const pairing = { verifier: "code", principalId: ada.id, tenantId: ada.tenantId, expiresAt: later(60_000) };
      must(await db.devices.createPairing(pairing));
      const eve = person();
      must(await db.identity.createPerson(eve));
      expect(must(await db.devices.revokeAll(scopeOf(eve, "tenant"), ada.id, AT))).toEqual([]);
      const ended = must(await db.devices.revokeAll(scopeOf(bob, "tenant"), ada.id, AT));
      expect(ended.toSorted()).toEqual(mine.map(({ id }) => id).toSorted());
      expect(must(await db.devices.usePairing("code", AT))).toBeNull();
      expect(must(await db.devices.byId(other.id))?.revokedAt).toBeNull();
    });
  });

  describe("rotation", () => {
    it("knows what is in force, what came just before it, and what is spent", async () => {
      const device = await paired({ refreshVerifier: "r0" });
      expect(must(await db.devices.rotate(device.id, "r0", "r1", later(50)))).toBe(true);
      expect(must(await db.devices.byId(device.id))).toMatchObject({ refreshVerifier: "r1", idleUntil: later(50) });
      expect([await stateOf("r0"), await stateOf("r1"), await stateOf("r2")]).toEqual(["good", "good", null]);
      clock.advance(30_000);
      expect([await stateOf("r0"), await stateOf("r1")]).toEqual(["spent", "good"]);
      expect(must(await db.devices.rotate(device.id, "r0", "r2", FAR))).toBe(false);
      expect(must(await db.devices.rotate(device.id, "r1", "r2", FAR))).toBe(true);
      clock.advance(30_000);
      expect([await stateOf("r0"), await stateOf("r1"), await stateOf("r2")]).toEqual(["spent", "spent", "good"]);
    });

    it("lets one of many that come at once win with what is in force", async () => {
      const device = await paired({ refreshVerifier: "r0" });
      const all = await Promise.all([1, 2, 3, 4].map((n) => db.devices.rotate(device.id, "r0", `n${n}`, FAR)));
      // The others come with what was before, within its grace: each takes the place of the one that nobody has answered with.
      expect(all.every((result) => must(result))).toBe(true);
      clock.advance(30_000);
      const states = await Promise.all(["r0", "n1", "n2", "n3", "n4"].map(stateOf));
      expect(states.filter((state) => state === "good")).toHaveLength(1);
      expect(states.filter((state) => state === "spent")).toHaveLength(4);
    });

    it("agrees with the rule written a second time, whatever comes in whatever order", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ use: fc.nat({ max: 9 }), wait: fc.integer({ min: 0, max: 40_000 }) }), { maxLength: 8 }),
          async (uses) => {
            const name = next(DeviceId);
            const device = await paired({ refreshVerifier: `${name}-0` });
            const family = [`${name}-0`];
            let [current, previous, since] = [`${name}-0`, "", 0];
            let passed = 0;
            for (const { use, wait } of uses) {
              clock.advance(wait);
              passed += wait;
              const token = family[use % family.length] ?? current;
              const good = token === current || (token === previous && passed - since < 30_000);
              expect(await stateOf(token)).toBe(good ? "good" : "spent");
              const to = `${name}-${family.length}`;
              expect(must(await db.devices.rotate(device.id, token, to, FAR))).toBe(good);
              if (!good) continue;
              if (token === current) since = passed;
              [previous, current] = [token, to];
              family.push(to);
            }
          },
        ),
        { numRuns: 12 },
      );
    });

    it("survives a kill between the rotation and its answer: the device comes back with what it has", async () => {
      const device = await paired({ refreshVerifier: "r0" });
      must(await db.devices.rotate(device.id, "r0", "never arrived", FAR));
      await db.close();
      db = await openTest(options);
      expect(await stateOf("r0")).toBe("good");
      expect(must(await db.devices.rotate(device.id, "r0", "r2", FAR))).toBe(true);
      expect([await stateOf("never arrived"), await stateOf("r2")]).toEqual(["spent", "good"]);
    });
  });

  describe("a pairing code", () => {
    const aPairing = (verifier: string) => ({
      verifier,
      principalId: ada.id,
      tenantId: ada.tenantId,
      expiresAt: later(60_000),
    });
    it("is good once and before it expires, and an open one is not replaced", async () => {
      must(await db.devices.createPairing(aPairing("one")));
      must(await db.devices.createPairing(aPairing("two")));
      expect(codeOf(await db.devices.createPairing(aPairing("one")))).toBe("CONFLICT");
      const used = await Promise.all([1, 2, 3].map(() => db.devices.usePairing("one", AT)));
      expect(used.map((each) => must(each)).filter((each) => each !== null)).toEqual([ada]);
      expect(must(await db.devices.usePairing("two", later(60_000)))).toBeNull();
      must(await db.devices.createPairing(aPairing("one")));
      expect(codeOf(await db.devices.createPairing({ ...aPairing("x"), principalId: next(PrincipalId) }))).toBe(
        "NOT_FOUND",
      );
    });
  });

  describe("what is kept of devices", () => {
    const rows = async (): Promise<readonly number[]> => {
      const raw = await engine.intruder(options);
      const tables = await raw.everything();
      await raw.close();
      return ["devices", "spent_refreshes", "pairings"].map((name) => tables[name]?.length ?? -1);
    };
    beforeEach(async () => {
      const device = await paired({ refreshVerifier: "r0", expiresAt: later(100) });
      must(await db.devices.rotate(device.id, "r0", "r1", later(100)));
      const pairing = { verifier: "code", principalId: ada.id, tenantId: ada.tenantId, expiresAt: later(100) };
      must(await db.devices.createPairing(pairing));
    });

    it("goes with its person", async () => {
      expect(await rows()).toEqual([1, 1, 1]);
      must(await db.privacy.erase(scopeOf(ada), { kind: "person", id: ada.id }));
      expect(await rows()).toEqual([0, 0, 0]);
    });

    it("goes with its time, and not before", async () => {
      must(await db.privacy.retire(scopeOf(ada, "system"), { sessions: later(100) }));
      expect(await rows()).toEqual([1, 1, 1]);
      must(await db.privacy.retire(scopeOf(ada, "system"), { sessions: later(101) }));
      expect(await rows()).toEqual([0, 0, 0]);
    });
  });

  describe("who is not active, and who is", () => {
    const aToken = (): StoredToken => ({
      id: next(TokenId),
      principal: ada,
      role: "owner",
      name: "x",
      verifier: "token",
      scopes: ["agents.*"],
      integrity: "untrusted",
      key: null,
      madeWith: null,
      createdAt: AT,
      expiresAt: FAR,
      revokedAt: null,
      lastUsedAt: null,
    });
    it("has a token that says which key it needs, or none", async () => {
      const key = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "B".repeat(43) } as const;
      must(await db.identity.createToken(scopeOf(ada), { ...aToken(), verifier: "bound", key }));
      must(await db.identity.createToken(scopeOf(ada), aToken()));
      expect(must(await db.identity.tokenByVerifier("bound"))?.key).toEqual(key);
      expect(must(await db.identity.tokenByVerifier("token"))?.key).toBeNull();
      expect(must(await db.identity.listTokens(scopeOf(ada))).map((token) => token.key)).toEqual([key, null]);
    });
    it("revokes with a token all that was made with it, however far down, and nothing else", async () => {
      const scope = scopeOf(ada);
      const made = async (verifier: string, madeWith: TokenId | null): Promise<TokenId> => {
        const token = { ...aToken(), verifier, madeWith };
        must(await db.identity.createToken(scope, token));
        return token.id;
      };
      const [first, beside] = [await made("first", null), await made("beside", null)];
      const second = await made("second", first);
      const third = await made("third", second);
      const early = await made("early", second);
      expect(must(await db.identity.revokeToken(scope, early, later(1)))).toEqual([early]);
      expect(codeOf(await db.identity.revokeToken(scopeOf(bob), first, later(2)))).toBe("NOT_FOUND");
      expect(must(await db.identity.revokeToken(scope, first, later(2))).toSorted()).toEqual(
        [first, second, third, early].toSorted(),
      );
      const ends = must(await db.identity.listTokens(scope)).map(({ id, revokedAt }) => [id, revokedAt] as const);
      expect(new Map(ends)).toEqual(
        new Map([
          [first, later(2)],
          [second, later(2)],
          [third, later(2)],
          [early, later(1)],
          [beside, null],
        ]),
      );
      const late = { ...aToken(), verifier: "late", madeWith: third };
      expect(codeOf(await db.identity.createToken(scope, late))).toBe("TOKEN_INVALID");
      expect(codeOf(await db.identity.createToken(scope, { ...late, madeWith: next(TokenId) }))).toBe("TOKEN_INVALID");
      expect(must(await db.identity.tokenByVerifier("late"))).toBeNull();
    });
    it("knows the tokens that were used lately and are in force, the last used first", async () => {
      const scope = scopeOf(ada);
      const made = async (verifier: string, change: Partial<StoredToken> = {}): Promise<void> =>
        must(await db.identity.createToken(scope, { ...aToken(), verifier, lastUsedAt: later(5), ...change }));
      await made("unused", { lastUsedAt: null });
      await made("long ago", { lastUsedAt: later(1) });
      await made("second");
      await made("first", { lastUsedAt: later(9) });
      await made("revoked", { revokedAt: later(6) });
      await made("over", { expiresAt: later(10) });
      expect(must(await db.identity.tokensUsed(later(2), later(10), 10))).toEqual(["first", "second"]);
      expect(must(await db.identity.tokensUsed(later(2), later(10), 1))).toEqual(["first"]);
      await become(ada, "suspended");
      expect(must(await db.identity.tokensUsed(later(2), later(10), 10))).toEqual([]);
    });
    const aSession = () => ({
      id: next(SessionId),
      principal: ada,
      verifier: "session",
      createdAt: AT,
      idleUntil: FAR,
      expiresAt: FAR,
      revokedAt: null,
      lastSeenAt: null,
    });
    const link = (verifier: string, strong = false) => ({
      verifier,
      strong,
      principalId: ada.id,
      expiresAt: FAR,
      usedAt: null,
    });
    const waysIn = async (device: StoredDevice): Promise<readonly string[]> => {
      const found = {
        token: must(await db.identity.tokenByVerifier("token")),
        session: must(await db.identity.sessionByVerifier("session")),
        device: must(await db.devices.byId(device.id)),
        refresh: must(await db.devices.byRefresh(device.refreshVerifier)),
        pairing: must(await db.devices.usePairing("pairing", AT)),
        strong: must(await db.identity.useSignInLink("strong", AT, "strong")),
        link: must(await db.identity.useSignInLink("link", AT, "any")),
      };
      return Object.entries(found).flatMap(([name, way]) => (way === null ? [] : [name]));
    };
    const settle = async (): Promise<StoredDevice> => {
      must(await db.identity.createToken(scopeOf(ada), aToken()));
      must(await db.identity.createSession(aSession()));
      must(
        await db.devices.createPairing({
          verifier: "pairing",
          principalId: ada.id,
          tenantId: ada.tenantId,
          expiresAt: FAR,
        }),
      );
      must(await db.identity.createSignInLink(link("strong", true)));
      must(await db.identity.createSignInLink(link("link")));
      return paired();
    };

    it.each([
      ["active", ["token", "session", "device", "refresh", "pairing", "strong", "link"]],
      ["invited", ["link"]],
      ["suspended", []],
      ["left", []],
    ] as const)("%s comes in by %j alone", async (state, ways) => {
      const device = await settle();
      await become(ada, state);
      expect(await waysIn(device)).toEqual(ways);
    });

    it("and was invited becomes active by the first link, which spends the others", async () => {
      await become(ada, "invited");
      must(await db.identity.createSignInLink(link("first")));
      must(await db.identity.createSignInLink(link("second")));
      expect(must(await db.identity.useSignInLink("first", AT, "any"))).toEqual({ ...ada, arrived: true });
      expect(must(await db.identity.useSignInLink("second", AT, "any"))).toBeNull();
      must(await db.identity.createSession(aSession()));
      expect(must(await db.identity.sessionByVerifier("session"))?.principal).toEqual(ada);
    });

    it("loses everything at once when all is ended, and nobody of another tenant ends it", async () => {
      const device = await settle();
      const eve = person();
      must(await db.identity.createPerson(eve));
      expect(must(await db.identity.endAll(scopeOf(eve, "tenant"), ada.id, AT))).toEqual([]);
      expect(must(await db.identity.endAll(scopeOf(bob), ada.id, AT))).toEqual([]);
      expect(must(await db.identity.endAll(scopeOf(bob, "tenant"), ada.id, AT))).toHaveLength(2);
      must(await db.devices.revokeAll(scopeOf(bob, "tenant"), ada.id, AT));
      expect(must(await db.identity.tokenByVerifier("token"))?.revokedAt).toBe(AT);
      expect(must(await db.identity.sessionByVerifier("session"))?.revokedAt).toBe(AT);
      expect(must(await db.devices.byId(device.id))?.revokedAt).toBe(AT);
      expect(must(await db.identity.useSignInLink("link", AT, "any"))).toBeNull();
      expect(must(await db.identity.useSignInLink("strong", AT, "strong"))).toBeNull();
    });

    it("has sessions that are listed, moved on and ended by nobody else", async () => {
      must(await db.identity.createPerson(person()));
      const session = aSession();
      must(await db.identity.createSession(session));
      must(await db.identity.touchSession(session.id, later(1), later(500)));
      const { principal: _p, verifier: _v, revokedAt: _r, ...facts } = session;
      const seen = { ...facts, lastSeenAt: later(1), idleUntil: later(500) };
      expect(must(await db.identity.listSessions(scopeOf(ada), later(499)))).toEqual([seen]);
      expect(must(await db.identity.listSessions(scopeOf(ada), later(500)))).toEqual([]);
      expect(must(await db.identity.listSessions(scopeOf(bob, "tenant"), AT))).toEqual([]);
      expect(codeOf(await db.identity.endSession(scopeOf(bob), session.id, AT))).toBe("NOT_FOUND");
      expect(codeOf(await db.identity.endSession(scopeOf(bob, "tenant"), session.id, AT))).toBe("NOT_FOUND");
      must(await db.identity.endSession(scopeOf(ada), session.id, later(2)));
      must(await db.identity.touchSession(session.id, later(3), FAR));
      expect(must(await db.identity.sessionByVerifier("session"))).toMatchObject({
        revokedAt: later(2),
        lastSeenAt: later(1),
      });
    });

    it("keeps what a token is for, whose words come with it, and when it was used last", async () => {
      const token = aToken();
      must(await db.identity.createToken(scopeOf(ada), token));
      must(await db.identity.touchToken(token.id, later(7)));
      must(await db.identity.touchToken(token.id, later(6)));
      expect(must(await db.identity.tokenByVerifier("token"))).toEqual({
        ...token,
        roleCovers: null,
        lastUsedAt: later(7),
      });
    });
  });
});
