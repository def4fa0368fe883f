import { setTimeout as pause } from "node:timers/promises";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { backupBySettings } from "./backup/backup-job.ts";
import type { Closers } from "./closers.ts";
import type { Furnished } from "./furnish.ts";
import { peopleOf } from "./keep-house.ts";
import { checkSecrets } from "./operations/secrets.ts";
import { openPrivacy, settlePrivacy } from "./privacy/index.ts";
import type { Privacy } from "./privacy/index.ts";
import { startReminderClock } from "./reminder-clock.ts";
import type { ProgramCopies } from "./program-copies.ts";
import { removeSecretsOfLeft } from "./remove-secrets-of-left.ts";
import type { Settings } from "./settings/index.ts";
import type { StartWish } from "./start-gateway.ts";
import { startTurnWorkers } from "./turn-workers.ts";
import type { TurnWorkers } from "./turn-workers.ts";
import { sweepWorkspaces } from "./workspaces.ts";
import { houseHandlers, startDurableWork } from "./work/index.ts";
import type { DurableWork } from "./work/index.ts";

const SWEEP_MILLISECONDS = 15_000;
const OLD_MILLISECONDS = 6 * 3_600_000;
/** A wall that takes longer to look at is found later; until then nothing runs. */
const WALL_MILLISECONDS = 2_000;

/** What is at work once a house is open. */
export interface Working {
  readonly workers: TurnWorkers;
  readonly privacy: Privacy;
  readonly work: DurableWork;
}

const backUp = ({ backups, system }: Furnished, settings: Settings["backup"]): Promise<Result<void>> =>
  backupBySettings(backups, system, settings);
/** The owner of today: the house may have been handed on since it was opened. */
const tellOfSecrets = async ({ memory, house, owner }: Furnished): Promise<number> => {
  const current = await house.store.identity.owner();
  const to = (current.ok ? current.value : null) ?? owner;
  return checkSecrets(memory.vault.secrets, house.events, to, house.clock.now());
};

/** What cannot be removed now is lent to nobody, and tried again at the next start: no reason to keep the house closed. */
const sweepSecrets = async ({ memory, house, owner, log }: Furnished): Promise<void> => {
  const removed = await removeSecretsOfLeft(house.store, memory.vault.secrets, owner);
  if (!removed.ok) return log.error("secrets of people who left are still there", { code: removed.error.code });
  if (removed.value > 0) log.warn("secrets of people who left are removed", { secrets: removed.value });
};

/** Copies that nobody needs, and undo snapshots whose time is over. */
const sweepOld = async ({ copies, undoFiles, log }: Furnished): Promise<void> => {
  await copies.sweep();
  const swept = await undoFiles.sweep();
  if (!swept.ok) return log.error("undo snapshots whose time is over are still there", { code: swept.error.code });
  if (swept.value > 0) log.info("undo snapshots whose time is over are removed", { snapshots: swept.value });
};

/** What runs of plugins remembers what it was told: it ends before keys are destroyed, and once more after the rest. */
const forgetting = ({ copies, plugins }: Furnished): Pick<ProgramCopies, "forget"> => ({
  forget: async (subject) => {
    await plugins.endAll();
    return copies.forget(subject);
  },
});

/** Brings back what a crash left behind, then starts the workers, the clock and the sweeps. */
export const startWork = async (
  wish: StartWish,
  furnished: Furnished,
  drainMilliseconds: () => number,
  closers: Closers,
): Promise<Result<Working>> => {
  const { house, log } = furnished;
  const { settings } = wish;
  const recovered = await house.store.turns.recover(house.clock.now());
  if (!recovered.ok) return recovered;
  if (recovered.value.length > 0)
    log.warn("turns of an earlier process are taken up again", { turns: recovered.value.length });
  const settled = await settlePrivacy({ ...wish, furnished });
  if (!settled.ok) return settled;
  await sweepSecrets(furnished);
  const leaving = new AbortController();
  closers.add(() => leaving.abort());
  // Nobody waits for it: what is newer than this start is left alone, and no list shows what is unfinished.
  void sweepWorkspaces({ home: wish.home, log }, house.clock.now(), leaving.signal);
  await furnished.sweepQuestions();

  // The first turn shall not hear that nobody looked yet.
  await Promise.race([furnished.wall.check(), pause(WALL_MILLISECONDS, undefined, { ref: false })]);

  const workers = startTurnWorkers(house, () => settings.current().agents.concurrentTurns);
  closers.add(() => workers.close(drainMilliseconds()));
  furnished.bindWake(() => workers.wake());
  const privacy = openPrivacy({ ...wish, furnished: { ...furnished, copies: forgetting(furnished) } }, workers);
  const clock = startReminderClock(house, furnished.system);
  closers.add(() => clock.close());
  furnished.bindReminderWake(() => clock.wake());
  const work = await startDurableWork(
    { house, system: furnished.system, random: Math.random },
    {
      handlers: houseHandlers(house.audit, [
        privacy.retention,
        ["backup:create", { housekeeping: true, run: () => backUp(furnished, settings.current().backup) }],
        ["secrets:check", { housekeeping: true, run: async () => ok(await tellOfSecrets(furnished)) }],
      ]),
      couriers: new Map(),
      backupCron: settings.current().backup.cron,
    },
  );
  closers.add(() => work.close(drainMilliseconds()));
  // Told of both: what was set through the house, and what was changed by hand in the file.
  closers.add(
    house.events.subscribe((event) => {
      const touches = event.name === "config:changed" && event.payload.keys.includes("backup.cron");
      if (touches) void work.reschedule(settings.current().backup.cron);
    }),
  );
  const sweeping = setInterval(() => void furnished.sweepQuestions(), SWEEP_MILLISECONDS);
  sweeping.unref();
  closers.add(() => clearInterval(sweeping));
  // Nobody waits for it: what an erasure had to remove is gone already.
  void sweepOld(furnished);
  const sweepingOld = setInterval(() => void sweepOld(furnished), OLD_MILLISECONDS);
  sweepingOld.unref();
  closers.add(() => clearInterval(sweepingOld));
  closers.add(furnished.policy.watch());
  closers.add(
    settings.watch((reload) => {
      if (!reload.ok)
        return log.error(`settings were not applied: ${reload.error.message}`, { code: reload.error.code });
      log.setLevel(settings.current().log.level);
      if (reload.value.changed.length > 0) void announceSettings(furnished, reload.value.changed);
      log.info("settings applied", { changed: reload.value.changed, afterRestart: reload.value.afterRestart });
    }),
  );
  return ok({ workers, privacy, work });
};

/** Also a change made by hand in the file is told to whoever watches. */
const announceSettings = async ({ house, owner }: Furnished, keys: readonly string[]): Promise<void> => {
  const audience = await peopleOf(house.store, owner, "keepers");
  house.events.publish("config:changed", { tenantId: owner.tenantId, audience }, { keys: [...keys] });
};
