import { done, err, label, moltbotError, ok } from "@moltbot/contracts";
import type {
  AgentId,
  Conversation,
  ConversationId,
  ConversationRepository,
  Instant,
  MessageId,
  PrincipalId,
  Result,
} from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { messageQueries } from "./messages.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ConversationTable, JsonText, Row } from "./schema.ts";
import { ofConversation } from "./subjects.ts";

const queries = ({ define }: Connection) => ({
  create: define<ConversationTable, unknown>(({ db, slot }) =>
    db.insertInto("conversations").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      agent_id: slot.agent_id,
      title: slot.title,
      heads: slot.heads,
      active_head: slot.active_head,
      created_at: slot.created_at,
      updated_at: slot.updated_at,
    }),
  ),
  find: define<{ id: ConversationId }, Row<ConversationTable>>(({ db, slot, visible }) =>
    db.selectFrom("conversations").selectAll().where("id", "=", slot.id).where(visible("conversations")),
  ),
  latest: define<{ owner: PrincipalId; agent: AgentId }, Row<ConversationTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("conversations")
      .selectAll()
      .where("owner_id", "=", slot.owner)
      .where("agent_id", "=", slot.agent)
      .where(visible("conversations"))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(1),
  ),
  list: define<{ limit: number }, Row<ConversationTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("conversations")
      .selectAll()
      .where(visible("conversations"))
      .orderBy("updated_at", "desc")
      .orderBy("id", "desc")
      .limit(slot.limit),
  ),
  moveHead: define<{ id: ConversationId; heads: JsonText<Conversation["heads"]>; at: Instant }, unknown>(
    ({ db, slot, visible }) =>
      db
        .updateTable("conversations")
        .set({ heads: slot.heads, updated_at: slot.at })
        .where("id", "=", slot.id)
        .where(visible("conversations")),
  ),
});

/** Conversations and the tree of their messages. */
export const conversationRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ConversationRepository) => {
  const query = queries(connection);
  const messages = messageQueries(connection, sealer);

  const conversationOf = (row: Row<ConversationTable>): Result<Conversation> => {
    const title = sealer.open(ofConversation(row.id, row.owner_id), row.id, row.title);
    if (!title.ok) return title;
    return ok({
      id: row.id,
      agentId: row.agent_id,
      ownerId: row.owner_id,
      audience: fromJson(row.audience),
      title: title.value,
      heads: fromJson(row.heads),
      activeHead: row.active_head,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    });
  };
  /** Heads by name; a name such as `__proto__` is only a name. */
  const headsOf = (row: Row<ConversationTable>): Map<string, MessageId | null> =>
    new Map(Object.entries(fromJson(row.heads)));

  return (gate) => ({
    create: (scope, conversation) =>
      gate.write(() => {
        if (!connection.mayOwn(scope, scope.tenantId, conversation.ownerId)) return notFound("owner");
        const title = sealer.seal(
          ofConversation(conversation.id, conversation.ownerId),
          conversation.id,
          conversation.title,
        );
        if (!title.ok) return title;
        query.create.run(null, {
          id: conversation.id,
          tenant_id: scope.tenantId,
          owner_id: conversation.ownerId,
          audience: toJson(conversation.audience),
          agent_id: conversation.agentId,
          title: title.value,
          heads: toJson(conversation.heads),
          active_head: conversation.activeHead,
          created_at: conversation.createdAt,
          updated_at: conversation.updatedAt,
        });
        return done;
      }),
    find: (scope, id) =>
      gate.read(() => {
        const row = query.find.one(scope, { id });
        return row === undefined ? notFound("conversation") : conversationOf(row);
      }),
    latest: (scope, agentId) =>
      gate.read<Conversation | null>(() => {
        const row = query.latest.one(scope, { owner: scope.principalId, agent: agentId });
        return row === undefined ? ok(null) : conversationOf(row);
      }),
    list: (scope, limit) => gate.read(() => mapAll(query.list.all(scope, { limit }), conversationOf)),
    append: (scope, head, message) =>
      gate.write(() => {
        const known = messages.find(scope, message.id);
        if (known !== undefined) {
          return known.conversation_id === message.conversationId
            ? messages.open(known)
            : err(moltbotError("CONFLICT", { kind: "message" }));
        }
        const conversation = query.find.one(scope, { id: message.conversationId });
        if (conversation === undefined) return notFound("conversation");
        const heads = headsOf(conversation);
        if (!heads.has(head)) return notFound("branch");
        const stored = { ...message, parentId: heads.get(head) ?? null };
        const written = messages.insert(conversation, stored);
        if (!written.ok) return written;
        heads.set(head, message.id);
        const at = message.createdAt > conversation.updated_at ? message.createdAt : conversation.updated_at;
        query.moveHead.run(scope, { id: message.conversationId, heads: toJson(Object.fromEntries(heads)), at });
        return ok(stored);
      }),
    path: (scope, id, head, limit) =>
      gate.read(() => {
        const conversation = query.find.one(scope, { id });
        if (conversation === undefined) return notFound("conversation");
        const heads = headsOf(conversation);
        if (!heads.has(head)) return notFound("branch");
        const tip = heads.get(head) ?? null;
        return tip === null || limit < 1
          ? ok([])
          : mapAll(messages.path(scope, id, tip, limit), (row) => messages.open(row));
      }),
    message: (scope, id) =>
      gate.read(() => {
        const row = messages.find(scope, id);
        return row === undefined ? notFound("message") : messages.open(row);
      }),
    removeContent: (scope, id, instead) =>
      gate.write(() => {
        const row = messages.find(scope, id);
        if (row === undefined) return notFound("message");
        const known = messages.open(row);
        // What cannot be opened any more was erased: to seal anew would make its key again.
        if (!known.ok || known.value.state === "removed") return known;
        return messages.replace(scope, row, {
          ...known.value,
          parts: [{ type: "text", text: instead }],
          label: label("authority", known.value.label.readers),
          state: "removed",
        });
      }),
  });
};
