import type { Agent } from "../agent.ts";
import type { Approval, ApprovalFacts, ApprovalState } from "../approval.ts";
import type { Capability, CapabilityUsage, CapabilityUse } from "../capability.ts";
import type { Conversation, Message } from "../conversation.ts";
import type { DecisionRecord } from "../decision.ts";
import type { DeviceKey } from "../device.ts";
import type {
  AgentId,
  ApprovalId,
  AttachmentId,
  CallId,
  CapabilityId,
  ContactId,
  ConversationId,
  DecisionId,
  Digest,
  Instant,
  MemoryId,
  MessageId,
  PlanId,
  PrincipalId,
  ReminderId,
  SessionId,
  StopId,
  TenantId,
  TokenId,
  TurnId,
} from "../ids.ts";
import type { CallRecord, Turn, TurnEnd, TurnLease, TurnState } from "../job.ts";
import type { Contact } from "../contact.ts";
import type { Label, Readers, Source } from "../label.ts";
import type { Plan } from "../plan.ts";
import type { KeptItem, PastEffect } from "../provenance.ts";
import type { AccessScope, OperationPattern, Principal, Proof, Role } from "../principal.ts";
import type { Memory, Reminder } from "../reminder.ts";
import type { Result } from "../result.ts";
import type { Stop } from "../stop.ts";
import type { Usage } from "../usage.ts";
import type { Attachment } from "../attachment.ts";
import type { BackupInfo } from "../backup.ts";
import type { ErasureCertificate, PrivacySubject } from "../privacy.ts";
import type { SearchAbilities, SearchHit } from "../search.ts";
import type {
  DeviceRepository,
  PeopleRepository,
  PromptRepository,
  RoleCover,
  RoleRepository,
  SessionFacts,
  ShareRepository,
  TeamRepository,
} from "./people.ts";
import type { PackageRepository, PluginItemRepository, SignerRepository } from "./packages.ts";
import type { JobQueue, OutboxRepository, ScheduleRepository } from "./work.ts";

type Async<T> = Promise<Result<T>>;

export interface StoredAgent extends Omit<Agent, "status"> {
  readonly tenantId: TenantId;
  readonly ownerId: PrincipalId;
  readonly createdAt: Instant;
}

export interface AgentRepository {
  list(scope: AccessScope): Async<readonly StoredAgent[]>;
  find(scope: AccessScope, id: AgentId): Async<StoredAgent>;
  create(scope: AccessScope, agent: StoredAgent): Async<void>;
  setReading(scope: AccessScope, id: AgentId, reading: Agent["reading"]): Async<StoredAgent>;
  setTools(scope: AccessScope, id: AgentId, tools: Agent["capabilities"]): Async<StoredAgent>;
}

export interface ConversationRepository {
  create(scope: AccessScope, conversation: Conversation): Async<void>;
  find(scope: AccessScope, id: ConversationId): Async<Conversation>;
  /** The newest conversation of this owner with this agent, or null. */
  latest(scope: AccessScope, agentId: AgentId): Async<Conversation | null>;
  list(scope: AccessScope, limit: number): Async<readonly Conversation[]>;
  /**
   * Appends under the head and moves the head to it, in one step; the message's `parentId` is set to the head it found and
   * the stored message is returned. A message id that exists already returns the stored one unchanged.
   */
  append(scope: AccessScope, head: string, message: Message): Async<Message>;
  /** Names a new head at a message of the conversation, or before its first one (null); nothing is copied. CONFLICT when the name is taken. */
  branch(scope: AccessScope, id: ConversationId, name: string, from: MessageId | null): Async<void>;
  /** From the root to the head; at most `limit` newest. */
  path(scope: AccessScope, id: ConversationId, head: string, limit: number): Async<readonly Message[]>;
  /**
   * From the root to this message, oldest first. NOT_FOUND for a message that is not in the conversation, and where one before it was
   * erased: what such a path is made of is known whole, or not at all.
   */
  pathTo(scope: AccessScope, id: ConversationId, upTo: MessageId): Async<readonly Message[]>;
  message(scope: AccessScope, id: MessageId): Async<Message>;
  /** Conversations of others that are shared with the scope's person, the newest share first. */
  sharedWith(scope: AccessScope): Async<readonly SharedConversation[]>;
  /** The path from the root to the last message that is shared, oldest first; NOT_FOUND unless a share reaches the scope's person. */
  sharedPath(
    scope: AccessScope,
    id: ConversationId,
  ): Async<SharedConversation & { readonly messages: readonly Message[] }>;
  /** All messages of every branch in the order of their ids, after `after`; at most `limit`. What was erased is left out. */
  messages(scope: AccessScope, id: ConversationId, after: MessageId | null, limit: number): Async<readonly Message[]>;
  /**
   * Messages that have all the words of the query, newest first. SEARCH_UNSUPPORTED for a `prefix*` where the engine has none;
   * words only otherwise: no character of a query is search syntax but quotation marks around a phrase and a closing `*`.
   */
  search(
    scope: AccessScope,
    query: string,
    filter: { readonly conversationId?: ConversationId | undefined; readonly limit: number },
  ): Async<readonly SearchHit[]>;
  /** Puts a text of ours in the place of all the message held; its state becomes `removed` and its label names no source. */
  removeContent(scope: AccessScope, id: MessageId, instead: string): Async<Message>;
}

/** A conversation as far as it is shared: nothing here says what came of it afterwards. */
export interface SharedConversation {
  readonly id: ConversationId;
  readonly agentId: AgentId;
  readonly ownerId: PrincipalId;
  readonly title: string;
  readonly createdAt: Instant;
  readonly upTo: MessageId;
  readonly sharedAt: Instant;
}

/** What of the budgets was used, by the day of UTC. Amounts only ever grow. */
export interface UsageRepository {
  /** Keeps what something takes at most while it is under way, so that the end of the process does not hide it; its number. */
  begin(entries: readonly UsageEntry[]): Async<number>;
  /** Adds to all of them in one step, in place of what was kept under that number; amounts are whole and not negative. */
  add(entries: readonly UsageEntry[], begun?: number): Async<void>;
  /** Adds what was under way in processes that are gone, as much as it took at most; how many there were. */
  recover(): Async<number>;
  /** What the subjects of that tenant used on that day; what is absent is nothing. For the machinery that holds the limits. */
  used(tenant: TenantId, day: string, subjects: readonly UsageEntry["subject"][]): Async<readonly UsageEntry[]>;
  /** What this token may use, and what each token may that it was made with, however far up; none where there is no such token. */
  tokenLimits(id: TokenId): Async<readonly Pick<StoredToken, "id" | "tokensPerDay" | "moneyPerDay">[]>;
  /** Rows from that day on, newest first: of the scope's person, their tokens, devices and agents; with the reach "tenant" of everybody. */
  list(scope: AccessScope, from: string): Async<readonly UsageEntry[]>;
}
export interface UsageEntry extends Pick<Usage, "day" | "subject" | "unit"> {
  readonly tenantId: TenantId;
  /** Whose it is to see; null: whoever keeps the house. */
  readonly ownerId: PrincipalId | null;
  readonly amount: number;
}

/** Plans as they were committed, sealed under the conversation's key, and which call took which step. */
export interface PlanRepository {
  create(scope: AccessScope, plan: Plan): Async<void>;
  find(scope: AccessScope, id: PlanId): Async<Plan>;
  /** In the order committed. */
  ofTurn(scope: AccessScope, turnId: TurnId): Async<readonly Plan[]>;
  takenBy(scope: AccessScope, id: PlanId, step: number): Async<CallId | null>;
  /** CONFLICT when another call took the step; the same call again changes nothing. */
  take(scope: AccessScope, id: PlanId, step: number, callId: CallId): Async<void>;
}

/** The owner's trusted directory. */
export interface ContactRepository {
  list(scope: AccessScope): Async<readonly Contact[]>;
  /** CONFLICT when the address is confirmed under another name; the same again returns the first. */
  create(scope: AccessScope, contact: Contact): Async<Contact>;
  remove(scope: AccessScope, id: ContactId): Async<Contact>;
  /** Those of the canonical addresses that are confirmed. */
  ofAddresses(scope: AccessScope, addresses: readonly string[]): Async<readonly Contact[]>;
}

/** What is kept and what came of it, read from the labels that everything carries. */
export interface ProvenanceRepository {
  /** The message, memory or reminder with that id. NOT_FOUND otherwise. */
  item(scope: AccessScope, id: string): Async<KeptItem>;
  /** Messages, memories and scheduled reminders whose label names the source, oldest first. Lets others work between pages. */
  derivedFrom(scope: AccessScope, source: Source): Async<readonly KeptItem[]>;
  /** Content hashes of files whose kept label names the source, with that label. */
  filesFrom(scope: AccessScope, source: Source): Async<readonly { readonly content: Digest; readonly label: Label }[]>;
  /** Allowed calls that sent, fetched, executed or committed under the influence of the source, oldest first. */
  effectsFrom(scope: AccessScope, source: Source): Async<readonly PastEffect[]>;
}

export interface ApprovalRepository {
  create(scope: AccessScope, approval: Approval): Async<void>;
  find(scope: AccessScope, id: ApprovalId): Async<Approval>;
  list(scope: AccessScope, state: ApprovalState | "all", limit: number): Async<readonly Approval[]>;
  ofTurn(scope: AccessScope, turnId: TurnId): Async<readonly Approval[]>;
  /**
   * Moves `from → to` if it still is in `from` and the state machine allows it; otherwise APPROVAL_ALREADY_ANSWERED. The
   * comparison and the write are one statement, so the first answer wins.
   */
  move(
    scope: AccessScope,
    id: ApprovalId,
    from: ApprovalState,
    to: ApprovalState,
    change: Partial<
      Pick<Approval, "answeredBy" | "answeredAt" | "scope" | "reason" | "edited" | "digest" | "question">
    >,
  ): Async<Approval>;
  /** Those created since, newest first: for measures and proposals. */
  since(scope: AccessScope, since: Instant, limit: number): Async<readonly Approval[]>;
  /** Pending or allowed ones whose time has passed, oldest first; nothing of them is decrypted. */
  due(scope: AccessScope, now: Instant, limit: number): Async<readonly ApprovalFacts[]>;
  /** Those of the ids that are still pending or allowed, and due, become expired; returns them. */
  expire(scope: AccessScope, ids: readonly ApprovalId[], now: Instant): Async<readonly ApprovalFacts[]>;
  /** Everything pending or allowed becomes cancelled, also what cannot be decrypted any more; returns it. */
  cancelOpen(scope: AccessScope): Async<readonly ApprovalFacts[]>;
}

export interface CapabilityRepository {
  /** Those of the holders that are neither revoked nor of an earlier epoch (expiry is the guard's to judge); with `tool`, for that one alone. */
  ofHolders(scope: AccessScope, holders: readonly AgentId[], tool?: string): Async<readonly Capability[]>;
  list(scope: AccessScope): Async<readonly Capability[]>;
  create(scope: AccessScope, capability: Capability): Async<void>;
  revoke(scope: AccessScope, id: CapabilityId, at: Instant): Async<Capability>;
  epoch(scope: AccessScope): Async<number>;
  /** Raises the tenant's epoch by one and returns it: whatever was granted before is dead. */
  raiseEpoch(scope: AccessScope): Async<number>;
  /** What each of these was used for; one that was never used is left out. */
  usage(scope: AccessScope, ids: readonly CapabilityId[]): Async<readonly CapabilityUsage[]>;
  /** A second use by the same call changes nothing. */
  addUse(scope: AccessScope, use: CapabilityUse): Async<void>;
}

export interface CallRepository {
  find(scope: AccessScope, id: CallId): Async<CallRecord | null>;
  ofTurn(scope: AccessScope, turnId: TurnId): Async<readonly CallRecord[]>;
  put(scope: AccessScope, record: CallRecord): Async<void>;
  /** Replaces the digest of a call that is still `asked`: a person changed its arguments. NOT_FOUND when hidden, CONFLICT otherwise. */
  edit(scope: AccessScope, record: CallRecord): Async<void>;
  /** How many calls were admitted (whatever became of them): in the turn, and by the agent since. */
  admitted(
    scope: AccessScope,
    turnId: TurnId,
    agentId: AgentId,
    since: Instant,
  ): Async<{ readonly turn: number; readonly agent: number }>;
  /** How many became `unknown` since. */
  countUnknown(scope: AccessScope, since: Instant): Async<number>;
}

/** What the guard decided, sealed under the conversation's key. */
export interface DecisionRepository {
  record(scope: AccessScope, record: DecisionRecord): Async<void>;
  find(scope: AccessScope, id: DecisionId): Async<DecisionRecord>;
  /** All decisions about a call, oldest first. */
  ofCall(scope: AccessScope, callId: CallId): Async<readonly DecisionRecord[]>;
  /** How many different calls were decided about since, without reading one. */
  countCalls(scope: AccessScope, since: Instant): Async<number>;
  /** The newest first, before `before`; at most `limit`. What was erased is left out. Lets others work between pages. */
  newest(
    scope: AccessScope,
    filter: { readonly agentId?: AgentId; readonly tool?: string },
    before: DecisionId | null,
    limit: number,
  ): Async<readonly DecisionRecord[]>;
  /** In the order recorded, after `after`; at most `limit`. What was erased is left out. Lets others work between pages. */
  page(
    scope: AccessScope,
    filter: { readonly agentId?: AgentId; readonly tool?: string; readonly since?: Instant },
    after: DecisionId | null,
    limit: number,
  ): Async<readonly DecisionRecord[]>;
}

/** The stop gesture, kept so that a restart does not undo it. */
export interface StopRepository {
  /** The stop in force for the scope's tenant; null when nothing is stopped. */
  current(scope: AccessScope): Async<Stop | null>;
  /** CONFLICT when a stop is in force already. */
  begin(scope: AccessScope, stop: Stop): Async<void>;
  /** NOT_STOPPED unless exactly this one is in force. */
  end(scope: AccessScope, id: StopId, by: PrincipalId, at: Instant): Async<Stop>;
}

/** Labels of files by the SHA-256 of their content. */
export interface FileLabelRepository {
  keep(scope: AccessScope, content: Digest, label: Label): Async<void>;
  find(scope: AccessScope, content: Digest): Async<Label | null>;
}

export interface ReminderRepository {
  /** A second create with the same call id changes nothing and returns the first. */
  create(scope: AccessScope, reminder: Reminder): Async<Reminder>;
  find(scope: AccessScope, id: ReminderId): Async<Reminder>;
  list(
    scope: AccessScope,
    filter: { readonly state?: Reminder["state"]; readonly conversationId?: ConversationId },
  ): Async<readonly Reminder[]>;
  due(scope: AccessScope, now: Instant, limit: number): Async<readonly Reminder[]>;
  nextDue(scope: AccessScope): Async<Instant | null>;
  /** scheduled → fired, once; false when it was not scheduled any more. */
  markFired(scope: AccessScope, id: ReminderId, at: Instant): Async<boolean>;
  /** scheduled → cancelled, once; false when it was not scheduled any more. */
  cancel(scope: AccessScope, id: ReminderId): Async<boolean>;
}

export interface MemoryRepository {
  create(scope: AccessScope, memory: Memory): Async<Memory>;
  find(scope: AccessScope, id: MemoryId): Async<Memory>;
  /** What the scope may read, newest first. */
  list(scope: AccessScope, limit: number): Async<readonly Memory[]>;
  /**
   * Full-text search over what the scope may read and everybody in `audience` may know, best first. Query syntax has no
   * power: words only.
   */
  search(scope: AccessScope, query: string, limit: number, audience: Readers): Async<readonly Memory[]>;
  /** Forgets the text and the words it was found by. */
  remove(scope: AccessScope, id: MemoryId): Async<void>;
}

/** The durable queue of turns. One conversation has at most one running turn. */
export interface TurnQueue {
  /** Idempotent by `key`: the same key returns the turn that exists and `fresh: false`. */
  enqueue(scope: AccessScope, turn: Turn, key: string | null): Async<{ readonly turn: Turn; readonly fresh: boolean }>;
  /** The turn that this owner enqueued under that key, or null. */
  byKey(scope: AccessScope, key: string): Async<Turn | null>;
  /** Leases the oldest queued turn whose conversation has none running and whose tenant is not stopped, until `until`; null when there is none. */
  claim(now: Instant, until: Instant): Async<TurnLease | null>;
  extend(lease: TurnLease, until: Instant): Async<void>;
  /** Records progress of a leased turn; QUEUE_LEASE_LOST with an old fence. */
  progress(lease: TurnLease, change: { readonly steps: number }): Async<void>;
  park(lease: TurnLease, waitingFor: readonly ApprovalId[]): Async<void>;
  /** waiting → queued; false when it was not waiting. */
  resume(scope: AccessScope, id: TurnId): Async<boolean>;
  finish(lease: TurnLease, end: TurnEnd): Async<void>;
  /** A turn nobody leases (queued or waiting) ends here; false when it has ended or is running. */
  cancel(scope: AccessScope, id: TurnId, end: TurnEnd): Async<boolean>;
  /** Turns left running by a process that is gone return to the queue; returns their ids. */
  recover(now: Instant): Async<readonly TurnId[]>;
  /**
   * Waiting turns that wait for nothing, or one of whose questions is not pending any more, return to the queue: an answer was
   * durable but the wake-up was lost with a process, or the turn waited for a retry. Returns their ids.
   */
  wakeAnswered(now: Instant): Async<readonly TurnId[]>;
  /** Those of the scope that run or wait for an answer. */
  open(scope: AccessScope): Async<readonly Turn[]>;
  find(scope: AccessScope, id: TurnId): Async<Turn>;
  ofConversation(scope: AccessScope, id: ConversationId, limit: number): Async<readonly Turn[]>;
  /** The agents that have a turn running now. */
  busyAgents(scope: AccessScope): Async<readonly AgentId[]>;
  /** How many are in each state. */
  counts(scope: AccessScope): Async<Readonly<Record<TurnState, number>>>;
}

export interface StoredToken {
  readonly id: TokenId;
  readonly principal: Principal;
  readonly role: Role;
  readonly name: string;
  /** HMAC of the token under a vault key; the token itself is never stored. */
  readonly verifier: string;
  /** The only operations it is for; null: whatever its role may. */
  readonly scopes: readonly OperationPattern[] | null;
  readonly integrity: Proof["integrity"];
  /** What every request with it has to be signed with; null: with nothing. */
  readonly key: DeviceKey | null;
  /** The token that asked for it, with which it ends; null: its person did, by something else. */
  readonly madeWith: TokenId | null;
  /** Model tokens that all it asks for may take in a day of UTC; absent: no limit of its own. */
  readonly tokensPerDay?: number;
  /** Likewise money, in millionths of the currency of the settings. */
  readonly moneyPerDay?: number;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | null;
  /** To the minute; null: never. */
  readonly lastUsedAt: Instant | null;
}
export interface StoredSession {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly verifier: string;
  readonly createdAt: Instant;
  /** Without a request until then it is over; moved on by `touchSession`. */
  readonly idleUntil: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | null;
  /** To the minute; null: never. */
  readonly lastSeenAt: Instant | null;
}
export interface StoredSignInLink {
  readonly verifier: string;
  readonly principalId: PrincipalId;
  /** Made on the machine itself: it also counts as a proof of who is there. */
  readonly strong: boolean;
  readonly expiresAt: Instant;
  readonly usedAt: Instant | null;
}

/** Whom a sign-in link let in. `arrived`: they were only invited until now. */
export type LinkHolder = Principal & { readonly arrived?: true };

/** What `identity` keeps. It runs before a principal is known, so its look-ups by verifier take no scope. */
export interface IdentityRepository {
  /** The first person, made at the first start; the same one ever after. */
  owner(): Async<Principal | null>;
  createPerson(principal: Principal): Async<void>;
  /** TOKEN_INVALID when the token that it was made with is revoked by now. */
  createToken(scope: AccessScope, token: StoredToken): Async<void>;
  tokenByVerifier(verifier: string): Async<(StoredToken & RoleCover) | null>;
  listTokens(scope: AccessScope): Async<readonly StoredToken[]>;
  /** With every token that was made with it, and with those, in one step; returns the ids of all. NOT_FOUND when hidden. */
  revokeToken(scope: AccessScope, id: TokenId, at: Instant): Async<readonly TokenId[]>;
  createSession(session: StoredSession): Async<void>;
  sessionByVerifier(verifier: string): Async<(StoredSession & RoleCover) | null>;
  revokeSession(id: SessionId, at: Instant): Async<void>;
  touchSession(id: SessionId, at: Instant, idleUntil: Instant): Async<void>;
  touchToken(id: TokenId, at: Instant): Async<void>;
  /** Verifiers of the tokens in force that were used since, the last used first; at most `limit`. */
  tokensUsed(since: Instant, now: Instant, limit: number): Async<readonly string[]>;
  /** Those of the scope's person that are not over at `now`, oldest first. */
  listSessions(scope: AccessScope, now: Instant): Async<readonly SessionFacts[]>;
  /** One of the scope's person; NOT_FOUND when hidden. */
  endSession(scope: AccessScope, id: SessionId, at: Instant): Async<void>;
  /** Ends every session, token and unused link of the person of the scope's tenant; returns the ids of the sessions and tokens. */
  endAll(scope: AccessScope, person: PrincipalId, at: Instant): Async<readonly string[]>;
  createSignInLink(link: StoredSignInLink): Async<void>;
  /** Marks it used, once; null when unknown, used or expired, or weak where a strong one is needed, and then it stays unused. */
  useSignInLink(verifier: string, now: Instant, needs: "any" | "strong"): Async<LinkHolder | null>;
}

/** What is known of the files of conversations; their bytes lie outside the database. */
export interface AttachmentRepository {
  /** `address` is where the bytes lie. Content that this conversation has already returns the first. */
  create(scope: AccessScope, attachment: Attachment, address: string): Async<Attachment>;
  find(scope: AccessScope, id: AttachmentId): Async<{ readonly attachment: Attachment; readonly address: string }>;
  ofConversation(scope: AccessScope, id: ConversationId): Async<readonly Attachment[]>;
  /** Returns the address when nothing else lies there any more, so that the file may go. */
  remove(scope: AccessScope, id: AttachmentId): Async<string | null>;
  /** Bytes that the scope's owner keeps. */
  total(scope: AccessScope): Async<number>;
}

/** What an erasure is made of. */
export interface PrivacyRepository {
  /** The keys that seal the subject's content: its own and those of its memories, files and the like. NOT_FOUND when hidden. */
  keysOf(scope: AccessScope, subject: PrivacySubject): Async<readonly string[]>;
  /** Where the subject's attachments lie, and nobody else's. */
  addressesOf(scope: AccessScope, subject: PrivacySubject): Async<readonly string[]>;
  /** Removes every row of the subject with its index entries; the account of a person stays, nameless. Returns how many went, by table. */
  erase(scope: AccessScope, subject: PrivacySubject): Async<Readonly<Record<string, number>>>;
  /** Makes sure that removed rows are gone from the engine's files too (write-ahead log, free pages, dead rows). */
  scrub(): Async<void>;
  certify(scope: AccessScope, certificate: ErasureCertificate): Async<void>;
  certificates(scope: AccessScope): Async<readonly ErasureCertificate[]>;
  /** Ended work, old decisions and the like, older than the instant of their kind; returns how many went, by table. */
  retire(scope: AccessScope, before: Readonly<Record<string, Instant>>): Async<Readonly<Record<string, number>>>;
}

/** Backups and keyring copies that were made: an erasure has to name them. */
export interface CopyRepository {
  add(scope: AccessScope, copy: Omit<BackupInfo, "present">): Async<void>;
  list(scope: AccessScope): Async<readonly Omit<BackupInfo, "present">[]>;
}

export interface Repositories {
  readonly people: PeopleRepository;
  readonly teams: TeamRepository;
  readonly shares: ShareRepository;
  readonly roles: RoleRepository;
  readonly prompts: PromptRepository;
  readonly usage: UsageRepository;
  readonly devices: DeviceRepository;
  readonly agents: AgentRepository;
  readonly conversations: ConversationRepository;
  readonly approvals: ApprovalRepository;
  readonly capabilities: CapabilityRepository;
  readonly calls: CallRepository;
  readonly decisions: DecisionRepository;
  readonly stops: StopRepository;
  readonly fileLabels: FileLabelRepository;
  readonly plans: PlanRepository;
  readonly contacts: ContactRepository;
  readonly provenance: ProvenanceRepository;
  readonly reminders: ReminderRepository;
  readonly memories: MemoryRepository;
  readonly turns: TurnQueue;
  readonly identity: IdentityRepository;
  readonly jobs: JobQueue;
  readonly schedules: ScheduleRepository;
  readonly outbox: OutboxRepository;
  readonly attachments: AttachmentRepository;
  readonly privacy: PrivacyRepository;
  readonly copies: CopyRepository;
  readonly packages: PackageRepository;
  readonly signers: SignerRepository;
  readonly pluginItems: PluginItemRepository;
}

/** The database: the repositories, and a way to change several of them in one transaction. */
export interface Store extends Repositories {
  readonly engine: "sqlite" | "postgres";
  readonly searchAbilities: SearchAbilities;
  /**
   * All or nothing: an error result or an exception rolls everything back. Do no outside I/O in it. Durable when it returns;
   * `with-record`: durable at the latest when the next audit record is, which saves a write to the disk where one follows.
   */
  atomically<T>(work: (repositories: Repositories) => Async<T>, durable?: "now" | "with-record"): Async<T>;
}
