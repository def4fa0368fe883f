import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, ModelDescription, Result } from "@moltbot/contracts";
import { createClosers } from "./closers.ts";
import type { Closers } from "./closers.ts";
import type { Fittings } from "./fittings.ts";
import { furnish } from "./furnish.ts";
import type { Furnished } from "./furnish.ts";
import { lockHome } from "./home-lock.ts";
import { prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import { startListening } from "./listening.ts";
import { openLog } from "./log.ts";
import { openMemory } from "./open-memory.ts";
import { signInUrl } from "./operations/index.ts";
import { startReminderClock } from "./reminder-clock.ts";
import type { SettingsStore } from "./settings/index.ts";
import { startTurnWorkers } from "./turn-workers.ts";
import type { TurnWorkers } from "./turn-workers.ts";

export interface StartWish {
  readonly home: Home;
  readonly settings: SettingsStore;
  readonly passphrase: string | null;
  /** Starts although the database is damaged or lacks recorded events. */
  readonly acceptLoss: boolean;
  /** Hears what is being done, for people who wait. */
  progress(step: string): void;
}

export interface Gateway {
  readonly url: string;
  readonly sealedBy: string;
  readonly model: ModelDescription;
  /** Since when everything is stopped; null when nothing was at the start. */
  readonly stoppedSince: Instant | null;
  /** A fresh one-time sign-in link. */
  signInLink(): Promise<Result<string>>;
  /** Takes nothing new, lets running turns finish, seals the log, closes the database and the vault. */
  close(): Promise<void>;
}

/** A start by a program that hangs something in; what flags and settings make is a `StartWish` and holds none. */
export type FittedStartWish = StartWish & { readonly fittings?: Fittings };

/** Opens a home and everything in it, introduces the rooms to each other, and listens. On failure everything is closed again. */
export const startGateway = async (wish: FittedStartWish): Promise<Result<Gateway>> => {
  const closers = createClosers();
  try {
    const started = await open(wish, closers);
    if (!started.ok) await closers.closeAll();
    return started;
  } catch (cause) {
    await closers.closeAll();
    // The log, or a file in the home, cannot be written; anything else is a bug and must be seen.
    if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) throw cause;
    return err(moltbotError("HOME_NOT_WRITABLE", { home: wish.home.root, problem: cause.code }));
  }
};

const open = async (wish: FittedStartWish, closers: Closers): Promise<Result<Gateway>> => {
  const prepared = prepareHome(wish.home);
  if (!prepared.ok) return prepared;
  const locked = lockHome(wish.home.lock);
  if (!locked.ok) return locked;
  closers.add(locked.value);

  const log = openLog(wish.home.logs, wish.settings.current().log.level);
  wish.progress("Opening the vault and the database");
  const memory = await openMemory({ home: wish.home, passphrase: wish.passphrase, acceptLoss: wish.acceptLoss, log });
  if (!memory.ok) return memory;
  closers.add(() => memory.value.close());

  wish.progress("Setting up models and tools");
  const { settings, home, fittings = {} } = wish;
  const furnished = await furnish({ memory: memory.value, settings, home, log, fittings });
  if (!furnished.ok) return furnished;
  closers.add(() => furnished.value.close());

  const workers = await startWork(wish, furnished.value, closers);
  if (!workers.ok) return workers;
  wish.progress("Opening the doors");
  const listening = await startListening(wish, furnished.value, workers.value, closers);
  if (!listening.ok) return listening;
  workers.value.wake();
  return ok(gatewayOf(furnished.value, listening.value, closers));
};

const SWEEP_MILLISECONDS = 15_000;

/** Brings back what a crash left behind, then starts the workers, the clock and the sweeps. */
const startWork = async (wish: StartWish, furnished: Furnished, closers: Closers): Promise<Result<TurnWorkers>> => {
  const { house, log } = furnished;
  const { settings } = wish;
  const recovered = await house.store.turns.recover(house.clock.now());
  if (!recovered.ok) return recovered;
  if (recovered.value.length > 0)
    log.warn("turns of an earlier process are taken up again", { turns: recovered.value.length });
  await furnished.sweepQuestions();

  const workers = startTurnWorkers(house, () => settings.current().agents.concurrentTurns);
  closers.add(() => workers.close(settings.current().gateway.drainSeconds * 1000));
  furnished.bindWake(() => workers.wake());
  const clock = startReminderClock(house, furnished.system);
  closers.add(() => clock.close());
  furnished.bindReminderWake(() => clock.wake());
  const sweeping = setInterval(() => void furnished.sweepQuestions(), SWEEP_MILLISECONDS);
  sweeping.unref();
  closers.add(() => clearInterval(sweeping));
  closers.add(furnished.policy.watch());
  closers.add(
    settings.watch((reload) => {
      if (!reload.ok)
        return log.error(`settings were not applied: ${reload.error.message}`, { code: reload.error.code });
      log.setLevel(settings.current().log.level);
      if (reload.value.changed.length > 0) announceSettings(furnished, reload.value.changed);
      log.info("settings applied", { changed: reload.value.changed, afterRestart: reload.value.afterRestart });
    }),
  );
  return ok(workers);
};

/** Also a change made by hand in the file is told to whoever watches. */
const announceSettings = ({ house, owner }: Furnished, keys: readonly string[]): void =>
  house.events.publish("config:changed", { tenantId: owner.tenantId, audience: [owner.id] }, { keys: [...keys] });

const gatewayOf = (furnished: Furnished, url: string, closers: Closers): Gateway => ({
  url,
  sealedBy: furnished.memory.vault.sealedBy,
  model: furnished.defaultModel(),
  stoppedSince: furnished.stopped?.at ?? null,
  signInLink: async () => {
    const code = await furnished.identity.createSignInCode(furnished.owner, { strong: true });
    return code.ok ? ok(signInUrl(url, code.value.code)) : code;
  },
  close: () => closers.closeAll(),
});
