import { ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Attachment,
  AttachmentId,
  AttachmentRepository,
  ConversationId,
  PrincipalId,
  Result,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { AttachmentTable } from "./privacy-schema.ts";
import type { JsonText, Row } from "./schema.ts";
import { ofAttachment } from "./subjects.ts";

/** What of an attachment is sealed. */
type Entry = Pick<Attachment, "name" | "mediaType" | "label">;

const queries = ({ define }: Connection) => ({
  create: define<AttachmentTable, unknown>(({ db, slot }) =>
    db
      .insertInto("attachments")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        conversation_id: slot.conversation_id,
        address: slot.address,
        bytes: slot.bytes,
        entry: slot.entry,
        created_at: slot.created_at,
      })
      .onConflict((conflict) => conflict.columns(["conversation_id", "address"]).doNothing()),
  ),
  at: define<{ conversation: ConversationId; address: string }, Row<AttachmentTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("attachments")
      .selectAll()
      .where("conversation_id", "=", slot.conversation)
      .where("address", "=", slot.address)
      .where(visible("attachments")),
  ),
  find: define<{ id: AttachmentId }, Row<AttachmentTable>>(({ db, slot, visible }) =>
    db.selectFrom("attachments").selectAll().where("id", "=", slot.id).where(visible("attachments")),
  ),
  ofConversation: define<{ conversation: ConversationId }, Row<AttachmentTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("attachments")
      .selectAll()
      .where("conversation_id", "=", slot.conversation)
      .where(visible("attachments"))
      .orderBy("id"),
  ),
  remove: define<{ id: AttachmentId }, Pick<AttachmentTable, "address">>(({ db, slot, visible }) =>
    db.deleteFrom("attachments").where("id", "=", slot.id).where(visible("attachments")).returning("address"),
  ),
  elsewhere: define<{ address: string }, { readonly count: number }>(({ db, slot }) =>
    db
      .selectFrom("attachments")
      .select(sql<number>`count(*)`.as("count"))
      .where("address", "=", slot.address),
  ),
  total: define<{ owner: PrincipalId }, { readonly total: number | null }>(({ db, slot, visible }) =>
    db
      .selectFrom("attachments")
      .select(sql<number | null>`sum(bytes)`.as("total"))
      .where("owner_id", "=", slot.owner)
      .where(visible("attachments")),
  ),
});

/** Where attachments lie that a row knows; what lies elsewhere was left by a crash. */
export const attachmentAddresses = ({ define }: Connection, gate: Gate): (() => Promise<Result<readonly string[]>>) => {
  const all = define<Record<never, never>, Pick<AttachmentTable, "address">>(({ db }) =>
    db.selectFrom("attachments").select("address").distinct(),
  );
  return () => gate.read(async () => ok((await all.all(null, {})).map(({ address }) => address)));
};

/** Files of conversations. Name, media type and label are sealed as the content is, so that nothing of them outlives its keys. */
export const attachmentRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => AttachmentRepository) => {
  const query = queries(connection);

  const attachmentOf = (row: Row<AttachmentTable>): Result<Attachment> => {
    const owner = { id: row.id, conversationId: row.conversation_id, ownerId: row.owner_id };
    const entry = sealer.open(ofAttachment(owner), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      ...owner,
      ...fromJson(entry.value as JsonText<Entry>), // sealed by create under this row's id
      bytes: row.bytes,
      createdAt: row.created_at,
    });
  };

  /** With what the row is; NOT_FOUND without one. */
  const create = async (scope: AccessScope, attachment: Attachment, address: string): Promise<Result<Attachment>> => {
    const owner = await connection.ownership(scope, attachment.conversationId);
    if (owner === undefined || owner.owner_id !== attachment.ownerId) return notFound("conversation");
    // Who was only let in puts nothing there in its owner's name.
    if (!(await connection.mayOwn(scope, owner.tenant_id, owner.owner_id))) return notFound("conversation");
    const known = await query.at.one(scope, { conversation: attachment.conversationId, address });
    if (known !== undefined) return attachmentOf(known);
    const entry: Entry = { name: attachment.name, mediaType: attachment.mediaType, label: attachment.label };
    const sealed = sealer.seal(ofAttachment(attachment), attachment.id, toJson(entry));
    if (!sealed.ok) return sealed;
    await query.create.run(null, {
      ...owner,
      id: attachment.id,
      conversation_id: attachment.conversationId,
      address,
      bytes: attachment.bytes,
      entry: sealed.value,
      created_at: attachment.createdAt,
    });
    const stored = await query.at.one(scope, { conversation: attachment.conversationId, address });
    return stored === undefined ? notFound("attachment") : attachmentOf(stored);
  };

  return (gate) => ({
    create: (scope, attachment, address) => gate.write(() => create(scope, attachment, address)),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        if (row === undefined) return notFound("attachment");
        const attachment = attachmentOf(row);
        return attachment.ok ? ok({ attachment: attachment.value, address: row.address }) : attachment;
      }),
    ofConversation: (scope, conversation) =>
      gate.read(async () => mapAll(await query.ofConversation.all(scope, { conversation }), attachmentOf)),
    remove: (scope, id) =>
      gate.write(async () => {
        const found = await query.find.one(scope, { id });
        if (found === undefined || !(await connection.mayOwn(scope, found.tenant_id, found.owner_id)))
          return notFound("attachment");
        const removed = await query.remove.one(scope, { id });
        if (removed === undefined) return notFound("attachment");
        const left = Number((await query.elsewhere.one(null, { address: removed.address }))?.count ?? 0);
        return ok(left === 0 ? removed.address : null);
      }),
    total: (scope) =>
      gate.read(async () => ok(Number((await query.total.one(scope, { owner: scope.principalId }))?.total ?? 0))),
  });
};
