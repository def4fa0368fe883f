import { PrincipalId, TeamId } from "@moltbot/contracts";
import type { Principal } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { onEveryEngine } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { EVERYONE, aPersonOf, aShare, aTeam, toPerson, toTeam } from "./testing/people-attacks.ts";
import { anAgent, codeOf, later, must, next, person, scopeOf } from "./testing/world.ts";

onEveryEngine((engine) => {
  const { ada, bob, gus, eve, house, me, settle } = twoHouses();
  const place = openedDatabase(engine, settle);
  const standing = async (who: Principal) => {
    const { role, ownRole, state } = must(await place.db.people.find(house, who.id));
    return { role, ownRole, state };
  };

  describe("people", () => {
    it("are listed in the order they came, those of one's tenant alone, with their names after a restart", async () => {
      const zoe = aPersonOf({ ...person(ada.tenantId), name: "Zoë" }, { state: "invited", role: "viewer" });
      must(await place.db.people.create(house, zoe));
      await place.reopen();
      const listed = must(await place.db.people.list(scopeOf(bob)));
      expect(listed.map(({ id }) => id)).toEqual([ada.id, bob.id, gus.id, zoe.id]);
      expect(listed[0]).toMatchObject({ name: "Ada", role: "owner", ownRole: null, state: "active" });
      expect(listed[3]).toEqual(zoe);
      expect(must(await place.db.people.list(scopeOf(eve))).map(({ id }) => id)).toEqual([eve.id]);
    });

    it("are made once, never a second owner, and nobody adds somebody as themselves", async () => {
      expect(codeOf(await place.db.people.create(house, aPersonOf(bob)))).toBe("CONFLICT");
      const second = aPersonOf({ ...person(ada.tenantId), role: "owner" });
      expect(codeOf(await place.db.people.create(house, second))).toBe("CONFLICT");
      expect(codeOf(await place.db.identity.createPerson({ ...person(), tenantId: ada.tenantId }))).toBe("CONFLICT");
      expect(codeOf(await place.db.people.create(me, aPersonOf(person(ada.tenantId))))).toBe("NOT_FOUND");
      expect(must(await place.db.people.list(house))).toHaveLength(3);
    });

    it("change only from what they were", async () => {
      const [was, becomes] = [
        { role: "member", ownRole: null, state: "active" },
        { role: "admin", ownRole: null, state: "active" },
      ] as const;
      expect(must(await place.db.people.change(house, bob.id, was, becomes))).toMatchObject({ id: bob.id, ...becomes });
      expect(
        codeOf(await place.db.people.change(house, bob.id, was, { role: "viewer", ownRole: null, state: "active" })),
      ).toBe("CONFLICT");
      expect(codeOf(await place.db.people.change(house, next(PrincipalId), was, becomes))).toBe("NOT_FOUND");
      await place.reopen();
      expect(await standing(bob)).toEqual(becomes);
      const both = await Promise.all([
        place.db.people.change(house, gus.id, was, { role: "viewer", ownRole: null, state: "active" }),
        place.db.people.change(house, gus.id, was, { role: "member", ownRole: null, state: "suspended" }),
      ]);
      expect(both.map(codeOf).toSorted()).toEqual(["CONFLICT", "ok"]);
    });

    it("are no owner by a change, and the owner is changed by none", async () => {
      const owner = { role: "owner", ownRole: null, state: "active" } as const;
      const member = { role: "member", ownRole: null, state: "active" } as const;
      expect(codeOf(await place.db.people.change(house, bob.id, member, owner))).toBe("CONFLICT");
      for (const to of [
        member,
        { role: "owner", ownRole: null, state: "suspended" },
        { role: "owner", ownRole: null, state: "left" },
      ] as const)
        expect(codeOf(await place.db.people.change(house, ada.id, owner, to))).toBe("CONFLICT");
      expect(await standing(ada)).toEqual(owner);
      expect(await standing(bob)).toEqual(member);
    });

    it("give themselves no role and no state; they may leave", async () => {
      const member = { role: "member", ownRole: null, state: "active" } as const;
      for (const to of [
        { role: "admin", ownRole: null, state: "active" },
        { role: "member", ownRole: null, state: "suspended" },
        { role: "admin", ownRole: null, state: "left" },
      ] as const)
        expect(codeOf(await place.db.people.change(scopeOf(bob), bob.id, member, to))).toBe("NOT_FOUND");
      expect(
        codeOf(
          await place.db.people.change(scopeOf(bob), gus.id, member, { role: "member", ownRole: null, state: "left" }),
        ),
      ).toBe("NOT_FOUND");
      const left = must(
        await place.db.people.change(scopeOf(bob), bob.id, member, { role: "member", ownRole: null, state: "left" }),
      );
      expect(left.state).toBe("left");
    });

    it("take with them, when they leave, their teams, what they shared and what was shared with them", async () => {
      const [hers, his] = [anAgent(ada), anAgent(bob)];
      must(await place.db.agents.create(me, hers));
      must(await place.db.agents.create(scopeOf(bob), his));
      const team = aTeam([bob, gus]);
      must(await place.db.teams.create(house, team));
      must(await place.db.shares.set(me, aShare(hers, toPerson(bob))));
      const kept = must(await place.db.shares.set(me, aShare(hers, toTeam(team))));
      must(await place.db.shares.set(scopeOf(bob), aShare(his, toPerson(gus))));
      expect(must(await place.db.agents.list(scopeOf(gus)))).toHaveLength(2);
      must(
        await place.db.people.change(
          house,
          bob.id,
          { role: "member", ownRole: null, state: "active" },
          { role: "member", ownRole: null, state: "left" },
        ),
      );
      expect(must(await place.db.shares.list({ ...house, reach: "system" }))).toEqual([kept]);
      expect(must(await place.db.teams.find(house, team.id)).members).toEqual([gus.id]);
      expect(must(await place.db.agents.list(scopeOf(gus)))).toEqual([hers]);
      expect(must(await place.db.agents.list(scopeOf(bob)))).toEqual([]);
    });

    it("hand the house over in one step: there is always exactly one owner", async () => {
      must(await place.db.people.transfer(me, ada.id, bob.id));
      expect([await standing(ada), await standing(bob)]).toEqual([
        { role: "admin", ownRole: null, state: "active" },
        { role: "owner", ownRole: null, state: "active" },
      ]);
      expect(must(await place.db.identity.owner())?.id).toBe(bob.id);
      // Who is not it any more gives it to nobody.
      expect(codeOf(await place.db.people.transfer(me, ada.id, gus.id))).toBe("CONFLICT");
      expect(codeOf(await place.db.people.transfer(scopeOf(ada), bob.id, ada.id))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.people.transfer(house, bob.id, bob.id))).toBe("CONFLICT");
      const both = await Promise.all([
        place.db.people.transfer(house, bob.id, ada.id),
        place.db.people.transfer(house, bob.id, gus.id),
      ]);
      expect(both.map(codeOf).toSorted()).toEqual(["CONFLICT", "ok"]);
      expect(must(await place.db.people.list(house)).filter(({ role }) => role === "owner")).toHaveLength(1);
    });

    it("hand it over to nobody who is not active, unknown or of another house, and stay the owner then", async () => {
      const member = { role: "member", ownRole: null, state: "active" } as const;
      must(await place.db.people.change(house, gus.id, member, { role: "member", ownRole: null, state: "suspended" }));
      expect(codeOf(await place.db.people.transfer(house, ada.id, gus.id))).toBe("CONFLICT");
      expect(codeOf(await place.db.people.transfer(house, ada.id, next(PrincipalId)))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.people.transfer(house, ada.id, eve.id))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.people.transfer({ ...house, reach: "system" }, ada.id, eve.id))).toBe("CONFLICT");
      expect(await standing(ada)).toEqual({ role: "owner", ownRole: null, state: "active" });
    });

    it("stay gone once they were erased, without a name, out of every team and share", async () => {
      const [hers, his] = [anAgent(ada), anAgent(bob)];
      must(await place.db.agents.create(me, hers));
      must(await place.db.agents.create(scopeOf(bob), his));
      const team = aTeam([bob, gus]);
      must(await place.db.teams.create(house, team));
      must(await place.db.shares.set(me, aShare(hers, toPerson(bob), { effect: "deny" })));
      must(await place.db.shares.set(scopeOf(bob), aShare(his, EVERYONE)));
      const gone = must(await place.db.privacy.erase(house, { kind: "person", id: bob.id }));
      expect(gone).toMatchObject({ shares: 2, team_members: 1, agents: 1, principals: 1 });
      expect(must(await place.db.people.find(house, bob.id))).toMatchObject({
        name: "",
        role: "viewer",
        ownRole: null,
        state: "left",
      });
      expect(must(await place.db.shares.list({ ...house, reach: "system" }))).toEqual([]);
      expect(must(await place.db.teams.find(house, team.id)).members).toEqual([gus.id]);
      const erased = { role: "viewer", ownRole: null, state: "left" } as const;
      expect(
        codeOf(await place.db.people.change(house, bob.id, erased, { role: "viewer", ownRole: null, state: "active" })),
      ).toBe("CONFLICT");
      expect(codeOf(await place.db.teams.setMembers(house, team.id, [bob.id]))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.shares.set(me, aShare(hers, toPerson(bob))))).toBe("NOT_FOUND");
    });
  });

  describe("teams", () => {
    it("come back after a restart, oldest first, their members sorted and each once", async () => {
      const second = aTeam([], { createdAt: later(1), name: "later" });
      must(await place.db.teams.create(house, second));
      const first = aTeam([bob, gus]);
      must(await place.db.teams.create(house, { ...first, members: [...first.members.toReversed(), bob.id] }));
      await place.reopen();
      expect(must(await place.db.teams.list(scopeOf(bob)))).toEqual([first, second]);
      expect(must(await place.db.teams.find(scopeOf(bob), first.id))).toEqual(first);
      expect(must(await place.db.teams.list(scopeOf(eve, "tenant")))).toEqual([]);
    });

    it("are made once, renamed, and given other members", async () => {
      const team = aTeam([bob]);
      must(await place.db.teams.create(house, team));
      expect(codeOf(await place.db.teams.create(house, team))).toBe("CONFLICT");
      expect(must(await place.db.teams.rename(house, team.id, "the others"))).toEqual({ ...team, name: "the others" });
      const grown = must(await place.db.teams.setMembers(house, team.id, [gus.id, ada.id, gus.id]));
      expect(grown.members).toEqual([ada.id, gus.id].toSorted());
      expect(must(await place.db.teams.ofPerson(scopeOf(gus), gus.id))).toEqual([team.id]);
      expect(must(await place.db.teams.ofPerson(scopeOf(gus), bob.id))).toEqual([]);
      expect(must(await place.db.teams.setMembers(house, team.id, [])).members).toEqual([]);
      for (const answer of [
        await place.db.teams.rename(house, next(TeamId), "x"),
        await place.db.teams.setMembers(house, next(TeamId), []),
        await place.db.teams.remove(house, next(TeamId)),
        await place.db.teams.find(house, next(TeamId)),
      ])
        expect(codeOf(answer)).toBe("NOT_FOUND");
    });

    it("take nobody of another house and nobody who does not exist, and stay as they were then", async () => {
      const team = aTeam([bob]);
      must(await place.db.teams.create(house, team));
      for (const stranger of [eve.id, next(PrincipalId)]) {
        expect(codeOf(await place.db.teams.setMembers(house, team.id, [gus.id, stranger]))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.teams.create(house, aTeam([], { members: [stranger] })))).toBe("NOT_FOUND");
      }
      expect(must(await place.db.teams.list(house))).toEqual([team]);
    });

    it("go with what was shared with them", async () => {
      const agent = anAgent(ada);
      must(await place.db.agents.create(me, agent));
      const [crew, others] = [aTeam([bob]), aTeam([gus], { createdAt: later(1) })];
      for (const team of [crew, others]) must(await place.db.teams.create(house, team));
      must(await place.db.shares.set(me, aShare(agent, toTeam(crew))));
      const kept = must(await place.db.shares.set(me, aShare(agent, toTeam(others))));
      must(await place.db.teams.remove(house, crew.id));
      expect(codeOf(await place.db.teams.find(house, crew.id))).toBe("NOT_FOUND");
      expect(must(await place.db.shares.list(me))).toEqual([kept]);
      expect([must(await place.db.agents.list(scopeOf(bob))), must(await place.db.agents.list(scopeOf(gus)))]).toEqual([
        [],
        [agent],
      ]);
    });

    it("are left by anybody, and by nobody for somebody else", async () => {
      const [crew, others] = [aTeam([bob, gus]), aTeam([bob], { createdAt: later(1) })];
      for (const team of [crew, others]) must(await place.db.teams.create(house, team));
      expect(codeOf(await place.db.teams.leaveAll(scopeOf(gus), bob.id))).toBe("NOT_FOUND");
      must(await place.db.teams.leaveAll(scopeOf(bob), bob.id));
      must(await place.db.teams.leaveAll(house, gus.id));
      expect(must(await place.db.teams.list(house)).flatMap(({ members }) => members)).toEqual([]);
    });
  });
});
