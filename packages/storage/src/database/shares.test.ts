import { AgentId, ShareId, TeamId } from "@moltbot/contracts";
import type { AccessScope, Principal, Share } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import type { Database } from "./index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { EVERYONE, aPersonOf, aShare, aTeam, toPerson, toTeam } from "./testing/people-attacks.ts";
import { anAgent, codeOf, later, must, next, person, scopeOf } from "./testing/world.ts";
import { visibility } from "./visibility.ts";
import type { Visibility } from "./visibility.ts";

onEveryEngine((engine) => {
  const { ada, bob, gus, eve, house, me, settle, standAs } = twoHouses();
  const amy = person(ada.tenantId);
  const agent = anAgent(ada);
  const object = { type: "agent", id: agent.id } as const;
  const crew = aTeam([bob, gus]);
  /** With a fourth in Ada's house, a team of two and one agent of hers. */
  const place = openedDatabase(engine, async (store) => {
    await settle(store);
    must(await store.people.create(house, aPersonOf(amy)));
    must(await store.teams.create(house, crew));
    must(await store.agents.create(me, agent));
  });
  const share = async (change: Partial<Share> & Pick<Share, "to">): Promise<Share> =>
    must(await place.db.shares.set(me, aShare(agent, change.to, change)));
  const sees = async (who: Principal, store = place.db): Promise<boolean> => {
    const found = codeOf(await store.agents.find(scopeOf(who), agent.id));
    const listed = must(await store.agents.list(scopeOf(who))).some(({ id }) => id === agent.id);
    // Looking one up and listing them are two statements that have to agree.
    expect(listed).toBe(found === "ok");
    return listed;
  };
  const whoSees = async (): Promise<readonly boolean[]> => {
    const seen: boolean[] = [];
    for (const who of [ada, bob, gus, amy]) seen.push(await sees(who));
    return seen;
  };

  describe("shares", () => {
    it("come back after a restart, oldest first, as they were set", async () => {
      const second = await share({ to: EVERYONE, effect: "deny", at: later(1), rights: ["use", "edit", "delete"] });
      const first = await share({ to: toPerson(bob), rights: ["edit", "use"] });
      const third = await share({ to: toTeam(crew), at: later(2) });
      await place.reopen();
      const all = [{ ...first, rights: ["use", "edit"] }, second, third];
      expect(must(await place.db.shares.list(me))).toEqual(all);
      expect(must(await place.db.shares.ofObject(me, object))).toEqual(all);
      expect(must(await place.db.shares.find(me, second.id))).toEqual(second);
    });

    it("stand in the place of an earlier one for the same grantee, and keep its id", async () => {
      const first = await share({ to: toPerson(bob) });
      const again = await share({ to: toPerson(bob), rights: ["use", "edit"], at: later(5) });
      expect(again).toEqual({ ...first, rights: ["use", "edit"], at: later(5) });
      const deny = await share({ to: toPerson(bob), effect: "deny" });
      expect(deny.id).not.toBe(first.id);
      expect(must(await place.db.shares.list(me))).toHaveLength(2);
    });

    it("are ended once, and then the agent is gone for whom it was shared with", async () => {
      const given = await share({ to: toPerson(bob) });
      expect(await sees(bob)).toBe(true);
      expect(must(await place.db.shares.remove(me, given.id))).toEqual(given);
      expect(codeOf(await place.db.shares.remove(me, given.id))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.shares.find(me, given.id))).toBe("NOT_FOUND");
      expect(await sees(bob)).toBe(false);
    });

    it("are for nobody of another house, nobody who does not exist, and of nothing that does not", async () => {
      const elsewhere = aTeam([]);
      must(await place.db.teams.create(scopeOf(eve, "tenant"), elsewhere));
      for (const to of [
        toPerson(eve),
        toPerson(person()),
        toTeam(elsewhere),
        { kind: "team", id: next(TeamId) },
      ] as const)
        expect(codeOf(await place.db.shares.set(me, aShare(agent, to)))).toBe("NOT_FOUND");
      const nothing = aShare({ ...agent, id: next(AgentId) }, toPerson(bob));
      expect(codeOf(await place.db.shares.set(me, nothing))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.shares.ofObject(me, nothing.object))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.shares.find(me, next(ShareId)))).toBe("NOT_FOUND");
      expect(must(await place.db.shares.list(me))).toEqual([]);
    });

    it("are set and ended by the owner alone, whatever else somebody was given", async () => {
      const given = await share({ to: toPerson(bob), rights: ["use", "edit", "delete"] });
      expect(must(await place.db.shares.ofObject(scopeOf(bob), object))).toEqual([given]);
      expect(codeOf(await place.db.shares.set(scopeOf(bob), aShare(agent, toPerson(gus), { by: bob.id })))).toBe(
        "NOT_FOUND",
      );
      expect(codeOf(await place.db.shares.set(scopeOf(bob), aShare(agent, toPerson(bob), { by: ada.id })))).toBe(
        "NOT_FOUND",
      );
      expect(codeOf(await place.db.shares.remove(scopeOf(bob), given.id))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.shares.find(scopeOf(bob), given.id))).toBe("NOT_FOUND");
      expect(must(await place.db.shares.list(scopeOf(bob)))).toEqual([]);
      // Another one's id on a share of one's own takes nothing over.
      const his = anAgent(bob);
      must(await place.db.agents.create(scopeOf(bob), his));
      expect(codeOf(await place.db.shares.set(scopeOf(bob), aShare(his, EVERYONE, { id: given.id })))).toBe("CONFLICT");
      expect(must(await place.db.shares.list(me))).toEqual([given]);
    });
  });

  describe("whom an agent exists for", () => {
    it("is its owner and nobody else, while it is not shared", async () => {
      expect(await whoSees()).toEqual([true, false, false, false]);
    });

    it("follows shares with a person, a team and everyone, and the denies of each", async () => {
      await share({ to: toPerson(amy) });
      expect(await whoSees()).toEqual([true, false, false, true]);
      await share({ to: toTeam(crew) });
      expect(await whoSees()).toEqual([true, true, true, true]);
      await share({ to: toPerson(bob), effect: "deny" });
      expect(await whoSees()).toEqual([true, false, true, true]);
      await share({ to: EVERYONE });
      expect(await whoSees()).toEqual([true, false, true, true]);
      await share({ to: toTeam(crew), effect: "deny" });
      expect(await whoSees()).toEqual([true, false, false, true]);
      await share({ to: EVERYONE, effect: "deny" });
      expect(await whoSees()).toEqual([true, false, false, false]);
      expect(await sees(eve)).toBe(false);
    });

    it("follows who is in a team at once", async () => {
      await share({ to: toTeam(crew) });
      must(await place.db.teams.setMembers(house, crew.id, [amy.id]));
      expect(await whoSees()).toEqual([true, false, false, true]);
      must(await place.db.teams.leaveAll(house, amy.id));
      expect(await whoSees()).toEqual([true, false, false, false]);
    });

    it("is nobody who was suspended, the owner of the agent among them, until they are let in again", async () => {
      const his = anAgent(bob);
      must(await place.db.agents.create(scopeOf(bob), his));
      for (const to of [toPerson(bob), toTeam(crew), EVERYONE]) await share({ to, rights: ["use", "edit"] });
      await standAs(place.db, bob, "suspended");
      expect(must(await place.db.agents.list(scopeOf(bob)))).toEqual([]);
      for (const { id } of [agent, his]) {
        expect(codeOf(await place.db.agents.find(scopeOf(bob), id))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.agents.setReading(scopeOf(bob), id, "open"))).toBe("NOT_FOUND");
      }
      expect(await whoSees()).toEqual([true, false, true, true]);
      const [suspended, active] = [
        { role: "member", ownRole: null, state: "suspended" },
        { role: "member", ownRole: null, state: "active" },
      ] as const;
      must(await place.db.people.change(house, bob.id, suspended, active));
      expect(await sees(bob)).toBe(true);
      expect(must(await place.db.agents.list(scopeOf(bob)))).toHaveLength(2);
    });

    it("is its owner alone while they are suspended: nobody's turns go on with what is theirs", async () => {
      const his = anAgent(bob);
      must(await place.db.agents.create(scopeOf(bob), his));
      must(await place.db.shares.set(scopeOf(bob), aShare(his, EVERYONE, { rights: ["use", "edit"] })));
      const seen = async (who: Principal) => {
        const found = codeOf(await place.db.agents.find(scopeOf(who), his.id));
        expect(must(await place.db.agents.list(scopeOf(who))).some(({ id }) => id === his.id)).toBe(found === "ok");
        return found;
      };
      expect([await seen(gus), await seen(ada)]).toEqual(["ok", "ok"]);
      await standAs(place.db, bob, "suspended");
      expect([await seen(gus), await seen(ada), await seen(bob)]).toEqual(["NOT_FOUND", "NOT_FOUND", "NOT_FOUND"]);
      expect(codeOf(await place.db.agents.setReading(scopeOf(gus), his.id, "open"))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.shares.ofObject(scopeOf(gus), { type: "agent", id: his.id }))).toBe("NOT_FOUND");
      const back = must(await place.db.people.find(house, bob.id));
      must(await place.db.people.change(house, bob.id, back, { ...back, state: "active" }));
      expect([await seen(gus), await seen(bob)]).toEqual(["ok", "ok"]);
    });

    it("is nobody who was invited and did not come yet", async () => {
      const zoe = person(ada.tenantId);
      must(await place.db.people.create(house, aPersonOf(zoe, { state: "invited" })));
      await share({ to: EVERYONE });
      await share({ to: toPerson(zoe) });
      expect(await sees(zoe)).toBe(false);
    });

    it("is for changing it whom a share lets edit it, and not who may only use it", async () => {
      await share({ to: EVERYONE });
      await share({ to: toPerson(bob), rights: ["edit"] });
      await share({ to: toPerson(amy), rights: ["use", "edit"] });
      await share({ to: toPerson(amy), rights: ["edit"], effect: "deny" });
      const change = async (who: Principal) => {
        const [reading, tools] = [
          codeOf(await place.db.agents.setReading(scopeOf(who), agent.id, "open")),
          codeOf(await place.db.agents.setTools(scopeOf(who), agent.id, ["calc"])),
        ];
        expect(tools).toBe(reading);
        return reading;
      };
      expect(await change(gus)).toBe("NOT_FOUND");
      expect(await change(amy)).toBe("NOT_FOUND");
      expect(must(await place.db.agents.find(me, agent.id)).reading).toBe("auto");
      expect(must(await place.db.agents.find(me, agent.id)).capabilities).toEqual(agent.capabilities);
      expect(await change(bob)).toBe("ok");
      expect(must(await place.db.agents.find(me, agent.id))).toEqual({
        ...agent,
        reading: "open",
        capabilities: ["calc"],
      });
      expect(await sees(amy)).toBe(true);
    });

    it("is, of every other table that names the agent, its owner alone", async () => {
      await share({ to: EVERYONE, rights: ["use", "edit", "delete"] });
      const other: AccessScope = scopeOf(bob);
      expect(must(await place.db.capabilities.list(other))).toEqual([]);
      expect(must(await place.db.conversations.list(other, 10))).toEqual([]);
      expect(must(await place.db.memories.list(other, 10))).toEqual([]);
      expect(must(await place.db.turns.busyAgents(other))).toEqual([]);
    });
  });

  describe("unplug: with a part of the predicate off, the agent exists for whom it should not", () => {
    /** The real condition with some words of it put out of force. */
    const world = async (weaker: Visibility): Promise<Database> => {
      return place.beside({ visibility: weaker });
    };
    const agentsSeenBy =
      (agents: (tenant: unknown, principal: unknown) => ReturnType<Visibility>): Visibility =>
      (reach, table, scope, dialect, need) =>
        table === "agents" && reach === "own"
          ? agents(scope.tenant, scope.principal)
          : visibility(reach, table, scope, dialect, need);
    const allowed = (principal: unknown) =>
      sql<SqlBool>`exists (select 1 from shares as s where s.object_id = agents.id and s.effect = 'allow' and (s.grantee_kind = 'everyone' or s.grantee_id = ${principal}))`;

    it("without denies, somebody who was shut out", async () => {
      const store = await world(agentsSeenBy((_tenant, principal) => allowed(principal)));
      must(await store.shares.set(me, aShare(agent, EVERYONE)));
      must(await store.shares.set(me, aShare(agent, toPerson(bob), { effect: "deny" })));
      expect(await sees(bob, store)).toBe(true);
      await store.close();
    });

    it("without states, somebody who was suspended", async () => {
      const store = await world(agentsSeenBy((_tenant, principal) => allowed(principal)));
      must(await store.shares.set(me, aShare(agent, EVERYONE)));
      const [active, suspended] = [
        { role: "member", ownRole: null, state: "active" },
        { role: "member", ownRole: null, state: "suspended" },
      ] as const;
      must(await store.people.change(house, bob.id, active, suspended));
      expect(await sees(bob, store)).toBe(true);
      await store.close();
    });

    it("without the owner's state, what a suspended person shared goes on being used", async () => {
      const store = await world(agentsSeenBy((_tenant, principal) => allowed(principal)));
      const his = anAgent(bob);
      must(await store.agents.create(scopeOf(bob), his));
      must(await store.shares.set(scopeOf(bob), aShare(his, EVERYONE)));
      const now = must(await store.people.find(house, bob.id));
      must(await store.people.change(house, bob.id, now, { ...now, state: "suspended" }));
      expect(codeOf(await store.agents.find(scopeOf(gus), his.id))).toBe("ok");
      await store.close();
    });

    it("without the tenant of the account, a stranger who knows the id of a house", async () => {
      const store = await world(agentsSeenBy((_tenant, principal) => allowed(principal)));
      must(await store.shares.set(me, aShare(agent, EVERYONE)));
      const mixed: AccessScope = { tenantId: ada.tenantId, principalId: eve.id, reach: "own" };
      expect(codeOf(await store.agents.find(mixed, agent.id))).toBe("ok");
      await store.close();
    });

    it("without the right, somebody who may only use it changes it", async () => {
      const asUse: Visibility = (reach, table, scope, dialect, need) =>
        visibility(reach, table, scope, dialect, need === "house" ? need : "use");
      const store = await world(asUse);
      must(await store.shares.set(me, aShare(agent, toPerson(bob))));
      expect(codeOf(await store.agents.setReading(scopeOf(bob), agent.id, "open"))).toBe("ok");
      await store.close();
    });
  });
});
