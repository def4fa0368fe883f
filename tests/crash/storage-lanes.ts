import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { JobId, OutboxId, TurnId, instantOf, millisecondsOf } from "@moltbot/contracts";
import type { AccessScope, Conversation, Instant, Principal, Turn } from "@moltbot/contracts";
import { must } from "../support/guard-house.ts";
import { nextId, spoken } from "../support/storage-house.ts";
import type { StorageHouse } from "../support/storage-house.ts";

/** Where the world is: one line for each effect that really happened. */
export const WORLD = "world.txt";

export interface Lanes {
  readonly house: StorageHouse;
  readonly owner: Principal;
  readonly scope: AccessScope;
  readonly conversation: Conversation;
  /** The folder of `WORLD`. */
  readonly folder: string;
  /** Acknowledges to the outside: whoever hears it may rely on it. */
  readonly say: (word: string, ...rest: readonly string[]) => void;
}

const later = (now: Instant, milliseconds: number): Instant => instantOf(millisecondsOf(now) + milliseconds);

const turnOf = ({ house, owner, conversation }: Lanes, userMessageId: Turn["userMessageId"]): Turn => ({
  id: nextId(TurnId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  conversationId: conversation.id,
  agentId: conversation.agentId,
  authority: owner.id,
  userMessageId,
  label: { integrity: "authority", readers: [owner.id], sources: [] },
  state: "queued",
  steps: 0,
  attempts: 0,
  waitingFor: [],
  end: null,
  createdAt: house.clock.now(),
  updatedAt: house.clock.now(),
});

/** Recorded, then in one transaction: a message, its turn, a job and an effect that may leave once. Acknowledged after that. */
export const accept = async (lanes: Lanes, text: string): Promise<void> => {
  const { house, owner, scope, conversation, say } = lanes;
  const message = spoken(conversation, text);
  const turn = turnOf(lanes, message.id);
  const jobId = nextId(JobId);
  const outboxId = nextId(OutboxId);
  must(
    await house.audit.record({
      event: "message:accepted",
      actor: owner.id,
      fields: { messageId: message.id, conversationId: conversation.id },
      details: { text },
      subject: `conversation:${conversation.id}`,
    }),
  );
  const now = house.clock.now();
  must(
    await house.database.atomically(async (inside) => {
      const appended = await inside.conversations.append(scope, "main", message);
      if (!appended.ok) return appended;
      const queued = await inside.turns.enqueue(scope, turn, turn.id);
      if (!queued.ok) return queued;
      const job = await inside.jobs.enqueue(scope, {
        id: jobId,
        kind: "storm:work",
        payload: { messageId: message.id },
        runAt: now,
        mostAttempts: 50,
        key: message.id,
      });
      if (!job.ok) return job;
      return inside.outbox.put(scope, {
        id: outboxId,
        tenantId: owner.tenantId,
        ownerId: owner.id,
        conversationId: conversation.id,
        callId: null,
        kind: "storm:send",
        payload: { text },
        repeatable: false,
        state: "waiting",
        attempts: 0,
        problem: null,
        createdAt: now,
        updatedAt: now,
      });
    }),
  );
  say("accepted", message.id, turn.id, jobId, outboxId);
};

/** Takes a turn and ends it with its reply in one transaction; false when none waits. */
export const answer = async ({ house, owner, scope, conversation, say }: Lanes): Promise<boolean> => {
  const now = house.clock.now();
  const lease = must(await house.database.turns.claim(now, later(now, 60_000)));
  if (lease === null) return false;
  const reply = spoken(conversation, "done", {
    role: "assistant",
    author: conversation.agentId,
    turnId: lease.turn.id,
  });
  must(await house.audit.record({ event: "turn:ended", actor: owner.id, fields: { turnId: lease.turn.id } }));
  const ended = await house.database.atomically(async (inside) => {
    const appended = await inside.conversations.append(scope, "main", reply);
    return appended.ok ? inside.turns.finish(lease, { state: "done", messageId: reply.id, code: null }) : appended;
  });
  if (ended.ok) say("ended", lease.turn.id, reply.id);
  return true;
};

/** Does a job, whose second time is harmless; false when none is due. */
export const work = async ({ house, say }: Lanes): Promise<boolean> => {
  const now = house.clock.now();
  const [lease] = must(await house.database.jobs.claim(["storm:work"], now, later(now, 60_000), 1));
  if (lease === undefined) return false;
  const completed = await house.database.jobs.complete(lease);
  if (completed.ok) say("worked", lease.job.id);
  return true;
};

/** Lets an effect out: it is one line in the world. False when nothing waits. */
export const send = async ({ house, folder, say }: Lanes): Promise<boolean> => {
  const [item] = must(await house.database.outbox.take(house.clock.now(), 1));
  if (item === undefined) return false;
  appendFileSync(join(folder, WORLD), `${item.id}\n`);
  await wait(1); // the world takes its time to say that it heard
  must(await house.database.outbox.settle(item.id, "sent", null, house.clock.now()));
  say("sent", item.id);
  return true;
};
