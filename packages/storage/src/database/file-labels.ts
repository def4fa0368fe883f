import { done, err, joinAll, joinLabels, ok } from "@moltbot/contracts";
import type { AccessScope, Digest, FileLabelRepository, Label, PrincipalId, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { toJson } from "./schema.ts";
import type { FileLabelTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/** What of a kept label is sealed. */
interface Entry {
  readonly content: Digest;
  readonly label: Label;
}
type Labelled = Pick<Row<FileLabelTable>, "owner_id" | "content" | "entry">;

const TABLE = "file_labels";
/** What the MAC of a content's digest is for. */
export const FILE_PURPOSE = "file content";

const queries = ({ define }: Connection) => ({
  own: define<Pick<FileLabelTable, "tenant_id" | "owner_id" | "content">, Labelled>(({ db, slot }) =>
    db
      .selectFrom("file_labels")
      .select(["owner_id", "content", "entry"])
      .where("tenant_id", "=", slot.tenant_id)
      .where("owner_id", "=", slot.owner_id)
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
        entry: slot.entry,
      })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "owner_id", "content"]).doUpdateSet({ entry: slot.entry }),
      ),
  ),
  owners: define<Record<never, never>, Pick<FileLabelTable, "owner_id">>(({ db, visible }) =>
    db.selectFrom("file_labels").select("owner_id").distinct().where(visible("file_labels")),
  ),
  find: define<Pick<FileLabelTable, "owner_id" | "content">, Labelled>(({ db, slot, visible }) =>
    db
      .selectFrom("file_labels")
      .select(["owner_id", "content", "entry"])
      .where("owner_id", "=", slot.owner_id)
      .where("content", "=", slot.content)
      .where(visible("file_labels")),
  ),
});

/** Opens a row: which content it is about, and its label. */
export const fileOf = (sealer: ContentSealer): ((row: Labelled) => Result<Entry>) => {
  const entries = entriesOf<Entry>(sealer, TABLE);
  return (row) => entries.open(ofPerson(row.owner_id), row.content, row.entry);
};

/** Opens a row's label. */
export const fileLabelOf = (sealer: ContentSealer): ((row: Labelled) => Result<Label>) => {
  const open = fileOf(sealer);
  return (row) => {
    const entry = open(row);
    return entry.ok ? ok(entry.value.label) : entry;
  };
};

/**
 * Labels of files, one per content and person. Keeping a content again joins: the same bytes from two origins are as trusted
 * as the worse one, so nobody launders a text by writing it once more. A content is found by a MAC of its digest under its
 * person's key, so whoever reads the database cannot try out which files a person has.
 */
export const fileLabelRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => FileLabelRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Entry>(sealer, TABLE);
  const labelOf = fileLabelOf(sealer);

  const macOf = (owner: PrincipalId, content: Digest): Result<string> =>
    sealer.mac(ofPerson(owner), FILE_PURPOSE, content);
  /** A label has no audience: as oneself one sees one's own. */
  const ownersOf = async (scope: AccessScope): Promise<readonly PrincipalId[]> =>
    scope.reach === "own" ? [scope.principalId] : (await query.owners.all(scope, {})).map(({ owner_id }) => owner_id);

  return (gate) => ({
    keep: (scope, content, label) =>
      gate.write(async () => {
        const { tenantId, principalId: owner } = scope;
        if (!(await connection.mayOwn(scope, tenantId, owner))) return notFound("owner");
        const ready = sealer.prepare(ofPerson(owner));
        if (!ready.ok) return ready;
        const mac = macOf(owner, content);
        if (!mac.ok) return mac;
        const row = { tenant_id: tenantId, owner_id: owner, content: mac.value };
        const known = await query.own.one(null, row);
        const before = known === undefined ? ok(null) : labelOf(known);
        if (!before.ok) return err(before.error);
        const kept = { content, label: before.value === null ? label : joinLabels(before.value, label) };
        const entry = entries.seal(ofPerson(owner), mac.value, kept);
        if (!entry.ok) return entry;
        await query.keep.run(null, { ...row, audience: toJson([]), entry: entry.value });
        return done;
      }),
    find: (scope, content) =>
      gate.read<Label | null>(async () => {
        const rows: Labelled[] = [];
        for (const owner of await ownersOf(scope)) {
          const mac = macOf(owner, content);
          // Who has no key has no file that could be known.
          if (mac.ok) rows.push(...(await query.find.all(scope, { owner_id: owner, content: mac.value })));
        }
        const labels = mapAll(rows, labelOf);
        if (!labels.ok) return labels;
        return ok(labels.value.length === 0 ? null : joinAll(labels.value));
      }),
  });
};
