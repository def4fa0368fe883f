import { ok } from "@moltbot/contracts";
import type { Result, RoleCover, RoleId } from "@moltbot/contracts";
import type { RoleTable } from "./people-schema.ts";
import { fromJson } from "./schema.ts";

/** What a query selects beside a credential, with `roles` joined to its person. */
export interface CoverColumns {
  readonly person_own_role: RoleId | null;
  readonly person_covers: RoleTable["operations"] | null;
}

export const coverColumns = ["principals.own_role_id as person_own_role", "roles.operations as person_covers"] as const;

/** What was read, with what the person's own role covers. A role that is not there covers nothing. */
export const withCover = <T extends object>(
  read: Result<T>,
  { person_own_role: role, person_covers: covers }: CoverColumns,
): Result<T & RoleCover> => {
  if (!read.ok) return read;
  return ok({ ...read.value, roleCovers: role === null ? null : covers === null ? [] : fromJson(covers) });
};
