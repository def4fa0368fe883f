import { done, ok } from "@moltbot/contracts";
import type { AccessScope, ConversationId, Message, MessageId, Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection, ConversationOwnership } from "./connection.ts";
import type { MessageTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofMessage } from "./subjects.ts";

/** What of a message is sealed. */
type Entry = Pick<Message, "parts" | "label" | "model">;

/** The nodes of the tree, as the conversation repository uses them inside its steps. */
export interface MessageQueries {
  find(scope: AccessScope, id: MessageId): Promise<Row<MessageTable> | undefined>;
  /** From the oldest of the `limit` newest to `tip`. */
  path(scope: AccessScope, id: ConversationId, tip: MessageId, limit: number): Promise<readonly Row<MessageTable>[]>;
  /** Of every branch in the order of their ids, behind `after`. */
  ofConversation(
    scope: AccessScope,
    id: ConversationId,
    after: string,
    limit: number,
  ): Promise<readonly Row<MessageTable>[]>;
  insert(owner: ConversationOwnership, message: Message): Promise<Result<void>>;
  open(row: Row<MessageTable>): Result<Message>;
  /** Writes the message's entry and state over those of its row: nothing of what stood there stays in it. */
  replace(scope: AccessScope, row: Row<MessageTable>, message: Message): Promise<Result<Message>>;
}

/** Opens a message's row. */
export const messageOf = (sealer: ContentSealer): ((row: Row<MessageTable>) => Result<Message>) => {
  const entries = entriesOf<Entry>(sealer, "messages");
  return (row) => {
    const entry = entries.open(ofMessage(row.conversation_id, row.owner_id, row), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      conversationId: row.conversation_id,
      parentId: row.parent_id,
      role: row.role,
      author: row.author,
      turnId: row.turn_id,
      ...entry.value,
      state: row.state,
      createdAt: row.created_at,
    });
  };
};

const replaceQuery = ({ define }: Connection) =>
  define<Pick<MessageTable, "id" | "entry" | "state">, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("messages")
      .set({ entry: slot.entry, state: slot.state })
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
      entry: slot.entry,
      state: slot.state,
      created_at: slot.created_at,
    }),
  );

interface Walk {
  readonly conversation: ConversationId;
  readonly tip: MessageId;
  readonly limit: number;
}

const pathQuery = ({ define }: Connection) =>
  define<Walk, Row<MessageTable>>(({ db, slot, visible, dialect }) => {
    // Each step goes from a message to its parent by the parent's id, never through all of the conversation.
    const home = dialect.inMemory(sql.ref<ConversationId>("messages.conversation_id"));
    return db
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
              .where(home, "=", slot.conversation)
              .where(visible("messages")),
          ),
      )
      .selectFrom("walk")
      .innerJoin("messages", "messages.id", "walk.id")
      .selectAll("messages")
      .orderBy("walk.depth", "desc");
  });

/** Prepares the statements on messages. */
export const messageQueries = (connection: Connection, sealer: ContentSealer): MessageQueries => {
  const insert = insertQuery(connection);
  const path = pathQuery(connection);
  const replace = replaceQuery(connection);
  const find = connection.define<{ id: MessageId }, Row<MessageTable>>(({ db, slot, visible }) =>
    db.selectFrom("messages").selectAll().where("id", "=", slot.id).where(visible("messages")),
  );

  const entries = entriesOf<Entry>(sealer, "messages");
  const seal = (message: Message, ownerId: string): Result<Uint8Array> => {
    const { parts, label, model } = message;
    return entries.seal(ofMessage(message.conversationId, ownerId, message), message.id, { parts, label, model });
  };

  const ofConversation = connection.define<
    { conversation: ConversationId; after: string; limit: number },
    Row<MessageTable>
  >(({ db, slot, visible }) =>
    db
      .selectFrom("messages")
      .selectAll()
      .where("conversation_id", "=", slot.conversation)
      .where("id", ">", sql<MessageId>`${slot.after}`)
      .where(visible("messages"))
      .orderBy("id")
      .limit(slot.limit),
  );

  return {
    find: (scope, id) => find.one(scope, { id }),
    ofConversation: (scope, conversation, after, limit) => ofConversation.all(scope, { conversation, after, limit }),
    path: (scope, conversation, tip, limit) => path.all(scope, { conversation, tip, limit }),
    insert: async (owner, message) => {
      const entry = seal(message, owner.owner_id);
      if (!entry.ok) return entry;
      await insert.run(null, {
        id: message.id,
        tenant_id: owner.tenant_id,
        owner_id: owner.owner_id,
        audience: owner.audience,
        conversation_id: message.conversationId,
        parent_id: message.parentId,
        role: message.role,
        author: message.author,
        turn_id: message.turnId,
        entry: entry.value,
        state: message.state,
        created_at: message.createdAt,
      });
      return done;
    },
    open: messageOf(sealer),
    replace: async (scope, row, message) => {
      const entry = seal(message, row.owner_id);
      if (!entry.ok) return entry;
      await replace.run(scope, { id: row.id, entry: entry.value, state: message.state });
      return ok(message);
    },
  };
};
