import { TeamId, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  OperationHandlers,
  OperationInput,
  Principal,
  PrincipalId,
  RequestContext,
  Result,
  Share,
  SharedObject,
  Team,
} from "@moltbot/contracts";
import { endHidden } from "../end-hidden.ts";
import { houseScope, peopleOf } from "../keep-house.ts";
import { usersAmong } from "../object-access.ts";
import { recordedChange } from "../recorded-change.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "teams.list" | "teams.create" | "teams.change" | "teams.remove">;

const sorted = (members: readonly PrincipalId[]): readonly PrincipalId[] => [...new Set(members)].toSorted();

/** Everybody in the house sees its teams, and hears when they are others. */
const tellOfTeam = async (
  { house }: OperationPorts,
  by: Principal,
  teamId: TeamId,
  team: Team | null,
): Promise<void> => {
  const audience = await peopleOf(house.store, by, "everybody");
  house.events.publish("team:changed", { tenantId: by.tenantId, audience }, { teamId, team });
};

const create = async (
  ports: OperationPorts,
  { principal: by }: RequestContext,
  { name, members }: OperationInput<"teams.create">,
): Promise<Result<Team>> => {
  const { house } = ports;
  const team: Team = { id: house.ids.next(TeamId), name, members: sorted(members), createdAt: house.clock.now() };
  const made = await recordedChange<Team>(house, {
    event: {
      event: "team:created",
      actor: by.id,
      fields: { teamId: team.id, members: team.members.join(" ") },
      details: { name },
    },
    widens: true,
    change: async () => {
      const created = await house.store.atomically((repositories) => repositories.teams.create(houseScope(by), team));
      return created.ok ? ok(team) : created;
    },
  });
  if (made.ok) await tellOfTeam(ports, by, team.id, made.value);
  return made;
};

const stored = (
  { store }: OperationPorts["house"],
  scope: AccessScope,
  team: Team,
  { name, members }: Pick<OperationInput<"teams.change">, "name" | "members">,
): Promise<Result<Team>> =>
  store.atomically<Team>(async ({ teams }) => {
    const renamed = name === undefined ? ok(team) : await teams.rename(scope, team.id, name);
    return renamed.ok && members !== undefined ? teams.setMembers(scope, team.id, sorted(members)) : renamed;
  });

/** The things that are shared with a team, each with those of these people who may use it now. */
type Used = ReadonlyMap<SharedObject, readonly PrincipalId[]>;
const used = async (
  { house: { store } }: OperationPorts,
  by: Principal,
  shares: readonly Share[],
  people: readonly PrincipalId[],
): Promise<Used> => {
  const found = new Map<SharedObject, readonly PrincipalId[]>();
  for (const share of shares) found.set(share.object, await usersAmong(store, by, people, share));
  return found;
};

/** Who could use something before, or can now, hears of it. */
const tell = ({ house }: OperationPorts, by: Principal, changed: Used): void => {
  for (const [object, audience] of changed)
    if (audience.length > 0)
      house.events.publish("share:changed", { tenantId: by.tenantId, audience }, { object, by: by.id });
};

/** What is shared with a team and what is kept from it. A list that cannot be read is no empty one: nothing is changed then. */
const sharedWith = async ({ house }: OperationPorts, by: Principal, id: TeamId): Promise<Result<readonly Share[]>> => {
  const all = await house.store.shares.list(houseScope(by));
  return all.ok ? ok(all.value.filter(({ to }) => to.kind === "team" && to.id === id)) : all;
};

/** Whether something is kept from the team: whoever is out of it may use that again. */
const keepsBack = (shares: readonly Share[]): boolean => shares.some(({ effect }) => effect === "deny");

const change = async (
  ports: OperationPorts,
  { principal: by }: RequestContext,
  { teamId, ...wish }: OperationInput<"teams.change">,
): Promise<Result<Team>> => {
  const { house } = ports;
  const scope = houseScope(by);
  const found = await house.store.teams.find(scope, teamId);
  if (!found.ok) return found;
  const before = new Set(found.value.members);
  const after = new Set(wish.members ?? before);
  const joined = [...after].filter((id) => !before.has(id));
  const out = [...before].filter((id) => !after.has(id));
  const listed = out.length + joined.length === 0 ? ok([]) : await sharedWith(ports, by, teamId);
  if (!listed.ok) return listed;
  const shares = listed.value;
  const could = await used(ports, by, shares, out);
  const changed = await recordedChange<Team>(house, {
    event: {
      event: "team:changed",
      actor: by.id,
      fields: { teamId, joined: joined.join(" "), left: out.join(" "), renamed: wish.name !== undefined },
      ...(wish.name === undefined ? {} : { details: { name: wish.name } }),
    },
    widens: out.length === 0 || joined.length > 0 || keepsBack(shares),
    change: () => stored(house, scope, found.value, wish),
  });
  if (changed.ok) await tellOfTeam(ports, by, teamId, changed.value);
  if (out.length + joined.length === 0) return changed;
  await endHidden(ports, by);
  if (!changed.ok) return changed;
  tell(ports, by, could);
  tell(ports, by, await used(ports, by, shares, joined));
  return changed;
};

const remove = async (
  ports: OperationPorts,
  { principal: by }: RequestContext,
  { teamId }: OperationInput<"teams.remove">,
): Promise<Result<Record<string, never>>> => {
  const { house } = ports;
  const scope = houseScope(by);
  const found = await house.store.teams.find(scope, teamId);
  if (!found.ok) return found;
  const shares = await sharedWith(ports, by, teamId);
  if (!shares.ok) return shares;
  const could = await used(ports, by, shares.value, found.value.members);
  const removed = await recordedChange(house, {
    event: { event: "team:removed", actor: by.id, fields: { teamId } },
    widens: keepsBack(shares.value),
    change: () => house.store.teams.remove(scope, teamId),
  });
  await endHidden(ports, by);
  if (!removed.ok) return removed;
  await tellOfTeam(ports, by, teamId, null);
  tell(ports, by, could);
  return ok({});
};

/** Groups of people that something can be shared with, or kept from. */
export const teamOperations = (ports: OperationPorts): Handlers => ({
  "teams.list": ({ principal }) => ports.house.store.teams.list(ownScope(principal)),
  "teams.create": (context, input) => create(ports, context, input),
  "teams.change": (context, input) => change(ports, context, input),
  "teams.remove": (context, input) => remove(ports, context, input),
});
