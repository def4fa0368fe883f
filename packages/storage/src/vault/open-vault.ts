import { inspect } from "node:util";
import { ok } from "@moltbot/contracts";
import type { ClockPort, Result, SecretLender } from "@moltbot/contracts";
import { createContentSealer, hkdfSha256 } from "../crypto/index.ts";
import type { Argon2Parameters, ContentSealer } from "../crypto/index.ts";
import { openKeyring } from "./keyring.ts";
import type { Keyring } from "./keyring.ts";
import { openSecrets } from "./secrets.ts";
import type { OpenSecrets, SecretKeeper } from "./secrets.ts";
import { unlock } from "./unlock.ts";
import { realDisk } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";

export interface VaultOptions {
  /** MOLTBOT_HOME/vault; made if it is missing. */
  readonly directory: string;
  /** A path outside the home, used when the vault has no passphrase. */
  readonly keyFile: string;
  readonly passphrase: string | null;
  readonly clock: ClockPort;
}

/** What each derived key is for; the words are part of the stored format. */
export type KeyPurpose = "database" | "mac" | "audit-commitments";

/** The open vault. It prints as `[vault]`, whoever asks. */
export interface Vault extends SecretLender {
  /** Words for people: what the vault is sealed by, and what that is worth. */
  readonly sealedBy: string;
  /** 32 bytes for one purpose, the same at every start. */
  key(purpose: KeyPurpose): Uint8Array;
  /** The Ed25519 seed (32 bytes) that signs tree heads. */
  readonly auditSigningSeed: Uint8Array;
  /** Seals content under the keys of its subjects. */
  readonly content: ContentSealer;
  readonly secrets: SecretKeeper;
  /** Forgets every key; what needs one afterwards is refused. JavaScript cannot promise that memory holds no trace. */
  close(): Promise<void>;
}

const derive = (root: Uint8Array, purpose: string): Uint8Array => hkdfSha256(root, "", `moltbot:${purpose}:v1`);

/** Keys stand in private fields and getters, so that no inspection, JSON or spread can show them. */
class OpenVault implements Vault {
  readonly sealedBy: string;
  readonly content: ContentSealer;
  #root: Uint8Array | null;
  readonly #keyring: Keyring;
  readonly #secrets: OpenSecrets;

  constructor(sealedBy: string, root: Uint8Array, keyring: Keyring, secrets: OpenSecrets) {
    this.sealedBy = sealedBy;
    this.content = createContentSealer(keyring);
    this.#root = root;
    this.#keyring = keyring;
    this.#secrets = secrets;
    Object.freeze(this);
  }

  get auditSigningSeed(): Uint8Array {
    return this.#derive("audit-signing");
  }

  get secrets(): SecretKeeper {
    return this.#secrets.keeper;
  }

  key(purpose: KeyPurpose): Uint8Array {
    return this.#derive(purpose);
  }

  async lend<T>(name: string, host: string, use: (secret: string) => Promise<T>): Promise<Result<T>> {
    return this.#secrets.lend(name, host, use);
  }

  async close(): Promise<void> {
    this.#keyring.close();
    this.#secrets.close();
    this.#root?.fill(0);
    this.#root = null;
  }

  #derive(purpose: string): Uint8Array {
    // A program that goes on after the close must not seal anything under a key that everybody can derive.
    if (this.#root === null) throw new Error("the vault was closed");
    return derive(this.#root, purpose);
  }

  toString(): string {
    return "[vault]";
  }

  toJSON(): string {
    return "[vault]";
  }

  [inspect.custom](): string {
    return "[vault]";
  }
}

/** Opens a vault on a disk and at a price that tests choose. */
export const openVaultOn = async (
  disk: VaultDisk,
  options: VaultOptions,
  costs?: Argon2Parameters,
): Promise<Result<Vault>> => {
  const { directory, keyFile, passphrase, clock } = options;
  const unlocked = await unlock({ directory, keyFile, passphrase, disk, ...(costs === undefined ? {} : { costs }) });
  if (!unlocked.ok) return unlocked;
  const { root, kind } = unlocked.value;
  const secrets = await openSecrets({ directory, key: derive(root, "secrets"), disk, clock });
  if (!secrets.ok) return secrets;
  const keyring = openKeyring(directory, derive(root, "keyring"), disk);
  if (!keyring.ok) return keyring;
  const sealedBy =
    kind === "passphrase" ? "passphrase (Argon2id)" : `key file ${keyFile}: a thief of the whole disk can read`;
  return ok(new OpenVault(sealedBy, root, keyring.value, secrets.value));
};

/**
 * Opens the vault of a folder, or makes one: sealed by the passphrase, or without one by a key file outside the home.
 * VAULT_LOCKED says what is missing, VAULT_PASSPHRASE_WRONG and VAULT_KEY_FILE_EXPOSED what is wrong, VAULT_DAMAGED which
 * file is not what was written.
 */
export const openVault = async (options: VaultOptions): Promise<Result<Vault>> => openVaultOn(realDisk, options);
