import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import {
  argon2id,
  hkdfSha256,
  newId,
  openBytes,
  randomBytes,
  RFC_9106_SECOND_CHOICE,
  sealBytes,
} from "../crypto/index.ts";
import type { Argon2Parameters } from "../crypto/index.ts";
import { createKeyFile, readKeyFile, refuseInside } from "./key-file.ts";
import { faultName } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";
import { readVaultFile, writeVaultFile } from "./vault-file.ts";
import type { VaultFile } from "./vault-file.ts";

const SALT_BYTES = 16;

export interface UnlockOptions {
  /** The vault's folder inside the home. */
  readonly directory: string;
  readonly keyFile: string;
  readonly passphrase: string | null;
  readonly disk: VaultDisk;
  /** What a passphrase costs to try; a vault made with less is raised to it. */
  readonly costs?: Argon2Parameters;
}

/** An opened root key and what opened it. */
export interface Unlocked {
  readonly root: Uint8Array;
  readonly kind: VaultFile["kind"];
}

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));
const nameOf = (id: string): string => `moltbot:vault:v1:${id}`;
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** A keyboard may compose accents or not; both spell the same passphrase. */
const keyOfPassphrase = async (passphrase: string, { salt, ...costs }: NonNullable<VaultFile["argon2"]>) =>
  argon2id(passphrase.normalize("NFC"), Buffer.from(salt, "base64url"), costs);

const keyOfFile = (key: Uint8Array, id: string): Uint8Array => hkdfSha256(key, "", `${nameOf(id)}:key-file`);

const save = async (options: UnlockOptions, file: VaultFile): Promise<Result<void>> => {
  try {
    await options.disk.replace(join(options.directory, "vault.json"), writeVaultFile(file));
    return ok(undefined);
  } catch (error) {
    return locked(`vault.json cannot be written (${faultName(error)})`);
  }
};

const wrapByPassphrase = async (
  root: Uint8Array,
  id: string,
  passphrase: string,
  costs: Argon2Parameters,
): Promise<VaultFile> => {
  const argon2 = { ...costs, salt: textOf(randomBytes(SALT_BYTES)) };
  const key = await keyOfPassphrase(passphrase, argon2);
  return { version: 1, id, kind: "passphrase", argon2, wrappedRoot: textOf(sealBytes(key, root, nameOf(id))) };
};

const wrapByKeyFile = (root: Uint8Array, id: string, key: Uint8Array): VaultFile => ({
  version: 1,
  id,
  kind: "key-file",
  argon2: null,
  wrappedRoot: textOf(sealBytes(keyOfFile(key, id), root, nameOf(id))),
});

const isBelow = (stored: Argon2Parameters, wanted: Argon2Parameters): boolean =>
  stored.passes < wanted.passes || stored.memory < wanted.memory;

const openByPassphrase = async (
  options: UnlockOptions,
  file: VaultFile,
  argon2: NonNullable<VaultFile["argon2"]>,
): Promise<Result<Unlocked>> => {
  const { passphrase, costs = RFC_9106_SECOND_CHOICE } = options;
  if (passphrase === null) return locked("it is sealed by a passphrase and none was given");
  const key = await keyOfPassphrase(passphrase, argon2);
  const root = openBytes(key, Buffer.from(file.wrappedRoot, "base64url"), nameOf(file.id));
  if (!root.ok) return err(moltbotError("VAULT_PASSPHRASE_WRONG"));
  if (isBelow(argon2, costs)) {
    const saved = await save(options, await wrapByPassphrase(root.value, file.id, passphrase, costs));
    if (!saved.ok) return saved;
  }
  return ok({ root: root.value, kind: "passphrase" });
};

const openByKeyFile = async (options: UnlockOptions, file: VaultFile): Promise<Result<Unlocked>> => {
  if (options.passphrase !== null) {
    return locked(`it is sealed by the key file ${options.keyFile}, not by a passphrase; start without one`);
  }
  const outside = await refuseInside(options.keyFile, dirname(options.directory));
  if (!outside.ok) return outside;
  const key = await readKeyFile(options.keyFile);
  if (!key.ok) return key;
  if (key.value === null) return locked(`its key file ${options.keyFile} is missing`);
  const root = openBytes(keyOfFile(key.value, file.id), Buffer.from(file.wrappedRoot, "base64url"), nameOf(file.id));
  return root.ok
    ? ok({ root: root.value, kind: "key-file" })
    : locked(`the key file ${options.keyFile} belongs to another vault`);
};

/** The key file of a vault that is being made: one left by a crash before `vault.json` is used again. */
const firstKeyFile = async (options: UnlockOptions): Promise<Result<Uint8Array>> => {
  const outside = await refuseInside(options.keyFile, dirname(options.directory));
  if (!outside.ok) return outside;
  const left = await readKeyFile(options.keyFile);
  if (!left.ok) return left;
  return left.value === null ? createKeyFile(options.keyFile, options.disk) : ok(left.value);
};

const createVault = async (options: UnlockOptions): Promise<Result<Unlocked>> => {
  // A new root key would make what the old one sealed unreadable for ever.
  const keyring = join(options.directory, "keyring.jsonl");
  const isLeft =
    (existsSync(keyring) && statSync(keyring).size > 0) || existsSync(join(options.directory, "secrets.json"));
  if (isLeft) return err(moltbotError("VAULT_DAMAGED", { file: "vault.json" }));
  const root = randomBytes(32);
  const id = newId();
  let file: VaultFile;
  if (options.passphrase === null) {
    const key = await firstKeyFile(options);
    if (!key.ok) return key;
    file = wrapByKeyFile(root, id, key.value);
  } else {
    file = await wrapByPassphrase(root, id, options.passphrase, options.costs ?? RFC_9106_SECOND_CHOICE);
  }
  try {
    await options.disk.makeFolder(options.directory);
    // Before `vault.json`: a finished vault always has a keyring, so a missing one is noticed.
    options.disk.appendTo(keyring).close();
  } catch (error) {
    return locked(`its folder cannot be written (${faultName(error)})`);
  }
  const saved = await save(options, file);
  return saved.ok ? ok({ root, kind: file.kind }) : saved;
};

/** Opens the vault's root key, or makes a vault where there is none. */
export const unlock = async (options: UnlockOptions): Promise<Result<Unlocked>> => {
  if (options.passphrase === "") return locked("the passphrase is empty");
  const file = await readVaultFile(join(options.directory, "vault.json"));
  if (!file.ok) return file;
  if (file.value === null) return createVault(options);
  return file.value.argon2 === null
    ? openByKeyFile(options, file.value)
    : openByPassphrase(options, file.value, file.value.argon2);
};
