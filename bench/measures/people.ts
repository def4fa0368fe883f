import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentId, PrincipalId, ShareId, TeamId, ok } from "@moltbot/contracts";
import type { AccessScope, Grantee, Principal, Share } from "@moltbot/contracts";
import { must } from "../../tests/support/guard-house.ts";
import { nextId, openStorage, somebody } from "../../tests/support/storage-house.ts";
import type { StorageHouse } from "../../tests/support/storage-house.ts";
import { quantile } from "../result.ts";
import type { Figure } from "../result.ts";
import { measureRequests } from "./people-requests.ts";

const PEOPLE = 10_000;
const TEAMS = 500;
const TEAM_SIZE = 40;
const AGENTS = 2_000;
const SHARES = 100_000;
/** Shares of the one agent that is shared with thousands by name. */
const POPULAR = 5_000;
const PAGE = 500;
const SAMPLES = 20_000;
const WARM_UP = 2_000;

interface Ground {
  readonly house: StorageHouse;
  readonly owner: Principal;
  readonly people: readonly PrincipalId[];
  readonly teams: readonly TeamId[];
  readonly agents: readonly { readonly id: AgentId; readonly ownerId: PrincipalId }[];
}

/** Repeats the same: a figure does not hang on luck. */
const dice = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
const pick = <T>(all: readonly T[], at: number): T => {
  const found = all[at % all.length];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
};

const as = (owner: Principal, principalId: PrincipalId): AccessScope => ({
  tenantId: owner.tenantId,
  principalId,
  reach: "own",
});

/** Runs so many steps, some hundred in one transaction. */
const inPages = async (
  { database }: StorageHouse,
  count: number,
  step: (inside: Parameters<Parameters<typeof database.atomically>[0]>[0], at: number) => Promise<unknown>,
): Promise<void> => {
  for (let begin = 0; begin < count; begin += PAGE) {
    must(
      await database.atomically(async (inside) => {
        for (let at = begin; at < Math.min(begin + PAGE, count); at += 1) await step(inside, at);
        return ok(undefined);
      }),
    );
    if (begin % 10_000 === 0) process.stderr.write(`\r  ${String(begin)} of ${String(count)} `);
  }
  process.stderr.write("\r");
};

/** With whom the share of this number is: mostly persons, some teams, now and then everyone, and one in ten keeps away. */
const granteeOf = ({ people, teams }: Pick<Ground, "people" | "teams">, roll: (below: number) => number): Grantee => {
  const kind = roll(100);
  if (kind < 75) return { kind: "person", id: pick(people, roll(PEOPLE)) };
  if (kind < 99) return { kind: "team", id: pick(teams, roll(TEAMS)) };
  return { kind: "everyone" };
};

/** A house of ten thousand people with a hundred thousand shares between them. */
const furnish = async (house: StorageHouse): Promise<Ground> => {
  const owner = somebody();
  const { database, clock, vault } = house;
  const people = [owner.id, ...Array.from({ length: PEOPLE - 1 }, () => nextId(PrincipalId))];
  const teams = Array.from({ length: TEAMS }, () => nextId(TeamId));
  const agents = Array.from({ length: AGENTS }, (_unused, at) => ({
    id: nextId(AgentId),
    ownerId: pick(people, at * 5),
  }));
  const keeping: AccessScope = { tenantId: owner.tenantId, principalId: owner.id, reach: "tenant" };
  const roll = dice(7);
  must(vault.content.prepare(people.map((id) => `person:${id}`)));
  must(await database.identity.createPerson(owner));
  await inPages(house, PEOPLE - 1, async (inside, at) =>
    must(
      await inside.people.create(keeping, {
        id: pick(people, at + 1),
        name: `Person ${String(at)}`,
        role: "member",
        ownRole: null,
        state: "active",
        createdAt: clock.now(),
      }),
    ),
  );
  await inPages(house, TEAMS, async (inside, at) =>
    must(
      await inside.teams.create(keeping, {
        id: pick(teams, at),
        name: `Team ${String(at)}`,
        members: Array.from({ length: TEAM_SIZE }, () => pick(people, roll(PEOPLE))),
        createdAt: clock.now(),
      }),
    ),
  );
  await inPages(house, AGENTS, async (inside, at) => {
    const agent = pick(agents, at);
    const rest = { name: "Molt", model: "demo", capabilities: [], reading: "auto", createdAt: clock.now() } as const;
    must(await inside.agents.create(as(owner, agent.ownerId), { ...agent, ...rest, tenantId: owner.tenantId }));
  });
  const ground: Ground = { house, owner, people, teams, agents };
  await share(ground, roll);
  return ground;
};

const share = async (
  { house, people, teams, agents, owner }: Ground,
  roll: (below: number) => number,
): Promise<void> => {
  const by = (agent: Ground["agents"][number], to: Grantee, effect: Share["effect"]): Share => ({
    id: nextId(ShareId),
    object: { type: "agent", id: agent.id },
    to,
    rights: ["use"],
    effect,
    upTo: null,
    by: agent.ownerId,
    at: house.clock.now(),
  });
  const keeping: AccessScope = { tenantId: owner.tenantId, principalId: owner.id, reach: "tenant" };
  await inPages(house, POPULAR, async (inside, at) =>
    must(await inside.shares.set(keeping, by(pick(agents, 0), { kind: "person", id: pick(people, at + 1) }, "allow"))),
  );
  // A later share for the same grantee takes the place of an earlier one, so the last ones are counted and made up for.
  for (let missing = SHARES - POPULAR; missing > 0;) {
    await inPages(house, missing, async (inside) => {
      const agent = pick(agents, 1 + roll(AGENTS - 1));
      const effect = roll(10) === 0 ? "deny" : "allow";
      must(await inside.shares.set(keeping, by(agent, granteeOf({ people, teams }, roll), effect)));
    });
    missing = SHARES - must(await house.database.shares.list(keeping)).length;
  }
};

/** Whether somebody may use an agent, as every request that names one asks it: of their own, shared, kept from them, somebody else's. */
const measureChecks = async ({ house, owner, people, agents }: Ground): Promise<Figure> => {
  const roll = dice(11);
  const samples: number[] = [];
  const answers = { yes: 0, no: 0 };
  for (let at = 0; at < WARM_UP + SAMPLES; at += 1) {
    const agent = roll(10) === 0 ? pick(agents, 0) : pick(agents, roll(AGENTS));
    const scope = as(owner, roll(5) === 0 ? agent.ownerId : pick(people, roll(PEOPLE)));
    const began = performance.now();
    const found = await house.database.agents.find(scope, agent.id);
    const took = performance.now() - began;
    if (at < WARM_UP) continue;
    samples.push(took);
    answers[found.ok ? "yes" : "no"] += 1;
  }
  if (Math.min(answers.yes, answers.no) < SAMPLES / 10) throw new Error(`one-sided: ${JSON.stringify(answers)}`);
  return {
    name: "an access check, 10,000 people and 100,000 shares, p99",
    value: quantile(samples, 0.99),
    unit: "ms",
    limit: 0.2,
    sense: "most",
    scaled: true,
  };
};

const measureAccess = async (): Promise<readonly Figure[]> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-bench-"));
  try {
    const filled = await furnish(must(await openStorage(folder, null)));
    await filled.house.close();
    const house = must(await openStorage(folder, null));
    const figure = await measureChecks({ ...filled, house });
    await house.close();
    return [figure];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Who may, among very many, and who asks. */
export const measurePeople = async (): Promise<readonly Figure[]> => [
  ...(await measureAccess()),
  ...(await measureRequests()),
];
