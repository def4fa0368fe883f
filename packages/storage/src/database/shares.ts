import { ACCESS_RIGHTS, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessRight,
  AccessScope,
  Grantee,
  MessageId,
  PrincipalId,
  Result,
  Share,
  ShareId,
  SharedObject,
  ShareRepository,
  TeamId,
  TenantId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { ShareTable } from "./people-schema.ts";
import { toJson } from "./schema.ts";
import type { AgentTable, Row } from "./schema.ts";
import type { Need } from "./visibility.ts";

type Owner = Pick<Row<AgentTable>, "tenant_id" | "owner_id">;
type ObjectTable = "agents" | "prompts" | "conversations";

/** Whose an object is that the database keeps, for a scope that sees it for this; for whoever asks where there is no need. */
const ownerIn = ({ define }: Connection, table: ObjectTable, need: Need | null) =>
  define<{ id: SharedObject["id"] }, Owner>(({ db, slot, visible }) => {
    const found = db
      .selectFrom(table)
      .select(["tenant_id", "owner_id"])
      .where("id", "=", sql<never>`${slot.id}`);
    return need === null ? found : found.where(visible(table, need));
  });
const ownersOf = (connection: Connection, table: ObjectTable) => ({
  seen: ownerIn(connection, table, "use"),
  whoever: ownerIn(connection, table, null),
});

const queries = ({ define }: Connection) => ({
  message: define<{ id: MessageId; conversation: SharedObject["id"] }, { readonly id: MessageId }>(({ db, slot }) =>
    db
      .selectFrom("messages")
      .select("id")
      .where("id", "=", slot.id)
      .where("conversation_id", "=", sql<never>`${slot.conversation}`),
  ),
  person: define<{ id: PrincipalId; tenant: TenantId }, { readonly id: PrincipalId }>(({ db, slot }) =>
    db
      .selectFrom("principals")
      .select("id")
      .where("id", "=", slot.id)
      .where("tenant_id", "=", slot.tenant)
      .where("kind", "=", "person")
      .where("state", "<>", "left"),
  ),
  team: define<{ id: TeamId; tenant: TenantId }, { readonly id: TeamId }>(({ db, slot }) =>
    db.selectFrom("teams").select("id").where("id", "=", slot.id).where("tenant_id", "=", slot.tenant),
  ),
  ofObject: define<Pick<ShareTable, "object_type" | "object_id">, Row<ShareTable>>(({ db, slot }) =>
    db
      .selectFrom("shares")
      .selectAll()
      .where("object_type", "=", slot.object_type)
      .where("object_id", "=", slot.object_id)
      .orderBy("at")
      .orderBy("id"),
  ),
  /** Of a secret, which the database does not know: what this owner shared of it. */
  ofOwner: define<Pick<ShareTable, "object_type" | "object_id">, Row<ShareTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("shares")
      .selectAll()
      .where("object_type", "=", slot.object_type)
      .where("object_id", "=", slot.object_id)
      .where(visible("shares"))
      .orderBy("at")
      .orderBy("id"),
  ),
  list: define<Record<never, never>, Row<ShareTable>>(({ db, visible }) =>
    db.selectFrom("shares").selectAll().where(visible("shares")).orderBy("at").orderBy("id"),
  ),
  find: define<{ id: ShareId }, Row<ShareTable>>(({ db, slot, visible }) =>
    db.selectFrom("shares").selectAll().where("id", "=", slot.id).where(visible("shares")),
  ),
  set: define<ShareTable, Row<ShareTable>>(({ db, slot }) =>
    db
      .insertInto("shares")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        object_type: slot.object_type,
        object_id: slot.object_id,
        effect: slot.effect,
        grantee_kind: slot.grantee_kind,
        grantee_id: slot.grantee_id,
        can_use: slot.can_use,
        can_edit: slot.can_edit,
        can_delete: slot.can_delete,
        shared_by: slot.shared_by,
        at: slot.at,
        up_to: slot.up_to,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["object_type", "object_id", "effect", "grantee_kind", "grantee_id"])
          .doUpdateSet({
            can_use: slot.can_use,
            can_edit: slot.can_edit,
            can_delete: slot.can_delete,
            shared_by: slot.shared_by,
            at: slot.at,
            up_to: slot.up_to,
          })
          // Of a secret the row that is there may be of somebody who only says that it is theirs.
          .where("shares.owner_id", "=", slot.owner_id),
      )
      .returningAll(),
  ),
  remove: define<{ id: ShareId }, Row<ShareTable>>(({ db, slot, visible }) =>
    db.deleteFrom("shares").where("id", "=", slot.id).where(visible("shares")).returningAll(),
  ),
  endAll: define<Pick<ShareTable, "object_type" | "object_id" | "owner_id">, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("shares")
      .where("object_type", "=", slot.object_type)
      .where("object_id", "=", slot.object_id)
      .where("owner_id", "=", slot.owner_id)
      .where(visible("shares")),
  ),
});

const granteeOf = ({ grantee_kind: kind, grantee_id: id }: Row<ShareTable>): Grantee => {
  switch (kind) {
    case "person":
      return { kind, id: id as PrincipalId }; // the kind beside it says so
    case "team":
      return { kind, id: id as TeamId }; // the kind beside it says so
    case "everyone":
      return { kind };
  }
};

const shareOf = (row: Row<ShareTable>): Share => ({
  id: row.id,
  object: { type: row.object_type, id: row.object_id } as SharedObject, // the type beside the id says which it is
  to: granteeOf(row),
  rights: ACCESS_RIGHTS.filter((right) => row[`can_${right}`] === 1),
  effect: row.effect,
  upTo: row.up_to,
  by: row.shared_by,
  at: row.at,
});

const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path, problem }));

/** Whether something of this kind is shared in this way at all. */
const shareable = ({ object, to, rights, effect, upTo }: Share): Result<void> => {
  if (object.type !== "conversation")
    return upTo === null ? done : invalid("upTo", "only a conversation is shared as far as a message");
  if (upTo === null) return invalid("upTo", "a conversation is shared as far as a message");
  if (to.kind !== "person") return invalid("to", "a conversation is shared with persons, one by one");
  if (effect !== "allow")
    return invalid("effect", "a conversation is nobody's until it is shared: end the share instead");
  return rights.length === 1 && rights[0] === "use" ? done : invalid("rights", "a conversation is shared to be read");
};

/** What is shared with whom, and what is kept from whom; a share is of whoever owns the object. */
export const shareRepository = (connection: Connection): ((gate: Gate) => ShareRepository) => {
  const query = queries(connection);

  const owners = {
    agent: ownersOf(connection, "agents"),
    prompt: ownersOf(connection, "prompts"),
    conversation: ownersOf(connection, "conversations"),
  };
  /** Whether a conversation was released to the scope. */
  const released = ownerIn(connection, "conversations", "reading");

  /** The object's owner, for a scope that may share it: nobody else may, however much they were given. */
  const ownerFor = async (scope: AccessScope, { type, id }: SharedObject): Promise<Owner | undefined> => {
    const { tenantId, principalId } = scope;
    const owner =
      type === "secret" ? { tenant_id: tenantId, owner_id: principalId } : await owners[type].whoever.one(null, { id });
    if (owner === undefined) return undefined;
    return (await connection.mayOwn(scope, owner.tenant_id, owner.owner_id)) ? owner : undefined;
  };
  /** The rows that the scope may know of; undefined where it sees no such thing. */
  const rowsOf = async (
    scope: AccessScope,
    { type, id }: SharedObject,
  ): Promise<readonly Row<ShareTable>[] | undefined> => {
    const object = { object_type: type, object_id: id };
    if (type === "secret") return query.ofOwner.all(scope, object);
    const owner = await owners[type].seen.one(scope, { id });
    if (type !== "conversation") return owner === undefined ? undefined : query.ofObject.all(null, object);
    if (owner !== undefined && (await connection.mayOwn(scope, owner.tenant_id, owner.owner_id)))
      return query.ofObject.all(null, object);
    // With whom else it is shared is for its owner to know.
    if (owner === undefined && (await released.one(scope, { id })) === undefined) return undefined;
    return (await query.ofObject.all(null, object)).filter(({ grantee_id: to }) => to === scope.principalId);
  };
  /** The id that a grantee has in the table; a person or team of another tenant is none. */
  const granteeIn = async (tenant: TenantId, to: Grantee): Promise<ShareTable["grantee_id"] | undefined> => {
    switch (to.kind) {
      case "person":
        return (await query.person.one(null, { id: to.id, tenant }))?.id;
      case "team":
        return (await query.team.one(null, { id: to.id, tenant }))?.id;
      case "everyone":
        return tenant;
    }
  };
  const flag = (share: Share, right: AccessRight): 0 | 1 => (share.rights.includes(right) ? 1 : 0);
  const found = (row: Row<ShareTable> | undefined): Result<Share> =>
    row === undefined ? notFound("share") : ok(shareOf(row));

  return (gate) => ({
    ofObject: (scope, object) =>
      gate.read(async () => {
        const rows = await rowsOf(scope, object);
        return rows === undefined ? notFound(object.type) : ok(rows.map(shareOf));
      }),
    list: (scope) => gate.read(async () => ok((await query.list.all(scope, {})).map(shareOf))),
    set: (scope, share) =>
      gate.write(async () => {
        const { object, upTo } = share;
        const owner = await ownerFor(scope, object);
        if (owner === undefined) return notFound(object.type);
        const fits = shareable(share);
        if (!fits.ok) return fits;
        if (upTo !== null && (await query.message.one(null, { id: upTo, conversation: object.id })) === undefined)
          return notFound("message");
        const grantee = await granteeIn(owner.tenant_id, share.to);
        if (grantee === undefined) return notFound(share.to.kind);
        const row = await query.set.one(null, {
          id: share.id,
          ...owner,
          audience: toJson([]),
          object_type: object.type,
          object_id: object.id,
          effect: share.effect,
          grantee_kind: share.to.kind,
          grantee_id: grantee,
          can_use: flag(share, "use"),
          can_edit: flag(share, "edit"),
          can_delete: flag(share, "delete"),
          shared_by: share.by,
          at: share.at,
          up_to: upTo,
        });
        return row === undefined ? err(moltbotError("CONFLICT", { kind: "share" })) : ok(shareOf(row));
      }),
    find: (scope, id) => gate.read(async () => found(await query.find.one(scope, { id }))),
    remove: (scope, id) => gate.write(async () => found(await query.remove.one(scope, { id }))),
    endAll: (scope, { type, id }) =>
      gate.write(async () =>
        ok(await query.endAll.run(scope, { object_type: type, object_id: id, owner_id: scope.principalId })),
      ),
  });
};
