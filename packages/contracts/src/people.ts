import { z } from "zod";
import { Instant, PrincipalId, TeamId } from "./ids.ts";
import { Role } from "./principal.ts";

/** `invited`: has not come yet; `suspended`: may not come in; `left`: went or was removed, and nothing of theirs opens a door. */
export const PERSON_STATES = ["invited", "active", "suspended", "left"] as const;
export const PersonState = z.enum(PERSON_STATES);
export type PersonState = z.infer<typeof PersonState>;

/** Somebody of the house, as everybody in it may see them. */
export const Person = z.strictObject({
  id: PrincipalId,
  name: z.string(),
  role: Role,
  state: PersonState,
  createdAt: Instant,
});
export type Person = Readonly<z.infer<typeof Person>>;

export const Team = z.strictObject({
  id: TeamId,
  name: z.string(),
  /** Sorted, without repeats. */
  members: z.array(PrincipalId).readonly(),
  createdAt: Instant,
});
export type Team = Readonly<z.infer<typeof Team>>;
