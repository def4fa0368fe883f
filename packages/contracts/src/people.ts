import { z } from "zod";
import { Instant, PrincipalId, RoleId, TeamId } from "./ids.ts";
import { OperationPattern, Role } from "./principal.ts";

/** `invited`: has not come yet; `suspended`: may not come in; `left`: went or was removed, and nothing of theirs opens a door. */
export const PERSON_STATES = ["invited", "active", "suspended", "left"] as const;
export const PersonState = z.enum(PERSON_STATES);
export type PersonState = z.infer<typeof PersonState>;

/** Somebody of the house, as everybody in it may see them. */
export const Person = z.strictObject({
  id: PrincipalId,
  name: z.string(),
  role: Role,
  /** The house's own role that narrows `role`; null: all that `role` may. */
  ownRole: RoleId.nullable(),
  state: PersonState,
  createdAt: Instant,
});
export type Person = Readonly<z.infer<typeof Person>>;

/** A role that the house made for itself: one of the four, narrowed to some operations. It never widens. */
export const OwnRole = z.strictObject({
  id: RoleId,
  /** Unique in the house, and none of the four. */
  name: z.string(),
  base: Role.exclude(["owner"]),
  operations: z.array(OperationPattern).min(1).max(200).readonly(),
  createdAt: Instant,
});
export type OwnRole = Readonly<z.infer<typeof OwnRole>>;

export const Team = z.strictObject({
  id: TeamId,
  name: z.string(),
  /** Sorted, without repeats. */
  members: z.array(PrincipalId).readonly(),
  createdAt: Instant,
});
export type Team = Readonly<z.infer<typeof Team>>;
