import { ConversationId, JobId, OutboxId, ScheduleId, instantOf } from "@moltbot/contracts";
import type { Instant, JobWish, OutboxItem, Principal, Schedule } from "@moltbot/contracts";
import { createIds } from "../../crypto/index.ts";
import type { Database } from "../../database/index.ts";
import type { Places } from "../../testing/index.ts";
import { AT, openPlace } from "./world.ts";

/** One engine, as the contract suites are run on it. */
export interface WorkEngine {
  readonly name: string;
  /** A fresh, empty database. */
  create(): WorkPlace;
}
/** One database that processes open one after the other. */
export interface WorkPlace {
  /** Opens it as a new process, after the last one is gone. */
  open(): Promise<Database>;
  close(): Promise<void>;
}

export const engineOf = (places: Places): WorkEngine => ({
  name: places.name,
  create: () => {
    const place = places.fresh();
    let last: Database | null = null;
    return {
      open: async () => {
        await last?.close();
        last = await openPlace(place);
        return last;
      },
      close: async () => last?.close(),
    };
  },
});

const ids = createIds();
export const newJobId = (): JobId => ids.next(JobId);
export const newConversationId = (): ConversationId => ids.next(ConversationId);
export const aWish = (change: Partial<JobWish> = {}): JobWish => ({
  id: newJobId(),
  kind: "test:work",
  payload: { secretly: "the payload of a job" },
  runAt: AT,
  mostAttempts: 3,
  key: null,
  ...change,
});
export const aSchedule = (owner: Principal, change: Partial<Schedule> = {}): Schedule => ({
  id: ids.next(ScheduleId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  name: "morning papers",
  cron: "0 7 * * *",
  timeZone: "Europe/Berlin",
  kind: "test:work",
  payload: { secretly: "the payload of a schedule" },
  missed: "run-once",
  active: true,
  nextAt: AT,
  createdAt: AT,
  ...change,
});
export const anItem = (owner: Principal, change: Partial<OutboxItem> = {}): OutboxItem => ({
  id: ids.next(OutboxId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  conversationId: null,
  callId: null,
  kind: "test:send",
  payload: { secretly: "the payload of an effect" },
  repeatable: false,
  state: "waiting",
  attempts: 0,
  problem: null,
  createdAt: AT,
  updatedAt: AT,
  ...change,
});
/** The instant of a count of seconds after `AT`. */
export const second = (count: number): Instant => instantOf(Date.parse(AT) + count * 1_000);
