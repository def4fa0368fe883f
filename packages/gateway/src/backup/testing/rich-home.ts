import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentId,
  CallId,
  ConversationId,
  MemoryId,
  MessageId,
  PrincipalId,
  TenantId,
  TurnId,
  label,
  ownScope,
} from "@moltbot/contracts";
import type { AccessScope, Conversation, LogPort, Message, Principal, Result, Turn } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { createEventBus } from "../../event-bus.ts";
import { placesOf, prepareHome } from "../../home.ts";
import type { Home } from "../../home.ts";
import { openMemory, systemClock } from "../../open-memory.ts";
import type { Memory } from "../../open-memory.ts";
import { createBackupDesk } from "../backup-desk.ts";
import type { BackupDesk } from "../backup-desk.ts";

export const silent: LogPort = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The value, or the test fails with the error's own words. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

const folders: string[] = [];
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-home-"));
  folders.push(folder);
  return folder;
};
export const removeFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};

/** The places of a home below a folder, with its key file beside it. */
export const homeIn = (folder: string): Home => placesOf(join(folder, "home"), join(folder, "keys"), null);

export const openHome = async (home: Home): Promise<Memory> => {
  must(prepareHome(home));
  return must(await openMemory({ home, passphrase: null, acceptLoss: false, log: silent }));
};

const ids = createIds();

export interface Person {
  readonly person: Principal;
  readonly scope: AccessScope;
}

export const newPerson = async (memory: Memory, tenantId = ids.next(TenantId)): Promise<Person> => {
  const person: Principal = { id: ids.next(PrincipalId), tenantId, kind: "person", name: "Ada", role: "owner" };
  must(await memory.database.identity.createPerson(person));
  return { person, scope: ownScope(person) };
};

export const newConversation = async (memory: Memory, { person, scope }: Person): Promise<Conversation> => {
  const at = systemClock.now();
  const conversation: Conversation = {
    id: ids.next(ConversationId),
    agentId: ids.next(AgentId),
    ownerId: person.id,
    audience: [],
    title: "A title to find again",
    heads: { main: null },
    activeHead: "main",
    createdAt: at,
    updatedAt: at,
  };
  must(await memory.database.conversations.create(scope, conversation));
  return conversation;
};

export const say = async (memory: Memory, { scope }: Person, conversation: Conversation, text: string) => {
  const message: Message = {
    id: ids.next(MessageId),
    conversationId: conversation.id,
    parentId: null,
    role: "user",
    author: conversation.ownerId,
    turnId: null,
    parts: [{ type: "text", text }],
    label: label("authority", [conversation.ownerId]),
    state: "complete",
    model: null,
    createdAt: systemClock.now(),
  };
  return must(await memory.database.conversations.append(scope, "main", message));
};

export const remember = async (memory: Memory, { person, scope }: Person, text: string): Promise<MemoryId> => {
  const id = ids.next(MemoryId);
  must(
    await memory.database.memories.create(scope, {
      id,
      ownerId: person.id,
      agentId: ids.next(AgentId),
      callId: ids.next(CallId),
      text,
      label: label("authority", [person.id]),
      createdAt: systemClock.now(),
    }),
  );
  return id;
};

export const begin = async (memory: Memory, { person, scope }: Person, conversation: Conversation): Promise<Turn> => {
  const at = systemClock.now();
  const turn: Turn = {
    id: ids.next(TurnId),
    tenantId: person.tenantId,
    ownerId: person.id,
    conversationId: conversation.id,
    agentId: conversation.agentId,
    authority: person.id,
    userMessageId: ids.next(MessageId),
    label: label("authority", [person.id]),
    state: "queued",
    steps: 0,
    attempts: 0,
    waitingFor: [],
    end: null,
    createdAt: at,
    updatedAt: at,
  };
  return must(await memory.database.turns.enqueue(scope, turn, turn.id)).turn;
};

export const record = async (memory: Memory, person: Person, text: string): Promise<void> =>
  void must(
    await memory.audit.record({
      event: "test:happened",
      actor: person.person.id,
      fields: { n: 1 },
      details: { text },
      subject: `person:${person.person.id}`,
    }),
  );

export const deskOf = (home: Home, memory: Memory): BackupDesk =>
  createBackupDesk({
    home,
    vault: memory.vault,
    database: memory.database,
    audit: memory.audit,
    events: createEventBus({ clock: systemClock, ids, log: silent }),
    clock: systemClock,
    ids,
    log: silent,
  });

/** Some attachment's bytes, as they lie in a home: sealed, so that a test need not care what they are. */
export const putAttachment = (home: Home, address: string, text: string): string => {
  const folder = join(home.root, "attachments", address.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, address.slice(2));
  writeFileSync(file, text);
  return file;
};
