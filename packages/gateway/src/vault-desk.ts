import { ok } from "@moltbot/contracts";
import type { Instant, Result, VaultStatus } from "@moltbot/contracts";
import type { Vault } from "@moltbot/storage/vault";
import type { AttemptPlace, UnlockAttempts } from "./unlock-attempts.ts";

/** The vault as operations see it: how it is sealed, and ways to seal it otherwise. No key, no content. */
export interface VaultDesk {
  status(): VaultStatus;
  /** Closes the house and locks the vault, once what is being answered is answered. */
  lock(): void;
  /** Each of these asks for what opens the vault now, and counts wrong answers as attempts to unlock. */
  changePassphrase(place: AttemptPlace, current: string | null, next: string | null): Promise<Result<VaultStatus>>;
  makeRecoveryCode(place: AttemptPlace, current: string | null): Promise<Result<string>>;
  rotate(place: AttemptPlace, keys: "wrapping" | "data", current: string | null): Promise<Result<VaultStatus>>;
}

export const createVaultDesk = (ports: {
  readonly vault: Vault;
  readonly attempts: UnlockAttempts;
  readonly unlockedAt: Instant;
  readonly autoLockMinutes: () => number;
  readonly lock: () => void;
}): VaultDesk => {
  const { vault, attempts } = ports;
  const status = (): VaultStatus => ({
    ...vault.status(),
    autoLockMinutes: ports.autoLockMinutes(),
    unlockedAt: ports.unlockedAt,
  });
  const told = async (changed: Promise<Result<void>>): Promise<Result<VaultStatus>> => {
    const result = await changed;
    return result.ok ? ok(status()) : result;
  };
  return {
    status,
    lock: ports.lock,
    changePassphrase: (place, current, next) =>
      attempts.guarded(place, () => told(vault.changePassphrase(current, next))),
    makeRecoveryCode: (place, current) => attempts.guarded(place, () => vault.makeRecoveryCode(current)),
    rotate: (place, keys, current) => attempts.guarded(place, () => told(vault.rotate(keys, current))),
  };
};
