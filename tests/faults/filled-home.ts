/**
 * Support of the fault tests: the folder beside this file drives the real storage, and where needed a whole gateway, through bad
 * disks, bad clocks, bad servers and bad files. Whatever goes wrong there must end in a named error, without damage, with a way out.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AttachmentId, BackupId } from "@moltbot/contracts";
import type { AccessScope, Conversation, Result } from "@moltbot/contracts";
import { copyLog } from "@moltbot/storage/audit";
import { createBackup, verifyBackup } from "@moltbot/storage/backup";
import type { BackupDisk } from "@moltbot/storage/backup";
import { openAttachmentFiles } from "@moltbot/storage/database";
import type { AttachmentOwner } from "@moltbot/storage/database";
import { must } from "../support/guard-house.ts";
import { nextId, openStorage, settleIn, somebody, spoken } from "../support/storage-house.ts";
import type { StorageHouse } from "../support/storage-house.ts";

const MESSAGES = 12;
const SECRET = "hunter2 of the fault tests";
const FILE_TEXT = "the text of an attachment ".repeat(4_000);
export const BACKUP = "copy.moltbot-backup";
/** A subject that was erased: its name must never get a key again. */
const GONE = "person:somebody-who-left";

/** What a filled home holds, as a test looks for it. */
export interface Filled {
  readonly folder: string;
  readonly scope: AccessScope;
  readonly conversation: Conversation;
  readonly address: string;
  readonly owner: AttachmentOwner;
}

const folders: string[] = [];
export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-faults-"));
  folders.push(folder);
  return folder;
};
export const removeFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};

/** The same home in another folder, as a copy of a disk would bring it. */
export const copyOf = (filled: Filled): Filled => {
  const folder = newFolder();
  cpSync(filled.folder, folder, { recursive: true, preserveTimestamps: true });
  return { ...filled, folder };
};

export const filesIn = ({
  folder,
  sealer,
}: {
  readonly folder: string;
  readonly sealer: StorageHouse["vault"]["content"];
}) => openAttachmentFiles({ folder: join(folder, "home", "attachments"), sealer });

/** One backup of the house into a folder. */
export const backUp = async (house: StorageHouse, from: string, into: string, disk?: BackupDisk) =>
  createBackup({
    file: join(into, BACKUP),
    key: house.vault.key("backup"),
    header: { id: nextId(BackupId), createdAt: house.clock.now(), generation: house.vault.generation() },
    source: {
      snapshot: must(await house.database.snapshot()),
      auditLines: (records) => copyLog(join(from, "home", "audit"), records),
      attachments: () => none(),
      files: () => none(),
    },
    ...(disk === undefined ? {} : { disk }),
  });
async function* none(): AsyncGenerator<never> {}

/** Says something: recorded, then kept. */
export const sayAndRecord = async (
  { database, audit }: StorageHouse,
  { scope, conversation }: Pick<Filled, "scope" | "conversation">,
  text: string,
): Promise<Result<unknown>> => {
  const message = spoken(conversation, text);
  const appended = await database.conversations.append(scope, "main", message);
  if (!appended.ok) return appended;
  const fields = { messageId: message.id, conversationId: conversation.id };
  return audit.record({ event: "message:kept", actor: conversation.ownerId, fields, details: { text } });
};

/** Fills a home with one of everything; `close` ends it in order, or the caller copies it while it is open: what a kill leaves. */
export const fillHome = async (folder: string): Promise<Filled & { readonly house: StorageHouse }> => {
  const house = must(await openStorage(folder, null));
  const who = somebody();
  const { scope, conversation } = await settleIn(house, who);
  must(await house.vault.secrets.set({ name: "weather", value: SECRET, hosts: ["api.example.org"], ownerId: null }));
  must(house.vault.content.seal([GONE], "record", "what is to be forgotten"));
  must(await house.vault.erase([GONE]));
  const owner: AttachmentOwner = { id: nextId(AttachmentId), conversationId: conversation.id, ownerId: who.id };
  const attachments = filesIn({ folder, sealer: house.vault.content });
  const content = Buffer.from(FILE_TEXT);
  const address = must(attachments.addressOf(owner, content));
  must(await attachments.write(address, owner, content));
  for (let n = 0; n < MESSAGES; n += 1)
    must(await sayAndRecord(house, { scope, conversation }, `message ${String(n)}`));
  must(await house.audit.head());
  must(await backUp(house, folder, folder));
  return { folder, scope, conversation, address, owner, house };
};

/** What somebody finds who opens a home and looks at everything in it. */
export interface Look {
  /** Whether the house opened at all. */
  readonly opened: boolean;
  /** The codes of what was refused or found damaged, in the order in which it was asked for. */
  readonly codes: readonly string[];
  /** What is gone although nothing said so. */
  readonly silentlyLost: readonly string[];
  /** What the log says of itself. */
  readonly stated: readonly string[];
}
export const SOUND: Look = { opened: true, codes: [], silentlyLost: [], stated: [] };

const lookInside = async (
  house: StorageHouse,
  { folder, scope, conversation, address, owner }: Filled,
): Promise<Look> => {
  const codes: string[] = [];
  const silentlyLost: string[] = [];
  const { vault, database, audit } = house;
  if (must(await database.check()).length > 0) codes.push("DATABASE_DAMAGED");
  const path = await database.conversations.path(scope, conversation.id, "main", 1_000);
  if (!path.ok) codes.push(path.error.code);
  else {
    const said = new Set(path.value.map(({ parts }) => JSON.stringify(parts)));
    for (let n = 0; n < MESSAGES; n += 1)
      if (![...said].some((text) => text.includes(`"message ${String(n)}"`))) silentlyLost.push(`message ${String(n)}`);
  }
  const lent = await vault.lend("weather", "api.example.org", async (secret) => secret);
  if (!lent.ok) codes.push(lent.error.code);
  else if (lent.value !== SECRET) silentlyLost.push("secret");
  if (vault.content.seal([GONE], "record", "again").ok) silentlyLost.push("erasure");
  const file = await filesIn({ folder, sealer: vault.content }).read(address, owner);
  if (!file.ok) codes.push(file.error.code);
  else if (Buffer.from(file.value).toString("utf8") !== FILE_TEXT) silentlyLost.push("attachment");
  if (!must(await audit.verify()).ok) codes.push("AUDIT_DAMAGED");
  const backup = await verifyBackup(join(folder, BACKUP), vault.key("backup"));
  if (!backup.ok) codes.push(backup.error.code);
  else if (!backup.value.ok) codes.push("BACKUP_UNREADABLE");
  const records = must(await audit.list(1_000));
  const stated = records.map(({ event }) => event).filter((event) => event.startsWith("log:"));
  return { opened: true, codes, silentlyLost, stated };
};

/** Opens the home, looks at everything, and closes it again. An exception is no named error and travels on. */
export const lookAt = async (filled: Filled): Promise<Look> => {
  const opened = await openStorage(filled.folder, null);
  if (!opened.ok) return { opened: false, codes: [opened.error.code], silentlyLost: [], stated: [] };
  try {
    return await lookInside(opened.value, filled);
  } finally {
    await opened.value.close();
  }
};

/** Mulberry32: the same places at every run. */
export const seeded = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

export const bytesOf = (file: string): Buffer => readFileSync(file);
