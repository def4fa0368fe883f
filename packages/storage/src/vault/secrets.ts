import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { done, err, Instant, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, Result, SecretLender } from "@moltbot/contracts";
import { z } from "zod";
import { openBytes, sealBytes } from "../crypto/index.ts";
import { faultName } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";

const PURPOSE = "moltbot:secrets:v1";
/** A host name or address, with a port or without; no wildcard, no path, no user. */
const Host = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(:[1-9][0-9]{0,4})?$/)
  .max(260)
  .refine((host) => Number(/:([0-9]+)$/.exec(host)?.[1] ?? 1) <= 65_535);
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

const Secret = z.strictObject({ value: z.string().min(1), hosts: z.array(Host).min(1), createdAt: Instant });
type Secret = z.infer<typeof Secret>;
const Sealed = z.strictObject({ version: z.literal(1), sealed: z.string().regex(/^[A-Za-z0-9_-]+$/) });
const Secrets = z.record(Name, Secret);

/** What may be known of a secret. */
export interface SecretSummary {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly createdAt: Instant;
}

/** The secrets that a person keeps in the vault. Their values go in and are lent out; none is ever returned. */
export interface SecretKeeper {
  list(): readonly SecretSummary[];
  /** Stores or replaces a secret, bound to exactly these hosts (case does not matter; no wildcards). */
  set(name: string, value: string, hosts: readonly string[]): Promise<Result<void>>;
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
  close(): void;
}

interface SecretPorts {
  readonly directory: string;
  readonly key: Uint8Array;
  readonly disk: VaultDisk;
  readonly clock: ClockPort;
  readonly isBound?: HostBinding;
}

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));
const damaged = (): Result<never> => err(moltbotError("VAULT_DAMAGED", { file: "secrets.json" }));
const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path, problem }));

const parseSealed = (text: string, key: Uint8Array): ReadonlyMap<string, Secret> | null => {
  try {
    const file = Sealed.parse(JSON.parse(text));
    const bytes = Buffer.from(file.sealed, "base64url");
    const opened = openBytes(key, bytes, PURPOSE);
    if (!opened.ok || textOf(bytes) !== text) return null;
    return new Map(Object.entries(Secrets.parse(JSON.parse(Buffer.from(opened.value).toString("utf8")))));
  } catch {
    return null; // not JSON, or not of this form: both are damage
  }
};

const textOf = (sealed: Uint8Array): string =>
  `${JSON.stringify({ version: 1, sealed: Buffer.from(sealed).toString("base64url") })}\n`;

const load = async (path: string, key: Uint8Array): Promise<Result<ReadonlyMap<string, Secret>>> => {
  try {
    const secrets = parseSealed(await readFile(path, "utf8"), key);
    return secrets === null ? damaged() : ok(secrets);
  } catch (error) {
    const fault = faultName(error);
    return fault === "ENOENT" ? ok(new Map()) : locked(`its secrets cannot be read (${fault})`);
  }
};

/** Opens the secrets of a vault's folder. */
export const openSecrets = async (ports: SecretPorts): Promise<Result<OpenSecrets>> => {
  const path = join(ports.directory, "secrets.json");
  const loaded = await load(path, ports.key);
  if (!loaded.ok) return loaded;
  const mayLend = ports.isBound ?? isBound;
  let secrets = loaded.value;
  let isOpen = true;
  let lends = true;
  let turn: Promise<unknown> = Promise.resolve();

  const save = async (next: ReadonlyMap<string, Secret>): Promise<Result<void>> => {
    try {
      await ports.disk.replace(path, textOf(sealBytes(ports.key, JSON.stringify(Object.fromEntries(next)), PURPOSE)));
    } catch (error) {
      return locked(`its secrets cannot be written (${faultName(error)})`);
    }
    secrets = next;
    return done;
  };

  const apply = async (edit: (next: Map<string, Secret>) => Result<void>): Promise<Result<void>> => {
    if (!isOpen) return locked("it was closed");
    const next = new Map(secrets);
    const edited = edit(next);
    return edited.ok ? save(next) : edited;
  };

  /** Changes follow each other, so that none is lost. */
  const change: typeof apply = async (edit) => {
    const mine = turn.then(async () => apply(edit));
    turn = mine;
    return mine;
  };

  const keeper: SecretKeeper = {
    list: () =>
      [...secrets]
        .map(([name, { hosts, createdAt }]) => ({ name, hosts: [...hosts], createdAt }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    set: async (name, value, hosts) => {
      if (!Name.safeParse(name).success) return invalid("name", "a secret's name has letters, digits, dots and dashes");
      const wanted = { value, hosts: hosts.map((host) => host.toLowerCase()), createdAt: ports.clock.now() };
      const secret = Secret.safeParse(wanted);
      if (!secret.success) return invalid("hosts", "a secret needs a value and at least one exact host");
      return change((next) => {
        next.set(name, secret.data);
        return done;
      });
    },
    remove: async (name) =>
      change((next) => (next.delete(name) ? done : err(moltbotError("SECRET_NOT_FOUND", { name })))),
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
      const secret = secrets.get(name);
      if (secret === undefined) return err(moltbotError("SECRET_NOT_FOUND", { name }));
      if (!mayLend(secret.hosts, host)) return err(moltbotError("SECRET_NOT_BOUND", { name, host }));
      try {
        return ok(await use(secret.value));
      } catch (error) {
        // A library may quote a header in its complaint; such an exception must not travel to a log.
        if (inspect(error, { depth: 6, showHidden: true }).includes(secret.value)) {
          return err(moltbotError("INTERNAL", { traceId: "none" }));
        }
        throw error;
      }
    },
    close: () => {
      isOpen = false;
      secrets = new Map();
    },
  });
};
