import {
  NEVER_LEFT_OUT,
  OPERATIONS,
  OPERATION_NAMES,
  ROLES,
  RoleId,
  covers,
  ok,
  roleSuffices,
} from "@moltbot/contracts";
import type { OperationPattern, Person, Proof, Repositories, Result, Role } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";

/** What decides what somebody may ask for: one of the four roles, and what a role of the house's own leaves of it; null: all. */
export interface Standing {
  readonly role: Role;
  readonly covers: readonly OperationPattern[] | null;
}
/** The same, with whose patterns they are. */
export interface GivenRole extends Standing {
  readonly ownRole: RoleId | null;
}

/** The stream of events, which tokens and roles name like an operation. */
const EVENTS = { name: "events.stream", required: "viewer" } as const;
const ASKED: readonly { readonly name: string; readonly required: Role }[] = [
  ...OPERATION_NAMES.flatMap((name) => {
    const { role: required } = OPERATIONS[name];
    return required === null ? [] : [{ name, required }];
  }),
  EVENTS,
];

/** Everything that somebody of this standing may ask for, by name. */
export const allowedTo = ({ role, covers: patterns }: Standing): ReadonlySet<string> =>
  new Set(
    ASKED.filter(
      ({ name, required }) =>
        roleSuffices(role, required) &&
        (patterns === null || covers(patterns, name) || NEVER_LEFT_OUT.some((always) => always === name)),
    ).map(({ name }) => name),
  );

/** Something that the one may ask for and the other may not; undefined when there is nothing. */
export const beyond = (one: Standing, other: Standing): string | undefined => {
  const theirs = allowedTo(other);
  return [...allowedTo(one)].find((name) => !theirs.has(name));
};

/** Where whoever asks stands by their own role, whatever their credential is for beside that. */
export const standingOf = ({ role }: { readonly role: Role }, proof: Proof | undefined): Standing => ({
  role,
  covers: proof?.roleCovers ?? null,
});

type Reading = Pick<Repositories, "roles">;
type Asker = Parameters<typeof houseScope>[0];

/** The role that a word names: one of the four, or by its id one of the house's own; NOT_FOUND. */
export const roleNamed = async (store: Reading, by: Asker, word: Role | RoleId): Promise<Result<GivenRole>> => {
  const role = ROLES.find((one) => one === word);
  if (role !== undefined) return ok({ role, ownRole: null, covers: null });
  const found = await store.roles.find(houseScope(by), RoleId.parse(word));
  if (!found.ok) return found;
  const { id, base, operations } = found.value;
  return ok({ role: base, ownRole: id, covers: operations });
};

/** The role that somebody has. */
export const roleOf = (
  store: Reading,
  by: Asker,
  { role, ownRole }: Pick<Person, "role" | "ownRole">,
): Promise<Result<GivenRole>> => roleNamed(store, by, ownRole ?? role);
