import { instantOf, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  Capability,
  Conversation,
  DecisionRecord,
  Download,
  Message,
  Principal,
  PrivacySubject,
  Result,
} from "@moltbot/contracts";
import { zipSync } from "fflate";
import { conversationText, readmeText, safeName } from "./archive-text.ts";
import { newArchive } from "./archive.ts";
import type { Archive } from "./archive.ts";
import type { PrivacyPorts } from "./ports.ts";
import { reachToExport } from "./reach.ts";
import { recordsOf } from "./records-of-subject.ts";
import { cameFrom, conversationsOf, eachDecision, eachMessage } from "./subject.ts";
import { waysIn } from "./ways-in.ts";

const MOST_BYTES = 67_108_864;
const EARLIEST_DAY = "1970-01-01";
const MOST_ROWS = 1_000_000;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

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
  const walked = await eachDecision(store, scope, (decision) => {
    if (conversations.has(decision.conversationId)) found.push(decision);
  });
  return walked.ok ? ok(found) : walked;
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
  const teams = isPerson ? await store.teams.list(scope) : ok([]);
  if (!teams.ok) return teams;
  const shares = isPerson ? await store.shares.list(scope) : ok([]);
  if (!shares.ok) return shares;
  const prompts = isPerson ? await store.prompts.list(scope) : ok([]);
  if (!prompts.ok) return prompts;
  const items = isPerson ? await store.pluginItems.ofPerson(scope) : ok([]);
  if (!items.ok) return items;
  const usage = isPerson ? await store.usage.list(scope, EARLIEST_DAY) : ok([]);
  if (!usage.ok) return usage;
  const credentials = isPerson ? await waysIn(store, scope) : ok([]);
  if (!credentials.ok) return credentials;
  const decisions = await decisionsOf(ports, reach);
  if (!decisions.ok) return decisions;
  const records = await recordsOf(ports, subject, conversations);
  if (!records.ok) return records;
  const inside = ({ conversationId }: Pick<Approval, "conversationId">): boolean => conversations.has(conversationId);
  const own = (ownerId: string): boolean => isPerson && ownerId === subject.id;
  const lists: readonly (readonly [string, unknown])[] = [
    ["memories.json", memories.value.filter((memory) => own(memory.ownerId) || cameFrom(memory.label, messages))],
    ["reminders.json", reminders.value.filter((reminder) => own(reminder.ownerId) || inside(reminder))],
    ["approvals.json", approvals.value.filter(inside)],
    ["decisions.json", decisions.value],
    ["capabilities.json", capabilities.value.filter((one) => own(one.issuedBy) || reaches(one, conversations))],
    ...(isPerson
      ? ([
          ["contacts.json", contacts.value.filter(({ ownerId }) => own(ownerId))],
          ["teams.json", teams.value.filter(({ members }) => members.some(own)).map(({ id, name }) => ({ id, name }))],
          ["shares.json", shares.value.filter(({ by }) => own(by))],
          ["usage.json", usage.value.filter(({ ownerId }) => ownerId !== null && own(ownerId))],
          ["prompts.json", prompts.value.filter(({ ownerId }) => own(ownerId))],
          ["plugin-items.json", items.value],
          ["secrets.json", ports.vault.secrets.list().filter(({ ownerId }) => ownerId !== null && own(ownerId))],
        ] as const)
      : []),
    ...credentials.value,
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
  const reach = await reachToExport(store, by, subject);
  if (!reach.ok) return reach;
  const scope = reach.value;
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
  const readme = archive.add("README.md", readmeText(subject, at, unreadable.value));
  if (!readme.ok) return readme;
  const zip = zipSync(archive.files(), { level: 6, mtime: at });
  return ok({
    name: `moltbot-${subject.kind}-${subject.id}.zip`,
    mediaType: "application/zip",
    content: Buffer.from(zip).toString("base64"),
  });
};
