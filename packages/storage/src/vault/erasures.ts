import { existsSync } from "node:fs";
import { join } from "node:path";
import { err, Instant, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { openBytes, sealBytes, sha256 } from "../crypto/index.ts";
import { writtenByAnother } from "./vault-disk.ts";
import type { AppendFile, VaultDisk } from "./vault-disk.ts";

/** One subject whose keys were destroyed, and the keyring generation that is without them. */
export interface Erased {
  readonly subject: string;
  readonly at: Instant;
  readonly generation: number;
}

const Line = z.strictObject({
  subjects: z.array(z.string().min(1)).min(1),
  at: Instant,
  generation: z.int().nonnegative(),
});

/** The list of erasures: each line is sealed with its place and the hash of the one before it as associated data. */
export interface Erasures {
  readonly count: () => number;
  /** SHA-256 of the line at that place; of none: zeros. */
  readonly hashAt: (count: number) => Uint8Array;
  readonly all: () => readonly Erased[];
  has(subject: string): boolean;
  /** Durable when it returns; throws on an I/O error. */
  add(subjects: readonly string[], at: Instant, generation: number): void;
  /** Drops a torn last line. To be called once the keyring does not know more of the list: until then it is evidence. */
  mend(): void;
  close(): void;
}

const NONE = new Uint8Array(32);
const FILE = "erasures.jsonl";
const NEWLINE = 0x0a;
const damaged = (): Result<never> => err(moltbotError("VAULT_DAMAGED", { file: FILE }));
const nameOf = (index: number, before: Uint8Array): string =>
  `moltbot:erasures:v1:${String(index)}:${Buffer.from(before).toString("hex")}`;

const openLine = (text: string, key: Uint8Array, name: string): z.infer<typeof Line> | null => {
  const bytes = Buffer.from(text.slice(1, -1), "base64url");
  const opened = JSON.stringify(bytes.toString("base64url")) === text ? openBytes(key, bytes, name) : null;
  if (opened?.ok !== true) return null;
  const line = Line.safeParse(JSON.parse(Buffer.from(opened.value).toString("utf8")));
  return line.success ? line.data : null;
};

/**
 * Opens the list. A torn last line is passed over: what it was to record did not happen. VAULT_DAMAGED for anything else; throws on
 * an I/O error.
 */
export const openErasures = (directory: string, key: Uint8Array, disk: VaultDisk): Result<Erasures> => {
  const path = join(directory, FILE);
  const all: Erased[] = [];
  const hashes: Uint8Array[] = [];
  const subjects = new Set<string>();
  let file: AppendFile | undefined;
  let size = 0;
  let torn = 0;
  let isWhole = true;

  const hashAt = (count: number): Uint8Array => hashes[count - 1] ?? NONE;
  const take = (text: string): boolean => {
    const line = openLine(text, key, nameOf(hashes.length, hashAt(hashes.length)));
    if (line === null) return false;
    hashes.push(sha256(text));
    for (const subject of line.subjects) {
      subjects.add(subject);
      all.push({ subject, at: line.at, generation: line.generation });
    }
    return true;
  };

  if (existsSync(path)) {
    file = disk.appendTo(path);
    const bytes = Buffer.from(file.readAll());
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, size)) {
      if (!take(bytes.toString("latin1", size, end))) {
        file.close();
        return damaged();
      }
      size = end + 1;
    }
    torn = bytes.length - size;
  }

  return ok({
    count: () => hashes.length,
    hashAt,
    all: () => [...all],
    has: (subject) => subjects.has(subject),
    add: (names, at, generation) => {
      // What a failed write left behind would be taken for damage with a line behind it.
      if (!isWhole) throw Object.assign(new Error("the list of erasures could not be written"), { code: "EIO" });
      file ??= disk.appendTo(path);
      if (file.size() !== size) throw writtenByAnother();
      const content = JSON.stringify({ subjects: names, at, generation });
      const name = nameOf(hashes.length, hashAt(hashes.length));
      const text = JSON.stringify(Buffer.from(sealBytes(key, content, name)).toString("base64url"));
      try {
        file.append(Buffer.from(`${text}\n`, "latin1"));
      } catch (error) {
        isWhole = false;
        file.truncate(size);
        isWhole = true;
        throw error;
      }
      size += text.length + 1;
      take(text);
    },
    mend: () => {
      if (torn > 0) file?.truncate(size);
      torn = 0;
    },
    close: () => file?.close(),
  });
};
