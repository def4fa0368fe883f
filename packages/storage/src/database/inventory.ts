import type { InventoryEntry } from "@moltbot/contracts";
import { COLUMNS } from "./inventory-columns.ts";
import type { TableName } from "./inventory-columns.ts";

type Words = Omit<InventoryEntry, "place" | "clear">;

const CONVERSATION = ["conversation", "person"] as const;
const WITH_CONVERSATION = "as long as its conversation";
const ROWS_GO = "its rows go with the conversation or the person";

/** What each table holds, whose keys seal it, how long it is kept and what an erasure does to it. */
const TABLES: Readonly<Record<TableName, Words>> = {
  schema_versions: {
    holds: "which migrations were applied, and when",
    personal: false,
    sealedBy: [],
    kept: "for ever",
    erased: "nothing: it is about no person",
  },
  facts: {
    holds: "counters of the program: how often it was opened, how many records were acknowledged",
    personal: false,
    sealedBy: [],
    kept: "for ever",
    erased: "nothing: it is about no person",
  },
  principals: {
    holds: "accounts of persons: name, role, and whether they are active",
    personal: true,
    sealedBy: ["person"],
    kept: "until the person is erased",
    erased: "the name goes; a nameless row stays, so that ids in the log still mean one account",
  },
  teams: {
    holds: "teams of persons: what they are called",
    personal: false,
    sealedBy: ["system"],
    kept: "until it is removed",
    erased: "nothing: a team is nobody's own",
  },
  team_members: {
    holds: "which persons are in which team",
    personal: true,
    sealedBy: [],
    kept: "until the person leaves the team or the house, or the team is removed",
    erased: "its rows go with the person",
  },
  shares: {
    holds: "what is shared with whom and what is kept from whom, by ids",
    personal: true,
    sealedBy: [],
    kept: "until it is ended, or its owner or whom it is for leaves the house",
    erased: "those of the person and those for the person go",
  },
  tokens: {
    holds:
      "access tokens: what they are called, a keyed verifier of each, and the public key that its requests are signed with",
    personal: true,
    sealedBy: ["person"],
    kept: "until the person is erased",
    erased: "its rows go with the person",
  },
  sessions: {
    holds: "sessions of the web app: a keyed verifier of each",
    personal: true,
    sealedBy: [],
    kept: "the days of retention.workDays after its end",
    erased: "its rows go with the person",
  },
  devices: {
    holds: "paired devices: what they are called, their public keys, and a keyed verifier of each one's refresh token",
    personal: true,
    sealedBy: ["person"],
    kept: "the days of retention.workDays after its end",
    erased: "its rows go with the person",
  },
  spent_refreshes: {
    holds: "refresh tokens that were used: a keyed verifier of each, so that a copy is told from the device",
    personal: true,
    sealedBy: [],
    kept: "as long as its device",
    erased: "its rows go with the device",
  },
  pairings: {
    holds: "one-time pairing codes: a keyed verifier of each",
    personal: true,
    sealedBy: [],
    kept: "the days of retention.workDays after its end",
    erased: "its rows go with the person",
  },
  sign_in_links: {
    holds: "one-time sign-in codes: a keyed verifier of each",
    personal: true,
    sealedBy: [],
    kept: "the days of retention.workDays after its end",
    erased: "its rows go with the person",
  },
  agents: {
    holds: "assistants: name, model and tools",
    personal: true,
    sealedBy: ["person"],
    kept: "until the person is erased",
    erased: "its rows go with the person",
  },
  conversations: {
    holds: "conversations: title and branches",
    personal: true,
    sealedBy: CONVERSATION,
    kept: "until it is erased, or the days of retention.conversationsDays after its last message",
    erased: ROWS_GO,
  },
  messages: {
    holds: "messages: text, calls, results, labels, which model wrote it",
    personal: true,
    sealedBy: ["conversation", "its author"],
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  approvals: {
    holds: "questions and answers: arguments, reasons, edits",
    personal: true,
    sealedBy: CONVERSATION,
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  capabilities: {
    holds: "standing grants: constraints and reasons",
    personal: true,
    sealedBy: ["person"],
    kept: "until the person is erased, also when revoked or expired",
    erased: "those that hold in the conversation alone go with it, all with the person",
  },
  capability_uses: {
    holds: "what grants were used for: when, how many bytes, which amounts",
    personal: true,
    sealedBy: ["person"],
    kept: "as long as its grant",
    erased: "its rows go with the grant",
  },
  epochs: {
    holds: "how often everything was stopped",
    personal: false,
    sealedBy: [],
    kept: "for ever",
    erased: "nothing: it is about no person",
  },
  calls: {
    holds: "the ledger of tool calls: which tool, which state, a digest of the arguments",
    personal: true,
    sealedBy: CONVERSATION,
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  decisions: {
    holds: "what the guard decided and all that it looked at",
    personal: true,
    sealedBy: CONVERSATION,
    kept: "the days of retention.decisionsDays",
    erased: ROWS_GO,
  },
  plans: {
    holds: "plans as they were committed",
    personal: true,
    sealedBy: CONVERSATION,
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  plan_steps: {
    holds: "which call took which step of a plan",
    personal: true,
    sealedBy: [],
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  contacts: {
    holds: "the directory of confirmed addresses: names and addresses, and a keyed MAC of each address",
    personal: true,
    sealedBy: ["person"],
    kept: "until it is removed",
    erased: "its rows go with the person; no contact belongs to a conversation",
  },
  stops: {
    holds: "stops: when, by whom, and what was said about it",
    personal: true,
    sealedBy: ["person"],
    kept: "for ever",
    erased: "what was said goes with the person; that everything was stopped stays",
  },
  file_labels: {
    holds: "labels of files of workspaces, by a keyed MAC of their content",
    personal: true,
    sealedBy: ["person"],
    kept: "until what they came from, or the person, is erased",
    erased:
      "labels that name a message of the conversation go, all with the person; an unknown file is trusted by nobody",
  },
  reminders: {
    holds: "reminders: text and label",
    personal: true,
    sealedBy: CONVERSATION,
    kept: WITH_CONVERSATION,
    erased: `${ROWS_GO}, also those of other conversations that came of it`,
  },
  memories: {
    holds: "memories: text and label",
    personal: true,
    sealedBy: ["memory", "person"],
    kept: "until it is removed",
    erased: "those that came of the conversation go with it, in chains; all with the person",
  },
  memory_words: {
    holds: "which words each memory has, inside the encrypted file (SQLite alone)",
    personal: true,
    sealedBy: ["the database's page key (SQLite)"],
    kept: "as long as its memory; in no backup",
    erased: "its words go with the memory, and the index is rewritten without them",
  },
  message_words: {
    holds: "which words each message has, inside the encrypted file (SQLite alone)",
    personal: true,
    sealedBy: ["the database's page key (SQLite)"],
    kept: "as long as its message; in no backup",
    erased: "its words go with the message, and the index is rewritten without them",
  },
  message_index: {
    holds: "the place of each message in the search index: its time and its id",
    personal: true,
    sealedBy: [],
    kept: "as long as its message; in no backup",
    erased: ROWS_GO,
  },
  word_index: {
    holds:
      "keyed MACs of the words of messages and memories (PostgreSQL alone): equal words of one person have equal MACs",
    personal: true,
    sealedBy: ["person"],
    kept: "as long as its message or memory; in no backup",
    erased: "its MACs go with the message or memory, and with the person's key nobody can try out a word",
  },
  turns: {
    holds: "turns: state, label, how it ended",
    personal: true,
    sealedBy: CONVERSATION,
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  audit_details: {
    holds: "details of the records of the log, and the hash of each record",
    personal: true,
    sealedBy: ["conversation", "person", "system"],
    kept: "with the log; retention.auditDays",
    erased: "the sealed details of the subject go; the hash stays, so that log and proofs stay valid",
  },
  jobs: {
    holds: "durable work: ids and numbers of it",
    personal: true,
    sealedBy: ["person"],
    kept: "the days of retention.workDays after its end",
    erased: "its rows go with the person",
  },
  schedules: {
    holds: "what comes back by itself: name, expression, payload",
    personal: true,
    sealedBy: ["person"],
    kept: "until it is removed",
    erased: "its rows go with the person",
  },
  firings: {
    holds: "the account of every time that a schedule named",
    personal: true,
    sealedBy: ["person"],
    kept: "the days of retention.workDays",
    erased: "its rows go with the person",
  },
  outbox: {
    holds: "effects on their way out",
    personal: true,
    sealedBy: CONVERSATION,
    kept: "the days of retention.workDays after its end",
    erased: ROWS_GO,
  },
  attachments: {
    holds: "files of conversations: name, media type, label; the bytes lie in the folder attachments",
    personal: true,
    sealedBy: ["attachment", "conversation", "person"],
    kept: WITH_CONVERSATION,
    erased: ROWS_GO,
  },
  erasures: {
    holds: "certificates of erasures: ids, counts, and what lay out of reach",
    personal: true,
    sealedBy: ["system"],
    kept: "for ever",
    erased: "nothing: it is what proves the erasure",
  },
  copies: {
    holds: "backups and keyring copies that were made: where each was put",
    personal: false,
    sealedBy: ["system"],
    kept: "for ever",
    erased: "nothing: an erasure names them",
  },
};

/** What lies in the home beside the database. */
const PLACES: readonly InventoryEntry[] = [
  {
    place: "moltbot.db, moltbot.db-wal, moltbot.db-shm",
    holds: "all tables, when the engine is SQLite; every page is encrypted",
    personal: true,
    sealedBy: ["the database's page key"],
    clear: ["that there is a database, and its size"],
    kept: "as its tables",
    erased: "removed rows leave no free page and no write-ahead log behind",
  },
  {
    place: "vault/vault.json",
    holds: "the root key, sealed by what opens the vault",
    personal: false,
    sealedBy: ["passphrase, keychain, key file or recovery code"],
    clear: ["what it is sealed by, and the costs of trying a passphrase"],
    kept: "for ever",
    erased: "nothing: it is about no person",
  },
  {
    place: "vault/keyring.jsonl",
    holds: "the data keys of every conversation, person, memory and attachment",
    personal: true,
    sealedBy: ["the root key"],
    clear: ["how many lines it has"],
    kept: "until the subject of a key is erased",
    erased: "it is written anew without the keys of the subject, and the old one is overwritten",
  },
  {
    place: "vault/erasures.jsonl",
    holds: "which subjects were erased, by their ids, so that a restore erases them again",
    personal: true,
    sealedBy: ["the root key"],
    clear: ["how many lines it has"],
    kept: "for ever",
    erased: "the subject's id is added",
  },
  {
    place: "vault/secrets.json",
    holds: "secrets: values, names, hosts",
    personal: true,
    sealedBy: ["the root key"],
    clear: [],
    kept: "until it is removed",
    erased: "nothing: secrets open other services and are removed by name",
  },
  {
    place: "audit/",
    holds: "the log of everything that was decided and done, as canonical JSON Lines with signed heads",
    personal: true,
    sealedBy: [],
    clear: ["times, events, ids, names of tools and rules, counts; details are keyed commitments"],
    kept: "for ever, or the days of retention.auditDays and after that its hashes",
    erased: "records stay, with ids alone; their details cannot be opened any more",
  },
  {
    place: "attachments/",
    holds: "the bytes of attached files, each at the MAC of its content",
    personal: true,
    sealedBy: ["attachment", "conversation", "person"],
    clear: ["how many there are, and their sizes"],
    kept: "as long as their conversation",
    erased: "the subject's files are overwritten and unlinked",
  },
  {
    place: "backups/",
    holds: "encrypted copies of all tables but search indexes, without keys",
    personal: true,
    sealedBy: ["the root key", "and each row as in its table"],
    clear: ["when each was made, and its size"],
    kept: "as many as backup.keep says; those made by hand until they are deleted",
    erased: "not changed: without the destroyed keys nothing of the subject opens; the certificate names each",
  },
  {
    place: "before-*/, restoring/",
    holds:
      "what a restore put aside, whole: the former database, log and attached files; and what a restore is filling",
    personal: true,
    sealedBy: ["as where it lay before"],
    clear: ["as where it lay before"],
    kept: "until it is deleted by hand",
    erased: "not changed: without the destroyed keys nothing of the subject opens",
  },
  {
    place: "workspaces/",
    holds: "files that agents and the owner keep there",
    personal: true,
    sealedBy: [],
    clear: ["everything: they are the owner's own files"],
    kept: "until they are deleted",
    erased: "nothing: files that came of the subject are named in the certificate",
  },
  {
    place: "removed/",
    holds: "files of workspaces that were set aside with a source that is no longer trusted",
    personal: true,
    sealedBy: [],
    clear: ["everything"],
    kept: "until they are deleted",
    erased: "nothing: they are the owner's own files",
  },
  {
    place: "logs/",
    holds: "the program's own log: ids, numbers and codes",
    personal: false,
    sealedBy: [],
    clear: ["everything: it never holds content"],
    kept: "a few files, the oldest replaced",
    erased: "nothing: no content is in it",
  },
  {
    place: "run/",
    holds: "the process id, the address, the local socket",
    personal: false,
    sealedBy: [],
    clear: ["everything"],
    kept: "while the gateway runs",
    erased: "nothing: it is about no person",
  },
  {
    place: "moltbot.json5",
    holds: "settings, the owner's name among them",
    personal: true,
    sealedBy: [],
    clear: ["everything"],
    kept: "until it is changed",
    erased: "nothing: it is the owner's own file",
  },
  {
    place: "policy.cedar",
    holds: "the operator's policy",
    personal: false,
    sealedBy: [],
    clear: ["everything"],
    kept: "until it is changed",
    erased: "nothing: it is the operator's own file",
  },
];

const clearOf = (table: TableName): readonly string[] =>
  Object.entries(COLUMNS[table])
    .filter(([, kind]) => kind === "clear")
    .map(([column]) => column);

const names = Object.keys(TABLES) as TableName[]; // the keys of this very record

/** Everything that is kept, table by table and place by place; a table or a column that is missing here fails a test. */
export const INVENTORY: readonly InventoryEntry[] = Object.freeze([
  ...names.map((table) => {
    const { holds, personal, sealedBy, kept, erased } = TABLES[table];
    return { place: table, holds, personal, sealedBy, clear: clearOf(table), kept, erased };
  }),
  ...PLACES,
]);
