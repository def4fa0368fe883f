import { canonicalAddress, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Contact,
  ContactId,
  ContactRepository,
  PrincipalId,
  Result,
  TenantId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ContactTable, JsonText, Row } from "./schema.ts";
import { ofPerson } from "./subjects.ts";

/** What of a contact is sealed. */
type Entry = Pick<Contact, "name" | "address">;

const PURPOSE = "contact address";

const queries = ({ define }: Connection) => ({
  create: define<ContactTable, unknown>(({ db, slot }) =>
    db.insertInto("contacts").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      kind: slot.kind,
      address_mac: slot.address_mac,
      entry: slot.entry,
      confirmed_at: slot.confirmed_at,
    }),
  ),
  own: define<{ tenant: TenantId; owner: PrincipalId; mac: string }, Row<ContactTable>>(({ db, slot }) =>
    db
      .selectFrom("contacts")
      .selectAll()
      .where("tenant_id", "=", slot.tenant)
      .where("owner_id", "=", slot.owner)
      .where("address_mac", "=", slot.mac),
  ),
  list: define<Record<never, never>, Row<ContactTable>>(({ db, visible }) =>
    db.selectFrom("contacts").selectAll().where(visible("contacts")).orderBy("confirmed_at").orderBy("id"),
  ),
  remove: define<{ id: ContactId }, Row<ContactTable>>(({ db, slot, visible }) =>
    db.deleteFrom("contacts").where("id", "=", slot.id).where(visible("contacts")).returningAll(),
  ),
  owners: define<Record<never, never>, Pick<ContactTable, "owner_id">>(({ db, visible }) =>
    db.selectFrom("contacts").select("owner_id").distinct().where(visible("contacts")),
  ),
  ofMacs: define<{ owner: PrincipalId; macs: JsonText<readonly string[]> }, Row<ContactTable>>(
    ({ db, slot, visible, dialect }) =>
      db
        .selectFrom("contacts")
        .selectAll()
        .where("owner_id", "=", slot.owner)
        .where("address_mac", "in", sql<string>`${dialect.elementsOf(slot.macs)}`)
        .where(visible("contacts"))
        .orderBy("confirmed_at")
        .orderBy("id"),
  ),
});

/**
 * Trusted directories. Name and address are sealed under their person; an address is found by its MAC under that person's key, so
 * whoever reads the file can neither read it nor try out a guess.
 */
export const contactRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ContactRepository) => {
  const query = queries(connection);

  const contactOf = (row: Row<ContactTable>): Result<Contact> => {
    const entry = sealer.open(ofPerson(row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    const { name, address } = fromJson(entry.value as JsonText<Entry>); // sealed by create under this row's id
    return ok({ id: row.id, ownerId: row.owner_id, kind: row.kind, name, address, confirmedAt: row.confirmed_at });
  };

  const macOf = (ownerId: PrincipalId, address: string): Result<string> =>
    sealer.mac(ofPerson(ownerId), PURPOSE, canonicalAddress(address));
  /** A contact has no audience: as oneself one sees one's own. */
  const ownersOf = async (scope: AccessScope): Promise<readonly PrincipalId[]> =>
    scope.reach === "own" ? [scope.principalId] : (await query.owners.all(scope, {})).map(({ owner_id }) => owner_id);
  /** Of one owner; who has no key any more has none that could be read. */
  const confirmed = async (scope: AccessScope, owner: PrincipalId, addresses: readonly string[]) => {
    const macs = addresses.map((address) => macOf(owner, address)).flatMap((mac) => (mac.ok ? [mac.value] : []));
    return macs.length === 0 ? [] : query.ofMacs.all(scope, { owner, macs: toJson(macs) });
  };

  return (gate) => ({
    list: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), contactOf)),
    create: (scope, contact) =>
      gate.write<Contact>(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, contact.ownerId))) return notFound("owner");
        const entry: Entry = { name: contact.name, address: canonicalAddress(contact.address) };
        const sealed = sealer.seal(ofPerson(contact.ownerId), contact.id, toJson(entry));
        if (!sealed.ok) return sealed;
        const mac = macOf(contact.ownerId, entry.address);
        if (!mac.ok) return mac;
        const known = await query.own.one(null, { tenant: scope.tenantId, owner: contact.ownerId, mac: mac.value });
        if (known !== undefined) {
          const first = contactOf(known);
          return !first.ok || first.value.name === entry.name
            ? first
            : err(moltbotError("CONFLICT", { kind: "contact" }));
        }
        await query.create.run(null, {
          id: contact.id,
          tenant_id: scope.tenantId,
          owner_id: contact.ownerId,
          audience: toJson([]),
          kind: contact.kind,
          address_mac: mac.value,
          entry: sealed.value,
          confirmed_at: contact.confirmedAt,
        });
        return ok({ ...contact, ...entry });
      }),
    remove: (scope, id) =>
      gate.write(async () => {
        const row = await query.remove.one(scope, { id });
        return row === undefined ? notFound("contact") : contactOf(row);
      }),
    ofAddresses: (scope, addresses) =>
      gate.read(async () => {
        const rows: Row<ContactTable>[] = [];
        for (const owner of await ownersOf(scope)) rows.push(...(await confirmed(scope, owner, addresses)));
        return mapAll(rows, contactOf);
      }),
  });
};
