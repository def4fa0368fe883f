import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  IdentityRepository,
  Instant,
  Principal,
  Result,
  RoleCover,
  StoredToken,
  TokenId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { ownRow, personColumns } from "./known-person.ts";
import type { Named, OfPerson, PersonReader, WithPerson } from "./known-person.ts";
import { notFound } from "./ownership.ts";
import type { Query, SqlValue } from "./query.ts";
import { coverColumns, withCover } from "./role-cover.ts";
import type { CoverColumns } from "./role-cover.ts";
import { fromJson, toJson } from "./schema.ts";
import type { PrincipalTable, Row, TokenTable } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

type Nothing = Record<never, SqlValue>;

const queries = ({ define }: Connection) => ({
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
  /** Never back: a request signed for a time to come may be ahead of one that came later. */
  touch: define<{ id: TokenId; at: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("tokens")
      .set({ last_used_at: slot.at })
      .where("id", "=", slot.id)
      .where((row) => row.or([row("last_used_at", "is", null), row("last_used_at", "<", slot.at)])),
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

type Tokens = Pick<
  IdentityRepository,
  "createToken" | "touchToken" | "tokensUsed" | "tokenByVerifier" | "listTokens" | "revokeToken"
>;
/** The tokens of people, and the end of all that somebody has. */
export interface TokenStore {
  readonly through: (gate: Gate) => Tokens;
  readonly endAll: (scope: AccessScope, of: OfPerson) => Promise<readonly { readonly id: TokenId }[]>;
}

export const tokenStore = (
  connection: Connection,
  sealer: ContentSealer,
  { personBeside }: PersonReader,
  findPerson: Query<{ id: Principal["id"] }, Row<PrincipalTable>>,
): TokenStore => {
  const query = queries(connection);
  const entries = entriesOf<Named>(sealer, "tokens");
  const tokenOf = (row: WithPerson<TokenTable>): Result<StoredToken> => {
    const principal = personBeside(row);
    if (!principal.ok) return principal;
    const entry = entries.open(ofPerson(row.owner_id), row.id, row.entry);
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

  const through = (gate: Gate): Tokens => ({
    createToken: (scope, token) =>
      gate.write(async () => {
        const person = await findPerson.one(null, { id: token.principal.id });
        if (
          person === undefined ||
          person.tenant_id !== token.principal.tenantId ||
          !(await connection.mayOwn(scope, person.tenant_id, person.id))
        ) {
          return notFound("person");
        }
        const { id, role, name, verifier, scopes, integrity, key, madeWith, createdAt, expiresAt } = token;
        if (madeWith !== null && (await query.maker.one(scope, { id: madeWith })) === undefined)
          return err(moltbotError("TOKEN_INVALID"));
        const entry = entries.seal(ofPerson(person.id), id, { name });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          ...ownRow(token.principal),
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
        await query.touch.run(null, { id, at });
        return done;
      }),
    tokensUsed: (since, now, limit) =>
      gate.read(async () => ok((await query.used.all(null, { since, now, limit })).map(({ verifier }) => verifier))),
    tokenByVerifier: (verifier) =>
      gate.read<(StoredToken & RoleCover) | null>(async () => {
        const row = await query.byVerifier.one(null, { verifier });
        return row === undefined ? ok(null) : withCover(tokenOf(row), row);
      }),
    listTokens: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), tokenOf)),
    revokeToken: (scope, id, at) =>
      gate.write(async () => {
        const revoked = (await query.revoke.all(scope, { id, at })).map((row) => row.id);
        return revoked.includes(id) ? ok(revoked) : notFound("token");
      }),
  });
  return { through, endAll: (scope, of) => query.endAll.all(scope, of) };
};
