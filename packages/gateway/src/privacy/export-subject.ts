import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  AuditRecord,
  Capability,
  Conversation,
  DecisionId,
  DecisionRecord,
  Download,
  Memory,
  Message,
  Principal,
  PrivacySubject,
  Result,
} from "@moltbot/contracts";
import { strToU8, zipSync } from "fflate";
import type { Zippable } from "fflate";
import { conversationText, safeName } from "./archive-text.ts";
import type { PrivacyPorts } from "./ports.ts";
import { conversationsOf, eachMessage, scopeOver } from "./subject.ts";

const MOST_BYTES = 67_108_864;
const MOST_ROWS = 1_000_000;
const PAGE = 500;

/** The files of an archive; it refuses to grow beyond its limit, however well what it holds would be compressed. */
interface Archive {
  add(path: string, content: string | Uint8Array): Result<void>;
  files(): Zippable;
}
const newArchive = (most: number): Archive => {
  const files: Record<string, Uint8Array> = {};
  let bytes = 0;
  return {
    add: (path, content) => {
      const added = typeof content === "string" ? strToU8(content) : content;
      bytes += added.length;
      if (bytes > most) return err(moltbotError("EXPORT_TOO_LARGE", { most }));
      files[path] = added;
      return ok(undefined);
    },
    files: () => files,
  };
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const README = (subject: PrivacySubject, at: string, unreadable: number): string =>
  [
    `# What Moltbot keeps of the ${subject.kind} ${subject.id}`,
    `Made ${at}. Everything here is readable by whoever has this file: keep it as you keep what it holds.`,
    [
      "- conversations/: each as Markdown for people and as JSON for programs, with every branch",
      "- memories.json, reminders.json, approvals.json, decisions.json, capabilities.json",
      ...(subject.kind === "person" ? ["- contacts.json: the directory of confirmed addresses"] : []),
      "- attachments/: files under their own names; attachments.json says which is which",
      "- audit.json: records of the log that name it, with their details opened",
    ].join("\n"),
    ...(unreadable === 0 ? [] : [`${String(unreadable)} files could not be read and are missing: they are damaged.`]),
    "Not in it: secrets, which are never shown; files of workspaces, which are yours already; texts of other people's conversations.",
    "",
  ].join("\n\n");

interface Reach {
  readonly scope: AccessScope;
  readonly subject: PrivacySubject;
  readonly conversations: ReadonlySet<string>;
}

/** Every decision of its conversations; of a person, every one of its own. */
const decisionsOf = async (
  { house: { store } }: PrivacyPorts,
  { scope, conversations }: Reach,
): Promise<Result<readonly DecisionRecord[]>> => {
  const found: DecisionRecord[] = [];
  for (let after: DecisionId | null = null; ;) {
    const page: Result<readonly DecisionRecord[]> = await store.decisions.page(scope, {}, after, PAGE);
    if (!page.ok) return page;
    found.push(...page.value.filter(({ conversationId }) => conversations.has(conversationId)));
    const last = page.value.at(-1);
    if (last === undefined) return ok(found);
    after = last.id;
  }
};

const isDetails = (value: unknown): value is Readonly<Record<string, { readonly value: string }>> =>
  typeof value === "object" && value !== null;

/** The details of records that were sealed for these subjects, by their place in the log; what was erased is left out. */
const detailsOf = async (
  { auditDetails, vault }: PrivacyPorts,
  subjects: ReadonlySet<string>,
): Promise<Result<ReadonlyMap<number, Readonly<Record<string, string>>>>> => {
  const found = new Map<number, Readonly<Record<string, string>>>();
  for (let from = 0; ; from += PAGE) {
    const rows = await auditDetails.range(from, from + PAGE);
    if (!rows.ok) return rows;
    for (const { sequence, subject, sealed } of rows.value) {
      if (sealed === null || !subjects.has(subject)) continue;
      const text = vault.content.open([subject], `audit:${String(sequence)}`, sealed);
      if (!text.ok) continue;
      const details: unknown = JSON.parse(text.value); // authenticated: the log wrote it
      if (isDetails(details))
        found.set(sequence, Object.fromEntries(Object.entries(details).map(([name, { value }]) => [name, value])));
    }
    if (rows.value.length === 0) return ok(found);
  }
};

interface OpenRecord extends AuditRecord {
  readonly details?: Readonly<Record<string, string>>;
}

/** Records that name the subject or one of its conversations, or whose details are sealed for it. */
const recordsOf = async (
  ports: PrivacyPorts,
  { subject, conversations }: Reach,
): Promise<Result<readonly OpenRecord[]>> => {
  const details = await detailsOf(
    ports,
    new Set([`${subject.kind}:${subject.id}`, ...[...conversations].map((id) => `conversation:${id}`)]),
  );
  if (!details.ok) return details;
  const names = new Set<unknown>([subject.id, ...conversations]);
  const found: OpenRecord[] = [];
  for (let before: number | undefined; ;) {
    const page: Result<readonly AuditRecord[]> = await ports.house.audit.list(PAGE, before);
    if (!page.ok) return page;
    for (const record of page.value) {
      const opened = details.value.get(record.sequence);
      const named = names.has(record.actor) || Object.values(record.fields).some((value) => names.has(value));
      if (opened !== undefined) found.push({ ...record, details: opened });
      else if (named) found.push(record);
    }
    const last = page.value.at(-1);
    if (last === undefined || last.sequence === 0) return ok(found.toReversed());
    before = last.sequence;
  }
};

const addConversations = async (
  { house: { store } }: PrivacyPorts,
  archive: Archive,
  scope: AccessScope,
  all: readonly Conversation[],
): Promise<Result<ReadonlySet<string>>> => {
  const ids = new Set<string>();
  for (const conversation of all) {
    const messages: Message[] = [];
    const walked = await eachMessage(store, scope, conversation.id, (message) => {
      messages.push(message);
      ids.add(message.id);
    });
    if (!walked.ok) return walked;
    const place = `conversations/${conversation.createdAt.slice(0, 10)} ${safeName(conversation.title).slice(0, 60)} ${conversation.id}`;
    const text = archive.add(`${place}.md`, conversationText(conversation, messages));
    if (!text.ok) return text;
    const whole = archive.add(`${place}.json`, json({ ...conversation, messages }));
    if (!whole.ok) return whole;
  }
  return ok(ids);
};

/** Returns how many could not be read. */
const addAttachments = async (
  { house: { store }, files }: PrivacyPorts,
  archive: Archive,
  scope: AccessScope,
  all: readonly Conversation[],
): Promise<Result<number>> => {
  const listed: unknown[] = [];
  let unreadable = 0;
  for (const { id } of all) {
    const attachments = await store.attachments.ofConversation(scope, id);
    if (!attachments.ok) return attachments;
    for (const attachment of attachments.value) {
      const found = await store.attachments.find(scope, attachment.id);
      if (!found.ok) return found;
      const content = await files.read(found.value.address, attachment);
      if (!content.ok) {
        unreadable += 1;
        continue;
      }
      const place = `attachments/${attachment.id}/${safeName(attachment.name)}`;
      const added = archive.add(place, content.value);
      if (!added.ok) return added;
      listed.push({ ...attachment, file: place });
    }
  }
  const index = archive.add("attachments.json", json(listed));
  return index.ok ? ok(unreadable) : index;
};

const comesFrom = ({ label }: Memory, messages: ReadonlySet<string>): boolean =>
  label.sources.some(({ kind, ref }) => kind === "message" && messages.has(ref));
const reaches = ({ reach }: Capability, conversations: ReadonlySet<string>): boolean =>
  reach.kind === "conversation" && conversations.has(reach.conversationId);

const addLists = async (
  ports: PrivacyPorts,
  archive: Archive,
  reach: Reach,
  messages: ReadonlySet<string>,
): Promise<Result<void>> => {
  const { store } = ports.house;
  const { scope, subject, conversations } = reach;
  const isPerson = subject.kind === "person";
  const memories = await store.memories.list(scope, MOST_ROWS);
  if (!memories.ok) return memories;
  const reminders = await store.reminders.list(scope, {});
  if (!reminders.ok) return reminders;
  const approvals = await store.approvals.since(scope, instantOf(0), MOST_ROWS);
  if (!approvals.ok) return approvals;
  const capabilities = await store.capabilities.list(scope);
  if (!capabilities.ok) return capabilities;
  const contacts = isPerson ? await store.contacts.list(scope) : ok([]);
  if (!contacts.ok) return contacts;
  const decisions = await decisionsOf(ports, reach);
  if (!decisions.ok) return decisions;
  const records = await recordsOf(ports, reach);
  if (!records.ok) return records;
  const inside = ({ conversationId }: Pick<Approval, "conversationId">): boolean => conversations.has(conversationId);
  const own = (ownerId: string): boolean => isPerson && ownerId === subject.id;
  const lists: readonly (readonly [string, unknown])[] = [
    ["memories.json", memories.value.filter((memory) => own(memory.ownerId) || comesFrom(memory, messages))],
    ["reminders.json", reminders.value.filter((reminder) => own(reminder.ownerId) || inside(reminder))],
    ["approvals.json", approvals.value.filter(inside)],
    ["decisions.json", decisions.value],
    ["capabilities.json", capabilities.value.filter((one) => own(one.issuedBy) || reaches(one, conversations))],
    ...(isPerson ? ([["contacts.json", contacts.value.filter(({ ownerId }) => own(ownerId))]] as const) : []),
    ["audit.json", records.value],
  ];
  for (const [path, list] of lists) {
    const added = archive.add(path, json(list));
    if (!added.ok) return added;
  }
  return ok(undefined);
};

/**
 * A readable archive (ZIP) of a conversation or of all that is kept of a person; on record before anything is opened.
 * EXPORT_TOO_LARGE when what is in it has more than 64 MiB.
 */
export const exportSubject = async (
  ports: PrivacyPorts,
  by: Principal,
  subject: PrivacySubject,
  most = MOST_BYTES,
): Promise<Result<Download>> => {
  const { store, audit, clock } = ports.house;
  const scope = scopeOver(by, subject);
  const visible = await store.privacy.addressesOf(scope, subject);
  if (!visible.ok) return visible;
  const recorded = await audit.record({
    event: "subject:exported",
    actor: by.id,
    fields: { kind: subject.kind, id: subject.id },
  });
  if (!recorded.ok) return recorded;
  const conversations = await conversationsOf(store, scope, subject);
  if (!conversations.ok) return conversations;
  const archive = newArchive(most);
  const messages = await addConversations(ports, archive, scope, conversations.value);
  if (!messages.ok) return messages;
  const unreadable = await addAttachments(ports, archive, scope, conversations.value);
  if (!unreadable.ok) return unreadable;
  const ids = new Set<string>(conversations.value.map(({ id }) => id));
  const lists = await addLists(ports, archive, { scope, subject, conversations: ids }, messages.value);
  if (!lists.ok) return lists;
  const at = clock.now();
  const readme = archive.add("README.md", README(subject, at, unreadable.value));
  if (!readme.ok) return readme;
  const zip = zipSync(archive.files(), { level: 6, mtime: at });
  return ok({
    name: `moltbot-${subject.kind}-${subject.id}.zip`,
    mediaType: "application/zip",
    content: Buffer.from(zip).toString("base64"),
  });
};
