/** What `core/access` judges and what storage's rows show, over the same people, teams and shares, on both engines. */
import {
  ACCESS_RIGHTS,
  AgentId,
  ConversationId,
  MessageId,
  PERSON_STATES,
  PrincipalId,
  PromptId,
  ShareId,
  TeamId,
  TenantId,
  err,
  instantOf,
  label,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type {
  AccessFacts,
  AccessRight,
  AccessScope,
  Grantee,
  Instant,
  LogPort,
  PersonState,
  Result,
  Share,
  SharedObject,
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
/** The first is the owner of the house and of one thing of each kind, the second of another of each; the last is a stranger to all. */
const PEOPLE = [0, 1, 2, 3, 4].map(() => ids.next(PrincipalId));
const TEAMS = [0, 1, 2].map(() => ids.next(TeamId));
const OWNERS = PEOPLE.slice(0, 2);
interface Thing {
  readonly object: SharedObject;
  readonly ownerId: PrincipalId;
}
const ownedOnce = (make: () => SharedObject): readonly Thing[] =>
  OWNERS.map((ownerId) => ({ object: make(), ownerId }));
const AGENTS = ownedOnce(() => ({ type: "agent", id: ids.next(AgentId) }));
const PROMPTS = ownedOnce(() => ({ type: "prompt", id: ids.next(PromptId) }));
const TALKS = ownedOnce(() => ({ type: "conversation", id: ids.next(ConversationId) }));
const THINGS: readonly Thing[] = [...AGENTS, ...PROMPTS, ...TALKS];
/** The only message of each conversation. */
const SAID = new Map(TALKS.map(({ object }) => [object.id as string, ids.next(MessageId)]));
const house: AccessScope = { tenantId: TENANT, principalId: PEOPLE[0] ?? ids.next(PrincipalId), reach: "tenant" };
const as = (principalId: PrincipalId): AccessScope => ({ tenantId: TENANT, principalId, reach: "own" });

/** One state of the house. */
interface World {
  readonly states: readonly PersonState[];
  readonly members: readonly (readonly PrincipalId[])[];
  readonly shares: readonly Pick<Share, "object" | "to" | "rights" | "effect" | "upTo">[];
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
    fc.oneof(
      fc.record({
        object: fc.constantFrom(...AGENTS, ...PROMPTS).map(({ object }) => object),
        to: grantee,
        rights: fc.subarray([...ACCESS_RIGHTS], { minLength: 1 }),
        effect: fc.constantFrom("allow" as const, "allow" as const, "deny" as const),
        upTo: fc.constant(null),
      }),
      // In the only way in which a conversation is shared at all: the engine takes no other row.
      fc
        .record({
          object: fc.constantFrom(...TALKS).map(({ object }) => object),
          to: fc.constantFrom(...PEOPLE).map((id) => ({ kind: "person" as const, id })),
          rights: fc.constant(["use" as const]),
          effect: fc.constant("allow" as const),
          upTo: fc.constant("said" as const),
        })
        .map((share) => ({ ...share, upTo: SAID.get(share.object.id) ?? null })),
    ),
    { maxLength: 14 },
  ),
});

const furnish = async (db: Database): Promise<void> => {
  for (const [at, id] of PEOPLE.entries()) {
    const role = at === 0 ? "owner" : "member";
    must(await db.people.create(house, { id, name: "N", role, ownRole: null, state: "active", createdAt: AT }));
  }
  for (const id of TEAMS) must(await db.teams.create(house, { id, name: "T", members: [], createdAt: AT }));
  for (const { object, ownerId } of THINGS) {
    const of = { ownerId, createdAt: AT, updatedAt: AT };
    switch (object.type) {
      case "agent": {
        const { createdAt } = of;
        const agent = { id: object.id, tenantId: TENANT, ownerId, name: "Molt", model: "demo", createdAt };
        must(await db.agents.create(as(ownerId), { ...agent, capabilities: [], reading: "auto" }));
        break;
      }
      case "prompt":
        must(await db.prompts.create(as(ownerId), { ...of, id: object.id, name: "P", text: "P", writtenBy: ownerId }));
        break;
      case "conversation": {
        const talk = { id: object.id, agentId: ids.next(AgentId), audience: [], title: "T", activeHead: "main" };
        must(await db.conversations.create(as(ownerId), { ...of, ...talk, heads: { main: null } }));
        must(
          await db.conversations.append(as(ownerId), "main", {
            id: SAID.get(object.id) ?? ids.next(MessageId),
            conversationId: object.id,
            parentId: null,
            role: "user",
            author: ownerId,
            turnId: null,
            parts: [{ type: "text", text: "said" }],
            label: label("authority", [ownerId]),
            state: "complete",
            model: null,
            createdAt: AT,
          }),
        );
        break;
      }
      case "secret":
        throw new Error("no row says whose a secret is");
    }
  }
};

/** Brings the house from whatever it was into this state. */
const become = async (db: Database, world: World): Promise<void> => {
  must(
    await db.atomically(async (inside) => {
      for (const share of must(await inside.shares.list(house))) must(await inside.shares.remove(house, share.id));
      for (const person of must(await inside.people.list(house))) {
        if (person.state === "active") continue;
        must(
          await inside.people.change(house, person.id, person, { role: person.role, ownRole: null, state: "active" }),
        );
      }
      for (const [at, id] of TEAMS.entries()) must(await inside.teams.setMembers(house, id, world.members[at] ?? []));
      for (const share of world.shares)
        must(await inside.shares.set(house, { ...share, id: ids.next(ShareId), by: house.principalId, at: AT }));
      for (const person of must(await inside.people.list(house))) {
        const state = world.states[PEOPLE.indexOf(person.id)] ?? "active";
        if (person.role === "owner" || person.state === state) continue;
        must(await inside.people.change(house, person.id, person, { role: person.role, ownRole: null, state }));
      }
      return ok(undefined);
    }),
  );
};

/** What the rules are told, from what storage keeps. */
const factsOf = async (db: Database, id: PrincipalId, { object, ownerId }: Thing): Promise<AccessFacts> => ({
  person: must(await db.people.find(house, id)),
  teams: must(await db.teams.ofPerson(house, id)),
  object: { ...object, ownerId, ownerState: must(await db.people.find(house, ownerId)).state },
  shares: must(await db.shares.ofObject(house, object)),
});

const yes = (result: Result<unknown>): boolean => {
  if (!result.ok && result.error.code !== "NOT_FOUND" && result.error.code !== "RIGHT_MISSING")
    throw new Error(result.error.message);
  return result.ok;
};

/** What the rows say of each right, by every way that leads to the thing. */
type Shown = Readonly<Record<AccessRight, boolean>> & { readonly listed: boolean; readonly shares: boolean };
const shownOf = async (db: Database, id: PrincipalId, { object }: Thing): Promise<Shown> => {
  const scope = as(id);
  const has = (list: Result<readonly { readonly id: string }[]>): boolean =>
    must(list).some((each) => each.id === object.id);
  const shares = yes(await db.shares.ofObject(scope, object));
  switch (object.type) {
    case "agent": {
      const use = yes(await db.agents.find(scope, object.id));
      const edit = yes(await db.agents.setReading(scope, object.id, "auto"));
      return { use, edit, delete: false, listed: has(await db.agents.list(scope)), shares };
    }
    case "prompt": {
      const use = yes(await db.prompts.find(scope, object.id));
      const to = { name: "P", text: "P", writtenBy: id, updatedAt: AT };
      const edit = yes(await db.prompts.change(scope, object.id, to));
      const found = has(await db.prompts.list(scope));
      return { use, edit, delete: await removes(db, scope, object.id), listed: found, shares };
    }
    case "conversation": {
      const use = yes(await db.conversations.sharedPath(scope, object.id));
      const edit = yes(await db.conversations.branch(scope, object.id, `b${ids.next(ShareId)}`, null));
      const erase = yes(await db.privacy.keysOf(scope, { kind: "conversation", id: object.id }));
      return { use, edit, delete: erase, listed: has(await db.conversations.sharedWith(scope)), shares };
    }
    case "secret":
      throw new Error("no row says whose a secret is");
  }
};

/** Whether the scope may remove a prompt, which is put back: the step that removed it never happens. */
const removes = async (db: Database, scope: AccessScope, id: PromptId): Promise<boolean> => {
  let may = false;
  await db.atomically(async (inside) => {
    may = yes(await inside.prompts.remove(scope, id));
    return err(moltbotError("CONFLICT", { kind: "prompt" }));
  });
  return may;
};

onEveryPlace((places) => {
  describe("rows and rules", () => {
    const runs = { numRuns: places.engine === "sqlite" ? 150 : 40 };
    let db: Database;
    beforeAll(async () => {
      db = await openPlace(places.fresh());
      await furnish(db);
    });
    afterAll(() => db.close());

    /** Compares every person, thing and right of a world; `told` is what the rules hear of the facts. */
    const agreement = (
      told: (facts: AccessFacts) => AccessFacts,
      seen = new Map<string, { allowed: number; refused: number }>(),
    ) =>
      fc.asyncProperty(worlds, async (world) => {
        await become(db, world);
        for (const id of PEOPLE) {
          for (const thing of THINGS) {
            const facts = told(await factsOf(db, id, thing));
            const may = (right: AccessRight): boolean => judge(facts, right).allowed;
            const { type } = thing.object;
            const expected = { use: may("use"), edit: may("edit"), delete: may("delete") };
            const counts = seen.get(type) ?? { allowed: 0, refused: 0 };
            counts[expected.use ? "allowed" : "refused"] += 1;
            seen.set(type, counts);
            // The row alone shows one's own conversation: whoever is not active comes in by nothing.
            if (type === "conversation" && id === thing.ownerId) continue;
            const shown = await shownOf(db, id, thing);
            expect({ id, type, ...shown }).toEqual({
              id,
              type,
              ...expected,
              ...(type === "agent" ? { delete: false } : {}),
              listed: expected.use,
              shares: expected.use,
            });
          }
        }
      });

    it("agree about everybody, every kind of thing and every right, whatever is shared, denied, joined and suspended", async () => {
      const seen = new Map<string, { allowed: number; refused: number }>();
      await fc.assert(
        agreement((facts) => facts, seen),
        runs,
      );
      expect([...seen.keys()].toSorted()).toEqual(["agent", "conversation", "prompt"]);
      for (const { allowed, refused } of seen.values()) expect(Math.min(allowed, refused)).toBeGreaterThan(20);
    }, 240_000);

    it.each<readonly [string, (facts: AccessFacts) => AccessFacts]>([
      ["denies", (facts) => ({ ...facts, shares: facts.shares.filter(({ effect }) => effect === "allow") })],
      ["teams", (facts) => ({ ...facts, teams: [] })],
      ["states", (facts) => ({ ...facts, person: { ...facts.person, state: "active" } })],
      ["owners' states", (facts) => ({ ...facts, object: { ...facts.object, ownerState: "active" } })],
      [
        "how far a conversation is shared",
        (facts) => ({ ...facts, shares: facts.shares.filter(({ upTo }) => upTo === null) }),
      ],
      ["everyone", (facts) => ({ ...facts, shares: facts.shares.filter(({ to }) => to.kind !== "everyone") })],
    ])(
      "would not agree if one of them knew nothing of %s (unplug)",
      async (_what, told) => {
        const checked = await fc.check(agreement(told), { numRuns: 500, endOnFailure: true });
        expect(checked.failed).toBe(true);
      },
      120_000,
    );
  });
});
