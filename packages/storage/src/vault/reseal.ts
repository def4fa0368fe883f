import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { RFC_9106_SECOND_CHOICE } from "../crypto/index.ts";
import {
  findKeyOpener,
  findPassphrase,
  openByCode,
  openByKey,
  openByPassphrase,
  wrapByKey,
  wrapByNewCode,
  wrapByPassphrase,
} from "./openers.ts";
import { readRecoveryCode } from "./recovery-code.ts";
import { costsOf, firstKeyFile, keyInFile, saveVaultFile, withOpeners } from "./unlock.ts";
import type { UnlockOptions } from "./unlock.ts";
import { faultName } from "./vault-disk.ts";
import type { VaultFile } from "./vault-file.ts";

export type ResealOptions = Pick<UnlockOptions, "directory" | "keyFile" | "disk" | "costs" | "keychain">;

/**
 * Whether the person who asks knows what opens the vault. `current` is the passphrase or, for who forgot it, the recovery code;
 * where no passphrase seals the vault, nothing is asked.
 */
export const checkCurrent = async (file: VaultFile, current: string | null): Promise<Result<void>> => {
  const opener = findPassphrase(file.openers);
  if (opener === undefined) return ok(undefined);
  if (current === null) return err(moltbotError("VAULT_PASSPHRASE_WRONG"));
  if (readRecoveryCode(current) !== null && openByCode(file, current).ok) return ok(undefined);
  const opened = await openByPassphrase(file.id, opener, current, false);
  return opened.ok ? ok(undefined) : opened;
};

/** A change of `vault.json`: on disk when it is returned. */
type Reseal<T> = Promise<Result<{ readonly file: VaultFile; readonly value: T }>>;

/** Seals the vault by a new passphrase, or by a key file; a passphrase, a key file and a keychain before it open nothing any more. */
export const sealAnew = async (
  options: ResealOptions,
  file: VaultFile,
  root: Uint8Array,
  next: string | null,
): Reseal<void> => {
  if (next === "") return err(moltbotError("VAULT_LOCKED", { problem: "the new passphrase is empty" }));
  const key = next === null ? await firstKeyFile(options) : null;
  if (key !== null && !key.ok) return key;
  const opener =
    key === null
      ? await wrapByPassphrase(root, file.id, next ?? "", options.costs ?? RFC_9106_SECOND_CHOICE)
      : wrapByKey(root, file.id, "key-file", key.value);
  const hadKeyFile = findKeyOpener(file.openers, "key-file") !== undefined;
  const hadKeychain = findKeyOpener(file.openers, "keychain") !== undefined;
  const changed = withOpeners(file, ["passphrase", "key-file", "keychain"], opener);
  const saved = await saveVaultFile(options, changed);
  if (!saved.ok) return saved;
  // What it opened is gone from `vault.json`; an older copy of that file must not find its key beside it.
  if (hadKeyFile && key === null) destroyKeyFile(options);
  if (hadKeychain) await options.keychain.remove(file.id);
  return ok({ file: changed, value: undefined });
};

const destroyKeyFile = ({ disk, keyFile }: ResealOptions): void => {
  try {
    disk.destroy(keyFile);
  } catch (error) {
    // The vault is sealed anew all the same; a file that cannot be removed opens nothing of it.
    if (faultName(error) === "unknown") throw error;
  }
};

/** A new recovery code; one made before opens nothing any more. */
export const sealByCode = async (options: ResealOptions, file: VaultFile, root: Uint8Array): Reseal<string> => {
  const { code, opener } = wrapByNewCode(root, file.id);
  const changed = withOpeners(file, ["recovery-code"], opener);
  const saved = await saveVaultFile(options, changed);
  return saved.ok ? ok({ file: changed, value: code }) : saved;
};

/** Wraps the root anew under the same passphrase, key file or keychain, with new salts; a recovery code stays as it is. */
export const sealAgain = async (
  options: ResealOptions,
  file: VaultFile,
  root: Uint8Array,
  current: string | null,
): Reseal<void> => {
  let changed = file;
  const byWord = findPassphrase(file.openers);
  // A recovery code proved the right to ask, but the passphrase itself is needed to wrap under it.
  if (byWord !== undefined && current !== null && (await openByPassphrase(file.id, byWord, current, false)).ok)
    changed = withOpeners(changed, ["passphrase"], await wrapByPassphrase(root, file.id, current, costsOf(byWord)));
  if (findKeyOpener(file.openers, "key-file") !== undefined) {
    const key = await keyInFile(options);
    if (!key.ok) return key;
    changed = withOpeners(changed, ["key-file"], wrapByKey(root, file.id, "key-file", key.value));
  }
  const byChain = findKeyOpener(file.openers, "keychain");
  if (byChain !== undefined) {
    // The key in the keychain stays: another one there and the old wrapping here would open nothing after a crash.
    const text = await options.keychain.read(file.id);
    if (!text.ok) return text;
    const key = Buffer.from(text.value ?? "", "base64url");
    if (openByKey(file.id, byChain, key, false).ok)
      changed = withOpeners(changed, ["keychain"], wrapByKey(root, file.id, "keychain", key));
  }
  const saved = await saveVaultFile(options, changed);
  return saved.ok ? ok({ file: changed, value: undefined }) : saved;
};
