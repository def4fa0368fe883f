import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { newId, randomBytes, RFC_9106_SECOND_CHOICE } from "../crypto/index.ts";
import type { Argon2Parameters } from "../crypto/index.ts";
import { createKeyFile, readKeyFile, refuseInside } from "./key-file.ts";
import type { Keychain } from "./keychain.ts";
import {
  findKeyOpener,
  findPassphrase,
  openByCode,
  openByKey,
  openByPassphrase,
  wrapByKey,
  wrapByPassphrase,
} from "./openers.ts";
import { faultName } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";
import { readVaultFile, writeVaultFile } from "./vault-file.ts";
import type { KeyOpener, Opener, PassphraseOpener, ReadVaultFile, VaultFile } from "./vault-file.ts";

export interface UnlockOptions {
  /** The vault's folder inside the home. */
  readonly directory: string;
  readonly keyFile: string;
  readonly passphrase: string | null;
  readonly recoveryCode: string | null;
  /** Whether a vault that is made, or opened, is opened by the keychain from then on. */
  readonly useKeychain: boolean;
  readonly keychain: Keychain;
  readonly disk: VaultDisk;
  /** What a passphrase costs to try; a vault made with less is raised to it. */
  readonly costs?: Argon2Parameters;
}

/** An opened root key, the file that wraps it, and what opened it. */
export interface Unlocked {
  readonly root: Uint8Array;
  readonly file: VaultFile;
  readonly by: Opener["kind"];
}

export const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

/** Replaces `vault.json` as a whole. */
export const saveVaultFile = async (
  { disk, directory }: Pick<UnlockOptions, "disk" | "directory">,
  file: VaultFile,
): Promise<Result<void>> => {
  try {
    await disk.replace(join(directory, "vault.json"), writeVaultFile(file));
    return ok(undefined);
  } catch (error) {
    return locked(`vault.json cannot be written (${faultName(error)})`);
  }
};

/** The same openers but for those of these kinds, and these instead. */
export const withOpeners = (
  file: VaultFile,
  without: readonly Opener["kind"][],
  ...more: readonly Opener[]
): VaultFile => ({
  ...file,
  openers: [...file.openers.filter(({ kind }) => !without.includes(kind)), ...more],
});

const isBelow = (stored: Argon2Parameters, wanted: Argon2Parameters): boolean =>
  stored.passes < wanted.passes || stored.memory < wanted.memory;

const byPassphrase = async (
  options: UnlockOptions,
  { file, old }: ReadVaultFile,
  opener: PassphraseOpener,
  passphrase: string,
): Promise<Result<Unlocked>> => {
  const { costs = RFC_9106_SECOND_CHOICE } = options;
  const root = await openByPassphrase(file.id, opener, passphrase, old);
  if (!root.ok) return root;
  const isRaised = isBelow(opener.argon2, costs);
  // A wrapping of version 1 is made anew in any case: what is written next is of version 2.
  if (!isRaised && !old) return ok({ root: root.value, file, by: "passphrase" });
  const raised = await wrapByPassphrase(root.value, file.id, passphrase, isRaised ? costs : costsOf(opener));
  const next = withOpeners(file, ["passphrase"], raised);
  const saved = await saveVaultFile(options, next);
  return saved.ok ? ok({ root: root.value, file: next, by: "passphrase" }) : saved;
};

export const costsOf = ({ argon2: { passes, parallelism, memory } }: PassphraseOpener): Argon2Parameters => ({
  passes,
  parallelism,
  memory,
});

/** The key in the key file, which must lie outside the home. */
export const keyInFile = async (options: Pick<UnlockOptions, "directory" | "keyFile">): Promise<Result<Uint8Array>> => {
  const outside = await refuseInside(options.keyFile, dirname(options.directory));
  if (!outside.ok) return outside;
  const key = await readKeyFile(options.keyFile);
  if (!key.ok) return key;
  return key.value === null ? locked(`its key file ${options.keyFile} is missing`) : ok(key.value);
};

const byKeyFile = async (
  options: UnlockOptions,
  { file, old }: ReadVaultFile,
  opener: KeyOpener,
): Promise<Result<Unlocked>> => {
  const key = await keyInFile(options);
  if (!key.ok) return key;
  const root = openByKey(file.id, opener, key.value, old);
  if (!root.ok) return locked(`the key file ${options.keyFile} belongs to another vault`);
  if (!old) return ok({ root: root.value, file, by: "key-file" });
  const next = withOpeners(file, ["key-file"], wrapByKey(root.value, file.id, "key-file", key.value));
  const saved = await saveVaultFile(options, next);
  return saved.ok ? ok({ root: root.value, file: next, by: "key-file" }) : saved;
};

const byKeychain = async (
  options: UnlockOptions,
  { file }: ReadVaultFile,
  opener: KeyOpener,
): Promise<Result<Unlocked>> => {
  const text = await options.keychain.read(file.id);
  if (!text.ok) return text;
  if (text.value === null) return locked("its key is not in this machine's keychain");
  const root = openByKey(file.id, opener, Buffer.from(text.value, "base64url"), false);
  return root.ok
    ? ok({ root: root.value, file, by: "keychain" })
    : locked("the key in this machine's keychain belongs to another vault");
};

/** The key file of a vault that is being made: one left by a crash before `vault.json` is used again. */
export const firstKeyFile = async (
  options: Pick<UnlockOptions, "directory" | "keyFile" | "disk">,
): Promise<Result<Uint8Array>> => {
  const outside = await refuseInside(options.keyFile, dirname(options.directory));
  if (!outside.ok) return outside;
  const left = await readKeyFile(options.keyFile);
  if (!left.ok) return left;
  return left.value === null ? createKeyFile(options.keyFile, options.disk) : ok(left.value);
};

/** Puts a new key into the keychain and wraps the root under it; the key is there before anything needs it. */
export const newKeychainOpener = async (
  { keychain }: Pick<UnlockOptions, "keychain">,
  root: Uint8Array,
  id: string,
): Promise<Result<KeyOpener>> => {
  const key = randomBytes(32);
  const kept = await keychain.write(id, Buffer.from(key).toString("base64url"));
  return kept.ok ? ok(wrapByKey(root, id, "keychain", key)) : kept;
};

const firstOpener = async (options: UnlockOptions, root: Uint8Array, id: string): Promise<Result<Opener>> => {
  if (options.passphrase !== null)
    return ok(await wrapByPassphrase(root, id, options.passphrase, options.costs ?? RFC_9106_SECOND_CHOICE));
  if (options.useKeychain) return newKeychainOpener(options, root, id);
  const key = await firstKeyFile(options);
  return key.ok ? ok(wrapByKey(root, id, "key-file", key.value)) : key;
};

const createVault = async (options: UnlockOptions): Promise<Result<Unlocked>> => {
  if (options.recoveryCode !== null) return locked("there is no vault here that a recovery code could open");
  // A new root key would make what the old one sealed unreadable for ever.
  const keyring = join(options.directory, "keyring.jsonl");
  const isLeft =
    (existsSync(keyring) && statSync(keyring).size > 0) ||
    ["secrets.json", "erasures.jsonl"].some((name) => existsSync(join(options.directory, name)));
  if (isLeft) return err(moltbotError("VAULT_DAMAGED", { file: "vault.json" }));
  const root = randomBytes(32);
  const id = newId();
  const opener = await firstOpener(options, root, id);
  if (!opener.ok) return opener;
  try {
    await options.disk.makeFolder(options.directory);
    // Before `vault.json`: a finished vault always has a keyring, so a missing one is noticed.
    options.disk.appendTo(keyring).close();
  } catch (error) {
    return locked(`its folder cannot be written (${faultName(error)})`);
  }
  const file: VaultFile = { version: 2, id, openers: [opener.value] };
  const saved = await saveVaultFile(options, file);
  return saved.ok ? ok({ root, file, by: opener.value.kind }) : saved;
};

const openVaultFile = async (options: UnlockOptions, read: ReadVaultFile): Promise<Result<Unlocked>> => {
  const { passphrase, recoveryCode } = options;
  const { openers } = read.file;
  if (recoveryCode !== null) {
    const root = openByCode(read.file, recoveryCode);
    return root.ok ? ok({ root: root.value, file: read.file, by: "recovery-code" }) : root;
  }
  const byWord = findPassphrase(openers);
  const byFile = findKeyOpener(openers, "key-file");
  const byChain = findKeyOpener(openers, "keychain");
  if (passphrase !== null) {
    if (byWord !== undefined) return byPassphrase(options, read, byWord, passphrase);
    const by = byFile === undefined ? "this machine's keychain" : `the key file ${options.keyFile}`;
    return locked(`it is sealed by ${by}, not by a passphrase; start without one`);
  }
  if (byFile !== undefined) return byKeyFile(options, read, byFile);
  if (byChain !== undefined) return byKeychain(options, read, byChain);
  return locked("it is sealed by a passphrase and none was given");
};

/** Opens the vault's root key, or makes a vault where there is none. */
export const unlock = async (options: UnlockOptions): Promise<Result<Unlocked>> => {
  if (options.passphrase === "") return locked("the passphrase is empty");
  const read = await readVaultFile(join(options.directory, "vault.json"));
  if (!read.ok) return read;
  if (read.value === null) return createVault(options);
  const opened = await openVaultFile(options, read.value);
  if (!opened.ok || !options.useKeychain || findKeyOpener(opened.value.file.openers, "keychain") !== undefined)
    return opened;
  const { root, file, by } = opened.value;
  const opener = await newKeychainOpener(options, root, file.id);
  if (!opener.ok) return opener;
  const next = withOpeners(file, ["keychain"], opener.value);
  const saved = await saveVaultFile(options, next);
  return saved.ok ? ok({ root, file: next, by }) : saved;
};
