import { join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, PrincipalId, Result, SecretId } from "@moltbot/contracts";
import { readSecrets, writeSecrets } from "./secrets-file.ts";
import type { SecretsContent, StoredSecret } from "./secrets-file.ts";
import { minuteOf, upgrade } from "./secrets-kept.ts";
import type { ValuePorts } from "./secrets-kept.ts";
import { faultName } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";

/** How often the times of last use reach the disk, in milliseconds: a request must not cost a write. */
const USES_WRITTEN_EVERY = 3_600_000;

export interface BookPorts extends ValuePorts {
  readonly directory: string;
  /** Seals the file. */
  readonly key: Uint8Array;
  /** Destroys the keys of subjects for good; without it they stay in the keyring, and nothing is sealed under them any more. */
  readonly destroy?: (subjects: readonly string[]) => Promise<Result<unknown>>;
  readonly disk: VaultDisk;
}

/** The secret that an owner, null for the house, keeps under a name. */
export const namedIn = (
  secrets: ReadonlyMap<SecretId, StoredSecret>,
  ownerId: PrincipalId | null,
  name: string,
): readonly [SecretId, StoredSecret] | undefined =>
  [...secrets].find(([, secret]) => secret.ownerId === ownerId && secret.name === name);

/** What `secrets.json` holds, in memory, and the only way to change it. */
export interface SecretsBook {
  /** With the use that is not on the disk yet. */
  find(id: SecretId): StoredSecret | undefined;
  /** The house's secret of this name: nobody's own stands in for it. */
  house(name: string): StoredSecret | undefined;
  /** With the uses that are not on the disk yet. */
  all(): ReadonlyMap<SecretId, StoredSecret>;
  /** One change after the other; what it takes out or replaces loses its key once the change is durable. */
  change<T>(edit: (secrets: Map<SecretId, StoredSecret>) => Result<T>): Promise<Result<T>>;
  /** Remembers a use to the minute; it reaches the disk with the next change, at the close, or once in an hour. */
  noteUse(secret: StoredSecret): void;
  /** Writes the uses and forgets everything; what comes later is VAULT_LOCKED. */
  close(): Promise<void>;
}

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

/** The subjects of some that others lack: their keys seal nothing that is kept. */
const missingIn = (
  secrets: ReadonlyMap<SecretId, StoredSecret>,
  others: ReadonlyMap<SecretId, StoredSecret>,
): readonly string[] => {
  const kept = new Set([...others.values()].map(({ subject }) => subject));
  return [...secrets.values()].map(({ subject }) => subject).filter((subject) => !kept.has(subject));
};

const createBook = (ports: BookPorts, path: string, first: SecretsContent) => {
  const { clock, destroy, disk, key } = ports;
  const used = new Map<string, Instant>();
  let content = first;
  let isOpen = true;
  let usesWrittenAt = clock.monotonic();
  let turn: Promise<unknown> = Promise.resolve();

  const withUse = (secret: StoredSecret): StoredSecret => ({
    ...secret,
    lastUsedAt: used.get(secret.subject) ?? secret.lastUsedAt,
  });
  const all = (secrets = content.secrets): Map<SecretId, StoredSecret> =>
    new Map([...secrets].map(([id, secret]) => [id, withUse(secret)]));

  const save = async (next: SecretsContent): Promise<Result<void>> => {
    const written = { secrets: all(next.secrets), retired: destroy === undefined ? [] : next.retired };
    try {
      // Names and hosts of what was removed lie under the file's key alone: the old text is overwritten.
      disk.supersede(path, writeSecrets(key, written));
    } catch (error) {
      return locked(`its secrets cannot be written (${faultName(error)})`);
    }
    content = written;
    used.clear();
    usesWrittenAt = clock.monotonic();
    return done;
  };

  /** What fails is tried again with the next change, and at the next start. */
  const destroyRetired = async (): Promise<void> => {
    const { retired, secrets } = content;
    if (retired.length === 0 || destroy === undefined) return;
    const destroyed = await destroy(retired);
    if (destroyed.ok) await save({ secrets, retired: [] });
  };

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const book: SecretsBook = {
    find: (id) => {
      const secret = content.secrets.get(id);
      return secret && withUse(secret);
    },
    house: (name) => namedIn(content.secrets, null, name)?.[1],
    all: () => all(),
    change: async (edit) =>
      inTurn(async () => {
        if (!isOpen) return locked("it was closed");
        const before = content;
        const secrets = all();
        const edited = edit(secrets);
        if (!edited.ok) return edited;
        const saved = await save({ secrets, retired: [...before.retired, ...missingIn(before.secrets, secrets)] });
        if (!saved.ok) {
          // Which of the two texts is on the disk is unknown: no key goes before one of them surely is.
          content = { ...before, retired: [...before.retired, ...missingIn(secrets, before.secrets)] };
          return saved;
        }
        await destroyRetired();
        return edited;
      }),
    noteUse: ({ subject }) => {
      used.set(subject, minuteOf(clock.now()));
      if (clock.monotonic() - usesWrittenAt < USES_WRITTEN_EVERY) return;
      usesWrittenAt = clock.monotonic();
      void inTurn(async () => (isOpen && used.size > 0 ? save(content) : done));
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await inTurn(async () => {
        // A time of last use that is lost is no reason not to close.
        if (used.size > 0) await save(content);
        content = { secrets: new Map(), retired: [] };
      });
    },
  };
  return { book, destroyRetired, write: async () => save(content) };
};

/** Opens `secrets.json` of a vault's folder; versions 1 and 2 become version 3. VAULT_DAMAGED and VAULT_LOCKED say why not. */
export const openBook = async (ports: BookPorts): Promise<Result<SecretsBook>> => {
  const path = join(ports.directory, "secrets.json");
  try {
    ports.disk.clean(path);
  } catch (error) {
    return locked(`what a crash left of its secrets cannot be cleaned (${faultName(error)})`);
  }
  const loaded = await readSecrets(path, ports.key);
  if (!loaded.ok) return loaded;
  const content = upgrade(ports, loaded.value);
  if (!content.ok) return content;
  const { book, destroyRetired, write } = createBook(ports, path, content.value);
  if (loaded.value.version !== 3) {
    const written = await write();
    if (!written.ok) return written;
  }
  await destroyRetired();
  return ok(book);
};
