import { SecretId, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  PersonalSecretLender,
  PrincipalId,
  Result,
  SecretInfo,
  SecretLender,
  SecretWatch,
  UseOfLoan,
} from "@moltbot/contracts";
import { newId } from "../crypto/index.ts";
import { namedIn, openBook } from "./secrets-book.ts";
import type { BookPorts, SecretsBook } from "./secrets-book.ts";
import type { StoredSecret } from "./secrets-file.ts";
import { hasExpired, infoOf, madeOf, openValue } from "./secrets-kept.ts";
import type { Expiry, SecretChange, SecretWish } from "./secrets-kept.ts";

export type { SecretChange, SecretWish } from "./secrets-kept.ts";

/**
 * Whether a person may use somebody's own secret, from what is on record at this moment; true of its owner only while they are
 * active.
 */
export type UseOfSecret = (
  person: PrincipalId,
  secret: { readonly id: SecretId; readonly ownerId: PrincipalId },
) => Promise<boolean>;

/** The secrets that the house and its persons keep in the vault. Their values go in and are lent out; none is ever returned. */
export interface SecretKeeper {
  /** All of them, the house's and everybody's own, by name; who may know of which is for the caller to say. */
  list(): readonly SecretInfo[];
  /** Null when there is none. */
  find(id: SecretId): SecretInfo | null;
  /** What this owner, null for the house, keeps under the name; null when there is nothing. */
  named(ownerId: PrincipalId | null, name: string): SecretInfo | null;
  /** Stores a secret, or replaces the one that its owner has under this name, sealed under a key of its own; the key of a replaced value is destroyed. */
  set(wish: SecretWish): Promise<Result<SecretInfo>>;
  /**
   * Replaces the value of a secret that is there. By somebody who only may edit it (`widens` false) it never goes to more hosts
   * and never lives longer: ACCESS_DENIED.
   */
  replace(id: SecretId, change: SecretChange, widens: boolean): Promise<Result<SecretInfo>>;
  /** Removes it and destroys the key of its value. */
  remove(id: SecretId): Promise<Result<void>>;
  /** Removes all that is the person's own, with the keys; returns how many there were. */
  removeAllOf(person: PrincipalId): Promise<Result<number>>;
  /** Says who may use somebody's own secret; until it is said nobody may, and it is said once. */
  decideBy(mayUse: UseOfSecret): void;
  /** Lends nothing until `resumeLending`: VAULT_LOCKED. Secrets may still be kept and removed. A start of the program lends again. */
  stopLending(): void;
  resumeLending(): void;
}

/** Whether a secret may be lent to a host; replaced only by tests that show what it is for. */
export type HostBinding = (hosts: readonly string[], host: string) => boolean;
const isBound: HostBinding = (hosts, host) => hosts.includes(host.toLowerCase());

/** Whether a secret that is bound to a header may stand in this one; replaced only by tests that show what it is for. */
export type HeaderBinding = (only: string | undefined, header: string) => boolean;
const isItsHeader: HeaderBinding = (only, header) => only === undefined || only.toLowerCase() === header.toLowerCase();

export interface OpenSecrets extends SecretLender, PersonalSecretLender, SecretWatch {
  readonly keeper: SecretKeeper;
  /** Writes what is known of the last uses and forgets everything; nothing is lent or kept afterwards. */
  close(): Promise<void>;
}

interface SecretPorts extends BookPorts {
  readonly isBound?: HostBinding;
  readonly isItsHeader?: HeaderBinding;
  readonly hasExpired?: Expiry;
}

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));
const missing = (name: string): Result<never> => err(moltbotError("SECRET_NOT_FOUND", { name }));

/** How many secrets one owner keeps. */
const MOST_OF_ONE = 200;

type Keeping = Omit<SecretKeeper, "decideBy" | "stopLending" | "resumeLending">;

const keeperOf = (ports: SecretPorts, book: SecretsBook): Keeping => {
  const info = (id: SecretId, secret: StoredSecret): SecretInfo => infoOf(id, secret, ports.clock.now());
  const kept = (secrets: Map<SecretId, StoredSecret>, id: SecretId, made: Result<StoredSecret>): Result<SecretInfo> => {
    if (!made.ok) return made;
    secrets.set(id, made.value);
    return ok(info(id, made.value));
  };
  return {
    list: () => [...book.all()].map(([id, secret]) => info(id, secret)).toSorted(byName),
    find: (id) => {
      const secret = book.find(id);
      return secret === undefined ? null : info(id, secret);
    },
    named: (ownerId, name) => {
      const found = namedIn(book.all(), ownerId, name);
      return found === undefined ? null : info(...found);
    },
    set: async (wish) =>
      book.change((secrets) => {
        const [id, before] = namedIn(secrets, wish.ownerId, wish.name) ?? [SecretId.parse(newId()), undefined];
        const theirs = [...secrets.values()].filter(({ ownerId }) => ownerId === wish.ownerId).length;
        // All are one file, which every change writes: nobody fills it for the others.
        if (before === undefined && theirs >= MOST_OF_ONE)
          return err(
            moltbotError("REQUEST_INVALID", {
              path: "name",
              problem: `one owner keeps at most ${String(MOST_OF_ONE)} secrets`,
            }),
          );
        return kept(secrets, id, madeOf(ports, wish, before));
      }),
    replace: async (id, change, widens) =>
      book.change((secrets) => {
        const before = secrets.get(id);
        if (before === undefined) return missing(id);
        const { name, ownerId } = before;
        return kept(secrets, id, madeOf(ports, { ...change, name, ownerId }, before, widens));
      }),
    remove: async (id) => book.change((secrets) => (secrets.delete(id) ? done : missing(id))),
    removeAllOf: async (person) =>
      book.change((secrets) => {
        const theirs = [...secrets].filter(([, { ownerId }]) => ownerId === person);
        for (const [id] of theirs) secrets.delete(id);
        return ok(theirs.length);
      }),
  };
};

const byName = (a: SecretInfo, b: SecretInfo): number =>
  a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1;

/** Nobody, until somebody says who. */
const nobody: UseOfSecret = async () => false;

/** Opens the secrets of a vault's folder. */
export const openSecrets = async (ports: SecretPorts): Promise<Result<OpenSecrets>> => {
  const opened = await openBook(ports);
  if (!opened.ok) return opened;
  const book = opened.value;
  const mayLend = ports.isBound ?? isBound;
  const fits = ports.isItsHeader ?? isItsHeader;
  const isOver = ports.hasExpired ?? hasExpired;
  let isOpen = true;
  let lends = true;
  let mayUse = nobody;

  const keeper: SecretKeeper = {
    ...keeperOf(ports, book),
    decideBy: (decides) => {
      if (mayUse !== nobody) throw new Error("who may use a secret was said before");
      mayUse = decides;
    },
    stopLending: () => {
      lends = false;
    },
    resumeLending: () => {
      lends = true;
    },
  };

  const closed = (): Result<never> | null => {
    if (!isOpen) return locked("it was closed");
    return lends ? null : locked("everything is stopped");
  };
  const lend = async <T>(
    secret: StoredSecret,
    host: string,
    use: UseOfLoan<T>,
    header: string | undefined,
  ): Promise<Result<T>> => {
    const { name, expiresAt, header: only } = secret;
    if (!mayLend(secret.hosts, host)) return err(moltbotError("SECRET_NOT_BOUND", { name, host }));
    if (header !== undefined && !fits(only, header))
      return err(moltbotError("SECRET_HEADER_FIXED", { name, header: only ?? "" }));
    if (expiresAt !== null && isOver(expiresAt, ports.clock.now()))
      return err(moltbotError("SECRET_EXPIRED", { name, at: expiresAt }));
    const value = openValue(ports, secret);
    if (!value.ok) return value;
    book.noteUse(secret);
    try {
      return ok(await use(value.value, only));
    } catch {
      // A library may quote a header in its complaint, escaped, encoded or as bytes: no exception of a loan leaves it.
      return err(moltbotError("INTERNAL", { traceId: "none" }));
    }
  };
  /** Whether the records let them; what cannot be asked is refused. */
  const allowed = async (person: PrincipalId, id: SecretId): Promise<boolean> => {
    const ownerId = book.find(id)?.ownerId ?? null;
    try {
      return ownerId !== null && (await mayUse(person, { id, ownerId }));
    } catch {
      return false;
    }
  };

  return ok({
    keeper: Object.freeze(keeper),
    lend: async (name, host, use, header) => {
      const secret = book.house(name);
      return closed() ?? (secret === undefined ? missing(name) : lend(secret, host, use, header));
    },
    lendTo: async (person, id, host, use, header) => {
      const before = closed();
      if (before !== null) return before;
      const may = await allowed(person, id);
      // Meanwhile everything may have been stopped, and the secret removed.
      const secret = book.find(id);
      return closed() ?? (may && secret !== undefined ? lend(secret, host, use, header) : missing(id));
    },
    lendAll: (use) => {
      const before = closed();
      if (before !== null) return before;
      const values: string[] = [];
      for (const secret of book.all().values()) {
        const value = openValue(ports, secret);
        // One that cannot be opened cannot be sought either.
        if (!value.ok) return value;
        values.push(value.value);
      }
      try {
        return ok(use(values));
      } catch {
        return err(moltbotError("INTERNAL", { traceId: "none" }));
      }
    },
    close: async () => {
      isOpen = false;
      await book.close();
    },
  });
};
