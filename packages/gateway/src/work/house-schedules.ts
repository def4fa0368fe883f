import { ScheduleId, ok } from "@moltbot/contracts";
import type { JobKind, Result, Schedule } from "@moltbot/contracts";
import { readCron } from "./cron.ts";
import type { JobHandlers } from "./job-handler.ts";
import type { WorkPorts } from "./work-ports.ts";

/** One schedule of the house itself; an empty expression means never. */
export interface HouseSchedule {
  readonly name: string;
  readonly kind: JobKind;
  readonly cron: string;
  readonly missed: Schedule["missed"];
}

/** What comes back by itself in every house. */
export const houseSchedules = (backupCron: string): readonly HouseSchedule[] => [
  { name: "audit head", kind: "audit:head", cron: "0 * * * *", missed: "run-once" },
  { name: "retention", kind: "retention:run", cron: "10 4 * * *", missed: "run-once" },
  { name: "backup", kind: "backup:create", cron: backupCron, missed: "run-once" },
  { name: "secrets", kind: "secrets:check", cron: "20 9 * * *", missed: "run-once" },
];

/** What the house does for itself: nobody's own work, and no content in it. */
export const isHouseWork = (kind: JobKind): boolean => houseSchedules("").some((schedule) => schedule.kind === kind);

/** The machine's own time zone. */
export const machineTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Brings the house's schedules to what is wished. One whose expression and zone are unchanged is left alone, so that what came
 * while the program was off is still accounted for; one that nobody can do, or that is wished never, is off.
 */
export const settleHouseSchedules = async (
  { house, system }: WorkPorts,
  handlers: JobHandlers,
  wishes: readonly HouseSchedule[],
  timeZone: string,
): Promise<Result<void>> => {
  // Of the tenant's, because the house may have been handed on since they were made.
  const listed = await house.store.schedules.list({ ...system, reach: "tenant" });
  if (!listed.ok) return listed;
  for (const wish of wishes) {
    const known = listed.value.find(({ name, kind }) => name === wish.name && kind === wish.kind);
    const active = wish.cron !== "" && handlers.has(wish.kind);
    if (known === undefined && !active) continue;
    if (known?.cron === wish.cron && known.timeZone === timeZone && known.active === active && known.kind === wish.kind)
      continue;
    const times = active ? readCron(wish.cron, timeZone) : null;
    if (times?.ok === false) {
      house.log.error(`the schedule "${wish.name}" is off: ${times.error.message}`, { code: times.error.code });
      if (known === undefined) continue;
    }
    const now = house.clock.now();
    const stored = await house.store.schedules.put(system, {
      id: known?.id ?? house.ids.next(ScheduleId),
      tenantId: system.tenantId,
      ownerId: known?.ownerId ?? system.principalId,
      name: wish.name,
      cron: wish.cron === "" ? (known?.cron ?? "") : wish.cron,
      timeZone,
      kind: wish.kind,
      payload: {},
      missed: wish.missed,
      active: times?.ok === true,
      nextAt: times?.ok === true ? times.value.next(now) : null,
      createdAt: known?.createdAt ?? now,
    });
    if (!stored.ok) return stored;
  }
  return ok(undefined);
};
