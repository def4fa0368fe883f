/** What `core/access` judges and what storage's rows show, over the same people, teams and shares, on both engines. */
import {
  ACCESS_RIGHTS,
  AgentId,
  PERSON_STATES,
  PrincipalId,
  ShareId,
  TeamId,
  TenantId,
  instantOf,
  ok,
} from "@moltbot/contracts";
import type {
  AccessFacts,
  AccessScope,
  Grantee,
  Instant,
  LogPort,
  PersonState,
  Result,
  Share,
  StoredAgent,
} from "@moltbot/contracts";
import { judge } from "@moltbot/core/access";
import { createContentSealer, createIds, randomBytes } from "@moltbot/storage/crypto";
import { openDatabase, openPostgres } from "@moltbot/storage/database";
import type { Database } from "@moltbot/storage/database";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onEveryPlace } from "../../packages/storage/src/testing/index.ts";
import type { Place } from "../../packages/storage/src/testing/index.ts";
import { must } from "../support/guard-house.ts";

const ids = createIds();
const AT: Instant = instantOf(Date.parse("2026-11-22T12:00:00.000Z"));
const clock = { now: () => AT, monotonic: () => 0 };
const ignore = (): void => undefined;
const silent: LogPort = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const openPlace = async (place: Place): Promise<Database> => {
  const keys = new Map<string, Uint8Array>();
  const sealer = createContentSealer({
    find: (subject) => keys.get(subject) ?? null,
    findOrCreate: (subject) => {
      const key = keys.get(subject) ?? randomBytes(32);
      keys.set(subject, key);
      return ok(key);
    },
  });
  const all = { sealer, clock, log: silent };
  return must(await ("file" in place ? openDatabase({ ...place, ...all }) : openPostgres({ ...place, ...all })));
};

const TENANT = ids.next(TenantId);
/** The first is the owner of the house and of an agent, the second of another agent; the last is a stranger to both. */
const PEOPLE = [0, 1, 2, 3, 4].map(() => ids.next(PrincipalId));
const TEAMS = [0, 1, 2].map(() => ids.next(TeamId));
const AGENTS: readonly StoredAgent[] = PEOPLE.slice(0, 2).map((ownerId) => ({
  id: ids.next(AgentId),
  tenantId: TENANT,
  ownerId,
  name: "Molt",
  model: "demo",
  capabilities: [],
  reading: "auto",
  createdAt: AT,
}));
const house: AccessScope = { tenantId: TENANT, principalId: PEOPLE[0] ?? ids.next(PrincipalId), reach: "tenant" };
const as = (principalId: PrincipalId): AccessScope => ({ tenantId: TENANT, principalId, reach: "own" });

/** One state of the house. */
interface World {
  readonly states: readonly PersonState[];
  readonly members: readonly (readonly PrincipalId[])[];
  readonly shares: readonly Pick<Share, "object" | "to" | "rights" | "effect">[];
}
const grantee: fc.Arbitrary<Grantee> = fc.oneof(
  fc.constantFrom(...PEOPLE).map((id) => ({ kind: "person" as const, id })),
  fc.constantFrom(...TEAMS).map((id) => ({ kind: "team" as const, id })),
  fc.constant({ kind: "everyone" as const }),
);
const worlds: fc.Arbitrary<World> = fc.record({
  states: fc.array(
    fc.oneof({ weight: 4, arbitrary: fc.constant("active" as const) }, fc.constantFrom(...PERSON_STATES)),
    { minLength: PEOPLE.length, maxLength: PEOPLE.length },
  ),
  members: fc.tuple(...TEAMS.map(() => fc.subarray(PEOPLE))),
  shares: fc.array(
    fc.record({
      object: fc.constantFrom(...AGENTS).map(({ id }) => ({ type: "agent" as const, id })),
      to: grantee,
      rights: fc.subarray([...ACCESS_RIGHTS], { minLength: 1 }),
      effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
    }),
    { maxLength: 10 },
  ),
});

const furnish = async (db: Database): Promise<void> => {
  for (const [at, id] of PEOPLE.entries()) {
    const role = at === 0 ? "owner" : "member";
    must(await db.people.create(house, { id, name: "N", role, state: "active", createdAt: AT }));
  }
  for (const id of TEAMS) must(await db.teams.create(house, { id, name: "T", members: [], createdAt: AT }));
  for (const agent of AGENTS) must(await db.agents.create(as(agent.ownerId), agent));
};

/** Brings the house from whatever it was into this state. */
const become = async (db: Database, world: World): Promise<void> => {
  must(
    await db.atomically(async (inside) => {
      for (const share of must(await inside.shares.list(house))) must(await inside.shares.remove(house, share.id));
      for (const person of must(await inside.people.list(house))) {
        if (person.state === "active") continue;
        must(await inside.people.change(house, person.id, person, { role: person.role, state: "active" }));
      }
      for (const [at, id] of TEAMS.entries()) must(await inside.teams.setMembers(house, id, world.members[at] ?? []));
      for (const share of world.shares)
        must(await inside.shares.set(house, { ...share, id: ids.next(ShareId), by: house.principalId, at: AT }));
      for (const person of must(await inside.people.list(house))) {
        const state = world.states[PEOPLE.indexOf(person.id)] ?? "active";
        if (person.role === "owner" || person.state === state) continue;
        must(await inside.people.change(house, person.id, person, { role: person.role, state }));
      }
      return ok(undefined);
    }),
  );
};

/** What the rules are told, from what storage keeps. */
const factsOf = async (db: Database, id: PrincipalId, agent: StoredAgent): Promise<AccessFacts> => ({
  person: must(await db.people.find(house, id)),
  teams: must(await db.teams.ofPerson(house, id)),
  object: { type: "agent", id: agent.id, ownerId: agent.ownerId },
  shares: must(await db.shares.ofObject(house, { type: "agent", id: agent.id })),
});

const yes = (result: Result<unknown>): boolean => {
  if (!result.ok && result.error.code !== "NOT_FOUND") throw new Error(result.error.message);
  return result.ok;
};

onEveryPlace((places) => {
  describe("rows and rules", () => {
    const runs = { numRuns: places.engine === "sqlite" ? 150 : 30 };
    let db: Database;
    beforeAll(async () => {
      db = await openPlace(places.fresh());
      await furnish(db);
    });
    afterAll(() => db.close());

    /** Compares every person, agent and right of a world; `told` is what the rules hear of the facts. */
    const agreement = (told: (facts: AccessFacts) => AccessFacts, seen = { allowed: 0, refused: 0 }) =>
      fc.asyncProperty(worlds, async (world) => {
        await become(db, world);
        for (const id of PEOPLE) {
          const listed = new Set(must(await db.agents.list(as(id))).map((agent) => agent.id));
          for (const agent of AGENTS) {
            const facts = told(await factsOf(db, id, agent));
            const [use, edit] = [judge(facts, "use").allowed, judge(facts, "edit").allowed];
            seen[use ? "allowed" : "refused"] += 1;
            expect({
              found: yes(await db.agents.find(as(id), agent.id)),
              listed: listed.has(agent.id),
              shares: yes(await db.shares.ofObject(as(id), { type: "agent", id: agent.id })),
              changed: yes(await db.agents.setReading(as(id), agent.id, "auto")),
            }).toEqual({ found: use, listed: use, shares: use, changed: edit });
          }
        }
      });

    it("agree about everybody, every agent and every right, whatever is shared, denied, joined and suspended", async () => {
      const seen = { allowed: 0, refused: 0 };
      await fc.assert(
        agreement((facts) => facts, seen),
        runs,
      );
      expect(Math.min(seen.allowed, seen.refused)).toBeGreaterThan(50);
    }, 120_000);

    it.each<readonly [string, (facts: AccessFacts) => AccessFacts]>([
      ["denies", (facts) => ({ ...facts, shares: facts.shares.filter(({ effect }) => effect === "allow") })],
      ["teams", (facts) => ({ ...facts, teams: [] })],
      ["states", (facts) => ({ ...facts, person: { ...facts.person, state: "active" } })],
      ["everyone", (facts) => ({ ...facts, shares: facts.shares.filter(({ to }) => to.kind !== "everyone") })],
    ])(
      "would not agree if one of them knew nothing of %s (unplug)",
      async (_what, told) => {
        const checked = await fc.check(agreement(told), { ...runs, endOnFailure: true });
        expect(checked.failed).toBe(true);
      },
      120_000,
    );
  });
});
