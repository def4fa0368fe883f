import { err, moltbotError, ok, roleSuffices } from "@moltbot/contracts";
import type { Person, PersonState, Principal, Result, Role } from "@moltbot/contracts";
import { beyond } from "./standing.ts";
import type { Standing } from "./standing.ts";

/** What somebody is to become. */
export interface PersonChange {
  readonly role?: Standing | undefined;
  readonly state?: Extract<PersonState, "active" | "suspended"> | undefined;
}

/** Who changes somebody. */
export interface Changer extends Standing, Pick<Principal, "id"> {}

const refused = (problem: string): Result<never> => err(moltbotError("PERSON_NOT_CHANGEABLE", { problem }));

const ONE_OWNER = "there is one owner, and only `people transfer` makes another";

/** The owner manages everybody, an admin members and viewers; nobody else manages anybody. */
const manages = (by: Pick<Principal, "role">, role: Role): boolean =>
  by.role === "owner" ? role !== "owner" : by.role === "admin" && !roleSuffices(role, "admin");

/** Nobody lets in somebody who may what they themselves may not: it could be them, by another name. */
const nothingBeyond = (by: Standing, given: Standing): Result<void> => {
  const more = beyond(given, by);
  return more === undefined ? ok(undefined) : refused(`that role covers ${more}, and yours does not`);
};

/** Whether somebody may give this role to another: never the owner's, never one that they do not manage, never more than they have. */
export const mayGive = (by: Standing, given: Standing): Result<void> => {
  const { role } = given;
  if (role === "owner") return refused(ONE_OWNER);
  return manages(by, role)
    ? nothingBeyond(by, given)
    : refused(`a person with the role ${by.role} does not make an ${role}`);
};

/** Whether somebody may change another at all. */
const mayManage = (by: Pick<Principal, "id" | "role">, person: Person): Result<void> => {
  if (person.state === "left") return refused("they have left");
  if (by.id === person.id) return refused("nobody changes their own role or state");
  if (person.role === "owner") return refused(ONE_OWNER);
  return manages(by, person.role) ? ok(undefined) : refused(`they have the role ${person.role}`);
};

/**
 * Whether somebody may make a link with which another comes in. For who has been in already it is a way to become them: only the owner
 * may, and only at the machine itself, where nothing is hidden from them anyway.
 */
export const mayLink = (by: Changer, person: Person, theirs: Standing, atTheMachine: boolean): Result<void> => {
  const managed = mayManage(by, person);
  if (!managed.ok) return managed;
  if (person.state === "invited") return nothingBeyond(by, theirs);
  if (person.state === "suspended") return refused("they are suspended: restore them first");
  return by.role === "owner" && atTheMachine
    ? managed
    : refused("they have been in already, and only the owner at the machine itself makes them a new way in");
};

/** Whether somebody may give another this role and this state. */
export const mayChange = (by: Changer, person: Person, { role, state }: PersonChange): Result<void> => {
  const managed = mayManage(by, person);
  if (!managed.ok) return managed;
  if (state !== undefined && person.state === "invited")
    return refused("they have not come yet: remove them, and invite them anew");
  return role === undefined ? ok(undefined) : mayGive(by, role);
};

/**
 * Whether somebody may remove a person: those they manage, and oneself. A credential with less than one's whole role is not enough to
 * leave with, and the owner hands the house on first.
 */
export const mayRemove = (by: Pick<Principal, "id" | "role">, person: Person): Result<void> => {
  if (by.id !== person.id) return mayManage(by, person);
  if (person.role === "owner") return refused("the owner leaves only after handing the house on");
  return by.role === person.role
    ? ok(undefined)
    : err(moltbotError("ROLE_INSUFFICIENT", { required: person.role, role: by.role }));
};

/** Whether the owner may hand the house on to this person. */
export const mayTransfer = (by: Pick<Principal, "id">, person: Person): Result<void> => {
  if (by.id === person.id) return refused("they are the owner already");
  return person.state === "active" ? ok(undefined) : refused("only somebody who is active becomes the owner");
};
