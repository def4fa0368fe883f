import { err, moltbotError, ok } from "@moltbot/contracts";
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
}

/** Where subject keys (32 bytes each) live; the vault implements it. */
export interface SubjectKeys {
  /** The subject's key, or null when it never had one or was erased. */
  find(subject: string): Uint8Array | null;
  /** The subject's key, made and durable if it was missing. */
  findOrCreate(subject: string): Result<Uint8Array>;
}

interface Sealing {
  readonly seal: typeof sealBytes;
  readonly open: typeof openBytes;
}

const PURPOSE = "moltbot:content:v1";
const MAC_PURPOSE = "moltbot:content-mac:v1";

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
  const jointKey = rememberingKeys(deriveKey(PURPOSE));
  const macKey = rememberingKeys(deriveKey(MAC_PURPOSE));
  /** The keys of all of them, or null when one has none. */
  const held = (names: readonly string[]): readonly Uint8Array[] | null => {
    const found = names.map((subject) => keys.find(subject)).filter((key) => key !== null);
    return names.length === 0 || found.length < names.length ? null : found;
  };
  return Object.freeze<ContentSealer>({
    seal: (subjects, recordId, plaintext) => {
      const names = distinct(subjects);
      if (names.length === 0) return err(moltbotError("CONTENT_UNREADABLE"));
      const found: Uint8Array[] = [];
      for (const subject of names) {
        const key = keys.findOrCreate(subject);
        if (!key.ok) return key;
        found.push(key.value);
      }
      return ok(sealing.seal(jointKey(found, names), plaintext, `${PURPOSE}\n${recordId}`));
    },
    open: (subjects, recordId, sealed) => {
      const names = distinct(subjects);
      const found = held(names);
      if (found === null) return err(moltbotError("CONTENT_UNREADABLE"));
      const opened = sealing.open(jointKey(found, names), sealed, `${PURPOSE}\n${recordId}`);
      return opened.ok ? ok(Buffer.from(opened.value).toString("utf8")) : opened;
    },
    mac: (subjects, purpose, text) => {
      const names = distinct(subjects);
      const found = held(names);
      if (found === null) return err(moltbotError("CONTENT_UNREADABLE"));
      const framed = JSON.stringify([purpose, text]);
      return ok(Buffer.from(hmacSha256(macKey(found, names), framed)).toString("hex"));
    },
  });
};
