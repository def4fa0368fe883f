import { ok } from "@moltbot/contracts";
import type { AuditHead, Instant, LogPort, ModelDescription, Result } from "@moltbot/contracts";
import type { Vault } from "@moltbot/storage/vault";
import { createClosers } from "./closers.ts";
import type { Closers } from "./closers.ts";
import type { Doorway } from "./doorway.ts";
import { furnish } from "./furnish.ts";
import type { Furnished } from "./furnish.ts";
import { startIdleLock } from "./idle-lock.ts";
import { peopleOf } from "./keep-house.ts";
import { startListening } from "./listening.ts";
import { openMemory, systemClock } from "./open-memory.ts";
import { signInUrl } from "./operations/index.ts";
import { linkAddress } from "./public-address.ts";
import type { FittedStartWish } from "./start-gateway.ts";
import { startWork } from "./start-work.ts";
import type { TurnWorkers } from "./turn-workers.ts";
import type { UnlockAttempts } from "./unlock-attempts.ts";
import { createVaultDesk } from "./vault-desk.ts";

/** Why a house is closed and its vault locked. */
export type LockReason = "person" | "idle";

/** Everything behind an open vault, at work. */
export interface OpenHouse {
  readonly url: string;
  readonly sealedBy: string;
  readonly model: ModelDescription;
  /** Since when everything is stopped; null when nothing was at the start. */
  readonly stoppedSince: Instant | null;
  /** The newest signed head of the audit log: what a person keeps elsewhere. */
  auditHead(): AuditHead | null;
  signInLink(): Promise<Result<string>>;
  /** Tells everybody, and puts on record, that the vault locks. */
  sayLocked(reason: LockReason): Promise<Result<void>>;
  /** Takes nothing new, lets running turns finish for so long (they are taken up at the next opening), and forgets every key. */
  close(drainMilliseconds: number): Promise<void>;
}

export interface HouseWish {
  readonly start: FittedStartWish;
  readonly log: LogPort & { setLevel(level: string): void };
  readonly vault: Vault;
  readonly attempts: UnlockAttempts;
  /** The port it had before it was locked; null: as the settings say. */
  readonly port: number | null;
  /** What goes on record when the vault was unlocked; null when the start itself opened it. */
  readonly unlocked: { readonly by: string; readonly wrongAttempts: number } | null;
  /** Locks soon; the caller is answered first. */
  readonly lock: (reason: LockReason) => void;
}

/** Opens everything behind the vault, introduces the rooms to each other, and listens. On failure everything is closed again, the vault too. */
export const openHouse = async (wish: HouseWish): Promise<Result<OpenHouse>> => {
  const closers = createClosers();
  try {
    const opened = await open(wish, closers);
    if (!opened.ok) await closers.closeAll();
    return opened;
  } catch (cause) {
    await closers.closeAll();
    throw cause;
  }
};

const open = async (wish: HouseWish, closers: Closers): Promise<Result<OpenHouse>> => {
  const { start, log, vault } = wish;
  const { settings, home, fittings = {}, acceptLoss } = start;
  const memory = await openMemory({
    home,
    passphrase: null,
    vault,
    database: settings.current().database,
    acceptLoss,
    log,
  });
  if (!memory.ok) return memory;
  closers.add(() => memory.value.close());
  if (wish.unlocked !== null) {
    const { by, wrongAttempts } = wish.unlocked;
    const fields = { by, wrongAttempts };
    const recorded = await memory.value.audit.record({ event: "vault:unlocked", actor: "system", fields });
    if (!recorded.ok) return recorded;
  }

  start.progress("Setting up models and tools");
  const furnished = await furnish({ memory: memory.value, settings, home, log, closers, fittings });
  if (!furnished.ok) return furnished;

  const { gateway } = settings.current();
  let drain = gateway.drainSeconds * 1000;
  const working = await startWork(start, furnished.value, () => drain, closers);
  if (!working.ok) return working;
  const { workers, privacy } = working.value;
  privacy.whenOwnerErased(() => wish.lock("person"));
  start.progress("Opening the doors");
  const doorway = doorwayOf(wish, furnished.value, workers, closers);
  const listening = await startListening(start, furnished.value, working.value, doorway, closers);
  if (!listening.ok) return listening;
  workers.wake();
  return ok({
    url: listening.value,
    get sealedBy() {
      return vault.sealedBy;
    },
    model: furnished.value.defaultModel(),
    stoppedSince: furnished.value.stopped?.at ?? null,
    auditHead: () => memory.value.audit.lastHead(),
    signInLink: async () => {
      const code = await furnished.value.identity.createSignInCode(furnished.value.owner, { strong: true });
      return code.ok ? ok(signInUrl(linkAddress(gateway, listening.value), code.value.code)) : code;
    },
    sayLocked: (reason) => sayLocked(furnished.value, reason),
    close: async (milliseconds) => {
      drain = milliseconds;
      // Turns lie down while the listener closes, for an answer that waits for its turn would hold it open; and not before it
      // closes, for an effect that is let finish would keep everything readable meanwhile.
      const lying = milliseconds === 0 ? workers.close(0) : undefined;
      await closers.closeAll();
      await lying;
    },
  });
};

const sayLocked = async ({ house, owner }: Furnished, reason: LockReason): Promise<Result<void>> => {
  const recorded = await house.audit.record({ event: "vault:locked", actor: "system", fields: { reason } });
  if (!recorded.ok) return recorded;
  const audience = await peopleOf(house.store, owner, "everybody");
  house.events.publish("vault:locked", { tenantId: owner.tenantId, audience }, { reason });
  return ok(undefined);
};

const doorwayOf = (wish: HouseWish, furnished: Furnished, workers: TurnWorkers, closers: Closers): Doorway => {
  const minutes = (): number => wish.start.settings.current().vault.autoLockMinutes;
  const idle = startIdleLock({
    minutes,
    runningTurns: () => workers.running(),
    store: furnished.house.store,
    system: furnished.system,
    clock: furnished.house.clock,
    log: wish.log,
    lock: () => wish.lock("idle"),
  });
  closers.add(() => idle.close());
  const vault = createVaultDesk({
    vault: wish.vault,
    attempts: wish.attempts,
    unlockedAt: systemClock.now(),
    autoLockMinutes: minutes,
    lock: () => wish.lock("person"),
  });
  return { port: wish.port, vault, touch: () => idle.touch() };
};
