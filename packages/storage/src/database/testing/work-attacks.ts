/** What strangers try on work, files, copies and erasures; beside the attacks of the access scope's own test. */
import {
  AttachmentId,
  BackupId,
  ErasureId,
  JobId,
  NEUTRAL_LABEL,
  OutboxId,
  PrincipalId,
  ScheduleId,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Attachment,
  BackupInfo,
  Conversation,
  ErasureCertificate,
  Firing,
  Job,
  JobWish,
  Message,
  OutboxItem,
  Principal,
  Result,
  Schedule,
} from "@moltbot/contracts";
import type { Database } from "../index.ts";
import { AT, codeOf, later, must, next, scopeOf } from "./world.ts";

/** Who is attacked and what of theirs was there before. */
export interface Attacked {
  readonly ada: Principal;
  readonly gus: Principal;
  readonly conversation: Conversation;
  readonly message: Message;
}

/** What else Ada has. */
export interface WorkVictim extends Attacked {
  readonly attachment: Attachment;
  readonly certificate: ErasureCertificate;
  readonly copy: Omit<BackupInfo, "present">;
  readonly queuedJob: Job;
  readonly deadJob: Job;
  readonly schedule: Schedule;
  readonly firing: Firing;
  readonly effect: OutboxItem;
}

export const ADDRESS = "0a".repeat(32);
const JOB_KEY = "the same key";

const anAttachment = (conversation: Conversation, change: Partial<Attachment> = {}): Attachment => ({
  id: next(AttachmentId),
  ownerId: conversation.ownerId,
  conversationId: conversation.id,
  name: "plan.txt",
  mediaType: "text/plain",
  bytes: 12,
  label: NEUTRAL_LABEL,
  createdAt: AT,
  ...change,
});
const aCertificate = (id: PrincipalId, change: Partial<ErasureCertificate> = {}): ErasureCertificate => ({
  id: next(ErasureId),
  subject: { kind: "person", id },
  at: AT,
  keys: 1,
  rows: {},
  files: 0,
  keyring: { from: 1, to: 2 },
  outOfReach: [],
  audit: { size: 1, root: "r" },
  publicKey: "p",
  signature: "s",
  ...change,
});
const aCopy = (change: Partial<BackupInfo> = {}): Omit<BackupInfo, "present"> => ({
  id: next(BackupId),
  kind: "backup",
  file: "/somewhere/private",
  at: AT,
  bytes: 1,
  rows: 1,
  generation: 1,
  ...change,
});
const aWish = (change: Partial<JobWish> = {}): JobWish => ({
  id: next(JobId),
  kind: "mail:fetch",
  payload: { secret: "word" },
  runAt: AT,
  mostAttempts: 1,
  key: null,
  ...change,
});
const aSchedule = (owner: Principal, change: Partial<Schedule> = {}): Schedule => ({
  id: next(ScheduleId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  name: "every morning",
  cron: "0 7 * * *",
  timeZone: "Europe/Berlin",
  kind: "mail:fetch",
  payload: { secret: "word" },
  missed: "skip",
  active: true,
  nextAt: AT,
  createdAt: AT,
  ...change,
});
const anEffect = (conversation: Conversation, owner: Principal, change: Partial<OutboxItem> = {}): OutboxItem => ({
  id: next(OutboxId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  conversationId: conversation.id,
  callId: null,
  kind: "mail:send",
  payload: { secret: "word" },
  repeatable: false,
  state: "waiting",
  attempts: 0,
  problem: null,
  createdAt: AT,
  updatedAt: AT,
  ...change,
});
const firingOf = ({ id }: Schedule, jobId: JobId): Firing => ({
  scheduleId: id,
  at: AT,
  state: "queued",
  jobId,
  settledAt: null,
  problem: null,
});

/** Gives Ada one of everything that the attacks are after. */
export const seedWork = async <V extends Attacked>(db: Database, victim: V): Promise<V & WorkVictim> => {
  const { ada, conversation } = victim;
  const me = scopeOf(ada);
  const attachment = must(await db.attachments.create(me, anAttachment(conversation), ADDRESS));
  const certificate = aCertificate(ada.id);
  must(await db.privacy.certify(me, certificate));
  const copy = aCopy();
  must(await db.copies.add(me, copy));
  const dying = must(await db.jobs.enqueue(me, aWish())).job;
  const [lease] = must(await db.jobs.claim([dying.kind], AT, later(1_000), 1));
  if (lease === undefined) throw new Error("the only job was not claimed");
  const deadJob = must(await db.jobs.fail(lease, "TOOL_FAILED", null));
  const queuedJob = must(await db.jobs.enqueue(me, aWish({ key: JOB_KEY }))).job;
  const schedule = must(await db.schedules.put(me, aSchedule(ada)));
  const firing = firingOf(schedule, queuedJob.id);
  must(await db.schedules.advance(me, schedule.id, AT, later(1), [firing]));
  const hidden = anEffect(conversation, ada);
  must(await db.outbox.put(me, hidden));
  must(await db.outbox.take(AT, 1));
  must(await db.outbox.settle(hidden.id, "unknown", null, AT));
  const effect = anEffect(conversation, ada);
  must(await db.outbox.put(me, effect));
  return { ...victim, attachment, certificate, copy, queuedJob, deadJob, schedule, firing, effect };
};

const EVERY_AGE = { decisions: later(999_999), work: later(999_999), sessions: later(999_999) };

type Attack = (db: Database, scope: AccessScope, victim: WorkVictim) => Promise<Result<unknown>>;

/** One attack or more for each method that takes a scope. */
export const WORK_ATTACKS: Readonly<Record<string, Attack>> = {
  "conversations.branch": (db, scope, { conversation }) =>
    db.conversations.branch(scope, conversation.id, "mine", null),
  "conversations.branch at a message": (db, scope, { conversation, message }) =>
    db.conversations.branch(scope, conversation.id, "mine too", message.id),
  "attachments.create": (db, scope, { conversation }) =>
    db.attachments.create(scope, anAttachment(conversation), "0b".repeat(32)),
  "attachments.create as oneself": (db, scope, { conversation }) =>
    db.attachments.create(scope, anAttachment(conversation, { ownerId: scope.principalId }), "0c".repeat(32)),
  "attachments.create of known content": (db, scope, { conversation }) =>
    db.attachments.create(scope, anAttachment(conversation), ADDRESS),
  "attachments.find": (db, scope, { attachment }) => db.attachments.find(scope, attachment.id),
  "attachments.ofConversation": (db, scope, { conversation }) => db.attachments.ofConversation(scope, conversation.id),
  "attachments.remove": (db, scope, { attachment }) => db.attachments.remove(scope, attachment.id),
  "attachments.total": (db, scope) => db.attachments.total(scope),
  "privacy.keysOf": (db, scope, { conversation: { id } }) => db.privacy.keysOf(scope, { kind: "conversation", id }),
  "privacy.keysOf a person": (db, scope, { ada: { id } }) => db.privacy.keysOf(scope, { kind: "person", id }),
  "privacy.addressesOf": (db, scope, { conversation: { id } }) =>
    db.privacy.addressesOf(scope, { kind: "conversation", id }),
  "privacy.addressesOf a person": (db, scope, { ada: { id } }) => db.privacy.addressesOf(scope, { kind: "person", id }),
  "privacy.erase": (db, scope, { conversation: { id } }) => db.privacy.erase(scope, { kind: "conversation", id }),
  "privacy.erase a person": (db, scope, { ada: { id } }) => db.privacy.erase(scope, { kind: "person", id }),
  "privacy.certificates": (db, scope) => db.privacy.certificates(scope),
  "privacy.retire": (db, scope) => db.privacy.retire(scope, EVERY_AGE),
  "copies.list": (db, scope) => db.copies.list(scope),
  "jobs.enqueue of a known id": (db, scope, { queuedJob: { id } }) => db.jobs.enqueue(scope, aWish({ id })),
  "jobs.find": (db, scope, { queuedJob }) => db.jobs.find(scope, queuedJob.id),
  "jobs.list": (db, scope) => db.jobs.list(scope, "queued", 10),
  "jobs.countDead": (db, scope) => db.jobs.countDead(scope),
  "jobs.list of all": (db, scope) => db.jobs.list(scope, "all", 10),
  "jobs.revive": (db, scope, { deadJob }) => db.jobs.revive(scope, deadJob.id, AT),
  "jobs.cancel": (db, scope, { queuedJob }) => db.jobs.cancel(scope, queuedJob.id),
  "jobs.prune": (db, scope) => db.jobs.prune(scope, later(999_999)),
  "schedules.put in another's name": (db, scope, { ada }) => db.schedules.put(scope, aSchedule(ada, { name: "mine" })),
  "schedules.put over a known one": (db, scope, { ada }) => db.schedules.put(scope, aSchedule(ada)),
  "schedules.put of a known id": (db, scope, { ada, schedule: { id } }) =>
    db.schedules.put(scope, aSchedule({ ...ada, id: scope.principalId, tenantId: scope.tenantId }, { id })),
  "schedules.list": (db, scope) => db.schedules.list(scope),
  "schedules.remove": (db, scope, { schedule }) => db.schedules.remove(scope, schedule.id),
  "schedules.due": (db, scope) => db.schedules.due(scope, later(999_999), 10),
  "schedules.nextDue": (db, scope) => db.schedules.nextDue(scope),
  "schedules.advance": (db, scope, { schedule }) => db.schedules.advance(scope, schedule.id, later(1), null, []),
  "schedules.firings": (db, scope, { schedule }) => db.schedules.firings(scope, schedule.id, 10),
  "outbox.put in another's name": (db, scope, { ada, conversation }) =>
    db.outbox.put(scope, anEffect(conversation, ada)),
  "outbox.put as oneself": (db, scope, { ada, conversation }) =>
    db.outbox.put(scope, anEffect(conversation, { ...ada, id: scope.principalId, tenantId: scope.tenantId })),
  "outbox.list": (db, scope) => db.outbox.list(scope, "waiting", 10),
  "outbox.countUnknown": (db, scope) => db.outbox.countUnknown(scope, AT),
  "outbox.list of all": (db, scope) => db.outbox.list(scope, "all", 10),
  "outbox.cancelWaiting": (db, scope) => db.outbox.cancelWaiting(scope, AT),
};

/** Those that another check than the scope's predicate holds: who may own a new row, or whose id it has. */
export const HELD_BY_OWNERSHIP: readonly string[] = [
  "attachments.create as oneself",
  "attachments.create of known content",
  "attachments.create",
  "attachments.remove",
  "privacy.keysOf",
  "privacy.addressesOf",
  "privacy.erase",
  "schedules.put in another's name",
  "schedules.put over a known one",
  "schedules.put of a known id",
  "outbox.put in another's name",
  "outbox.put as oneself",
];

/** Methods that write a row of the caller's own, whatever ids are in it; attacked by `actAtHome`. */
export const WORK_OF_ONES_OWN: readonly string[] = [
  "privacy.certify",
  "copies.add",
  "jobs.enqueue",
  "schedules.put",
  "schedules.settle",
  "outbox.put",
];

/** Methods of a worker that holds a lease or took an effect, and of whoever opened the database. */
export const WORK_SCOPELESS: readonly string[] = [
  "privacy.scrub",
  "jobs.claim",
  "jobs.extend",
  "jobs.complete",
  "jobs.fail",
  "outbox.take",
  "outbox.settle",
  "outbox.recover",
  "usage.begin",
  "usage.add",
  "usage.recover",
  "usage.used",
  "usage.tokenLimits",
];

/** What a stranger writes in their own name, under the names, keys and ids of Ada's; the codes of the answers. */
export const actAtHome = async (
  db: Database,
  scope: AccessScope,
  { ada, conversation, certificate, copy, queuedJob, schedule, effect }: WorkVictim,
): Promise<readonly string[]> => {
  const self = { ...ada, id: scope.principalId, tenantId: scope.tenantId };
  const answers = [
    await db.privacy.certify(scope, aCertificate(PrincipalId.parse(scope.principalId), { id: certificate.id })),
    await db.copies.add(scope, aCopy({ id: copy.id, file: "/elsewhere" })),
    await db.jobs.enqueue(scope, aWish({ id: queuedJob.id })),
    await db.jobs.enqueue(scope, aWish({ key: JOB_KEY })),
    await db.schedules.put(scope, aSchedule(self)),
    await db.schedules.put(scope, aSchedule(self, { id: schedule.id, name: "another" })),
    await db.schedules.settle(scope, queuedJob.id, "failed", "TOOL_FAILED", AT),
    await db.outbox.put(scope, anEffect(conversation, self, { id: effect.id, conversationId: null })),
    await db.outbox.put(scope, anEffect(conversation, ada, { id: effect.id })),
  ];
  return answers.map(codeOf);
};
