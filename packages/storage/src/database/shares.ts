import { ACCESS_RIGHTS, ok } from "@moltbot/contracts";
import type {
  AccessRight,
  AccessScope,
  Grantee,
  PrincipalId,
  Result,
  Share,
  ShareId,
  SharedObject,
  ShareRepository,
  TeamId,
  TenantId,
} from "@moltbot/contracts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { ShareTable } from "./people-schema.ts";
import { toJson } from "./schema.ts";
import type { AgentTable, Row } from "./schema.ts";

type Owner = Pick<Row<AgentTable>, "tenant_id" | "owner_id">;

const queries = ({ define }: Connection) => ({
  /** Whether the scope sees the object. */
  agent: define<{ id: SharedObject["id"] }, Owner>(({ db, slot, visible }) =>
    db.selectFrom("agents").select(["tenant_id", "owner_id"]).where("id", "=", slot.id).where(visible("agents")),
  ),
  agentOwner: define<{ id: SharedObject["id"] }, Owner>(({ db, slot }) =>
    db.selectFrom("agents").select(["tenant_id", "owner_id"]).where("id", "=", slot.id),
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
      })
      .onConflict((conflict) =>
        conflict.columns(["object_type", "object_id", "effect", "grantee_kind", "grantee_id"]).doUpdateSet({
          can_use: slot.can_use,
          can_edit: slot.can_edit,
          can_delete: slot.can_delete,
          shared_by: slot.shared_by,
          at: slot.at,
        }),
      )
      .returningAll(),
  ),
  remove: define<{ id: ShareId }, Row<ShareTable>>(({ db, slot, visible }) =>
    db.deleteFrom("shares").where("id", "=", slot.id).where(visible("shares")).returningAll(),
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
  object: { type: row.object_type, id: row.object_id },
  to: granteeOf(row),
  rights: ACCESS_RIGHTS.filter((right) => row[`can_${right}`] === 1),
  effect: row.effect,
  by: row.shared_by,
  at: row.at,
});

/** What is shared with whom, and what is kept from whom; a share is of whoever owns the object. */
export const shareRepository = (connection: Connection): ((gate: Gate) => ShareRepository) => {
  const query = queries(connection);

  /** The object's owner, for a scope that may share it: nobody else may, however much they were given. */
  const ownerFor = async (scope: AccessScope, { id }: SharedObject): Promise<Owner | undefined> => {
    const owner = await query.agentOwner.one(null, { id });
    if (owner === undefined) return undefined;
    return (await connection.mayOwn(scope, owner.tenant_id, owner.owner_id)) ? owner : undefined;
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
    ofObject: (scope, { type, id }) =>
      gate.read(async () => {
        if ((await query.agent.one(scope, { id })) === undefined) return notFound(type);
        return ok((await query.ofObject.all(null, { object_type: type, object_id: id })).map(shareOf));
      }),
    list: (scope) => gate.read(async () => ok((await query.list.all(scope, {})).map(shareOf))),
    set: (scope, share) =>
      gate.write(async () => {
        const owner = await ownerFor(scope, share.object);
        if (owner === undefined) return notFound(share.object.type);
        const grantee = await granteeIn(owner.tenant_id, share.to);
        if (grantee === undefined) return notFound(share.to.kind);
        return found(
          await query.set.one(null, {
            id: share.id,
            ...owner,
            audience: toJson([]),
            object_type: share.object.type,
            object_id: share.object.id,
            effect: share.effect,
            grantee_kind: share.to.kind,
            grantee_id: grantee,
            can_use: flag(share, "use"),
            can_edit: flag(share, "edit"),
            can_delete: flag(share, "delete"),
            shared_by: share.by,
            at: share.at,
          }),
        );
      }),
    find: (scope, id) => gate.read(async () => found(await query.find.one(scope, { id }))),
    remove: (scope, id) => gate.write(async () => found(await query.remove.one(scope, { id }))),
  });
};
