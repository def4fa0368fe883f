import type { OwnRole, Person, Role, RoleId } from "@moltbot/contracts";
import type { CommandContext } from "../context.ts";
import { same, theOne } from "./find-person.ts";

const FOUR = ["viewer", "member", "admin", "owner"] as const satisfies readonly Role[];

/** The house's own role of that id or name. */
export const findRole = async (context: CommandContext, word: string): Promise<OwnRole> =>
  theOne(await context.call("roles.list", {}), "role", word);

/** The role that a word means: one of the four, or one of the house's own by name or id. */
export const roleMeant = async (context: CommandContext, word: string): Promise<Role | RoleId> =>
  FOUR.find((role) => same(role, word)) ?? (await findRole(context, word)).id;

/**
 * What somebody's role is called; of one of the house's own also what it narrows. Without its name where the caller may not list them,
 * and in JSON, which says no names of roles.
 */
export const roleNames = async (
  context: CommandContext,
  people: readonly Person[],
): Promise<(person: Person) => string> => {
  const isRead = !context.output.json && people.some(({ ownRole }) => ownRole !== null);
  const asked = isRead ? await context.client.call("roles.list", {}) : null;
  const own = asked?.ok === true ? asked.value : [];
  return ({ role, ownRole }) =>
    ownRole === null ? role : `${own.find(({ id }) => id === ownRole)?.name ?? "narrowed"} (${role})`;
};
