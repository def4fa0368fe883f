import { done, err, label, moltbotError, ok } from "@moltbot/contracts";
import type {
  AgentId,
  Conversation,
  ConversationId,
  ConversationRepository,
  Instant,
  Message,
  MessageId,
  PrincipalId,
  Result,
  SharedConversation,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { NotNull } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { messageIndex, messageSearch } from "./message-index.ts";
import { messageQueries } from "./messages.ts";
import { notFound } from "./ownership.ts";
import type { ShareTable } from "./people-schema.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ConversationTable, MessageTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofConversation } from "./subjects.ts";

/** What of a conversation is sealed; the branches are named in the order in which the row says where they stand. */
interface Entry {
  readonly title: string;
  readonly branches: readonly string[];
  readonly activeHead: string;
}

/** A conversation as a share shows it to a person. */
type SharedRow = Pick<Row<ConversationTable>, "id" | "tenant_id" | "owner_id" | "agent_id" | "entry" | "created_at"> &
  Pick<Row<ShareTable>, "at"> & { readonly up_to: MessageId };

const queries = ({ define }: Connection) => ({
  create: define<ConversationTable, unknown>(({ db, slot }) =>
    db.insertInto("conversations").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      agent_id: slot.agent_id,
      entry: slot.entry,
      heads: slot.heads,
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
  // One share of a conversation reaches one person once: the rows are as many as the conversations.
  shared: define<{ person: PrincipalId; only: ConversationId | null }, SharedRow>(({ db, slot, visible }) =>
    db
      .selectFrom("shares")
      .innerJoin("conversations", (join) =>
        join.on("conversations.id", "=", sql.ref<ConversationId>("shares.object_id")),
      )
      .select(["conversations.id", "conversations.tenant_id", "conversations.owner_id", "conversations.agent_id"])
      .select(["conversations.entry", "conversations.created_at", "shares.up_to", "shares.at"])
      .where("shares.object_type", "=", "conversation")
      .where("shares.effect", "=", "allow")
      .where("shares.grantee_kind", "=", "person")
      .where("shares.grantee_id", "=", slot.person)
      .where("shares.up_to", "is not", null)
      .$narrowType<{ up_to: NotNull }>()
      .where(sql<boolean>`(cast(${slot.only} as text) is null or conversations.id = ${slot.only})`)
      .where(visible("conversations", "reading"))
      .orderBy("shares.at", "desc")
      .orderBy("conversations.id", "desc"),
  ),
  moveHead: define<{ id: ConversationId; heads: ConversationTable["heads"]; at: Instant }, unknown>(
    ({ db, slot, visible }) =>
      db
        .updateTable("conversations")
        .set({ heads: slot.heads, updated_at: slot.at })
        .where("id", "=", slot.id)
        .where(visible("conversations")),
  ),
  addBranch: define<Pick<ConversationTable, "id" | "heads" | "entry">, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("conversations")
      .set({ heads: slot.heads, entry: slot.entry })
      .where("id", "=", slot.id)
      .where(visible("conversations")),
  ),
});

/** More messages than a path has. */
const WHOLE = 1_000_000_000;

interface Branch {
  readonly at: number;
  readonly heads: readonly (MessageId | null)[];
}
/** A name such as `__proto__` is only a name. */
const headsByName = (names: readonly string[], heads: Branch["heads"]): Conversation["heads"] =>
  Object.fromEntries(names.map((name, at) => [name, heads[at] ?? null]));

/** The place of a message that nobody can read any more. */
const erasedMessage = (row: Row<MessageTable>): Message => ({
  id: row.id,
  conversationId: row.conversation_id,
  parentId: row.parent_id,
  role: row.role,
  author: row.author,
  turnId: row.turn_id,
  parts: [],
  label: label("untrusted", []),
  state: "removed",
  model: null,
  createdAt: row.created_at,
});

/** Conversations and the tree of their messages. */
export const conversationRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ConversationRepository) => {
  const query = queries(connection);
  const messages = messageQueries(connection, sealer);
  const entries = entriesOf<Entry>(sealer, "conversations");
  const index = messageIndex(connection, sealer);

  const entryOf = (row: Pick<Row<ConversationTable>, "id" | "owner_id" | "entry">): Result<Entry> =>
    entries.open(ofConversation(row.id, row.owner_id), row.id, row.entry);
  const conversationOf = (row: Row<ConversationTable>): Result<Conversation> => {
    const opened = entryOf(row);
    if (!opened.ok) return opened;
    const { title, branches, activeHead } = opened.value;
    return ok({
      id: row.id,
      agentId: row.agent_id,
      ownerId: row.owner_id,
      audience: fromJson(row.audience),
      title,
      heads: headsByName(branches, fromJson(row.heads)),
      activeHead,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    });
  };
  const sharedOf = (row: SharedRow): Result<SharedConversation> => {
    const opened = entryOf(row);
    if (!opened.ok) return opened;
    const { id, agent_id: agentId, owner_id: ownerId, created_at: createdAt, up_to: upTo, at: sharedAt } = row;
    return ok({ id, agentId, ownerId, title: opened.value.title, createdAt, upTo, sharedAt });
  };
  /** Where each branch stands, and the place of the one that is asked for. */
  const branchOf = (row: Row<ConversationTable>, name: string): Result<Branch> => {
    const entry = entryOf(row);
    if (!entry.ok) return entry;
    const at = entry.value.branches.indexOf(name);
    return at < 0 ? notFound("branch") : ok({ at, heads: fromJson(row.heads) });
  };

  /** What a guest wrote goes when the guest is erased; the owner's conversation goes on around it. */
  const openedOrErased = (row: Row<MessageTable>): Result<Message> => {
    const message = messages.open(row);
    const guest = row.role === "user" && row.author !== row.owner_id;
    return message.ok || !guest || message.error.code !== "CONTENT_UNREADABLE" ? message : ok(erasedMessage(row));
  };
  const search = messageSearch(connection, sealer, {
    title: async (scope, id) => {
      const row = await query.find.one(scope, { id });
      const entry = row === undefined ? undefined : entryOf(row);
      return entry?.ok === true ? entry.value.title : null;
    },
  });

  return (gate) => ({
    create: (scope, conversation) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, conversation.ownerId))) return notFound("owner");
        const branches = Object.entries(conversation.heads);
        const entry = entries.seal(ofConversation(conversation.id, conversation.ownerId), conversation.id, {
          title: conversation.title,
          branches: branches.map(([name]) => name),
          activeHead: conversation.activeHead,
        });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          id: conversation.id,
          tenant_id: scope.tenantId,
          owner_id: conversation.ownerId,
          audience: toJson(conversation.audience),
          agent_id: conversation.agentId,
          entry: entry.value,
          heads: toJson(branches.map(([, head]) => head)),
          created_at: conversation.createdAt,
          updated_at: conversation.updatedAt,
        });
        return done;
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("conversation") : conversationOf(row);
      }),
    latest: (scope, agentId) =>
      gate.read<Conversation | null>(async () => {
        const row = await query.latest.one(scope, { owner: scope.principalId, agent: agentId });
        return row === undefined ? ok(null) : conversationOf(row);
      }),
    list: (scope, limit) => gate.read(async () => mapAll(await query.list.all(scope, { limit }), conversationOf)),
    append: (scope, head, message) =>
      gate.write(async () => {
        const known = await messages.find(scope, message.id);
        if (known !== undefined) {
          return known.conversation_id === message.conversationId
            ? messages.open(known)
            : err(moltbotError("CONFLICT", { kind: "message" }));
        }
        const conversation = await query.find.one(scope, { id: message.conversationId });
        if (conversation === undefined) return notFound("conversation");
        const branch = branchOf(conversation, head);
        if (!branch.ok) return branch;
        const { at: place, heads } = branch.value;
        const stored = { ...message, parentId: heads[place] ?? null };
        const written = await messages.insert(conversation, stored);
        if (!written.ok) return written;
        const indexed = await index.indexMessage(conversation.owner_id, stored);
        if (!indexed.ok) return indexed;
        const at = message.createdAt > conversation.updated_at ? message.createdAt : conversation.updated_at;
        await query.moveHead.run(scope, {
          id: message.conversationId,
          heads: toJson(heads.with(place, message.id)),
          at,
        });
        return ok(stored);
      }),
    branch: (scope, id, name, from) =>
      gate.write(async () => {
        const row = await query.find.one(scope, { id });
        if (row === undefined) return notFound("conversation");
        const entry = entryOf(row);
        if (!entry.ok) return entry;
        if (entry.value.branches.includes(name)) return err(moltbotError("CONFLICT", { kind: "branch" }));
        const start = from === null ? null : await messages.find(scope, from);
        if (start !== null && start?.conversation_id !== id) return notFound("message");
        const sealed = entries.seal(ofConversation(id, row.owner_id), id, {
          ...entry.value,
          branches: [...entry.value.branches, name],
        });
        if (!sealed.ok) return sealed;
        await query.addBranch.run(scope, { id, entry: sealed.value, heads: toJson([...fromJson(row.heads), from]) });
        return done;
      }),
    path: (scope, id, head, limit) =>
      gate.read(async () => {
        const conversation = await query.find.one(scope, { id });
        if (conversation === undefined) return notFound("conversation");
        const branch = branchOf(conversation, head);
        if (!branch.ok) return branch;
        const tip = branch.value.heads[branch.value.at] ?? null;
        return tip === null || limit < 1
          ? ok([])
          : mapAll(await messages.path(scope, id, tip, limit), (row) => openedOrErased(row));
      }),
    pathTo: (scope, id, upTo) =>
      gate.read(async () => {
        const rows = await messages.path(scope, id, upTo, WHOLE);
        if (rows[0]?.parent_id !== null) return notFound("message");
        const path = mapAll(rows, (row) => messages.open(row));
        return !path.ok && path.error.code === "CONTENT_UNREADABLE" ? notFound("message") : path;
      }),
    sharedWith: (scope) =>
      gate.read(async () => {
        const rows = await query.shared.all(scope, { person: scope.principalId, only: null });
        // One that cannot be opened was erased; the others are there all the same.
        return ok(rows.map(sharedOf).flatMap((each) => (each.ok ? [each.value] : [])));
      }),
    sharedPath: (scope, id) =>
      gate.read(async () => {
        const row = await query.shared.one(scope, { person: scope.principalId, only: id });
        if (row === undefined) return notFound("conversation");
        const shared = sharedOf(row);
        if (!shared.ok) return shared;
        const { ownerId, upTo } = shared.value;
        // What is on the path was the owner's to see and to share; nothing behind it is looked at.
        const owner = { tenantId: row.tenant_id, principalId: ownerId, reach: "own" } as const;
        const path = mapAll(await messages.path(owner, id, upTo, WHOLE), (each) => openedOrErased(each));
        return path.ok ? ok({ ...shared.value, messages: path.value }) : path;
      }),
    message: (scope, id) =>
      gate.read(async () => {
        const row = await messages.find(scope, id);
        return row === undefined ? notFound("message") : messages.open(row);
      }),
    messages: (scope, id, after, limit) =>
      gate.read(async () => {
        if ((await query.find.one(scope, { id })) === undefined) return notFound("conversation");
        const found: Message[] = [];
        for (let behind: string = after ?? ""; found.length < limit;) {
          const wanted = limit - found.length;
          const rows = await messages.ofConversation(scope, id, behind, wanted);
          for (const message of rows.map((row) => messages.open(row))) if (message.ok) found.push(message.value);
          const last = rows.at(-1);
          if (last === undefined || rows.length < wanted) break;
          behind = last.id;
        }
        return ok(found);
      }),
    search: search(gate),
    removeContent: (scope, id, instead) =>
      gate.write(async () => {
        const row = await messages.find(scope, id);
        if (row === undefined) return notFound("message");
        const known = messages.open(row);
        // What cannot be opened any more was erased: to seal anew would make its key again.
        if (!known.ok || known.value.state === "removed") return known;
        const replaced = await messages.replace(scope, row, {
          ...known.value,
          parts: [{ type: "text", text: instead }],
          label: label("authority", known.value.label.readers),
          state: "removed",
        });
        const indexed = replaced.ok ? await index.replaceInIndex(row.owner_id, replaced.value) : replaced;
        return indexed.ok ? replaced : indexed;
      }),
  });
};
