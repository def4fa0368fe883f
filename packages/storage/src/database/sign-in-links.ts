import { done, ok } from "@moltbot/contracts";
import type { AccessScope, IdentityRepository, Instant, LinkHolder, Principal } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { ownRow } from "./known-person.ts";
import type { OfPerson, PersonReader } from "./known-person.ts";
import { notFound } from "./ownership.ts";
import type { Query } from "./query.ts";
import type { PrincipalTable, Row, SignInLinkTable } from "./schema.ts";

/** `strength`: the least that the link must have. */
interface LinkUse {
  readonly verifier: string;
  readonly now: Instant;
  readonly strength: SignInLinkTable["strong"];
}

const queries = ({ define }: Connection) => ({
  activate: define<{ id: Principal["id"] }, unknown>(({ db, slot }) =>
    db.updateTable("principals").set({ state: "active" }).where("id", "=", slot.id).where("state", "=", "invited"),
  ),
  endAll: define<OfPerson, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("sign_in_links")
      .set({ used_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("used_at", "is", null)
      .where(visible("sign_in_links")),
  ),
  /** What was open for somebody who had not come yet opens nothing for somebody who has. */
  spend: define<OfPerson, unknown>(({ db, slot }) =>
    db
      .updateTable("sign_in_links")
      .set({ used_at: slot.at })
      .where("owner_id", "=", slot.person)
      .where("used_at", "is", null),
  ),
  create: define<SignInLinkTable, unknown>(({ db, slot }) =>
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
  use: define<LinkUse, { readonly owner_id: Principal["id"] }>(({ db, slot }) =>
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

type Links = Pick<IdentityRepository, "createSignInLink" | "useSignInLink">;
/** The links by which people come in, and the end of all that are open for somebody. */
export interface SignInLinkStore {
  readonly through: (gate: Gate) => Links;
  readonly endAll: (scope: AccessScope, of: OfPerson) => Promise<unknown>;
}

export const signInLinkStore = (
  connection: Connection,
  { personOf }: PersonReader,
  findPerson: Query<{ id: Principal["id"] }, Row<PrincipalTable>>,
): SignInLinkStore => {
  const query = queries(connection);
  const through = (gate: Gate): Links => ({
    createSignInLink: (link) =>
      gate.write(async () => {
        const person = await findPerson.one(null, { id: link.principalId });
        if (person === undefined) return notFound("person");
        await query.create.run(null, {
          ...ownRow({ id: person.id, tenantId: person.tenant_id }),
          verifier: link.verifier,
          strong: link.strong ? 1 : 0,
          expires_at: link.expiresAt,
          used_at: link.usedAt,
        });
        return done;
      }),
    useSignInLink: (verifier, now, needs) =>
      gate.write<LinkHolder | null>(async () => {
        const used = await query.use.one(null, { verifier, now, strength: needs === "strong" ? 1 : 0 });
        const person = used === undefined ? undefined : await findPerson.one(null, { id: used.owner_id });
        if (person === undefined) return ok(null);
        const holder = personOf(person);
        if ((await query.activate.run(null, { id: person.id })) !== 1) return holder;
        await query.spend.run(null, { person: person.id, at: now });
        return holder.ok ? ok({ ...holder.value, arrived: true }) : holder;
      }),
  });
  return { through, endAll: (scope, of) => query.endAll.run(scope, of) };
};
