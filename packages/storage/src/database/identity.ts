import { done, ok } from "@moltbot/contracts";
import type { ClockPort, IdentityRepository, Principal } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { insertPerson } from "./insert-person.ts";
import { ownRow, personReader } from "./known-person.ts";
import type { SqlValue } from "./query.ts";
import type { PrincipalTable, Row } from "./schema.ts";
import { sessionStore } from "./sessions.ts";
import { signInLinkStore } from "./sign-in-links.ts";
import { ofPerson } from "./subjects.ts";
import { tokenStore } from "./tokens.ts";

type Nothing = Record<never, SqlValue>;

const queries = ({ define }: Connection) => ({
  owner: define<Nothing, Row<PrincipalTable>>(({ db }) =>
    db.selectFrom("principals").selectAll().where("role", "=", "owner").orderBy("ordinal").limit(1),
  ),
  find: define<{ id: Principal["id"] }, Row<PrincipalTable>>(({ db, slot }) =>
    db.selectFrom("principals").selectAll().where("id", "=", slot.id),
  ),
  create: insertPerson(define),
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
  const people = queries(connection);
  const reader = personReader(sealer);
  const { entries, personOf } = reader;
  const tokens = tokenStore(connection, sealer, reader, people.find);
  const sessions = sessionStore(connection, reader);
  const links = signInLinkStore(connection, reader, people.find);

  return (gate) => ({
    ...tokens.through(gate),
    ...sessions.through(gate),
    ...links.through(gate),
    owner: () =>
      gate.read<Principal | null>(async () => {
        const row = await people.owner.one(null, {});
        return row === undefined ? ok(null) : personOf(row);
      }),
    createPerson: (principal) =>
      gate.write(async () => {
        const { id, kind, name, role } = principal;
        const entry = entries.seal(ofPerson(id), id, { name });
        if (!entry.ok) return entry;
        await people.create.run(null, {
          ...ownRow(principal),
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
    endAll: (scope, person, at) =>
      gate.write(async () => {
        const ended = [
          ...(await sessions.endAll(scope, { person, at })),
          ...(await tokens.endAll(scope, { person, at })),
        ];
        await links.endAll(scope, { person, at });
        return ok(ended.map(({ id }) => id));
      }),
  });
};
