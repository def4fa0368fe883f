import { existsSync } from "node:fs";
import { join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, Result } from "@moltbot/contracts";
import { hkdfSha256, randomBytes } from "../crypto/index.ts";
import type { SubjectKeys } from "../crypto/index.ts";
import { openErasures } from "./erasures.ts";
import type { Erased, Erasures } from "./erasures.ts";
import { HeldKey } from "./held-key.ts";
import { lineCodec, SEPARATOR, WRAPPING } from "./keyring-file.ts";
import type { KeyEntry, LineCodec, Wrapping } from "./keyring-file.ts";
import { loadKeyring } from "./load-keyring.ts";
import type { Loaded } from "./load-keyring.ts";
import { faultName } from "./vault-disk.ts";
import type { AppendFile, VaultDisk } from "./vault-disk.ts";

export type { Wrapping } from "./keyring-file.ts";

/** What an erasure did to the keyring: how many keys it destroyed, and its generation before and after. */
export interface KeyErasure {
  readonly keys: number;
  readonly from: number;
  readonly to: number;
}

/** The subjects' data keys, in memory and on disk. */
export interface Keyring extends SubjectKeys {
  epoch(): number;
  generation(): number;
  /** How many keys it holds, of all epochs. */
  keys(): number;
  createMany(subjects: readonly string[]): Result<void>;
  /** Puts the subjects on the list of erasures, then writes a generation of the keyring without their keys and overwrites the old one. */
  erase(subjects: readonly string[], at: Instant): Result<KeyErasure>;
  erased(): readonly Erased[];
  /** From now on new content is sealed under new keys; what was sealed opens as before. */
  beginEpoch(): Result<void>;
  /** Wraps every key anew, under a wrapping key of its own, in a new generation. */
  rewrap(): Result<void>;
  /** Forgets the keys and lets go of the file. */
  close(): void;
}

const FILE = "keyring.jsonl";
const LONGEST_SUBJECT = 1_000;
/** Lines of their own are folded into the first when there are this many, or a sixteenth of its keys. */
const MOST_LINES = 1_024;

const damaged = (): Result<never> => err(moltbotError("VAULT_DAMAGED", { file: FILE }));
const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));
const unreadable = (): Result<never> => err(moltbotError("CONTENT_UNREADABLE"));

const keyOfEpoch = (newest: HeldKey | null, epoch: number): HeldKey | null => {
  let held = newest;
  while (held !== null && held.epoch > epoch) held = held.older;
  return held;
};
const firstKey = (newest: HeldKey | null): HeldKey | null => {
  let held = newest;
  while (held !== null && held.older !== null) held = held.older;
  return held;
};

const entriesOf = (subject: string, newest: HeldKey): readonly KeyEntry[] => {
  const entries: KeyEntry[] = [];
  for (let held: HeldKey | null = newest; held !== null; held = held.older) entries.push({ subject, held });
  return entries.length === 1 ? entries : entries.toReversed();
};

interface Parts {
  readonly path: string;
  readonly key: Uint8Array;
  readonly disk: VaultDisk;
  readonly wrapping: Wrapping;
  readonly file: AppendFile;
  readonly loaded: Loaded;
  readonly erasures: Erasures;
}

class OpenKeyring implements Keyring {
  readonly #parts: Parts;
  readonly #held: Map<string, HeldKey>;
  #file: AppendFile;
  /** Null until the file is one of this version. */
  #codec: LineCodec | null;
  #size: number;
  #lines: number;
  #folded: number;
  #count: number;
  #epoch: number;
  #generation: number;
  #state: "open" | "broken" | "closed" = "open";

  constructor(parts: Parts) {
    const { loaded } = parts;
    this.#parts = parts;
    this.#file = parts.file;
    this.#held = loaded.held;
    this.#codec = loaded.codec;
    this.#size = loaded.size;
    this.#lines = loaded.lines;
    this.#folded = loaded.folded;
    this.#count = loaded.keys;
    this.#epoch = loaded.epoch;
    this.#generation = loaded.codec?.generation ?? 0;
    Object.freeze(this);
  }

  epoch(): number {
    return this.#epoch;
  }
  generation(): number {
    return this.#generation;
  }
  keys(): number {
    return this.#count;
  }
  erased(): readonly Erased[] {
    return this.#parts.erasures.all();
  }

  find(subject: string, epoch: number | "first"): Uint8Array | null {
    const newest = this.#held.get(subject.toWellFormed()) ?? null;
    return (epoch === "first" ? firstKey(newest) : keyOfEpoch(newest, epoch))?.key ?? null;
  }

  findOrCreate(subject: string): Result<Uint8Array> {
    const name = subject.toWellFormed();
    const present = this.#held.get(name);
    if (present?.epoch === this.#epoch) return ok(present.key);
    const made = this.createMany([name]);
    if (!made.ok) return made;
    const key = this.#held.get(name)?.key;
    return key === undefined ? unreadable() : ok(key);
  }

  createMany(subjects: readonly string[]): Result<void> {
    const missing = [...new Set(subjects.map((subject) => subject.toWellFormed()))].filter(
      (name) => this.#held.get(name)?.epoch !== this.#epoch,
    );
    if (missing.length === 0) return done;
    const usable = this.#usable();
    if (!usable.ok) return usable;
    const { erasures } = this.#parts;
    const isRefused = (name: string): boolean =>
      name === "" || name.length > LONGEST_SUBJECT || name.includes(SEPARATOR) || erasures.has(name);
    if (missing.some(isRefused)) return unreadable();
    const entries = missing.map((subject) => {
      const held = new HeldKey(this.#epoch, Buffer.from(randomBytes(32)), 0, this.#held.get(subject) ?? null);
      return { subject, held };
    });
    const written = this.#write(entries, this.#epoch);
    if (!written.ok) return written;
    for (const { subject, held } of entries) this.#held.set(subject, held);
    this.#count += entries.length;
    return done;
  }

  erase(subjects: readonly string[], at: Instant): Result<KeyErasure> {
    const usable = this.#usable();
    if (!usable.ok) return usable;
    const { erasures } = this.#parts;
    const from = this.#generation;
    const names = [...new Set(subjects.map((subject) => subject.toWellFormed()))].filter(
      (name) => name !== "" && !erasures.has(name),
    );
    if (names.length === 0) return ok({ keys: 0, from, to: from });
    try {
      erasures.add(names, at, from + 1);
    } catch (error) {
      return locked(`its list of erasures cannot be written (${faultName(error)})`);
    }
    const keys = this.#forget(names);
    const written = this.#rewrite(from + 1, this.#epoch, []);
    return written.ok ? ok({ keys, from, to: from + 1 }) : written;
  }

  /** What a crash between the list and the keyring left, or what an older copy of the keyring brought back. */
  replayErasures(): Result<void> {
    const { erasures, loaded } = this.#parts;
    const all = erasures.all();
    const names = new Set(all.map(({ subject }) => subject).filter((subject) => this.#held.has(subject)));
    if (names.size === 0 && erasures.count() === loaded.erasures) return done;
    this.#forget([...names]);
    return this.#rewrite(
      Math.max(this.#generation, ...all.map(({ generation }) => generation - 1)) + 1,
      this.#epoch,
      [],
    );
  }

  beginEpoch(): Result<void> {
    const usable = this.#usable();
    if (!usable.ok) return usable;
    const written = this.#write([], this.#epoch + 1);
    if (written.ok) this.#epoch += 1;
    return written;
  }

  rewrap(): Result<void> {
    const usable = this.#usable();
    return usable.ok ? this.#rewrite(this.#generation + 1, this.#epoch, []) : usable;
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#forget([...this.#held.keys()]);
    this.#parts.erasures.close();
    this.#file.close();
  }

  #usable(): Result<void> {
    if (this.#state === "closed") return locked("it was closed");
    return this.#state === "broken" ? locked("its keyring could not be written; start again") : done;
  }

  #forget(names: readonly string[]): number {
    let keys = 0;
    for (const name of names) {
      for (let held = this.#held.get(name) ?? null; held !== null; held = held.older) {
        held.destroy();
        keys += 1;
      }
      this.#held.delete(name);
    }
    this.#count -= keys;
    return keys;
  }

  /** Puts keys on disk: as a line of their own, or with all others when the file is an old one or has too many lines. */
  #write(entries: readonly KeyEntry[], epoch: number): Result<void> {
    const codec = this.#codec;
    if (codec === null || this.#lines >= Math.max(MOST_LINES, this.#folded / 16))
      return this.#rewrite(this.#generation, epoch, entries);
    const line = Buffer.from(`${codec.frame(this.#lines + 1, { epoch, entries })}\n`, "latin1");
    try {
      // Two lines of one number would shut the vault for both.
      if (this.#file.size() !== this.#size) return this.#overtaken();
      this.#file.append(line);
    } catch (error) {
      // Whether the line will survive is unknown, so its keys are never used and no line is written behind it.
      this.#state = "broken";
      try {
        this.#file.truncate(this.#size);
      } catch {
        return locked("its keyring could not be written nor mended; start again");
      }
      return locked(`its keyring could not be written (${faultName(error)})`);
    }
    this.#size += line.length;
    this.#lines += 1;
    return done;
  }

  #overtaken(): Result<void> {
    this.#state = "broken";
    return locked("another process has it open and wrote to its keyring; end that one, then start again");
  }

  /** Writes the whole keyring, under a salt of its own: no line of another file opens in it. */
  #rewrite(generation: number, epoch: number, more: readonly KeyEntry[]): Result<void> {
    const { key, wrapping, disk, path, erasures } = this.#parts;
    const codec = lineCodec(key, randomBytes(16), generation, wrapping);
    const entries: KeyEntry[] = [];
    for (const [subject, newest] of this.#held) entries.push(...entriesOf(subject, newest));
    entries.push(...more);
    const head = { generation, erasures: erasures.count(), lastErasure: erasures.hashAt(erasures.count()) };
    const text = `${codec.head(head, { epoch, entries })}\n`;
    try {
      if (this.#file.size() !== this.#size) return this.#overtaken();
      this.#file.close();
      disk.supersede(path, text);
      this.#file = disk.appendTo(path);
    } catch (error) {
      // The disk holds the old keyring or the new one, whole; which, the next start sees.
      this.#state = "broken";
      this.#file = {
        readAll: () => new Uint8Array(),
        size: () => 0,
        append: refuse,
        truncate: refuse,
        close: () => undefined,
      };
      return locked(`its keyring could not be written (${faultName(error)})`);
    }
    this.#codec = codec;
    this.#generation = generation;
    this.#size = Buffer.byteLength(text);
    this.#lines = 0;
    this.#folded = entries.length;
    return done;
  }
}

const refuse = (): never => {
  throw Object.assign(new Error("the keyring is not open"), { code: "EBADF" });
};

/**
 * Opens the keyring of a vault's folder: every line must open under the vault's key for keyrings, or it is VAULT_DAMAGED; so is a
 * list of erasures that is shorter than the keyring saw it. Erasures that the keyring did not see are done again.
 */
export const openKeyring = (
  directory: string,
  key: Uint8Array,
  disk: VaultDisk,
  wrapping: Wrapping = WRAPPING,
): Result<Keyring> => {
  const path = join(directory, FILE);
  // A finished vault has one, even if it is empty; a new one would hide that all content has become unreadable.
  if (!existsSync(path)) return damaged();
  let file: AppendFile | undefined;
  try {
    disk.clean(path);
    file = disk.appendTo(path);
    const loaded = loadKeyring(file, key, wrapping);
    const erasures = openErasures(directory, hkdfSha256(key, "", "moltbot:erasures:v1"), disk);
    if (loaded === null || !erasures.ok) {
      if (erasures.ok) erasures.value.close();
      file.close();
      return erasures.ok ? damaged() : erasures;
    }
    const seen = erasures.value.hashAt(loaded.erasures);
    if (erasures.value.count() < loaded.erasures || Buffer.compare(seen, loaded.lastErasure) !== 0) {
      erasures.value.close();
      file.close();
      return err(moltbotError("VAULT_DAMAGED", { file: "erasures.jsonl" }));
    }
    erasures.value.mend();
    const ring = new OpenKeyring({ path, key, disk, wrapping, file, loaded, erasures: erasures.value });
    const replayed = ring.replayErasures();
    if (replayed.ok) return ok(ring);
    ring.close();
    return replayed;
  } catch (error) {
    file?.close();
    return locked(`its keyring cannot be opened (${faultName(error)})`);
  }
};
