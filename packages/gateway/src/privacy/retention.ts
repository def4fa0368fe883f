import { AttachmentId, MemoryId, instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type { Instant, Principal, Result } from "@moltbot/contracts";
import type { PrivacyDesk, PrivacyPorts } from "./ports.ts";

const DAY = 86_400_000;
const MOST_CONVERSATIONS = 1_000_000;
/** One run erases no more than this; the next one goes on. */
const MOST_ERASED = 1_000;

/** What one run of the retention took away. */
export interface Retired {
  readonly conversations: number;
  /** By table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly auditRecords: number;
}

const before = (now: Instant, days: number): Instant => instantOf(millisecondsOf(now) - days * DAY);

/** Conversations whose last message is older are erased just as by hand, each with its certificate. */
const eraseOld = async (
  ports: PrivacyPorts,
  desk: Pick<PrivacyDesk, "erase">,
  by: Principal,
  days: number,
): Promise<Result<number>> => {
  const { store, clock } = ports.house;
  const all = await store.conversations.list(ports.system, MOST_CONVERSATIONS);
  if (!all.ok) return all;
  const limit = before(clock.now(), days);
  const old = all.value.filter(({ updatedAt }) => updatedAt < limit).slice(-MOST_ERASED);
  for (const { id, ownerId } of old) {
    const erased = await desk.erase({ ...by, id: ownerId }, { kind: "conversation", id });
    // Somebody erased it meanwhile.
    if (!erased.ok && erased.error.code !== "NOT_FOUND") return erased;
  }
  return ok(old.length);
};

/** Longer than anybody is shown it: a year can be compared with the one before. */
const USAGE_DAYS = 400;

/** Does once what the settings say about how long things are kept; done twice, it finds nothing more. */
export const retire = async (
  ports: PrivacyPorts,
  desk: Pick<PrivacyDesk, "erase">,
  by: Principal,
): Promise<Result<Retired>> => {
  const { store, audit, clock } = ports.house;
  const { conversationsDays, decisionsDays, workDays, auditDays } = ports.settings().retention;
  const now = clock.now();
  const conversations = conversationsDays === 0 ? ok(0) : await eraseOld(ports, desk, by, conversationsDays);
  if (!conversations.ok) return conversations;
  const ended = before(now, workDays);
  const rows = await store.privacy.retire(ports.system, {
    ...(decisionsDays === 0 ? {} : { decisions: before(now, decisionsDays) }),
    work: ended,
    sessions: ended,
    usage: before(now, USAGE_DAYS),
  });
  if (!rows.ok) return rows;
  const jobs = await store.jobs.prune(ports.system, ended);
  if (!jobs.ok) return jobs;
  const pruned = auditDays === 0 ? ok(0) : await audit.prune(before(now, auditDays));
  if (!pruned.ok) return pruned;
  if (Object.keys(rows.value).length > 0) {
    const scrubbed = await store.privacy.scrub();
    if (!scrubbed.ok) return scrubbed;
  }
  return ok({
    conversations: conversations.value,
    rows: { ...rows.value, ...(jobs.value > 0 ? { jobs: jobs.value } : {}) },
    auditRecords: pruned.value,
  });
};

/** What a crash left between destroyed keys and rows or files: unreadable rows of memories and attachments, and files that no row knows. */
export const sweepErased = async ({
  house: { store },
  vault,
  files,
  addresses,
  system,
}: PrivacyPorts): Promise<Result<void>> => {
  const newest = vault.generation();
  for (const { subject, generation } of vault.erased()) {
    // One erasure is carried out before the next begins: only the last ones can have been cut off.
    if (generation < newest - 2) continue;
    const [kind, id] = subject.split(":");
    if (id === undefined) continue;
    const removed =
      kind === "memory"
        ? await store.memories.remove(system, MemoryId.parse(id))
        : kind === "attachment"
          ? await store.attachments.remove(system, AttachmentId.parse(id))
          : ok(null);
    if (!removed.ok && removed.error.code !== "NOT_FOUND") return removed;
  }
  const known = await addresses();
  if (!known.ok) return known;
  const swept = await files.sweep(new Set(known.value));
  return swept.ok ? ok(undefined) : swept;
};
