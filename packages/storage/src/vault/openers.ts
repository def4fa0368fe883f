import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { argon2id, hkdfSha256, openBytes, randomBytes, sealBytes } from "../crypto/index.ts";
import type { Argon2Parameters } from "../crypto/index.ts";
import { newRecoveryBytes, readRecoveryCode, recoveryCodeOf } from "./recovery-code.ts";
import type { KeyOpener, Opener, OpenerKind, PassphraseOpener, VaultFile } from "./vault-file.ts";

const SALT_BYTES = 16;

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const bytesOf = (text: string): Uint8Array => Buffer.from(text, "base64url");

/** What an opener's wrapping is bound to: this vault, and this kind of opener. */
const nameOf = (id: string, kind: OpenerKind): string => `moltbot:vault:v2:${id}:${kind}`;
const oldNameOf = (id: string): string => `moltbot:vault:v1:${id}`;

/** A keyboard may compose accents or not; both spell the same passphrase. */
const keyOfPassphrase = async (passphrase: string, { salt, ...costs }: PassphraseOpener["argon2"]) =>
  argon2id(passphrase.normalize("NFC"), bytesOf(salt), costs);

const keyOfBytes = (bytes: Uint8Array, salt: string, name: string): Uint8Array =>
  hkdfSha256(bytes, bytesOf(salt), `${name}:kek`);

/** Wraps the root under a passphrase, with a new salt. */
export const wrapByPassphrase = async (
  root: Uint8Array,
  id: string,
  passphrase: string,
  costs: Argon2Parameters,
): Promise<PassphraseOpener> => {
  const argon2 = { ...costs, salt: textOf(randomBytes(SALT_BYTES)) };
  const key = await keyOfPassphrase(passphrase, argon2);
  return { kind: "passphrase", argon2, wrappedRoot: textOf(sealBytes(key, root, nameOf(id, "passphrase"))) };
};

/** Wraps the root under a key of enough random bits, with a new salt. */
export const wrapByKey = (root: Uint8Array, id: string, kind: KeyOpener["kind"], key: Uint8Array): KeyOpener => {
  const salt = textOf(randomBytes(SALT_BYTES));
  const name = nameOf(id, kind);
  return { kind, salt, wrappedRoot: textOf(sealBytes(keyOfBytes(key, salt, name), root, name)) };
};

/** A new recovery code and what it opens. */
export const wrapByNewCode = (root: Uint8Array, id: string): { readonly code: string; readonly opener: KeyOpener } => {
  const bytes = newRecoveryBytes();
  return { code: recoveryCodeOf(bytes), opener: wrapByKey(root, id, "recovery-code", bytes) };
};

/** The root by a passphrase; VAULT_PASSPHRASE_WRONG. `old` is a wrapping of version 1. */
export const openByPassphrase = async (
  id: string,
  opener: PassphraseOpener,
  passphrase: string,
  old: boolean,
): Promise<Result<Uint8Array>> => {
  const key = await keyOfPassphrase(passphrase, opener.argon2);
  const root = openBytes(key, bytesOf(opener.wrappedRoot), old ? oldNameOf(id) : nameOf(id, "passphrase"));
  return root.ok ? root : err(moltbotError("VAULT_PASSPHRASE_WRONG"));
};

/** The root by a random key; CONTENT_UNREADABLE when it is not this vault's. */
export const openByKey = (id: string, opener: KeyOpener, key: Uint8Array, old: boolean): Result<Uint8Array> => {
  const name = old ? oldNameOf(id) : nameOf(id, opener.kind);
  const kek = old ? hkdfSha256(key, "", `${name}:key-file`) : keyOfBytes(key, opener.salt, name);
  return openBytes(kek, bytesOf(opener.wrappedRoot), name);
};

/** The root by a recovery code; VAULT_RECOVERY_CODE_WRONG, also where there is none. */
export const openByCode = ({ id, openers }: VaultFile, typed: string): Result<Uint8Array> => {
  const opener = findKeyOpener(openers, "recovery-code");
  const bytes = readRecoveryCode(typed);
  const root = opener === undefined || bytes === null ? null : openByKey(id, opener, bytes, false);
  return root?.ok === true ? ok(root.value) : err(moltbotError("VAULT_RECOVERY_CODE_WRONG"));
};

export const findPassphrase = (openers: readonly Opener[]): PassphraseOpener | undefined =>
  openers.find((opener) => opener.kind === "passphrase");

export const findKeyOpener = (openers: readonly Opener[], kind: KeyOpener["kind"]): KeyOpener | undefined =>
  openers.find((opener): opener is KeyOpener => opener.kind === kind);
