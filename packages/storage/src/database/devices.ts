import { done, instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type {
  ClockPort,
  Device,
  DeviceId,
  DeviceKey,
  DeviceRepository,
  Instant,
  Principal,
  PrincipalId,
  Result,
  RoleCover,
  StoredDevice,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { DeviceTable, PairingTable } from "./device-schema.ts";
import type { Gate } from "./gate.ts";
import { ownRow, personColumns, personReader } from "./known-person.ts";
import type { OfPerson, WithPerson } from "./known-person.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { coverColumns, withCover } from "./role-cover.ts";
import type { CoverColumns } from "./role-cover.ts";
import type { PrincipalTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/**
 * How long the refresh token before the one in force stays good: whoever rotates may be killed before the answer is out, and the
 * device has nothing else to come back with.
 */
const GRACE = 30_000;

type Nothing = Record<never, SqlValue>;
interface Sealed {
  readonly name: string;
  readonly key: DeviceKey;
}
interface Rotation {
  readonly id: DeviceId;
  readonly from: string;
  readonly since: Instant;
}

const readers = (sealer: ContentSealer) => {
  const devices = entriesOf<Sealed>(sealer, "devices");
  const { personOf, personBeside } = personReader(sealer);
  const open = (row: Row<DeviceTable>): Result<Sealed> => devices.open(ofPerson(row.owner_id), row.id, row.entry);
  const factsOf = (row: Row<DeviceTable>, name: string): Device => ({
    id: row.id,
    name,
    thumbprint: row.thumbprint,
    pairedAt: row.paired_at,
    lastSeenAt: row.last_seen_at,
    idleUntil: row.idle_until,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  });
  const deviceOf = (row: Row<DeviceTable>): Result<Device> => {
    const entry = open(row);
    return entry.ok ? ok(factsOf(row, entry.value.name)) : entry;
  };
  const storedOf = (row: WithPerson<DeviceTable>): Result<StoredDevice> => {
    const entry = open(row);
    if (!entry.ok) return entry;
    const principal = personBeside(row);
    if (!principal.ok) return principal;
    return ok({
      ...factsOf(row, entry.value.name),
      key: entry.value.key,
      refreshVerifier: row.refresh_verifier,
      principal: principal.value,
    });
  };
  return { devices, deviceOf, personOf, storedOf };
};

const deviceQueries = ({ define }: Connection) => ({
  create: define<DeviceTable, unknown>(({ db, slot }) =>
    db.insertInto("devices").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      thumbprint: slot.thumbprint,
      entry: slot.entry,
      refresh_verifier: slot.refresh_verifier,
      previous_verifier: slot.previous_verifier,
      rotated_at: slot.rotated_at,
      paired_at: slot.paired_at,
      last_seen_at: slot.last_seen_at,
      idle_until: slot.idle_until,
      expires_at: slot.expires_at,
      revoked_at: slot.revoked_at,
    }),
  ),
  list: define<Nothing, Row<DeviceTable>>(({ db, visible }) =>
    db.selectFrom("devices").selectAll().where(visible("devices")).orderBy("paired_at").orderBy("id"),
  ),
  revoke: define<{ id: DeviceId; at: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("devices")
      .set({ revoked_at: sql`coalesce(revoked_at, ${slot.at})` })
      .where("id", "=", slot.id)
      .where(visible("devices")),
  ),
  revokeAll: define<OfPerson, { readonly id: DeviceId }>(({ db, slot, visible }) =>
    db
      .updateTable("devices")
      .set({ revoked_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("revoked_at", "is", null)
      .where(visible("devices"))
      .returning("id"),
  ),
  byId: define<{ id: DeviceId }, WithPerson<DeviceTable> & CoverColumns>(({ db, slot }) =>
    db
      .selectFrom("devices")
      .innerJoin("principals", "principals.id", "devices.owner_id")
      .leftJoin("roles", "roles.id", "principals.own_role_id")
      .selectAll("devices")
      .select(personColumns)
      .select(coverColumns)
      .where("devices.id", "=", slot.id)
      .where("principals.state", "=", "active"),
  ),
  byRefresh: define<{ verifier: string }, WithPerson<DeviceTable>>(({ db, slot }) =>
    db
      .selectFrom("devices")
      .innerJoin("principals", "principals.id", "devices.owner_id")
      .selectAll("devices")
      .select(personColumns)
      .where(
        sql<boolean>`devices.id in (select d.id from devices as d where d.refresh_verifier = ${slot.verifier} union select s.device_id from spent_refreshes as s where s.verifier = ${slot.verifier})`,
      )
      .where("principals.state", "=", "active"),
  ),
  /** Never back: a proof made for a time to come may be ahead of one that came later. */
  touch: define<{ id: DeviceId; at: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("devices")
      .set({ last_seen_at: slot.at })
      .where("id", "=", slot.id)
      .where((row) => row.or([row("last_seen_at", "is", null), row("last_seen_at", "<", slot.at)])),
  ),
});

const rotationQueries = ({ define }: Connection) => ({
  /** Whatever is in force now will have been used. */
  spend: define<Rotation, unknown>(({ db, slot }) =>
    db
      .insertInto("spent_refreshes")
      .columns(["verifier", "tenant_id", "owner_id", "audience", "device_id"])
      .expression((from) =>
        from
          .selectFrom("devices")
          .select(["refresh_verifier", "tenant_id", "owner_id", "audience", "id"])
          .where("id", "=", slot.id)
          .where("revoked_at", "is", null)
          .where(
            sql<boolean>`(refresh_verifier = ${slot.from} or (previous_verifier = ${slot.from} and rotated_at > ${slot.since}))`,
          ),
      ),
  ),
  rotate: define<Rotation & { to: string; now: Instant; idle_until: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("devices")
      .set({
        refresh_verifier: slot.to,
        previous_verifier: slot.from,
        // Coming back within the grace does not make the grace longer.
        rotated_at: sql`case when refresh_verifier = ${slot.from} then ${slot.now} else rotated_at end`,
        idle_until: slot.idle_until,
      })
      .where("id", "=", slot.id)
      .where("revoked_at", "is", null)
      .where(
        sql<boolean>`(refresh_verifier = ${slot.from} or (previous_verifier = ${slot.from} and rotated_at > ${slot.since}))`,
      ),
  ),
});

const pairingQueries = ({ define }: Connection) => ({
  person: define<{ id: PrincipalId }, Row<PrincipalTable>>(({ db, slot }) =>
    db.selectFrom("principals").selectAll().where("id", "=", slot.id).where("state", "=", "active"),
  ),
  create: define<PairingTable, unknown>(({ db, slot }) =>
    db.insertInto("pairings").values({
      verifier: slot.verifier,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      expires_at: slot.expires_at,
      used_at: slot.used_at,
    }),
  ),
  /** An old one of the same forty bits gives way; one that is open does not. */
  clear: define<{ verifier: string; now: Instant }, unknown>(({ db, slot }) =>
    db
      .deleteFrom("pairings")
      .where("verifier", "=", slot.verifier)
      .where((or) => or.or([or("used_at", "is not", null), or("expires_at", "<=", slot.now)])),
  ),
  use: define<{ verifier: string; now: Instant }, { readonly owner_id: PrincipalId }>(({ db, slot }) =>
    db
      .updateTable("pairings")
      .set({ used_at: slot.now })
      .where("verifier", "=", slot.verifier)
      .where("used_at", "is", null)
      .where("expires_at", ">", slot.now)
      .returning("owner_id"),
  ),
  useAll: define<OfPerson, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("pairings")
      .set({ used_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("used_at", "is", null)
      .where(visible("pairings")),
  ),
});

/**
 * Devices of people. Look-ups by what a device brings take no scope, and whoever is not active has no device. A refresh token that
 * was replaced less than thirty seconds ago still counts as good, if it is the one before the one in force.
 */
export const deviceRepository = (
  connection: Connection,
  sealer: ContentSealer,
  clock: ClockPort,
): ((gate: Gate) => DeviceRepository) => {
  const { devices: entries, deviceOf, personOf, storedOf } = readers(sealer);
  const devices = deviceQueries(connection);
  const rotations = rotationQueries(connection);
  const pairings = pairingQueries(connection);
  const graceBegins = (): Instant => instantOf(millisecondsOf(clock.now()) - GRACE);

  return (gate) => ({
    create: (device) =>
      gate.write(async () => {
        const person = await pairings.person.one(null, { id: device.principal.id });
        if (person === undefined || person.tenant_id !== device.principal.tenantId) return notFound("person");
        const { id, name, key, thumbprint } = device;
        const entry = entries.seal(ofPerson(person.id), id, { name, key });
        if (!entry.ok) return entry;
        await devices.create.run(null, {
          ...ownRow(device.principal),
          id,
          thumbprint,
          entry: entry.value,
          refresh_verifier: device.refreshVerifier,
          previous_verifier: null,
          rotated_at: null,
          paired_at: device.pairedAt,
          last_seen_at: device.lastSeenAt,
          idle_until: device.idleUntil,
          expires_at: device.expiresAt,
          revoked_at: device.revokedAt,
        });
        return done;
      }),
    list: (scope) => gate.read(async () => mapAll(await devices.list.all(scope, {}), deviceOf)),
    revoke: (scope, id, at) =>
      gate.write(async () => ((await devices.revoke.run(scope, { id, at })) === 1 ? done : notFound("device"))),
    revokeAll: (scope, person, at) =>
      gate.write(async () => {
        await pairings.useAll.run(scope, { person, at });
        return ok((await devices.revokeAll.all(scope, { person, at })).map(({ id }) => id));
      }),
    byId: (id) =>
      gate.read<(StoredDevice & RoleCover) | null>(async () => {
        const row = await devices.byId.one(null, { id });
        return row === undefined ? ok(null) : withCover(storedOf(row), row);
      }),
    byRefresh: (verifier) =>
      gate.read<{ readonly device: StoredDevice; readonly state: "good" | "spent" } | null>(async () => {
        const row = await devices.byRefresh.one(null, { verifier });
        if (row === undefined) return ok(null);
        const device = storedOf(row);
        if (!device.ok) return device;
        const inForce =
          row.refresh_verifier === verifier ||
          (row.previous_verifier === verifier && row.rotated_at !== null && row.rotated_at > graceBegins());
        return ok({ device: device.value, state: inForce ? "good" : "spent" });
      }),
    rotate: (id, from, to, idleUntil) =>
      gate.write(async () => {
        const rotation = { id, from, since: graceBegins() };
        if ((await rotations.spend.run(null, rotation)) !== 1) return ok(false);
        const changed = await rotations.rotate.run(null, { ...rotation, to, now: clock.now(), idle_until: idleUntil });
        return ok(changed === 1);
      }),
    touch: (id, at) =>
      gate.lightly(async () => {
        await devices.touch.run(null, { id, at });
        return done;
      }),
    createPairing: ({ verifier, principalId, tenantId, expiresAt }) =>
      gate.write(async () => {
        const person = await pairings.person.one(null, { id: principalId });
        if (person === undefined || person.tenant_id !== tenantId) return notFound("person");
        await pairings.clear.run(null, { verifier, now: clock.now() });
        await pairings.create.run(null, {
          ...ownRow({ id: principalId, tenantId }),
          verifier,
          expires_at: expiresAt,
          used_at: null,
        });
        return done;
      }),
    usePairing: (verifier, now) =>
      gate.write<Principal | null>(async () => {
        const used = await pairings.use.one(null, { verifier, now });
        const person = used === undefined ? undefined : await pairings.person.one(null, { id: used.owner_id });
        return person === undefined ? ok(null) : personOf(person);
      }),
  });
};
