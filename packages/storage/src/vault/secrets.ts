import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result, SecretInfo, SecretLender } from "@moltbot/contracts";
import { openBook } from "./secrets-book.ts";
import type { BookPorts, SecretsBook } from "./secrets-book.ts";
import { hasExpired, infoOf, madeOf, openValue } from "./secrets-kept.ts";
import type { Expiry, SecretWish } from "./secrets-kept.ts";

export type { SecretWish } from "./secrets-kept.ts";

/** The secrets that a person keeps in the vault. Their values go in and are lent out; none is ever returned. */
export interface SecretKeeper {
  list(): readonly SecretInfo[];
  /** Stores or replaces a secret, sealed under a key of its own; the key of a replaced value is destroyed. */
  set(wish: SecretWish): Promise<Result<SecretInfo>>;
  /** Removes it and destroys the key of its value. */
  remove(name: string): Promise<Result<void>>;
  /** Lends nothing until `resumeLending`: VAULT_LOCKED. Secrets may still be kept and removed. A start of the program lends again. */
  stopLending(): void;
  resumeLending(): void;
}

/** Whether a secret may be lent to a host; replaced only by tests that show what it is for. */
export type HostBinding = (hosts: readonly string[], host: string) => boolean;
const isBound: HostBinding = (hosts, host) => hosts.includes(host.toLowerCase());

export interface OpenSecrets extends SecretLender {
  readonly keeper: SecretKeeper;
  /** Writes what is known of the last uses and forgets everything; nothing is lent or kept afterwards. */
  close(): Promise<void>;
}

interface SecretPorts extends BookPorts {
  readonly isBound?: HostBinding;
  readonly hasExpired?: Expiry;
}

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

const keeperOf = (ports: SecretPorts, book: SecretsBook): Omit<SecretKeeper, "stopLending" | "resumeLending"> => ({
  list: () =>
    [...book.all()]
      .map(([name, secret]) => infoOf(name, secret, ports.clock.now()))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  set: async (wish) =>
    book.change((secrets) => {
      const made = madeOf(ports, wish, secrets.get(wish.name));
      if (!made.ok) return made;
      secrets.set(wish.name, made.value);
      return ok(infoOf(wish.name, made.value, ports.clock.now()));
    }),
  remove: async (name) =>
    book.change((secrets) => (secrets.delete(name) ? done : err(moltbotError("SECRET_NOT_FOUND", { name })))),
});

/** Opens the secrets of a vault's folder. */
export const openSecrets = async (ports: SecretPorts): Promise<Result<OpenSecrets>> => {
  const opened = await openBook(ports);
  if (!opened.ok) return opened;
  const book = opened.value;
  const mayLend = ports.isBound ?? isBound;
  const isOver = ports.hasExpired ?? hasExpired;
  let isOpen = true;
  let lends = true;

  const keeper: SecretKeeper = {
    ...keeperOf(ports, book),
    stopLending: () => {
      lends = false;
    },
    resumeLending: () => {
      lends = true;
    },
  };

  return ok({
    keeper: Object.freeze(keeper),
    lend: async (name, host, use) => {
      if (!isOpen) return locked("it was closed");
      if (!lends) return locked("everything is stopped");
      const secret = book.find(name);
      if (secret === undefined) return err(moltbotError("SECRET_NOT_FOUND", { name }));
      if (!mayLend(secret.hosts, host)) return err(moltbotError("SECRET_NOT_BOUND", { name, host }));
      const { expiresAt } = secret;
      if (expiresAt !== null && isOver(expiresAt, ports.clock.now()))
        return err(moltbotError("SECRET_EXPIRED", { name, at: expiresAt }));
      const value = openValue(ports, secret);
      if (!value.ok) return value;
      book.noteUse(secret);
      try {
        return ok(await use(value.value));
      } catch {
        // A library may quote a header in its complaint, escaped, encoded or as bytes: no exception of a loan leaves it.
        return err(moltbotError("INTERNAL", { traceId: "none" }));
      }
    },
    close: async () => {
      isOpen = false;
      await book.close();
    },
  });
};
