import type { Couriers } from "./courier.ts";
import { houseSchedules, machineTimeZone, settleHouseSchedules } from "./house-schedules.ts";
import type { JobHandlers } from "./job-handler.ts";
import { startJobRunner } from "./job-runner.ts";
import { recoverOutbox, startOutboxRunner } from "./outbox-runner.ts";
import { startScheduleClock } from "./schedule-clock.ts";
import type { WorkPorts } from "./work-ports.ts";

/** Everything that goes on by itself beside the turns. */
export interface DurableWork {
  /** A job, a schedule or an effect was added. */
  wake(): void;
  /** Everything was stopped: aborts what may not go on; waits for nothing. */
  halt(): void;
  /** The house's own schedules follow the settings. */
  reschedule(backupCron: string): Promise<void>;
  close(graceMilliseconds: number): Promise<void>;
}

export interface DurableWish {
  readonly handlers: JobHandlers;
  readonly couriers: Couriers;
  readonly backupCron: string;
}

/** Brings back what a crash left behind, then starts the runner, the clock and the outbox. */
export const startDurableWork = async (
  ports: WorkPorts,
  { handlers, couriers, backupCron }: DurableWish,
): Promise<DurableWork> => {
  const { house } = ports;
  const reschedule = async (cron: string): Promise<void> => {
    const settled = await settleHouseSchedules(ports, handlers, houseSchedules(cron), machineTimeZone());
    if (!settled.ok) house.log.error("the house's schedules cannot be set", { code: settled.error.code });
  };
  await recoverOutbox(ports);
  await reschedule(backupCron);
  const jobs = startJobRunner(ports, handlers);
  const outbox = startOutboxRunner(ports, couriers);
  const clock = startScheduleClock(ports, handlers, () => jobs.wake());
  const wake = (): void => {
    jobs.wake();
    outbox.wake();
    void clock.wake();
  };
  return {
    wake,
    halt: () => {
      jobs.halt();
      outbox.halt();
    },
    reschedule: async (cron) => {
      await reschedule(cron);
      await clock.wake();
    },
    close: async (graceMilliseconds) => {
      await clock.close();
      await Promise.all([jobs.close(graceMilliseconds), outbox.close(graceMilliseconds)]);
    },
  };
};
