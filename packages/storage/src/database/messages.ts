import { done, ok } from "@moltbot/contracts";
import type { AccessScope, ConversationId, Message, MessageId, MessagePart, Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection, ConversationOwnership } from "./connection.ts";
import { fromJson, toJson } from "./schema.ts";
import type { JsonText, MessageTable, Row } from "./schema.ts";
import { ofConversation } from "./subjects.ts";

/** The nodes of the tree, as the conversation repository uses them inside its steps. */
export interface MessageQueries {
  find(scope: AccessScope, id: MessageId): Row<MessageTable> | undefined;
  /** From the oldest of the `limit` newest to `tip`. */
  path(scope: AccessScope, id: ConversationId, tip: MessageId, limit: number): readonly Row<MessageTable>[];
  insert(owner: ConversationOwnership, message: Message): Result<void>;
  open(row: Row<MessageTable>): Result<Message>;
  /** Writes the message's parts, label and state over those of its row: nothing of what stood there stays in it. */
  replace(scope: AccessScope, row: Row<MessageTable>, message: Message): Result<Message>;
}

/** Opens a message's row. */
export const messageOf =
  (sealer: ContentSealer) =>
  (row: Row<MessageTable>): Result<Message> => {
    const parts = sealer.open(ofConversation(row.conversation_id, row.owner_id), row.id, row.parts);
    if (!parts.ok) return parts;
    return ok({
      id: row.id,
      conversationId: row.conversation_id,
      parentId: row.parent_id,
      role: row.role,
      author: row.author,
      turnId: row.turn_id,
      parts: fromJson(parts.value as JsonText<readonly MessagePart[]>), // sealed by insert or replace under this row's id
      label: fromJson(row.label),
      state: row.state,
      model: fromJson(row.model),
      createdAt: row.created_at,
    });
  };

const replaceQuery = ({ define }: Connection) =>
  define<Pick<MessageTable, "id" | "parts" | "label" | "state">, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("messages")
      .set({ parts: slot.parts, label: slot.label, state: slot.state })
      .where("id", "=", slot.id)
      .where(visible("messages")),
  );

const insertQuery = ({ define }: Connection) =>
  define<MessageTable, unknown>(({ db, slot }) =>
    db.insertInto("messages").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      conversation_id: slot.conversation_id,
      parent_id: slot.parent_id,
      role: slot.role,
      author: slot.author,
      turn_id: slot.turn_id,
      parts: slot.parts,
      label: slot.label,
      state: slot.state,
      model: slot.model,
      created_at: slot.created_at,
    }),
  );

const pathQuery = ({ define }: Connection) =>
  define<{ conversation: ConversationId; tip: MessageId; limit: number }, Row<MessageTable>>(({ db, slot, visible }) =>
    db
      .withRecursive("walk(id, parent_id, depth)", (walk) =>
        walk
          .selectFrom("messages")
          .select(["id", "parent_id", sql<number>`1`.as("depth")])
          .where("id", "=", slot.tip)
          .where("conversation_id", "=", slot.conversation)
          .where(visible("messages"))
          .unionAll((next) =>
            next
              .selectFrom("walk")
              .innerJoin("messages", "messages.id", "walk.parent_id")
              .select(["messages.id", "messages.parent_id", sql<number>`walk.depth + 1`.as("depth")])
              .where("walk.depth", "<", slot.limit)
              .where("messages.conversation_id", "=", slot.conversation)
              .where(visible("messages")),
          ),
      )
      .selectFrom("walk")
      .innerJoin("messages", "messages.id", "walk.id")
      .selectAll("messages")
      .orderBy("walk.depth", "desc"),
  );

/** Prepares the statements on messages. */
export const messageQueries = (connection: Connection, sealer: ContentSealer): MessageQueries => {
  const insert = insertQuery(connection);
  const path = pathQuery(connection);
  const replace = replaceQuery(connection);
  const find = connection.define<{ id: MessageId }, Row<MessageTable>>(({ db, slot, visible }) =>
    db.selectFrom("messages").selectAll().where("id", "=", slot.id).where(visible("messages")),
  );

  const seal = (message: Message, ownerId: string): Result<Uint8Array> =>
    sealer.seal(ofConversation(message.conversationId, ownerId), message.id, toJson(message.parts));

  return {
    find: (scope, id) => find.one(scope, { id }),
    path: (scope, conversation, tip, limit) => path.all(scope, { conversation, tip, limit }),
    insert: (owner, message) => {
      const parts = seal(message, owner.owner_id);
      if (!parts.ok) return parts;
      insert.run(null, {
        id: message.id,
        tenant_id: owner.tenant_id,
        owner_id: owner.owner_id,
        audience: owner.audience,
        conversation_id: message.conversationId,
        parent_id: message.parentId,
        role: message.role,
        author: message.author,
        turn_id: message.turnId,
        parts: parts.value,
        label: toJson(message.label),
        state: message.state,
        model: toJson(message.model),
        created_at: message.createdAt,
      });
      return done;
    },
    open: messageOf(sealer),
    replace: (scope, row, message) => {
      const parts = seal(message, row.owner_id);
      if (!parts.ok) return parts;
      replace.run(scope, { id: row.id, parts: parts.value, label: toJson(message.label), state: message.state });
      return ok(message);
    },
  };
};
