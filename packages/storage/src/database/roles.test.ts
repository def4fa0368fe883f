import { DeviceId, RoleId, SessionId, TokenId, ok } from "@moltbot/contracts";
import type { OwnRole, PersonStanding, Principal, RoleCover } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withCover } from "./role-cover.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { aPersonOf, aRole } from "./testing/people-attacks.ts";
import { AT, codeOf, later, must, next, person, scopeOf } from "./testing/world.ts";

const FAR = later(999_999_999);
const MEMBER = { role: "member", ownRole: null, state: "active" } as const;

onEveryEngine((engine) => {
  const { ada, bob, gus, eve, house, settle } = twoHouses();
  const place = openedDatabase(engine, settle);
  const made = async (change: Partial<OwnRole> = {}): Promise<OwnRole> => {
    const role = aRole(change);
    must(await place.db.roles.create(house, role));
    return role;
  };
  const give = (who: Principal, role: OwnRole | null, from: PersonStanding = MEMBER) =>
    place.db.people.change(house, who.id, from, { ...MEMBER, ownRole: role?.id ?? null });

  describe("roles of the house's own", () => {
    it("come back as they were written, after a restart, for everybody of the house and nobody else", async () => {
      const [first, second] = [await made({ name: "Wächter" }), await made({ base: "admin", operations: ["*"] })];
      await place.reopen();
      expect(must(await place.db.roles.list(scopeOf(bob)))).toEqual([first, second]);
      expect(must(await place.db.roles.find(scopeOf(bob), second.id))).toEqual(second);
      expect(must(await place.db.roles.list(scopeOf(eve, "tenant")))).toEqual([]);
      expect(codeOf(await place.db.roles.find(scopeOf(eve, "tenant"), first.id))).toBe("NOT_FOUND");
    });

    it("are made, changed and removed by whoever keeps the house alone", async () => {
      const role = await made();
      const to = { name: "other", operations: ["*"] };
      for (const scope of [scopeOf(ada), scopeOf(bob), scopeOf(eve, "tenant")]) {
        expect(codeOf(await place.db.roles.change(scope, role.id, to))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.roles.remove(scope, role.id))).toBe("NOT_FOUND");
      }
      expect(codeOf(await place.db.roles.create(scopeOf(ada), aRole()))).toBe("NOT_FOUND");
      expect(must(await place.db.roles.list(house))).toEqual([role]);
      expect(must(await place.db.roles.change(house, role.id, to))).toEqual({ ...role, ...to });
      must(await place.db.roles.remove(house, role.id));
      for (const gone of [
        await place.db.roles.find(house, role.id),
        await place.db.roles.change(house, role.id, to),
        await place.db.roles.remove(house, role.id),
      ])
        expect(codeOf(gone)).toBe("NOT_FOUND");
    });

    it("have names of their own, whatever the case, the width or the blanks", async () => {
      const role = await made({ name: "Straße eins" });
      const other = await made({ name: "other" });
      for (const name of ["Straße eins", "STRASSE EINS", "straße  eins", "ｓｔｒａｓｓｅ eins"]) {
        expect(codeOf(await place.db.roles.create(house, aRole({ name }))), name).toBe("CONFLICT");
        expect(codeOf(await place.db.roles.change(house, other.id, { ...other, name })), name).toBe("CONFLICT");
      }
      expect(must(await place.db.roles.change(house, role.id, { ...role, name: "STRASSE EINS" })).name).toBe(
        "STRASSE EINS",
      );
      must(await place.db.roles.create(scopeOf(eve, "tenant"), aRole({ name: "Straße eins" })));
      expect(must(await place.db.roles.list(house))).toHaveLength(2);
    });

    it("say nothing of their names in the clear", async () => {
      await made({ name: "canaryrolename" });
      const raw = await engine.intruder(place.options);
      expect(JSON.stringify(await raw.everything())).not.toContain("canaryrolename");
      await raw.close();
    });
  });

  describe("whoever has one", () => {
    it("has the very base that it narrows, in their own house", async () => {
      const role = await made({ base: "viewer" });
      const theirs = aRole();
      must(await place.db.roles.create(scopeOf(eve, "tenant"), theirs));
      expect(codeOf(await give(bob, role))).toBe("CONFLICT");
      expect(codeOf(await give(bob, theirs))).toBe("CONFLICT");
      expect(codeOf(await give(bob, aRole()))).toBe("CONFLICT");
      const to = { role: "viewer", ownRole: role.id, state: "active" } as const;
      expect(must(await place.db.people.change(house, bob.id, MEMBER, to))).toMatchObject(to);
      expect(codeOf(await place.db.people.change(house, bob.id, MEMBER, MEMBER))).toBe("CONFLICT");
      for (const wrong of [role, theirs, aRole()])
        expect(
          codeOf(await place.db.people.create(house, aPersonOf(person(ada.tenantId), { ownRole: wrong.id }))),
        ).toBe("NOT_FOUND");
      const zoe = aPersonOf(person(ada.tenantId), { role: "viewer", ownRole: role.id, state: "invited" });
      must(await place.db.people.create(house, zoe));
      expect(must(await place.db.people.find(house, zoe.id))).toEqual(zoe);
    });

    it("gives it to themselves by nothing, and keeps a role from being removed until they leave", async () => {
      const role = await made();
      expect(codeOf(await place.db.people.change(scopeOf(bob), bob.id, MEMBER, { ...MEMBER, ownRole: role.id }))).toBe(
        "NOT_FOUND",
      );
      must(await give(bob, role));
      const narrowed = { ...MEMBER, ownRole: role.id };
      expect(codeOf(await place.db.people.change(scopeOf(bob), bob.id, narrowed, MEMBER))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.roles.remove(house, role.id))).toBe("CONFLICT");
      const left = await place.db.people.change(scopeOf(bob), bob.id, narrowed, { ...narrowed, state: "left" });
      expect(must(left)).toMatchObject({ role: "member", ownRole: null, state: "left" });
      must(await place.db.roles.remove(house, role.id));
    });

    it("is narrowed no more as the owner, and no owner is narrowed whoever writes it", async () => {
      const role = await made();
      must(await give(bob, role));
      must(await place.db.people.transfer(house, ada.id, bob.id));
      expect(must(await place.db.people.find(house, bob.id))).toMatchObject({ role: "owner", ownRole: null });
      const raw = await engine.intruder(place.options);
      const message: unknown = expect.stringMatching(/check/i);
      await expect(
        raw.ask(`update principals set own_role_id = '${role.id}' where id = '${bob.id}'`),
      ).rejects.toMatchObject({ message });
      await raw.close();
    });

    it("takes it along when their account is erased", async () => {
      const role = await made();
      must(await give(bob, role));
      must(await place.db.privacy.erase(house, { kind: "person", id: bob.id }));
      expect(must(await place.db.people.find(house, bob.id))).toMatchObject({ name: "", ownRole: null });
      must(await place.db.roles.remove(house, role.id));
    });
  });

  describe("a look-up by what somebody brings", () => {
    const covers = async (): Promise<readonly unknown[]> => {
      const all: readonly (RoleCover | null)[] = [
        must(await place.db.identity.tokenByVerifier("token")),
        must(await place.db.identity.sessionByVerifier("session")),
        must(await place.db.devices.byId(deviceId)),
      ];
      return all.map((each) => each?.roleCovers);
    };
    const deviceId = next(DeviceId);
    const comesIn = async (): Promise<void> => {
      const held = { principal: bob, createdAt: AT, expiresAt: FAR, revokedAt: null };
      must(
        await place.db.identity.createToken(scopeOf(bob), {
          ...held,
          id: next(TokenId),
          role: "member",
          name: "t",
          verifier: "token",
          scopes: null,
          integrity: "authority",
          key: null,
          madeWith: null,
          lastUsedAt: null,
        }),
      );
      must(
        await place.db.identity.createSession({
          ...held,
          id: next(SessionId),
          verifier: "session",
          idleUntil: FAR,
          lastSeenAt: null,
        }),
      );
      must(
        await place.db.devices.create({
          ...held,
          id: deviceId,
          name: "phone",
          thumbprint: "t".repeat(43),
          key: { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) },
          refreshVerifier: "refresh",
          pairedAt: AT,
          lastSeenAt: null,
          idleUntil: FAR,
        }),
      );
    };

    it("says what their role covers at that very moment, also of what was made before", async () => {
      await comesIn();
      expect(await covers()).toEqual([null, null, null]);
      const role = await made();
      must(await give(bob, role));
      expect(await covers()).toEqual([role.operations, role.operations, role.operations]);
      must(await place.db.roles.change(house, role.id, { name: role.name, operations: ["people.list"] }));
      expect(await covers()).toEqual([["people.list"], ["people.list"], ["people.list"]]);
      must(await give(bob, null, { ...MEMBER, ownRole: role.id }));
      expect(await covers()).toEqual([null, null, null]);
    });

    it("unplug: without the column beside the person, whoever was narrowed is whole again", async () => {
      await comesIn();
      must(await give(bob, await made()));
      const raw = await engine.intruder(place.options);
      await raw.ask(`update principals set own_role_id = null where id = '${bob.id}'`);
      await raw.close();
      expect(await covers()).toEqual([null, null, null]);
    });
  });

  it("whatever is asked in whatever order, who has a role has its base, and a role that somebody has is there", async () => {
    const roles = [await made({ base: "viewer" }), await made(), await made({ base: "admin" })];
    const step = fc.record({
      do: fc.constantFrom("give", "take", "remove", "leave"),
      role: fc.nat({ max: 2 }),
      base: fc.constantFrom("viewer" as const, "member" as const, "admin" as const),
      who: fc.constantFrom(bob, gus),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        for (const { do: what, role: at, base, who } of steps) {
          const role = roles[at]?.id ?? next(RoleId);
          const { role: was, ownRole, state } = must(await place.db.people.find(house, who.id));
          const from = { role: was, ownRole, state };
          const to: PersonStanding = {
            role: base,
            ownRole: what === "give" ? role : null,
            state: what === "leave" && who === gus ? "left" : state,
          };
          if (what === "remove") await place.db.roles.remove(house, role);
          else await place.db.people.change(house, who.id, from, to);
          const known = new Map(must(await place.db.roles.list(house)).map((each) => [each.id, each.base]));
          for (const each of must(await place.db.people.list(house)))
            if (each.ownRole !== null) expect(known.get(each.ownRole)).toBe(each.role);
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe("a role that is named and not there", () => {
  it("covers nothing", () => {
    const role = next(RoleId);
    expect(withCover(ok({}), { person_own_role: role, person_covers: null })).toEqual(ok({ roleCovers: [] }));
    expect(withCover(ok({}), { person_own_role: null, person_covers: null })).toEqual(ok({ roleCovers: null }));
  });
});
