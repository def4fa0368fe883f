import { ok } from "@moltbot/contracts";
import type { Instant, Principal, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { toJson } from "./schema.ts";
import type { Owned, PrincipalTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import type { Entries } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/** The columns of a person beside those of something that is theirs. */
interface PersonColumns {
  readonly person_entry: Uint8Array;
  readonly person_kind: Principal["kind"];
  readonly person_role: Principal["role"];
}
/** A row of something that is a person's, such as a token or a device, with the person beside it. */
export type WithPerson<T> = Row<T> & PersonColumns;
/** What a query selects for it, with `principals` joined. */
export const personColumns = [
  "principals.entry as person_entry",
  "principals.kind as person_kind",
  "principals.role as person_role",
] as const;

/** All of one kind that somebody has, at an instant. */
export interface OfPerson {
  readonly person: Principal["id"];
  readonly at: Instant;
}

/** What of a person and of a token is sealed. */
export type Named = Pick<Principal, "name">;

/** Reads people from their own row, and from the columns beside that of a credential. */
export interface PersonReader {
  readonly entries: Entries<Named>;
  readonly personOf: (row: Row<PrincipalTable>) => Result<Principal>;
  readonly personBeside: (row: PersonColumns & Pick<Row<Owned>, "owner_id" | "tenant_id">) => Result<Principal>;
}

export const personReader = (sealer: ContentSealer): PersonReader => {
  const entries = entriesOf<Named>(sealer, "principals");
  /** An erased person has no name, and nothing that could open. */
  const nameOf = (id: Principal["id"], entry: Uint8Array): Result<string> => {
    if (entry.length === 0) return ok("");
    const opened = entries.open(ofPerson(id), id, entry);
    return opened.ok ? ok(opened.value.name) : opened;
  };
  return {
    entries,
    personOf: (row) => {
      const name = nameOf(row.id, row.entry);
      return name.ok
        ? ok({ id: row.id, tenantId: row.tenant_id, kind: row.kind, name: name.value, role: row.role })
        : name;
    },
    personBeside: (row) => {
      const name = nameOf(row.owner_id, row.person_entry);
      if (!name.ok) return name;
      return ok({
        id: row.owner_id,
        tenantId: row.tenant_id,
        kind: row.person_kind,
        name: name.value,
        role: row.person_role,
      });
    },
  };
};

/** The columns that say whose a row is: the person's alone. */
export const ownRow = (principal: Pick<Principal, "id" | "tenantId">) => ({
  tenant_id: principal.tenantId,
  owner_id: principal.id,
  audience: toJson<readonly Principal["id"][]>([]),
});
