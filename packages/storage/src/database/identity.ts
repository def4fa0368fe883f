import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  ClockPort,
  IdentityRepository,
  Instant,
  LinkHolder,
  Principal,
  Result,
  RoleCover,
  SessionFacts,
  SessionId,
  StoredSession,
  StoredToken,
  TokenId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { coverColumns, withCover } from "./role-cover.ts";
import type { CoverColumns } from "./role-cover.ts";
import { insertPerson } from "./insert-person.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { fromJson, toJson } from "./schema.ts";
import type { PrincipalTable, Row, SessionTable, SignInLinkTable, TokenTable } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/** The columns of a person beside those of a token or session. */
type WithPerson<T> = Row<T> & {
  readonly person_entry: Uint8Array;
  readonly person_kind: Principal["kind"];
  readonly person_role: Principal["role"];
};
type Nothing = Record<never, SqlValue>;
interface OfPerson {
  readonly person: Principal["id"];
  readonly at: Instant;
}
/** `strength`: the least that the link must have. */
interface LinkUse {
  readonly verifier: string;
  readonly now: Instant;
  readonly strength: SignInLinkTable["strong"];
}

/** What of a person and of a token is sealed. */
type Named = Pick<Principal, "name">;

const readers = (sealer: ContentSealer) => {
  const people = entriesOf<Named>(sealer, "principals");
  const tokens = entriesOf<Named>(sealer, "tokens");
  /** An erased person has no name, and nothing that could open. */
  const nameOf = (id: Principal["id"], entry: Uint8Array): Result<string> => {
    if (entry.length === 0) return ok("");
    const opened = people.open(ofPerson(id), id, entry);
    return opened.ok ? ok(opened.value.name) : opened;
  };
  const personOf = (row: Row<PrincipalTable>): Result<Principal> => {
    const name = nameOf(row.id, row.entry);
    return name.ok
      ? ok({ id: row.id, tenantId: row.tenant_id, kind: row.kind, name: name.value, role: row.role })
      : name;
  };
  const personBeside = (row: WithPerson<TokenTable> | WithPerson<SessionTable>): Result<Principal> => {
    const name = nameOf(row.owner_id, row.person_entry);
    if (!name.ok) return name;
    return ok({
      id: row.owner_id,
      tenantId: row.tenant_id,
      kind: row.person_kind,
      name: name.value,
      role: row.person_role,
    });
  };
  const tokenOf = (row: WithPerson<TokenTable>): Result<StoredToken> => {
    const principal = personBeside(row);
    if (!principal.ok) return principal;
    const entry = tokens.open(ofPerson(row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      principal: principal.value,
      role: row.role,
      name: entry.value.name,
      verifier: row.verifier,
      scopes: row.scopes === null ? null : fromJson(row.scopes),
      integrity: row.integrity,
      key: row.key === null ? null : fromJson(row.key),
      madeWith: row.made_with,
      ...(row.tokens_per_day === null ? {} : { tokensPerDay: row.tokens_per_day }),
      ...(row.money_per_day === null ? {} : { moneyPerDay: row.money_per_day }),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      revokedAt: row.revoked_at,
      lastUsedAt: row.last_used_at,
    });
  };
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
  return { people, tokens, personOf, tokenOf, sessionOf };
};

const factsOf = (row: Row<SessionTable>): SessionFacts => ({
  id: row.id,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
  idleUntil: row.idle_until,
  expiresAt: row.expires_at,
});

const personColumns = [
  "principals.entry as person_entry",
  "principals.kind as person_kind",
  "principals.role as person_role",
] as const;

const personQueries = ({ define }: Connection) => ({
  owner: define<Nothing, Row<PrincipalTable>>(({ db }) =>
    db.selectFrom("principals").selectAll().where("role", "=", "owner").orderBy("ordinal").limit(1),
  ),
  find: define<{ id: Principal["id"] }, Row<PrincipalTable>>(({ db, slot }) =>
    db.selectFrom("principals").selectAll().where("id", "=", slot.id),
  ),
  create: insertPerson(define),
  activate: define<{ id: Principal["id"] }, unknown>(({ db, slot }) =>
    db.updateTable("principals").set({ state: "active" }).where("id", "=", slot.id).where("state", "=", "invited"),
  ),
});

const tokenQueries = ({ define }: Connection) => ({
  create: define<TokenTable, unknown>(({ db, slot }) =>
    db.insertInto("tokens").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      role: slot.role,
      entry: slot.entry,
      verifier: slot.verifier,
      scopes: slot.scopes,
      integrity: slot.integrity,
      created_at: slot.created_at,
      expires_at: slot.expires_at,
      revoked_at: slot.revoked_at,
      last_used_at: slot.last_used_at,
      key: slot.key,
      made_with: slot.made_with,
      tokens_per_day: slot.tokens_per_day,
      money_per_day: slot.money_per_day,
    }),
  ),
  byVerifier: define<{ verifier: string }, WithPerson<TokenTable> & CoverColumns>(({ db, slot }) =>
    db
      .selectFrom("tokens")
      .innerJoin("principals", "principals.id", "tokens.owner_id")
      .leftJoin("roles", "roles.id", "principals.own_role_id")
      .selectAll("tokens")
      .select(personColumns)
      .select(coverColumns)
      .where("tokens.verifier", "=", slot.verifier)
      .where("principals.state", "=", "active"),
  ),
  list: define<Nothing, WithPerson<TokenTable>>(({ db, visible }) =>
    db
      .selectFrom("tokens")
      .innerJoin("principals", "principals.id", "tokens.owner_id")
      .selectAll("tokens")
      .select(personColumns)
      .where(visible("tokens"))
      .orderBy("tokens.created_at")
      .orderBy("tokens.id"),
  ),
  /** Its own row alone, if it is in force: nothing is made with what was revoked in between. */
  maker: define<{ id: TokenId }, { readonly id: TokenId }>(({ db, slot, visible }) =>
    db
      .selectFrom("tokens")
      .select("id")
      .where("id", "=", slot.id)
      .where("revoked_at", "is", null)
      .where(visible("tokens")),
  ),
  revoke: define<{ id: TokenId; at: Instant }, { readonly id: TokenId }>(({ db, slot, visible }) =>
    db
      .updateTable("tokens")
      .set({ revoked_at: sql`coalesce(revoked_at, ${slot.at})` })
      .where(
        sql<boolean>`id in (with recursive made(id) as (select t.id from tokens as t where t.id = ${slot.id} union select t.id from tokens as t join made on t.made_with = made.id) select id from made)`,
      )
      .where(visible("tokens"))
      .returning("id"),
  ),
  used: define<{ since: Instant; now: Instant; limit: number }, { readonly verifier: string }>(({ db, slot }) =>
    db
      .selectFrom("tokens")
      .innerJoin("principals", "principals.id", "tokens.owner_id")
      .select("tokens.verifier")
      .where("tokens.revoked_at", "is", null)
      .where("tokens.expires_at", ">", slot.now)
      .where("principals.state", "=", "active")
      .where("tokens.last_used_at", ">=", slot.since)
      .orderBy("tokens.last_used_at", "desc")
      .limit(slot.limit),
  ),
  touch: define<{ id: TokenId; at: Instant }, unknown>(({ db, slot }) =>
    db.updateTable("tokens").set({ last_used_at: slot.at }).where("id", "=", slot.id),
  ),
  endAll: define<OfPerson, { readonly id: TokenId }>(({ db, slot, visible }) =>
    db
      .updateTable("tokens")
      .set({ revoked_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("revoked_at", "is", null)
      .where(visible("tokens"))
      .returning("id"),
  ),
});

const sessionQueries = ({ define }: Connection) => ({
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
  endLinks: define<OfPerson, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("sign_in_links")
      .set({ used_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("used_at", "is", null)
      .where(visible("sign_in_links")),
  ),
  /** What was open for somebody who had not come yet opens nothing for somebody who has. */
  spendLinks: define<OfPerson, unknown>(({ db, slot }) =>
    db
      .updateTable("sign_in_links")
      .set({ used_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("used_at", "is", null),
  ),
  createLink: define<SignInLinkTable, unknown>(({ db, slot }) =>
    db.insertInto("sign_in_links").values({
      verifier: slot.verifier,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      strong: slot.strong,
      expires_at: slot.expires_at,
      used_at: slot.used_at,
    }),
  ),
  useLink: define<LinkUse, { readonly owner_id: Principal["id"] }>(({ db, slot }) =>
    db
      .updateTable("sign_in_links")
      .set({ used_at: slot.now })
      .where("verifier", "=", slot.verifier)
      .where("strong", ">=", slot.strength)
      .where("used_at", "is", null)
      .where("expires_at", ">", slot.now)
      // Who was only invited has proved nothing yet, and comes in by no strong link.
      .where(
        sql<boolean>`owner_id in (select p.id from principals as p where p.state = 'active' or (p.state = 'invited' and ${slot.strength} = 0))`,
      )
      .returning("owner_id"),
  ),
});

/**
 * People and how they sign in. Look-ups by verifier take no scope: they come before a principal is known. Whoever is not active comes
 * in by nothing; whoever was invited becomes active by their first link.
 */
export const identityRepository = (
  connection: Connection,
  sealer: ContentSealer,
  clock: ClockPort,
): ((gate: Gate) => IdentityRepository) => {
  const { personOf, tokenOf, sessionOf, ...entries } = readers(sealer);
  const people = personQueries(connection);
  const tokens = tokenQueries(connection);
  const sessions = sessionQueries(connection);
  const owned = (principal: Pick<Principal, "id" | "tenantId">) => ({
    tenant_id: principal.tenantId,
    owner_id: principal.id,
    audience: toJson<readonly Principal["id"][]>([]),
  });

  return (gate) => ({
    owner: () =>
      gate.read<Principal | null>(async () => {
        const row = await people.owner.one(null, {});
        return row === undefined ? ok(null) : personOf(row);
      }),
    createPerson: (principal) =>
      gate.write(async () => {
        const { id, kind, name, role } = principal;
        const entry = entries.people.seal(ofPerson(id), id, { name });
        if (!entry.ok) return entry;
        await people.create.run(null, {
          ...owned(principal),
          id,
          kind,
          entry: entry.value,
          role,
          own_role_id: null,
          state: "active",
          created_at: clock.now(),
        });
        return done;
      }),
    createToken: (scope, token) =>
      gate.write(async () => {
        const person = await people.find.one(null, { id: token.principal.id });
        if (
          person === undefined ||
          person.tenant_id !== token.principal.tenantId ||
          !(await connection.mayOwn(scope, person.tenant_id, person.id))
        ) {
          return notFound("person");
        }
        const { id, role, name, verifier, scopes, integrity, key, madeWith, createdAt, expiresAt } = token;
        if (madeWith !== null && (await tokens.maker.one(scope, { id: madeWith })) === undefined)
          return err(moltbotError("TOKEN_INVALID"));
        const entry = entries.tokens.seal(ofPerson(person.id), id, { name });
        if (!entry.ok) return entry;
        await tokens.create.run(null, {
          ...owned(token.principal),
          id,
          role,
          entry: entry.value,
          verifier,
          scopes: scopes === null ? null : toJson(scopes),
          integrity,
          created_at: createdAt,
          expires_at: expiresAt,
          revoked_at: token.revokedAt,
          last_used_at: token.lastUsedAt,
          key: key === null ? null : toJson(key),
          made_with: madeWith,
          tokens_per_day: token.tokensPerDay ?? null,
          money_per_day: token.moneyPerDay ?? null,
        });
        return done;
      }),
    touchToken: (id, at) =>
      gate.lightly(async () => {
        await tokens.touch.run(null, { id, at });
        return done;
      }),
    tokensUsed: (since, now, limit) =>
      gate.read(async () => ok((await tokens.used.all(null, { since, now, limit })).map(({ verifier }) => verifier))),
    tokenByVerifier: (verifier) =>
      gate.read<(StoredToken & RoleCover) | null>(async () => {
        const row = await tokens.byVerifier.one(null, { verifier });
        return row === undefined ? ok(null) : withCover(tokenOf(row), row);
      }),
    listTokens: (scope) => gate.read(async () => mapAll(await tokens.list.all(scope, {}), tokenOf)),
    revokeToken: (scope, id, at) =>
      gate.write(async () => {
        const revoked = (await tokens.revoke.all(scope, { id, at })).map((row) => row.id);
        return revoked.includes(id) ? ok(revoked) : notFound("token");
      }),
    createSession: (session) =>
      gate.write(async () => {
        const { id, verifier, createdAt, idleUntil, expiresAt, revokedAt, lastSeenAt } = session;
        await sessions.create.run(null, {
          ...owned(session.principal),
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
        await sessions.touch.run(null, { id, at, idle_until: idleUntil });
        return done;
      }),
    listSessions: (scope, now) =>
      gate.read(async () => ok((await sessions.list.all(scope, { person: scope.principalId, now })).map(factsOf))),
    endSession: (scope, id, at) =>
      gate.write(async () =>
        (await sessions.end.run(scope, { id, person: scope.principalId, at })) === 1 ? done : notFound("session"),
      ),
    endAll: (scope, person, at) =>
      gate.write(async () => {
        const ended = [
          ...(await sessions.endAll.all(scope, { person, at })),
          ...(await tokens.endAll.all(scope, { person, at })),
        ];
        await sessions.endLinks.run(scope, { person, at });
        return ok(ended.map(({ id }) => id));
      }),
    sessionByVerifier: (verifier) =>
      gate.read<(StoredSession & RoleCover) | null>(async () => {
        const row = await sessions.byVerifier.one(null, { verifier });
        return row === undefined ? ok(null) : withCover(sessionOf(row), row);
      }),
    revokeSession: (id, at) =>
      gate.write(async () => ((await sessions.revoke.run(null, { id, at })) === 1 ? done : notFound("session"))),
    createSignInLink: (link) =>
      gate.write(async () => {
        const person = await people.find.one(null, { id: link.principalId });
        if (person === undefined) return notFound("person");
        await sessions.createLink.run(null, {
          ...owned({ id: person.id, tenantId: person.tenant_id }),
          verifier: link.verifier,
          strong: link.strong ? 1 : 0,
          expires_at: link.expiresAt,
          used_at: link.usedAt,
        });
        return done;
      }),
    useSignInLink: (verifier, now, needs) =>
      gate.write<LinkHolder | null>(async () => {
        const used = await sessions.useLink.one(null, { verifier, now, strength: needs === "strong" ? 1 : 0 });
        const person = used === undefined ? undefined : await people.find.one(null, { id: used.owner_id });
        if (person === undefined) return ok(null);
        const holder = personOf(person);
        if ((await people.activate.run(null, { id: person.id })) !== 1) return holder;
        await sessions.spendLinks.run(null, { person: person.id, at: now });
        return holder.ok ? ok({ ...holder.value, arrived: true }) : holder;
      }),
  });
};
