import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { ModelDescription, Result } from "@moltbot/contracts";
import { createHttpServer } from "@moltbot/ingress/http";
import { furnish } from "./furnish.ts";
import type { Furnished } from "./furnish.ts";
import { lockHome } from "./home-lock.ts";
import { findProject, prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import { openLog } from "./log.ts";
import { openMemory } from "./open-memory.ts";
import { bindOperations, signInUrl } from "./operations/index.ts";
import { startReminderClock } from "./reminder-clock.ts";
import type { SettingsStore } from "./settings/index.ts";
import { startTurnWorkers } from "./turn-workers.ts";
import { VERSION } from "./version.ts";

export interface StartWish {
  readonly home: Home;
  readonly settings: SettingsStore;
  readonly passphrase: string | null;
  /** Starts although the database lacks recorded events. */
  readonly acceptLoss: boolean;
  /** Hears what is being done, for people who wait. */
  progress(step: string): void;
}

export interface Gateway {
  readonly url: string;
  readonly sealedBy: string;
  readonly model: ModelDescription;
  /** A fresh one-time sign-in link. */
  signInLink(): Promise<Result<string>>;
  /** Takes nothing new, lets running turns finish, seals the log, closes the database and the vault. */
  close(): Promise<void>;
}

/** What was opened, last first: closed in that order, whatever failed in between. */
type Closers = (() => Promise<void> | void)[];

const closeAll = async (closers: Closers): Promise<void> => {
  const faults: unknown[] = [];
  for (const close of closers.toReversed()) {
    try {
      await close();
    } catch (cause) {
      faults.push(cause);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, "not everything could be closed");
};

/** Opens a home and everything in it, introduces the rooms to each other, and listens. On failure everything is closed again. */
export const startGateway = async (wish: StartWish): Promise<Result<Gateway>> => {
  const closers: Closers = [];
  const started = await open(wish, closers);
  if (!started.ok) await closeAll(closers);
  return started;
};

const open = async (wish: StartWish, closers: Closers): Promise<Result<Gateway>> => {
  const prepared = prepareHome(wish.home);
  if (!prepared.ok) return prepared;
  const locked = lockHome(wish.home.lock);
  if (!locked.ok) return locked;
  closers.push(locked.value);

  const log = openLog(wish.home.logs, wish.settings.current().log.level);
  wish.progress("Opening the vault and the database");
  const memory = await openMemory({ home: wish.home, passphrase: wish.passphrase, acceptLoss: wish.acceptLoss, log });
  if (!memory.ok) return memory;
  closers.push(() => memory.value.close());

  wish.progress("Setting up models and tools");
  const furnished = await furnish({ memory: memory.value, settings: wish.settings, home: wish.home, log });
  if (!furnished.ok) return furnished;
  closers.push(() => furnished.value.close());
  return openDoors(wish, furnished.value, closers);
};

/** Starts the workers and the clock, then listens: by then everything that a crash left behind is back in the queue. */
const openDoors = async (wish: StartWish, furnished: Furnished, closers: Closers): Promise<Result<Gateway>> => {
  const { house, memory, log } = furnished;
  const { settings } = wish;
  const recovered = await house.store.turns.recover(house.clock.now());
  if (!recovered.ok) return recovered;
  if (recovered.value.length > 0) log.warn("turns of an earlier process are taken up again", { turns: recovered.value.length });

  const workers = startTurnWorkers(house, () => settings.current().agents.concurrentTurns);
  furnished.bindWake(() => workers.wake());
  const clock = startReminderClock(house, furnished.system);
  furnished.bindReminderWake(() => clock.wake());
  const expiring = setInterval(() => void furnished.expireApprovals(), 15_000);
  expiring.unref();
  const stopWatching = settings.watch((reload) => {
    if (!reload.ok) return log.error(`settings were not applied: ${reload.error.message}`, { code: reload.error.code });
    log.setLevel(settings.current().log.level);
    log.info("settings applied", { changed: reload.value.changed, afterRestart: reload.value.afterRestart });
  });

  let address = "";
  let ready = false;
  const handlers = bindOperations({
    house,
    guard: furnished.guard,
    identity: furnished.identity,
    secrets: memory.vault.secrets,
    settings,
    workers,
    facts: {
      version: VERSION,
      home: wish.home.root,
      sealedBy: memory.vault.sealedBy,
      startedAt: house.clock.now(),
      model: () => furnished.defaultModel(),
      address: () => address,
      auditSize: () => memory.audit.size(),
    },
    checkDatabase: () => memory.database.check(),
  });
  const { gateway, limits } = settings.current();
  const web = join(findProject(import.meta.url), "dist", "web");
  const server = createHttpServer({
    handlers,
    identity: furnished.identity,
    events: house.events,
    webDirectory: existsSync(join(web, "index.html")) ? web : null,
    host: gateway.host,
    port: gateway.port,
    allowedHosts: gateway.allowedHosts,
    socketPath: wish.home.socket,
    ready: () => ready,
    log,
    clock: house.clock,
    version: VERSION,
    newTraceId: () => furnished.newTraceId(),
    rateLimits: { perPrincipal: limits.requestsPerSecond },
  });
  closers.push(async () => {
    ready = false;
    clearInterval(expiring);
    stopWatching();
    await server.close();
    await clock.close();
    await workers.close(settings.current().gateway.drainSeconds * 1000);
  });
  wish.progress("Opening the doors");
  const listening = await server.listen();
  if (!listening.ok) return listening;
  address = listening.value.url;
  ready = true;
  // Where the command line finds this gateway; it holds no secret.
  writeFileSync(join(wish.home.run, "gateway.json"), JSON.stringify({ pid: process.pid, url: address, socket: wish.home.socket }), { mode: 0o600 });
  workers.wake();
  log.info("the gateway is ready", { address, version: VERSION });

  return ok({
    url: address,
    sealedBy: memory.vault.sealedBy,
    model: furnished.defaultModel(),
    signInLink: async () => {
      const code = await furnished.identity.createSignInCode(furnished.owner);
      return code.ok ? ok(signInUrl(address, code.value.code)) : code;
    },
    close: () => closeAll(closers),
  });
};
