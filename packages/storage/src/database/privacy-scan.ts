import { ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AttachmentId,
  Capability,
  CapabilityId,
  ConversationId,
  Label,
  MemoryId,
  ReminderId,
  Result,
  TenantId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import { fileLabelOf } from "./file-labels.ts";
import type { Gate } from "./gate.ts";
import { memoryOf } from "./memories.ts";
import type { SqlValue } from "./query.ts";
import { reminderOf } from "./reminders.ts";
import type { CapabilityTable, FileLabelTable, MemoryTable, ReminderTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";
import { endsOf, walk } from "./walk.ts";

/** What belongs to conversations or came of them. */
export interface Derived {
  readonly attachments: readonly AttachmentId[];
  /** Also those that cannot be opened any more and were saved in one of them. */
  readonly memories: readonly MemoryId[];
  /** Of other conversations. */
  readonly reminders: readonly ReminderId[];
  readonly capabilities: readonly CapabilityId[];
  readonly files: readonly Pick<Row<FileLabelTable>, "tenant_id" | "owner_id" | "content">[];
}

interface Ids {
  readonly id: string;
}

type Reaching = Pick<Capability, "id" | "parent" | "reach">;

const ROW_BYTES = 500;

const namesOne = ({ sources }: Label, refs: ReadonlySet<string>): boolean =>
  sources.some(({ kind, ref }) => (kind === "message" || kind === "memory") && refs.has(ref));

type Stretch = { readonly after: string; readonly to: string; readonly tenant: TenantId; readonly limit: number };

const queries = (connection: Connection) => {
  const { define } = connection;
  const idsOf = (table: string, column: string) =>
    define<{ conversation: ConversationId }, Ids>(({ db, slot }) => ({
      compile: () =>
        sql`select ${sql.ref(column)} as id from ${sql.table(table)} where conversation_id = ${slot.conversation}`.compile(
          db,
        ) as never, // the one column that it names
    }));
  const rowsOf = <R>(table: string, key: string) =>
    define<Stretch, R>(({ db, slot }) => ({
      compile: () =>
        sql`select * from ${sql.table(table)} where ${sql.ref(key)} > ${slot.after} and ${sql.ref(key)} <= ${slot.to} and tenant_id = ${slot.tenant as RawBuilder<SqlValue>} order by ${sql.ref(key)} limit ${slot.limit}`.compile(
          db,
        ) as never, // all columns of the named table
    }));
  return {
    messages: idsOf("messages", "id"),
    calls: idsOf("calls", "call_id"),
    turns: idsOf("turns", "id"),
    attachments: idsOf("attachments", "id"),
    ends: {
      memories: endsOf(connection, "memories", "id"),
      reminders: endsOf(connection, "reminders", "id"),
      files: endsOf(connection, "file_labels", "content"),
    },
    memories: rowsOf<Row<MemoryTable>>("memories", "id"),
    reminders: rowsOf<Row<ReminderTable>>("reminders", "id"),
    capabilities: define<{ tenant: TenantId }, Pick<Row<CapabilityTable>, "id" | "owner_id" | "parent" | "entry">>(
      ({ db, slot }) =>
        db
          .selectFrom("capabilities")
          .select(["id", "owner_id", "parent", "entry"])
          .where("tenant_id", "=", slot.tenant),
    ),
    files: rowsOf<Row<FileLabelTable>>("file_labels", "content"),
  };
};

/** Those that hold in these conversations or their turns alone, and what was handed on from them. */
const boundTo = (
  capabilities: readonly Reaching[],
  conversations: ReadonlySet<string>,
  turns: ReadonlySet<string>,
): readonly CapabilityId[] => {
  const bound = new Set<CapabilityId>();
  const isBound = ({ reach, parent }: Reaching): boolean =>
    (reach.kind === "conversation" && conversations.has(reach.conversationId)) ||
    (reach.kind === "task" && turns.has(reach.turnId)) ||
    (parent !== null && bound.has(parent));
  for (let before = -1; before < bound.size;) {
    before = bound.size;
    for (const capability of capabilities) if (isBound(capability)) bound.add(capability.id);
  }
  return [...bound];
};

/**
 * Finds what came of conversations: whatever is labelled with one of their messages, or with a memory that is. Labels are read
 * by opening them, a few at a time, so others work in between.
 */
export const privacyScan = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate, scope: AccessScope, conversations: readonly ConversationId[]) => Promise<Result<Derived>>) => {
  const query = queries(connection);
  const grants = entriesOf<Pick<Capability, "reach">>(sealer, "capabilities");
  const open = {
    memory: memoryOf(sealer),
    reminder: reminderOf(sealer),
    file: fileLabelOf(sealer),
  };

  const begin = (gate: Gate, conversations: readonly ConversationId[]) =>
    gate.read(async () => {
      const ids = async (of: typeof query.messages): Promise<readonly string[]> => {
        const found: string[] = [];
        for (const conversation of conversations)
          for (const { id } of await of.all(null, { conversation })) found.push(id);
        return found;
      };
      return ok({
        refs: new Set(await ids(query.messages)),
        calls: new Set(await ids(query.calls)),
        turns: new Set(await ids(query.turns)),
        attachments: (await ids(query.attachments)) as AttachmentId[], // ids of that very table
      });
    });

  return async (gate, scope, conversations) => {
    const begun = await begin(gate, conversations);
    if (!begun.ok) return begun;
    const { refs, calls, turns, attachments } = begun.value;
    const tenant = scope.tenantId;
    const own = new Set<string>(conversations);

    const memories: MemoryId[] = [];
    /** By which memories the others were made: whether those came of a conversation is known at the end. */
    const madeFrom = new Map<MemoryId, readonly string[]>();
    const walkedMemories = await walk<Row<MemoryTable>>(
      gate,
      {
        end: query.ends.memories,
        rows: (after, to, limit) => query.memories.all(null, { after, to, tenant, limit }),
        key: ({ id }) => id,
        size: (row) => row.entry.length,
      },
      (row) => {
        const memory = open.memory(row);
        const derived = calls.has(row.call_id) || (memory.ok && namesOne(memory.value.label, refs));
        if (derived) memories.push(row.id);
        // Its key went with an erasure that a crash cut off: what came of it is found by its id alone.
        if (derived || !memory.ok) refs.add(row.id);
        else {
          const from = memory.value.label.sources.filter(({ kind }) => kind === "memory").map(({ ref }) => ref);
          if (from.length > 0) madeFrom.set(row.id, from);
        }
      },
    );
    if (!walkedMemories.ok) return walkedMemories;
    for (let before = -1; before < refs.size;) {
      before = refs.size;
      for (const [id, from] of madeFrom) {
        if (refs.has(id) || !from.some((ref) => refs.has(ref))) continue;
        refs.add(id);
        memories.push(id);
      }
    }

    const reminders: ReminderId[] = [];
    const walkedReminders = await walk<Row<ReminderTable>>(
      gate,
      {
        end: query.ends.reminders,
        rows: (after, to, limit) => query.reminders.all(null, { after, to, tenant, limit }),
        key: ({ id }) => id,
        size: (row) => row.entry.length,
      },
      (row) => {
        if (own.has(row.conversation_id)) return;
        const reminder = open.reminder(row);
        if (reminder.ok && namesOne(reminder.value.label, refs)) reminders.push(row.id);
      },
    );
    if (!walkedReminders.ok) return walkedReminders;

    const files: Derived["files"][number][] = [];
    const walkedFiles = await walk<Row<FileLabelTable>>(
      gate,
      {
        end: query.ends.files,
        rows: (after, to, limit) => query.files.all(null, { after, to, tenant, limit }),
        key: ({ content }) => content,
        size: () => ROW_BYTES,
      },
      (row) => {
        const label = open.file(row);
        if (label.ok && namesOne(label.value, refs))
          files.push({ tenant_id: row.tenant_id, owner_id: row.owner_id, content: row.content });
      },
    );
    if (!walkedFiles.ok) return walkedFiles;

    const granted = await gate.read(async () => ok(await query.capabilities.all(null, { tenant })));
    if (!granted.ok) return granted;
    const readable = granted.value.flatMap((row) => {
      // One that cannot be opened lost its person's key: it goes with that person.
      const entry = grants.open(ofPerson(row.owner_id), row.id, row.entry);
      return entry.ok ? [{ id: row.id, parent: row.parent, reach: entry.value.reach }] : [];
    });
    return ok({ attachments, memories, reminders, files, capabilities: boundTo(readable, own, turns) });
  };
};
