import { hkdfSha256, openBytes, sealBytes } from "../crypto/index.ts";
import type { HeldKey } from "./held-key.ts";

/** Replaced only by tests that show what its associated data is for. */
export interface Wrapping {
  readonly seal: typeof sealBytes;
  readonly open: typeof openBytes;
}
export const WRAPPING: Wrapping = Object.freeze({ seal: sealBytes, open: openBytes });

/** One subject's key of one epoch. */
export interface KeyEntry {
  readonly subject: string;
  readonly held: Pick<HeldKey, "epoch" | "copyTo">;
}

/** What a line holds: the epoch from then on, and keys that came with it, each 32 bytes of `keys`. */
export interface Frame {
  readonly epoch: number;
  readonly subjects: readonly string[];
  readonly epochs: readonly number[];
  readonly keys: Buffer;
}

/** A line to be written. */
export interface FrameWish {
  readonly epoch: number;
  readonly entries: readonly KeyEntry[];
}

/** What the first line says beside its keys: how far the list of erasures reached when it was written. */
export interface Head {
  readonly generation: number;
  readonly erasures: number;
  /** SHA-256 of the last line of that list; zeros when it was empty. */
  readonly lastErasure: Uint8Array;
}

const KEY_BYTES = 32;
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Between subjects, none of which has one. */
export const SEPARATOR = "\n";

/** `epoch u32 | keys u32 | (epoch u32)* | (key)* | subjects, separated by newlines`; all numbers big-endian. */
const encodeFrame = ({ epoch, entries }: FrameWish): Buffer => {
  const names = Buffer.from(entries.map(({ subject }) => subject).join(SEPARATOR), "utf8");
  const keysAt = 8 + entries.length * 4;
  const bytes = Buffer.alloc(keysAt + entries.length * KEY_BYTES + names.length);
  bytes.writeUInt32BE(epoch, 0);
  bytes.writeUInt32BE(entries.length, 4);
  entries.forEach(({ held }, index) => {
    bytes.writeUInt32BE(held.epoch, 8 + index * 4);
    held.copyTo(bytes, keysAt + index * KEY_BYTES);
  });
  names.copy(bytes, keysAt + entries.length * KEY_BYTES);
  return bytes;
};

/** What `encodeFrame` made; whoever authenticated it may rely on its form, and a form that does not fit throws. */
const decodeFrame = (bytes: Buffer): Frame => {
  const count = bytes.readUInt32BE(4);
  const keysAt = 8 + count * 4;
  const namesAt = keysAt + count * KEY_BYTES;
  return {
    epoch: bytes.readUInt32BE(0),
    subjects: count === 0 ? [] : bytes.toString("utf8", namesAt).split(SEPARATOR),
    epochs: Array.from({ length: count }, (_, index) => bytes.readUInt32BE(8 + index * 4)),
    keys: bytes.subarray(keysAt, namesAt),
  };
};

/** Seals and opens the lines of one keyring file; its key belongs to this file alone. */
export interface LineCodec {
  readonly generation: number;
  head(head: Head, frame: FrameWish): string;
  openHead(line: string): { readonly head: Head; readonly frame: Frame } | null;
  frame(index: number, frame: FrameWish): string;
  openFrame(index: number, line: Uint8Array): Frame | null;
}

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");

const beforeSealed = (generation: number, salt: string): string =>
  `{"version":2,"generation":${String(generation)},"salt":"${salt}","sealed":"`;

/** The codec of the file with this salt: `key` is the vault's for keyrings. */
export const lineCodec = (key: Uint8Array, salt: Uint8Array, generation: number, wrapping: Wrapping): LineCodec => {
  const wrappingKey = hkdfSha256(key, salt, "moltbot:keyring:v2");
  const nameOf = (index: number): string => `moltbot:keyring:v2:${String(generation)}:${String(index)}`;
  // A base64 text needs no escaping, and a long one would take its time.
  const headLine = (sealed: string): string => `${beforeSealed(generation, textOf(salt))}${sealed}"}`;
  const opened = (sealed: Uint8Array, index: number): Buffer | null => {
    const plain = wrapping.open(wrappingKey, sealed, nameOf(index));
    return plain.ok ? Buffer.from(plain.value.buffer, plain.value.byteOffset, plain.value.length) : null;
  };
  return {
    generation,
    head: (head, frame) => {
      const before = Buffer.alloc(4);
      before.writeUInt32BE(head.erasures);
      const plain = Buffer.concat([before, head.lastErasure, encodeFrame(frame)]);
      return headLine(textOf(wrapping.seal(wrappingKey, plain, nameOf(0))));
    },
    openHead: (line) => {
      const bytes = Buffer.from(line.slice(beforeSealed(generation, textOf(salt)).length, -2), "base64url");
      // What stands there is exactly what was written: base64 has more than one spelling.
      const plain = headLine(textOf(bytes)) === line ? opened(bytes, 0) : null;
      if (plain === null) return null;
      const lastErasure = plain.subarray(4, 4 + HASH_BYTES);
      const head: Head = { generation, erasures: plain.readUInt32BE(0), lastErasure };
      return { head, frame: decodeFrame(plain.subarray(4 + HASH_BYTES)) };
    },
    frame: (index, frame) => JSON.stringify(textOf(wrapping.seal(wrappingKey, encodeFrame(frame), nameOf(index)))),
    openFrame: (index, line) => {
      const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString("latin1");
      const bytes = Buffer.from(text.slice(1, -1), "base64url");
      const plain = JSON.stringify(textOf(bytes)) === text ? opened(bytes, index) : null;
      return plain === null ? null : decodeFrame(plain);
    },
  };
};

const HEAD_LINE = /^\{"version":2,"generation":(\d{1,15}),"salt":"([A-Za-z0-9_-]{22})","sealed":"/;
/** The codec that a first line asks for, or null when it is none. */
export const codecOf = (line: string, key: Uint8Array, wrapping: Wrapping): LineCodec | null => {
  const found = HEAD_LINE.exec(line.slice(0, 200));
  const [, generation = "", salt = ""] = found ?? [];
  const bytes = Buffer.from(salt, "base64url");
  return found === null || bytes.length !== SALT_BYTES ? null : lineCodec(key, bytes, Number(generation), wrapping);
};
