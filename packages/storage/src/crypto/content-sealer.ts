import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { hkdfSha256 } from "./hkdf-sha256.ts";
import { hmacSha256 } from "./hmac-sha256.ts";
import { openBytes, sealBytes } from "./seal-bytes.ts";

/**
 * Encrypts a record's content under the keys of all its subjects together: destroying any one of them destroys the record.
 * A subject is `kind:id`, such as `conversation:<id>` or `person:<id>`; their order does not matter.
 */
export interface ContentSealer {
  /** Seals; `recordId` is bound as associated data. Makes the subject keys that are missing, durable before their first use. */
  seal(subjects: readonly string[], recordId: string, plaintext: string): Result<Uint8Array>;
  /** Opens what `seal` made for the same subjects and record; CONTENT_UNREADABLE for anything else. */
  open(subjects: readonly string[], recordId: string, sealed: Uint8Array): Result<string>;
  /**
   * By which an equal text is found again without keeping it: HMAC-SHA-256, lower-case hex, under a key of these subjects alone.
   * CONTENT_UNREADABLE when one of them has no key: once it is erased, nobody can try out a guess.
   */
  mac(subjects: readonly string[], purpose: string, text: string): Result<string>;
  /** Makes the keys that these subjects lack with one write to the disk, where each would cost one of its own. */
  prepare(subjects: readonly string[]): Result<void>;
}

/** Where subject keys (32 bytes each) live; the vault implements it. A subject may have one key for each epoch. */
export interface SubjectKeys {
  /** The subject's newest key of an epoch up to `epoch`, or its first of all; null when it has none or was erased. */
  find(subject: string, epoch: number | "first"): Uint8Array | null;
  /** The subject's key of the present epoch, made and durable if it was missing; CONTENT_UNREADABLE once it was erased. */
  findOrCreate(subject: string): Result<Uint8Array>;
  /** The epoch whose keys new content is sealed under; 0 where there never was another. */
  epoch?(): number;
  /** The same as `findOrCreate` of each, with one write to the disk. */
  createMany?(subjects: readonly string[]): Result<void>;
}

interface Sealing {
  readonly seal: typeof sealBytes;
  readonly open: typeof openBytes;
}

const PURPOSE = "moltbot:content:v1";
const EPOCH_PURPOSE = "moltbot:content:v2";
const EPOCH_FORMAT = 2;
/** Format 2: `2 | epoch, 32 bits, big-endian | nonce | ciphertext | tag`. Format 1 has no epoch and is of epoch 0. */
const EPOCH_HEAD = 5;
const MAC_PURPOSE = "moltbot:content-mac:v1";

interface Envelope {
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
  readonly name: string;
}

const unreadable = (): Result<never> => err(moltbotError("CONTENT_UNREADABLE"));
const nameAt = (epoch: number, recordId: string): string => `${EPOCH_PURPOSE}\n${String(epoch)}\n${recordId}`;

/** Without a subject nothing could ever erase the record, so it is refused. */
const distinct = (subjects: readonly string[]): readonly string[] => [...new Set(subjects)].toSorted();

type DeriveKey = (keys: readonly Uint8Array[], subjects: readonly string[]) => Uint8Array;
const deriveKey =
  (purpose: string): DeriveKey =>
  (keys, subjects) =>
    hkdfSha256(Buffer.concat(keys), "", `${purpose}\n${JSON.stringify(subjects)}`);

const MOST_REMEMBERED = 512;

/**
 * Remembers the newest derived keys. One is used again only while every subject's key is the very object it was derived from:
 * a subject whose key was erased has none, so nothing of it opens.
 */
const rememberingKeys = (derive: DeriveKey): DeriveKey => {
  const known = new Map<string, { readonly from: readonly Uint8Array[]; readonly key: Uint8Array }>();
  return (keys, subjects) => {
    const name = subjects.join("\n");
    const found = known.get(name);
    if (found !== undefined && found.from.every((key, at) => key === keys[at])) return found.key;
    const key = derive(keys, subjects);
    const [oldest] = known.size < MOST_REMEMBERED ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    known.set(name, { from: keys, key });
    return key;
  };
};

/** A sealer over these subject keys. `sealing` is replaced only by tests that show what its checks are for. */
export const createContentSealer = (
  keys: SubjectKeys,
  sealing: Sealing = { seal: sealBytes, open: openBytes },
): ContentSealer => {
  const oldKey = rememberingKeys(deriveKey(PURPOSE));
  const jointKey = rememberingKeys(deriveKey(EPOCH_PURPOSE));
  const macKey = rememberingKeys(deriveKey(MAC_PURPOSE));
  /** The keys of all of them, or null when one has none. */
  const held = (names: readonly string[], epoch: number | "first"): readonly Uint8Array[] | null => {
    const found = names.map((subject) => keys.find(subject, epoch)).filter((key) => key !== null);
    return names.length === 0 || found.length < names.length ? null : found;
  };
  const prepare = (names: readonly string[]): Result<void> => keys.createMany?.(names) ?? done;

  /** What the record is under, by its own format; null when that cannot be opened. */
  const underWhich = (names: readonly string[], recordId: string, sealed: Uint8Array): Envelope | null => {
    if (sealed[0] !== EPOCH_FORMAT) {
      const found = held(names, 0);
      return found && { key: oldKey(found, names), bytes: sealed, name: `${PURPOSE}\n${recordId}` };
    }
    if (sealed.length < EPOCH_HEAD) return null;
    const epoch = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length).readUInt32BE(1);
    const found = held(names, epoch);
    // The sealing beneath has a version byte of its own; the epoch stands where it was.
    const bytes = Buffer.concat([Uint8Array.of(1), sealed.subarray(EPOCH_HEAD)]);
    return found && { key: jointKey(found, names), bytes, name: nameAt(epoch, recordId) };
  };

  return Object.freeze<ContentSealer>({
    seal: (subjects, recordId, plaintext) => {
      const names = distinct(subjects);
      if (names.length === 0) return unreadable();
      const prepared = prepare(names);
      if (!prepared.ok) return prepared;
      const found: Uint8Array[] = [];
      for (const subject of names) {
        const key = keys.findOrCreate(subject);
        if (!key.ok) return key;
        found.push(key.value);
      }
      const epoch = keys.epoch?.() ?? 0;
      const sealed = sealing.seal(jointKey(found, names), plaintext, nameAt(epoch, recordId));
      const head = Buffer.of(EPOCH_FORMAT, 0, 0, 0, 0);
      head.writeUInt32BE(epoch, 1);
      return ok(Buffer.concat([head, sealed.subarray(1)]));
    },
    open: (subjects, recordId, sealed) => {
      const under = underWhich(distinct(subjects), recordId, sealed);
      if (under === null) return unreadable();
      const opened = sealing.open(under.key, under.bytes, under.name);
      return opened.ok ? ok(Buffer.from(opened.value).toString("utf8")) : opened;
    },
    mac: (subjects, purpose, text) => {
      const names = distinct(subjects);
      // Of the first epoch for ever: an equal text must be found again after the keys were rotated.
      const found = held(names, "first");
      if (found === null) return unreadable();
      const framed = JSON.stringify([purpose, text]);
      return ok(Buffer.from(hmacSha256(macKey(found, names), framed)).toString("hex"));
    },
    prepare: (subjects) => {
      const names = distinct(subjects);
      if (names.length === 0) return unreadable();
      const prepared = prepare(names);
      const lacking = prepared.ok ? names.map((name) => keys.findOrCreate(name)).find((key) => !key.ok) : prepared;
      return lacking === undefined || lacking.ok ? done : lacking;
    },
  });
};
