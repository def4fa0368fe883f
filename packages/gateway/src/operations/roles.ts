import { RoleId, covers, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  OperationHandlers,
  OperationInput,
  OperationPattern,
  OwnRole,
  Person,
  Principal,
  RequestContext,
  Result,
} from "@moltbot/contracts";
import { houseScope, peopleOf } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { callableName } from "./callable-name.ts";
import { inPerson } from "./in-person.ts";
import type { OperationPorts } from "./ports.ts";
import { allowedTo, beyond } from "./standing.ts";

type Handlers = Pick<OperationHandlers, "roles.list" | "roles.create" | "roles.change" | "roles.remove">;

/** The four: a name that reads as one of them would be given in its place. */
const TAKEN = /^(viewer|member|admin|owner)$/iu;

/** Sorted, each once, and each for something: a pattern that covers nothing is a slip of the hand. */
const patternsOf = (
  base: OwnRole["base"],
  wished: readonly OperationPattern[],
): Result<readonly OperationPattern[]> => {
  const operations = [...new Set(wished)].toSorted();
  const all = [...allowedTo({ role: base, covers: null })];
  const idle = operations.find((pattern) => !all.some((name) => covers([pattern], name)));
  return idle === undefined
    ? ok(operations)
    : err(
        moltbotError("REQUEST_INVALID", {
          path: "operations",
          problem: `${idle} covers nothing that somebody with the role ${base} may ask for`,
        }),
      );
};

/** Whoever has the role is somebody else with their next request, and everybody hears of it. */
const takeEffect = async ({ house, identity }: OperationPorts, by: Principal, role: OwnRole["id"]): Promise<void> => {
  const everybody = await house.store.people.list(houseScope(by));
  // Whom it touches cannot be said: nobody goes on with what they had.
  if (!everybody.ok) return identity.forgetEverybody();
  const theirs: readonly Person[] = everybody.value.filter(({ ownRole }) => ownRole === role);
  for (const { id } of theirs) identity.forgetPerson(id);
  const audience = await peopleOf(house.store, by, "everybody");
  for (const person of theirs) house.events.publish("person:changed", { tenantId: by.tenantId, audience }, { person });
};

/** What stands in the way, in words. */
const inConflict = <T>(changed: Result<T>, code: "ROLE_NAME_TAKEN" | "ROLE_IN_USE"): Result<T> =>
  !changed.ok && changed.error.code === "CONFLICT" ? err(moltbotError(code)) : changed;

const create = async (
  { house }: OperationPorts,
  context: RequestContext,
  { name, base, operations: wished }: OperationInput<"roles.create">,
): Promise<Result<OwnRole>> => {
  const { principal: by } = context;
  const allowed = inPerson(context, "roles.create");
  if (!allowed.ok) return allowed;
  const called = callableName(name, TAKEN);
  if (!called.ok) return called;
  const operations = patternsOf(base, wished);
  if (!operations.ok) return operations;
  const role: OwnRole = {
    id: house.ids.next(RoleId),
    name,
    base,
    operations: operations.value,
    createdAt: house.clock.now(),
  };
  return recordedChange<OwnRole>(house, {
    event: {
      event: "role:created",
      actor: by.id,
      fields: { roleId: role.id, base, operations: role.operations.join(" ") },
      details: { name },
    },
    widens: true,
    change: async () => {
      const created = await house.store.roles.create(houseScope(by), role);
      return created.ok ? ok(role) : inConflict(created, "ROLE_NAME_TAKEN");
    },
  });
};

const change = async (
  ports: OperationPorts,
  context: RequestContext,
  { roleId, name, operations: wished }: OperationInput<"roles.change">,
): Promise<Result<OwnRole>> => {
  const { house } = ports;
  const { principal: by } = context;
  const allowed = inPerson(context, "roles.change");
  if (!allowed.ok) return allowed;
  if (name === undefined && wished === undefined)
    return err(moltbotError("REQUEST_INVALID", { path: "name", problem: "give a name or operations" }));
  const found = await house.store.roles.find(houseScope(by), roleId);
  if (!found.ok) return found;
  const role = found.value;
  const called = name === undefined ? ok(undefined) : callableName(name, TAKEN);
  if (!called.ok) return called;
  const operations = wished === undefined ? ok(role.operations) : patternsOf(role.base, wished);
  if (!operations.ok) return operations;
  const to = { name: name ?? role.name, operations: operations.value };
  const before = { role: role.base, covers: role.operations };
  const changed = await recordedChange<OwnRole>(house, {
    event: {
      event: "role:changed",
      actor: by.id,
      fields: { roleId, operations: to.operations.join(" "), fromOperations: role.operations.join(" ") },
      details: { name: to.name },
    },
    widens: beyond({ role: role.base, covers: to.operations }, before) !== undefined,
    change: async () => inConflict(await house.store.roles.change(houseScope(by), roleId, to), "ROLE_NAME_TAKEN"),
  });
  // Also where only the record failed: what narrows holds by then.
  await takeEffect(ports, by, roleId);
  return changed;
};

const remove = async (
  { house }: OperationPorts,
  { principal: by }: RequestContext,
  { roleId }: OperationInput<"roles.remove">,
): Promise<Result<Record<string, never>>> => {
  const found = await house.store.roles.find(houseScope(by), roleId);
  if (!found.ok) return found;
  const removed = await recordedChange<void>(house, {
    event: { event: "role:removed", actor: by.id, fields: { roleId }, details: { name: found.value.name } },
    widens: false,
    change: async () => inConflict(await house.store.roles.remove(houseScope(by), roleId), "ROLE_IN_USE"),
  });
  return removed.ok ? ok({}) : removed;
};

/** Roles that the house makes for itself: one of the four, narrowed. They never widen. */
export const roleOperations = (ports: OperationPorts): Handlers => ({
  "roles.list": ({ principal }) => ports.house.store.roles.list(ownScope(principal)),
  "roles.create": (context, input) => create(ports, context, input),
  "roles.change": (context, input) => change(ports, context, input),
  "roles.remove": (context, input) => remove(ports, context, input),
});
