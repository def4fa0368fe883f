import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditHead, Instant, ModelDescription, MoltbotError, Result } from "@moltbot/contracts";
import type { UnlockAttempt } from "@moltbot/ingress/http";
import { openersOf } from "@moltbot/storage/vault";
import type { Vault } from "@moltbot/storage/vault";
import type { Fittings } from "./fittings.ts";
import { lockHome } from "./home-lock.ts";
import { prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import { openLog } from "./log.ts";
import type { LockReason } from "./open-house.ts";
import { openHomeVault } from "./open-memory.ts";
import { createResidence } from "./residence.ts";
import type { ResidenceState } from "./residence.ts";
import type { SettingsStore } from "./settings/index.ts";

export interface StartWish {
  readonly home: Home;
  readonly settings: SettingsStore;
  readonly passphrase: string | null;
  /** Starts although the database is damaged or lacks recorded events. */
  readonly acceptLoss: boolean;
  /** `always`: starts locked; `without passphrase`: when the vault needs one and none was given. Left out: VAULT_LOCKED then. */
  readonly locked?: "always" | "without passphrase";
  /** Lets the keychain of this machine open the vault from now on. */
  readonly useKeychain?: boolean;
  /** Hears what is being done, for people who wait. */
  progress(step: string): void;
}

/** A gateway that runs: open, or locked behind a door that takes what opens it. */
export interface Gateway {
  readonly url: string;
  /** `locked` while it is. */
  readonly sealedBy: string;
  /** Null when it was locked from the start. */
  readonly model: ModelDescription | null;
  /** Since when everything is stopped; null when nothing was at the start. */
  readonly stoppedSince: Instant | null;
  /** The newest signed head of the audit log; null while locked, and before the first. */
  auditHead(): AuditHead | null;
  state(): ResidenceState;
  /** A fresh one-time sign-in link; VAULT_LOCKED while nobody can sign in. */
  signInLink(): Promise<Result<string>>;
  /** Closes the house, forgets every key and opens the locked door in its place. */
  lock(reason: LockReason): Promise<Result<void>>;
  /** Opens the vault with what somebody at the machine brought, and then the house. */
  unlock(attempt: UnlockAttempt): Promise<Result<void>>;
  /** Hears of every lock and unlock. */
  onState(hear: (state: ResidenceState) => void): void;
  /** Resolves when neither the house nor its locked door can be opened any more. */
  readonly failed: Promise<MoltbotError>;
  /** Takes nothing new, lets running turns finish, seals the log, closes the database and the vault. */
  close(): Promise<void>;
}

/** A start by a program that hangs something in; what flags and settings make is a `StartWish` and holds none. */
export type FittedStartWish = StartWish & { readonly fittings?: Fittings };

/** The vault at the start: open, or null when the start is a locked one. */
const vaultAtStart = async (wish: StartWish): Promise<Result<Vault | null>> => {
  const openers = await openersOf(wish.home.vault);
  if (!openers.ok) return openers;
  if (wish.locked === "always")
    return openers.value.length > 0
      ? ok(null)
      : err(moltbotError("VAULT_LOCKED", { problem: "there is no vault here yet; start once without --locked" }));
  const opensAlone = openers.value.includes("key-file") || openers.value.includes("keychain");
  const needsWord = openers.value.length > 0 && !opensAlone && wish.passphrase === null;
  if (needsWord && wish.locked === "without passphrase") return ok(null);
  return openHomeVault(wish.home, wish);
};

const openHome = async (wish: FittedStartWish): Promise<Result<Gateway>> => {
  const log = openLog(wish.home.logs, wish.settings.current().log.level);
  wish.progress("Opening the vault and the database");
  const vault = await vaultAtStart(wish);
  return vault.ok ? createResidence(wish, log, vault.value) : vault;
};

/** Opens a home and everything in it, or its locked door, and listens. On failure everything is closed again. */
export const startGateway = async (wish: FittedStartWish): Promise<Result<Gateway>> => {
  const prepared = prepareHome(wish.home);
  if (!prepared.ok) return prepared;
  const held = lockHome(wish.home.lock);
  if (!held.ok) return held;
  try {
    const opened = await openHome(wish);
    if (!opened.ok) {
      held.value();
      return opened;
    }
    const gateway = opened.value;
    return ok({
      ...gateway,
      get sealedBy() {
        return gateway.sealedBy;
      },
      close: () => gateway.close().finally(held.value),
    });
  } catch (cause) {
    held.value();
    // The log, or a file in the home, cannot be written; anything else is a bug and must be seen.
    if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) throw cause;
    return err(moltbotError("HOME_NOT_WRITABLE", { home: wish.home.root, problem: cause.code }));
  }
};
