import { inspect } from "node:util";
import { ok } from "@moltbot/contracts";
import type {
  ClockPort,
  PersonalSecretLender,
  PrincipalId,
  Result,
  SecretId,
  SecretLender,
  SecretWatch,
  UseOfLoan,
  VaultStatus,
} from "@moltbot/contracts";
import { createContentSealer, hkdfSha256, signerFromSeed } from "../crypto/index.ts";
import type { Argon2Parameters, ContentSealer, Signer } from "../crypto/index.ts";
import type { Erased } from "./erasures.ts";
import { systemKeychain } from "./keychain.ts";
import type { Keychain } from "./keychain.ts";
import { openKeyring } from "./keyring.ts";
import type { Keyring, KeyErasure } from "./keyring.ts";
import { findPassphrase } from "./openers.ts";
import { checkCurrent, sealAgain, sealAnew, sealByCode } from "./reseal.ts";
import type { ResealOptions } from "./reseal.ts";
import { openSecrets } from "./secrets.ts";
import type { OpenSecrets, SecretKeeper } from "./secrets.ts";
import { costsOf, locked, unlock } from "./unlock.ts";
import { realDisk } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";
import type { OpenerKind, VaultFile } from "./vault-file.ts";

export interface VaultOptions {
  /** MOLTBOT_HOME/vault; made if it is missing. */
  readonly directory: string;
  /** A path outside the home, used when the vault has no passphrase. */
  readonly keyFile: string;
  readonly passphrase: string | null;
  /** Opens the vault instead of everything else. */
  readonly recoveryCode?: string | null;
  /** Lets the keychain of this machine open the vault from now on; a new vault without a passphrase is sealed by it alone. */
  readonly useKeychain?: boolean;
  readonly keychain?: Keychain;
  readonly clock: ClockPort;
}

/** What each derived key is for; the words are part of the stored format. */
export type KeyPurpose = "database" | "mac" | "audit-commitments" | "backup" | "search" | "identity";

/** Facts for people and programs; no key, nothing that opens it. */
export type VaultFacts = Omit<VaultStatus, "autoLockMinutes" | "unlockedAt">;

/** The open vault. It prints as `[vault]`, whoever asks. */
export interface Vault extends SecretLender, PersonalSecretLender, SecretWatch {
  /** Words for people: what the vault is sealed by, and what that is worth. */
  readonly sealedBy: string;
  /** What opened it this time. */
  readonly openedBy: OpenerKind;
  /** 32 bytes for one purpose, the same at every start. */
  key(purpose: KeyPurpose): Uint8Array;
  /** The Ed25519 seed (32 bytes) that signs tree heads. */
  readonly auditSigningSeed: Uint8Array;
  /** Signs certificates by the same key as tree heads. */
  signer(): Signer;
  /** Seals content under the keys of its subjects. */
  readonly content: ContentSealer;
  readonly secrets: SecretKeeper;
  status(): VaultFacts;
  /** The keyring's generation: it rises with every erasure and every re-wrapping. */
  generation(): number;
  /**
   * Destroys the keys of these subjects for good: they are put on the list of erasures, the keyring is written without them, and
   * no key is ever made for them again. Done when it returns; what a crash interrupts, the next opening finishes.
   */
  erase(subjects: readonly string[]): Promise<Result<KeyErasure>>;
  /** All subjects ever erased, the oldest first. */
  erased(): readonly Erased[];
  /** Whether `current` (the passphrase, or the recovery code of who forgot it) opens the vault; without a passphrase nothing is asked. */
  check(current: string | null): Promise<Result<void>>;
  /** Seals the vault by the next passphrase, or by a key file when it is null. VAULT_PASSPHRASE_WRONG unless `current` opens it. */
  changePassphrase(current: string | null, next: string | null): Promise<Result<void>>;
  /** Makes a recovery code: returned this once, never kept; an earlier one opens nothing any more. */
  makeRecoveryCode(current: string | null): Promise<Result<string>>;
  /** `wrapping`: root and keyring are wrapped anew, nothing is encrypted again. `data`: new content gets new keys. */
  rotate(keys: "wrapping" | "data", current: string | null): Promise<Result<void>>;
  /** Forgets every key; what needs one afterwards is refused. JavaScript cannot promise that memory holds no trace. */
  close(): Promise<void>;
}

const derive = (root: Uint8Array, purpose: string): Uint8Array => hkdfSha256(root, "", `moltbot:${purpose}:v1`);

/** What each opener is worth, in words; the weakest of them is what the vault is worth. */
const wordsOf = ({ openers }: VaultFile, keyFile: string): string => {
  const kinds = openers.map(({ kind }) => kind);
  const words = [
    ...(kinds.includes("passphrase") ? ["passphrase (Argon2id)"] : []),
    ...(kinds.includes("keychain") ? ["this machine's keychain: who signs in as this user can read"] : []),
    ...(kinds.includes("key-file") ? [`key file ${keyFile}: a thief of the whole disk can read`] : []),
  ];
  return words.join(", or ");
};

interface Opened {
  readonly root: Uint8Array;
  readonly file: VaultFile;
  readonly openedBy: OpenerKind;
  readonly keyring: Keyring;
  readonly secrets: OpenSecrets;
  readonly content: ContentSealer;
  readonly clock: ClockPort;
  readonly reseal: ResealOptions;
}

/** Keys stand in private fields and getters, so that no inspection, JSON or spread can show them. */
class OpenVault implements Vault {
  readonly content: ContentSealer;
  readonly openedBy: OpenerKind;
  #root: Uint8Array | null;
  #file: VaultFile;
  readonly #keyring: Keyring;
  readonly #secrets: OpenSecrets;
  readonly #clock: ClockPort;
  readonly #reseal: ResealOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(opened: Opened) {
    this.content = opened.content;
    this.openedBy = opened.openedBy;
    this.#root = opened.root;
    this.#file = opened.file;
    this.#keyring = opened.keyring;
    this.#secrets = opened.secrets;
    this.#clock = opened.clock;
    this.#reseal = opened.reseal;
    Object.freeze(this);
  }

  get sealedBy(): string {
    return wordsOf(this.#file, this.#reseal.keyFile);
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

  signer(): Signer {
    return signerFromSeed(this.auditSigningSeed);
  }

  status(): VaultFacts {
    const opener = findPassphrase(this.#file.openers);
    const { passes = 0, parallelism = 0, memory = 0 } = opener === undefined ? {} : costsOf(opener);
    return {
      sealedBy: this.sealedBy,
      openers: this.#file.openers.map(({ kind }) => kind),
      argon2: opener === undefined ? null : { passes, parallelism, memoryKib: memory },
      keyring: {
        generation: this.#keyring.generation(),
        epoch: this.#keyring.epoch(),
        keys: this.#keyring.keys(),
      },
    };
  }

  generation(): number {
    return this.#keyring.generation();
  }

  async erase(subjects: readonly string[]): Promise<Result<KeyErasure>> {
    return this.#keyring.erase(subjects, this.#clock.now());
  }

  erased(): readonly Erased[] {
    return this.#keyring.erased();
  }

  async check(current: string | null): Promise<Result<void>> {
    return checkCurrent(this.#file, current);
  }

  async changePassphrase(current: string | null, next: string | null): Promise<Result<void>> {
    return this.#change(current, async (root) => sealAnew(this.#reseal, this.#file, root, next));
  }

  async makeRecoveryCode(current: string | null): Promise<Result<string>> {
    return this.#change(current, async (root) => sealByCode(this.#reseal, this.#file, root));
  }

  async rotate(keys: "wrapping" | "data", current: string | null): Promise<Result<void>> {
    return this.#change(current, async (root) => {
      const unchanged = { file: this.#file, value: undefined };
      if (keys === "data") {
        const begun = this.#keyring.beginEpoch();
        return begun.ok ? ok(unchanged) : begun;
      }
      // Each of the two files is whole by itself: a crash between them leaves one of them wrapped anew.
      const rewrapped = this.#keyring.rewrap();
      return rewrapped.ok ? sealAgain(this.#reseal, this.#file, root, current) : rewrapped;
    });
  }

  async lend<T>(name: string, host: string, use: UseOfLoan<T>, header?: string): Promise<Result<T>> {
    return this.#secrets.lend(name, host, use, header);
  }

  async lendTo<T>(
    person: PrincipalId,
    id: SecretId,
    host: string,
    use: UseOfLoan<T>,
    header?: string,
  ): Promise<Result<T>> {
    return this.#secrets.lendTo(person, id, host, use, header);
  }

  lendAll<T>(use: (secrets: readonly string[]) => T): Result<T> {
    return this.#secrets.lendAll(use);
  }

  async close(): Promise<void> {
    await this.#turn.catch(() => undefined);
    await this.#secrets.close();
    this.#keyring.close();
    this.#root?.fill(0);
    this.#root = null;
  }

  /** Changes follow each other, so that none is lost. */
  async #change<T>(
    current: string | null,
    change: (root: Uint8Array) => Promise<Result<{ readonly file: VaultFile; readonly value: T }>>,
  ): Promise<Result<T>> {
    const mine = this.#turn.then(async (): Promise<Result<T>> => {
      const root = this.#root;
      if (root === null) return locked("it was closed");
      const known = await checkCurrent(this.#file, current);
      if (!known.ok) return known;
      const changed = await change(root);
      if (!changed.ok) return changed;
      this.#file = changed.value.file;
      return ok(changed.value.value);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
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
  const { directory, keyFile, passphrase, clock, keychain = systemKeychain() } = options;
  const reseal: ResealOptions = { directory, keyFile, keychain, disk, ...(costs === undefined ? {} : { costs }) };
  const unlocked = await unlock({
    ...reseal,
    passphrase,
    recoveryCode: options.recoveryCode ?? null,
    useKeychain: options.useKeychain ?? false,
  });
  if (!unlocked.ok) return unlocked;
  const { root, file, by } = unlocked.value;
  const keyring = openKeyring(directory, derive(root, "keyring"), disk);
  if (!keyring.ok) return keyring;
  const content = createContentSealer(keyring.value);
  const secrets = await openSecrets({
    directory,
    key: derive(root, "secrets"),
    values: content,
    destroy: async (subjects) => keyring.value.erase(subjects, clock.now()),
    disk,
    clock,
  });
  if (!secrets.ok) {
    keyring.value.close();
    return secrets;
  }
  return ok(
    new OpenVault({
      root,
      file,
      openedBy: by,
      keyring: keyring.value,
      secrets: secrets.value,
      content,
      clock,
      reseal,
    }),
  );
};

/**
 * Opens the vault of a folder, or makes one: sealed by the passphrase, or without one by a key file outside the home.
 * VAULT_LOCKED says what is missing, VAULT_PASSPHRASE_WRONG, VAULT_RECOVERY_CODE_WRONG and VAULT_KEY_FILE_EXPOSED what is
 * wrong, VAULT_DAMAGED which file is not what was written.
 */
export const openVault = async (options: VaultOptions): Promise<Result<Vault>> => openVaultOn(realDisk, options);
