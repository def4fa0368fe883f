import { existsSync } from "node:fs";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { openBytes, randomBytes, sealBytes } from "../crypto/index.ts";
import type { SubjectKeys } from "../crypto/index.ts";
import { faultName } from "./vault-disk.ts";
import type { AppendFile, VaultDisk } from "./vault-disk.ts";

const NEWLINE = 0x0a;
const Entry = z.strictObject({ subject: z.string().min(1), key: z.string().regex(/^[A-Za-z0-9_-]+$/) });

/** Replaced only by tests that show what its associated data is for. */
export interface Wrapping {
  readonly seal: typeof sealBytes;
  readonly open: typeof openBytes;
}

/** The subjects' data keys, in memory and on disk. */
export interface Keyring extends SubjectKeys {
  /** Forgets the keys and lets go of the file. */
  close(): void;
}

const nameOf = (subject: string): string => `moltbot:keyring:v1:${subject}`;
const damaged = (): Result<never> => err(moltbotError("VAULT_DAMAGED", { file: "keyring.jsonl" }));
const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

const lineOf = (subject: string, wrapped: Uint8Array): string =>
  JSON.stringify({ subject, key: Buffer.from(wrapped).toString("base64url") });

type Opened = { readonly subject: string; readonly key: Uint8Array };

/** One line's key, or null when the line is not exactly what was written for its subject. */
const openLine = (bytes: Uint8Array, wrappingKey: Uint8Array, wrapping: Wrapping): Opened | null => {
  const text = Buffer.from(bytes).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const entry = Entry.safeParse(value);
  if (!entry.success) return null;
  const { subject } = entry.data;
  const wrapped = Buffer.from(entry.data.key, "base64url");
  const key = wrapping.open(wrappingKey, wrapped, nameOf(subject));
  return key.ok && lineOf(subject, wrapped) === text ? { subject, key: key.value } : null;
};

interface Loaded {
  readonly keys: Map<string, Uint8Array>;
  /** Bytes of whole lines. */
  readonly size: number;
  /** What stands after them. */
  readonly rest: Uint8Array;
}

const load = (bytes: Uint8Array, open: (line: Uint8Array) => Opened | null): Loaded | null => {
  const keys = new Map<string, Uint8Array>();
  let begin = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
    const opened = open(bytes.subarray(begin, end));
    if (opened === null || keys.has(opened.subject)) return null;
    keys.set(opened.subject, opened.key);
    begin = end + 1;
  }
  return { keys, size: begin, rest: bytes.subarray(begin) };
};

/** Drops a torn last line, whose key was never used; a whole one that lacks its newline gets it. */
const mendEnd = (file: AppendFile, loaded: Loaded, open: (line: Uint8Array) => Opened | null): Result<number> => {
  const { keys, size, rest } = loaded;
  if (rest.length === 0) return ok(size);
  // A whole line and one byte more: the newline itself was changed.
  if (open(rest.subarray(0, -1)) !== null) return damaged();
  const whole = open(rest);
  if (whole === null) {
    file.truncate(size);
    return ok(size);
  }
  if (keys.has(whole.subject)) return damaged();
  keys.set(whole.subject, whole.key);
  file.append(Uint8Array.of(NEWLINE));
  return ok(size + rest.length + 1);
};

const createKeyring = (
  file: AppendFile,
  keys: Map<string, Uint8Array>,
  end: number,
  wrap: (subject: string, key: Uint8Array) => Uint8Array,
): Keyring => {
  let size = end;
  let state: "open" | "broken" | "closed" = "open";

  const create = (subject: string): Result<Uint8Array> => {
    if (state === "closed") return locked("it was closed");
    if (state === "broken") return locked("its keyring could not be written; start again");
    if (subject === "") return err(moltbotError("CONTENT_UNREADABLE"));
    const key = randomBytes(32);
    const line = Buffer.from(`${lineOf(subject, wrap(subject, key))}\n`, "utf8");
    try {
      file.append(line);
    } catch (error) {
      // Whether the line will survive is unknown, so its key is never used and no line is written behind it.
      state = "broken";
      try {
        file.truncate(size);
      } catch {
        return locked("its keyring could not be written nor mended; start again");
      }
      return locked(`its keyring could not be written (${faultName(error)})`);
    }
    size += line.length;
    keys.set(subject, key);
    return ok(key);
  };

  return Object.freeze<Keyring>({
    find: (subject) => keys.get(subject.toWellFormed()) ?? null,
    findOrCreate: (subject) => {
      const name = subject.toWellFormed();
      const key = keys.get(name);
      return key === undefined ? create(name) : ok(key);
    },
    close: () => {
      if (state === "closed") return;
      state = "closed";
      keys.clear();
      file.close();
    },
  });
};

/** Opens the keyring of a vault's folder: every line must open under the wrapping key, or it is VAULT_DAMAGED. */
export const openKeyring = (
  directory: string,
  wrappingKey: Uint8Array,
  disk: VaultDisk,
  wrapping: Wrapping = { seal: sealBytes, open: openBytes },
): Result<Keyring> => {
  const open = (line: Uint8Array): Opened | null => openLine(line, wrappingKey, wrapping);
  const path = join(directory, "keyring.jsonl");
  // A finished vault has one, even if it is empty; a new one would hide that all content has become unreadable.
  if (!existsSync(path)) return damaged();
  let file: AppendFile | undefined;
  try {
    file = disk.appendTo(path);
    const loaded = load(file.readAll(), open);
    const end = loaded === null ? damaged() : mendEnd(file, loaded, open);
    if (loaded !== null && end.ok) {
      const wrap = (subject: string, key: Uint8Array): Uint8Array => wrapping.seal(wrappingKey, key, nameOf(subject));
      return ok(createKeyring(file, loaded.keys, end.value, wrap));
    }
    file.close();
    return damaged();
  } catch (error) {
    file?.close();
    return locked(`its keyring cannot be opened (${faultName(error)})`);
  }
};
