import { join } from "node:path";
import { instantOf, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Principal, Result } from "@moltbot/contracts";
import { AgentId, ConversationId, MessageId, PrincipalId, TenantId, label, ownScope } from "@moltbot/contracts";
import type { AccessScope, Conversation, Message } from "@moltbot/contracts";
import { openAuditLog } from "@moltbot/storage/audit";
import type { AuditLog } from "@moltbot/storage/audit";
import { createIds } from "@moltbot/storage/crypto";
import { openDatabase, openPostgres } from "@moltbot/storage/database";
import type { Database, PostgresOptions } from "@moltbot/storage/database";
import { openVault } from "@moltbot/storage/vault";
import type { Vault } from "@moltbot/storage/vault";
import { must } from "./guard-house.ts";

/** Where a PostgreSQL server listens and which database of it is ours. */
export type PostgresPlace = PostgresOptions["connection"];

/** Vault, database and log of one folder, as the gateway opens them. */
export interface StorageHouse {
  readonly vault: Vault;
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: ClockPort;
  close(): Promise<void>;
}

const clock: ClockPort = { now: () => instantOf(Date.now()), monotonic: () => performance.now() };
const silent = (): void => undefined;
const quiet: LogPort = { debug: silent, info: silent, warn: silent, error: silent };
const ids = createIds();

/** Opens them on SQLite, or on the database of a PostgreSQL server. */
export const openStorage = async (folder: string, postgres: PostgresPlace | null): Promise<Result<StorageHouse>> => {
  const opened = await openVault({
    directory: join(folder, "home", "vault"),
    keyFile: join(folder, "keys", "home.key"),
    passphrase: null,
    clock,
  });
  if (!opened.ok) return opened;
  const vault = opened.value;
  const shared = { sealer: vault.content, clock, log: quiet };
  const file = join(folder, "home", "moltbot.db");
  const database =
    postgres === null
      ? await openDatabase({ ...shared, file, key: vault.key("database") })
      : await openPostgres({ ...shared, connection: postgres });
  if (!database.ok) {
    await vault.close();
    return database;
  }
  const audit = await openAuditLog({
    directory: join(folder, "home", "audit"),
    signingSeed: vault.auditSigningSeed,
    commitmentKey: vault.key("audit-commitments"),
    content: vault.content,
    details: database.value.auditDetails,
    clock,
    log: quiet,
  });
  if (!audit.ok) {
    await database.value.close();
    await vault.close();
    return audit;
  }
  return ok({
    vault,
    database: database.value,
    audit: audit.value,
    clock,
    close: async () => {
      await audit.value.close();
      await database.value.close();
      await vault.close();
    },
  });
};

export const nextId = ids.next.bind(ids);

/** A person of a tenant of their own. */
export const somebody = (): Principal => ({
  id: nextId(PrincipalId),
  tenantId: nextId(TenantId),
  kind: "person",
  name: "Ada",
  role: "owner",
});

/** The person's stored account, and an empty conversation of theirs. */
export const settleIn = async (
  { database }: StorageHouse,
  owner: Principal,
): Promise<{ readonly scope: AccessScope; readonly conversation: Conversation }> => {
  const scope = ownScope(owner);
  must(await database.identity.createPerson(owner));
  const conversation: Conversation = {
    id: nextId(ConversationId),
    agentId: nextId(AgentId),
    ownerId: owner.id,
    audience: [],
    title: "What we said",
    heads: { main: null },
    activeHead: "main",
    createdAt: clock.now(),
    updatedAt: clock.now(),
  };
  must(await database.conversations.create(scope, conversation));
  return { scope, conversation };
};

/** A message of the conversation's owner, not stored yet. */
export const spoken = (conversation: Conversation, text: string, change: Partial<Message> = {}): Message => ({
  id: nextId(MessageId),
  conversationId: conversation.id,
  parentId: null,
  role: "user",
  author: conversation.ownerId,
  turnId: null,
  parts: [{ type: "text", text }],
  label: label("authority", [conversation.ownerId]),
  state: "complete",
  model: null,
  createdAt: clock.now(),
  ...change,
});
