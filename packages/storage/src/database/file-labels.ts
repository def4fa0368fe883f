import { done, joinAll, joinLabels, ok } from "@moltbot/contracts";
import type { Digest, FileLabelRepository, PrincipalId, TenantId } from "@moltbot/contracts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { FileLabelTable, Row } from "./schema.ts";

type Labelled = Pick<Row<FileLabelTable>, "label">;

const queries = ({ define }: Connection) => ({
  own: define<{ tenant: TenantId; owner: PrincipalId; content: Digest }, Labelled>(({ db, slot }) =>
    db
      .selectFrom("file_labels")
      .select("label")
      .where("tenant_id", "=", slot.tenant)
      .where("owner_id", "=", slot.owner)
      .where("content", "=", slot.content),
  ),
  keep: define<FileLabelTable, unknown>(({ db, slot }) =>
    db
      .insertInto("file_labels")
      .values({
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        content: slot.content,
        label: slot.label,
      })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "owner_id", "content"]).doUpdateSet({ label: slot.label }),
      ),
  ),
  find: define<{ content: Digest }, Labelled>(({ db, slot, visible }) =>
    db.selectFrom("file_labels").select("label").where("content", "=", slot.content).where(visible("file_labels")),
  ),
});

/**
 * Labels of files, one per content and person. Keeping a content again joins: the same bytes from two origins are as trusted
 * as the worse one, so nobody launders a text by writing it once more.
 */
export const fileLabelRepository = (connection: Connection): ((gate: Gate) => FileLabelRepository) => {
  const query = queries(connection);
  return (gate) => ({
    keep: (scope, content, label) =>
      gate.write(() => {
        const owner = { tenant: scope.tenantId, owner: scope.principalId };
        if (!connection.mayOwn(scope, owner.tenant, owner.owner)) return notFound("owner");
        const known = query.own.one(null, { ...owner, content });
        query.keep.run(null, {
          tenant_id: owner.tenant,
          owner_id: owner.owner,
          audience: toJson([]),
          content,
          label: toJson(known === undefined ? label : joinLabels(fromJson(known.label), label)),
        });
        return done;
      }),
    find: (scope, content) =>
      gate.read(() => {
        const found = query.find.all(scope, { content }).map((row) => fromJson(row.label));
        return ok(found.length === 0 ? null : joinAll(found));
      }),
  });
};
