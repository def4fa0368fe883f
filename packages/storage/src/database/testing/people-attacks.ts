/** What strangers try on people, teams and shares; beside the attacks of the access scope's own test. */
import { RoleId, ShareId, TeamId } from "@moltbot/contracts";
import type {
  AccessScope,
  Grantee,
  OwnRole,
  Person,
  PrincipalId,
  Principal,
  Result,
  Share,
  StoredAgent,
  Team,
  UsageEntry,
} from "@moltbot/contracts";
import type { Database } from "../index.ts";
import { AT, must, next, scopeOf } from "./world.ts";

export const aPersonOf = (principal: Principal, change: Partial<Person> = {}): Person => ({
  id: principal.id,
  name: principal.name,
  role: principal.role,
  ownRole: null,
  state: "active",
  createdAt: AT,
  ...change,
});
export const aTeam = (members: readonly Principal[] = [], change: Partial<Team> = {}): Team => ({
  id: next(TeamId),
  name: "the crew",
  members: members.map(({ id }) => id).toSorted(),
  createdAt: AT,
  ...change,
});
export const aRole = (change: Partial<OwnRole> = {}): OwnRole => {
  const id = change.id ?? next(RoleId);
  return {
    id,
    name: `reader ${id}`,
    base: "member",
    operations: ["agents.*", "messages.send"],
    createdAt: AT,
    ...change,
  };
};
export const aShare = (agent: StoredAgent, to: Grantee, change: Partial<Share> = {}): Share => ({
  id: next(ShareId),
  object: { type: "agent", id: agent.id },
  to,
  rights: ["use"],
  effect: "allow",
  upTo: null,
  by: agent.ownerId,
  at: AT,
  ...change,
});
export const toPerson = ({ id }: { readonly id: PrincipalId }): Grantee => ({ kind: "person", id });
export const toTeam = ({ id }: Team): Grantee => ({ kind: "team", id });
export const EVERYONE: Grantee = { kind: "everyone" };

export const aUsage = ({ id, tenantId }: Principal, change: Partial<UsageEntry> = {}): UsageEntry => ({
  tenantId,
  ownerId: id,
  day: AT.slice(0, 10),
  subject: { kind: "person", id },
  unit: "tokens",
  amount: 10,
  ...change,
});

export interface Housemates {
  readonly ada: Principal;
  readonly gus: Principal;
  readonly bob: Principal;
  readonly agent: StoredAgent;
}
export interface PeopleVictim extends Housemates {
  readonly team: Team;
  readonly role: OwnRole;
  readonly share: Share;
}

/** Gives Ada's house a team with Gus in it, who may use her agent. */
export const seedPeople = async <V extends Housemates>(db: Database, victim: V): Promise<V & PeopleVictim> => {
  const { ada, gus, agent } = victim;
  const team = aTeam([gus]);
  must(await db.teams.create(scopeOf(ada, "tenant"), team));
  const role = aRole();
  must(await db.roles.create(scopeOf(ada, "tenant"), role));
  must(await db.shares.set(scopeOf(ada), aShare(agent, toTeam(team), { rights: ["use", "edit"] })));
  const share = must(await db.shares.set(scopeOf(ada), aShare(agent, toPerson(gus))));
  must(await db.usage.add([aUsage(ada), aUsage(ada, { ownerId: null, subject: { kind: "house", id: ada.tenantId } })]));
  return { ...victim, team, role, share };
};

type Attack = (db: Database, scope: AccessScope, victim: PeopleVictim) => Promise<Result<unknown>>;

const MEMBER = { role: "member", ownRole: null, state: "active" } as const;

/** One attack or more for each method that takes a scope and is not about one's own tenant alone. */
export const PEOPLE_ATTACKS: Readonly<Record<string, Attack>> = {
  "people.change": (db, scope, { gus }) => db.people.change(scope, gus.id, MEMBER, { ...MEMBER, role: "admin" }),
  "people.change to suspended": (db, scope, { gus }) =>
    db.people.change(scope, gus.id, MEMBER, { ...MEMBER, state: "suspended" }),
  "people.change to left": (db, scope, { gus }) =>
    db.people.change(scope, gus.id, MEMBER, { ...MEMBER, state: "left" }),
  "people.transfer": (db, scope, { ada, gus }) => db.people.transfer(scope, ada.id, gus.id),
  "people.transfer to oneself": (db, scope, { ada, bob }) => db.people.transfer(scope, ada.id, bob.id),
  "people.change to a narrower role": (db, scope, { gus, role }) =>
    db.people.change(scope, gus.id, MEMBER, { ...MEMBER, ownRole: role.id }),
  "roles.change": (db, scope, { role }) => db.roles.change(scope, role.id, { name: "mine", operations: ["*"] }),
  "roles.remove": (db, scope, { role }) => db.roles.remove(scope, role.id),
  "usage.list": (db, scope) => db.usage.list(scope, "2000-01-01"),
  "teams.rename": (db, scope, { team }) => db.teams.rename(scope, team.id, "mine"),
  "teams.setMembers": (db, scope, { team, bob }) => db.teams.setMembers(scope, team.id, [bob.id]),
  "teams.setMembers to nobody": (db, scope, { team }) => db.teams.setMembers(scope, team.id, []),
  "teams.remove": (db, scope, { team }) => db.teams.remove(scope, team.id),
  "teams.leaveAll": (db, scope, { gus }) => db.teams.leaveAll(scope, gus.id),
  "shares.ofObject": (db, scope, { agent }) => db.shares.ofObject(scope, { type: "agent", id: agent.id }),
  "shares.list": (db, scope) => db.shares.list(scope),
  "shares.find": (db, scope, { share }) => db.shares.find(scope, share.id),
  "shares.remove": (db, scope, { share }) => db.shares.remove(scope, share.id),
  "shares.set": (db, scope, { agent, bob }) => db.shares.set(scope, aShare(agent, toPerson(bob))),
  "shares.set as oneself": (db, scope, { agent }) =>
    db.shares.set(scope, aShare(agent, EVERYONE, { by: scope.principalId })),
  "shares.set over a known one": (db, scope, { agent, gus }) =>
    db.shares.set(scope, aShare(agent, toPerson(gus), { rights: ["use", "edit", "delete"] })),
};

/** Held by the check of whose the object is. */
export const SHARES_HELD_BY_OWNERSHIP: readonly string[] = [
  "shares.set",
  "shares.set as oneself",
  "shares.set over a known one",
];

/** Methods about the caller's own tenant: who is in it everybody in it may know; attacked by a test of their own. */
export const PEOPLE_OF_ONES_TENANT: readonly string[] = [
  "people.list",
  "people.find",
  "people.create",
  "roles.list",
  "roles.find",
  "roles.create",
  "teams.list",
  "teams.find",
  "teams.create",
  "teams.ofPerson",
];
