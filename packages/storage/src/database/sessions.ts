import { done, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  IdentityRepository,
  Instant,
  Principal,
  Result,
  RoleCover,
  SessionFacts,
  SessionId,
  StoredSession,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { ownRow, personColumns } from "./known-person.ts";
import type { OfPerson, PersonReader, WithPerson } from "./known-person.ts";
import { notFound } from "./ownership.ts";
import { coverColumns, withCover } from "./role-cover.ts";
import type { CoverColumns } from "./role-cover.ts";
import type { Row, SessionTable } from "./schema.ts";

const factsOf = (row: Row<SessionTable>): SessionFacts => ({
  id: row.id,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
  idleUntil: row.idle_until,
  expiresAt: row.expires_at,
});

const queries = ({ define }: Connection) => ({
  create: define<SessionTable, unknown>(({ db, slot }) =>
    db.insertInto("sessions").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      verifier: slot.verifier,
      created_at: slot.created_at,
      idle_until: slot.idle_until,
      expires_at: slot.expires_at,
      revoked_at: slot.revoked_at,
      last_seen_at: slot.last_seen_at,
    }),
  ),
  byVerifier: define<{ verifier: string }, WithPerson<SessionTable> & CoverColumns>(({ db, slot }) =>
    db
      .selectFrom("sessions")
      .innerJoin("principals", "principals.id", "sessions.owner_id")
      .leftJoin("roles", "roles.id", "principals.own_role_id")
      .selectAll("sessions")
      .select(personColumns)
      .select(coverColumns)
      .where("sessions.verifier", "=", slot.verifier)
      .where("principals.state", "=", "active"),
  ),
  revoke: define<{ id: SessionId; at: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("sessions")
      .set({ revoked_at: sql`coalesce(revoked_at, ${slot.at})` })
      .where("id", "=", slot.id),
  ),
  touch: define<{ id: SessionId; at: Instant; idle_until: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("sessions")
      .set({ last_seen_at: slot.at, idle_until: slot.idle_until })
      .where("id", "=", slot.id)
      .where("revoked_at", "is", null),
  ),
  list: define<{ person: Principal["id"]; now: Instant }, Row<SessionTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("sessions")
      .selectAll()
      .where("owner_id", "=", slot.person)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", slot.now)
      .where("idle_until", ">", slot.now)
      .where(visible("sessions"))
      .orderBy("created_at")
      .orderBy("id"),
  ),
  end: define<{ id: SessionId; person: Principal["id"]; at: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("sessions")
      .set({ revoked_at: sql`coalesce(revoked_at, ${slot.at})` })
      .where("id", "=", slot.id)
      .where("owner_id", "=", slot.person)
      .where(visible("sessions")),
  ),
  endAll: define<OfPerson, { readonly id: SessionId }>(({ db, slot, visible }) =>
    db
      .updateTable("sessions")
      .set({ revoked_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("revoked_at", "is", null)
      .where(visible("sessions"))
      .returning("id"),
  ),
});

type Sessions = Pick<
  IdentityRepository,
  "createSession" | "touchSession" | "listSessions" | "endSession" | "sessionByVerifier" | "revokeSession"
>;
/** The sessions of people, and the end of all that somebody has. */
export interface SessionStore {
  readonly through: (gate: Gate) => Sessions;
  readonly endAll: (scope: AccessScope, of: OfPerson) => Promise<readonly { readonly id: SessionId }[]>;
}

export const sessionStore = (connection: Connection, { personBeside }: PersonReader): SessionStore => {
  const query = queries(connection);
  const sessionOf = (row: WithPerson<SessionTable>): Result<StoredSession> => {
    const principal = personBeside(row);
    if (!principal.ok) return principal;
    return ok({
      id: row.id,
      principal: principal.value,
      verifier: row.verifier,
      createdAt: row.created_at,
      idleUntil: row.idle_until,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
      lastSeenAt: row.last_seen_at,
    });
  };

  const through = (gate: Gate): Sessions => ({
    createSession: (session) =>
      gate.write(async () => {
        const { id, verifier, createdAt, idleUntil, expiresAt, revokedAt, lastSeenAt } = session;
        await query.create.run(null, {
          ...ownRow(session.principal),
          id,
          verifier,
          created_at: createdAt,
          idle_until: idleUntil,
          expires_at: expiresAt,
          revoked_at: revokedAt,
          last_seen_at: lastSeenAt,
        });
        return done;
      }),
    touchSession: (id, at, idleUntil) =>
      gate.lightly(async () => {
        await query.touch.run(null, { id, at, idle_until: idleUntil });
        return done;
      }),
    listSessions: (scope, now) =>
      gate.read(async () => ok((await query.list.all(scope, { person: scope.principalId, now })).map(factsOf))),
    endSession: (scope, id, at) =>
      gate.write(async () =>
        (await query.end.run(scope, { id, person: scope.principalId, at })) === 1 ? done : notFound("session"),
      ),
    sessionByVerifier: (verifier) =>
      gate.read<(StoredSession & RoleCover) | null>(async () => {
        const row = await query.byVerifier.one(null, { verifier });
        return row === undefined ? ok(null) : withCover(sessionOf(row), row);
      }),
    revokeSession: (id, at) =>
      gate.write(async () => ((await query.revoke.run(null, { id, at })) === 1 ? done : notFound("session"))),
  });
  return { through, endAll: (scope, of) => query.endAll.all(scope, of) };
};
