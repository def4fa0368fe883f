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
import { endHiddenTurns } from "../end-hidden-turns.ts";
import { houseScope } from "../keep-house.ts";
import { usersAmong } from "../users-of-agent.ts";
import type { OperationPorts } from "./ports.ts";
import { recordedChange } from "./recorded-change.ts";

type Handlers = Pick<OperationHandlers, "teams.list" | "teams.create" | "teams.change" | "teams.remove">;

const sorted = (members: readonly PrincipalId[]): readonly PrincipalId[] => [...new Set(members)].toSorted();

const create = (
  { house }: OperationPorts,
  { principal: by }: RequestContext,
  { name, members }: OperationInput<"teams.create">,
): Promise<Result<Team>> => {
  const team: Team = { id: house.ids.next(TeamId), name, members: sorted(members), createdAt: house.clock.now() };
  return recordedChange<Team>(house, {
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
  for (const { object } of shares) found.set(object, await usersAmong(store, by, people, object.id));
  return found;
};

/** Who could use something before, or can now, hears of it. */
const tell = ({ house }: OperationPorts, by: Principal, changed: Used): void => {
  for (const [object, audience] of changed)
    if (audience.length > 0)
      house.events.publish("share:changed", { tenantId: by.tenantId, audience }, { object, by: by.id });
};

const sharedWith = async ({ house }: OperationPorts, by: Principal, id: TeamId): Promise<readonly Share[]> => {
  const all = await house.store.shares.list(houseScope(by));
  return all.ok ? all.value.filter(({ to }) => to.kind === "team" && to.id === id) : [];
};

const change = async (
  ports: OperationPorts,
  { principal: by }: RequestContext,
  { teamId, ...wish }: OperationInput<"teams.change">,
): Promise<Result<Team>> => {
  const { house, workers } = ports;
  const scope = houseScope(by);
  const found = await house.store.teams.find(scope, teamId);
  if (!found.ok) return found;
  const before = new Set(found.value.members);
  const after = new Set(wish.members ?? before);
  const joined = [...after].filter((id) => !before.has(id));
  const out = [...before].filter((id) => !after.has(id));
  const shares = out.length + joined.length === 0 ? [] : await sharedWith(ports, by, teamId);
  const could = await used(ports, by, shares, out);
  const changed = await recordedChange<Team>(house, {
    event: {
      event: "team:changed",
      actor: by.id,
      fields: { teamId, joined: joined.join(" "), left: out.join(" "), renamed: wish.name !== undefined },
      ...(wish.name === undefined ? {} : { details: { name: wish.name } }),
    },
    widens: out.length === 0,
    change: () => stored(house, scope, found.value, wish),
  });
  if (out.length + joined.length === 0) return changed;
  await endHiddenTurns(house, workers, by);
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
  const { house, workers } = ports;
  const scope = houseScope(by);
  const found = await house.store.teams.find(scope, teamId);
  if (!found.ok) return found;
  const shares = await sharedWith(ports, by, teamId);
  const could = await used(ports, by, shares, found.value.members);
  const removed = await recordedChange(house, {
    event: { event: "team:removed", actor: by.id, fields: { teamId } },
    // What was kept from the team is so no more.
    widens: shares.some(({ effect }) => effect === "deny"),
    change: () => house.store.teams.remove(scope, teamId),
  });
  await endHiddenTurns(house, workers, by);
  if (!removed.ok) return removed;
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
