import { hkdfSha256, openBytes, sealBytes, sha256 } from "../crypto/index.ts";
import { canonicalText } from "./header.ts";

/** What a frame holds. Their order in a file is the order of these numbers. */
export const KIND = Object.freeze({ rows: 1, audit: 2, attachment: 3, file: 4, end: 5 });
export type FrameKind = (typeof KIND)[keyof typeof KIND];

/** Kind and length. */
export const FRAME_HEAD_BYTES = 5;
/** No frame is longer; a changed length must not make a reader eat the machine. */
export const MOST_FRAME_BYTES = 64 * 1024 * 1024;

/** Replaced only by tests: for vectors, and to show what its associated data is for. */
export interface FrameSealing {
  readonly seal: typeof sealBytes;
  readonly open: typeof openBytes;
}
export const REAL_SEALING: FrameSealing = Object.freeze({ seal: sealBytes, open: openBytes });

const PURPOSE = "moltbot:backup:v1";
const NEWLINE = 0x0a;

/** The key of one backup alone. */
export const frameKey = (key: Uint8Array, salt: Uint8Array): Uint8Array => hkdfSha256(key, salt, PURPOSE);

/** Binds a frame to its file, its place and what it is. */
const nameOf = (prefixHash: string, index: number, kind: number): string =>
  `${PURPOSE}\n${prefixHash}\n${String(index)}\n${String(kind)}`;

/** A frame's plaintext: what it is about, a newline, and its bytes. */
export interface FrameBody {
  readonly about: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

/** Seals frames one after the other and keeps the chain of hashes over all bytes so far. */
export interface FrameChain {
  /** Lower-case hex. */
  readonly hash: () => string;
  readonly count: () => number;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const createChain = (prefix: Uint8Array) => {
  const prefixHash = hexOf(sha256(prefix));
  let hash = sha256(prefix);
  let count = 0;
  return {
    prefixHash,
    hash: () => hexOf(hash),
    count: () => count,
    add: (frame: Uint8Array): void => {
      hash = sha256(Buffer.concat([hash, frame]));
      count += 1;
    },
  };
};

/** Makes the frames of one file in order. */
export const createFrameWriter = (
  prefix: Uint8Array,
  key: Uint8Array,
  sealing: FrameSealing = REAL_SEALING,
): FrameChain & { frame(kind: FrameKind, body: FrameBody): Uint8Array } => {
  const chain = createChain(prefix);
  return {
    hash: chain.hash,
    count: chain.count,
    frame: (kind, { about, bytes }) => {
      const plain = Buffer.concat([Buffer.from(`${canonicalText(about)}\n`, "utf8"), bytes]);
      const sealed = sealing.seal(key, plain, nameOf(chain.prefixHash, chain.count(), kind));
      const head = Buffer.alloc(FRAME_HEAD_BYTES);
      head.writeUInt8(kind);
      head.writeUInt32BE(sealed.length, 1);
      const frame = Buffer.concat([head, sealed]);
      chain.add(frame);
      return frame;
    },
  };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const split = (plain: Uint8Array): FrameBody | null => {
  const end = plain.indexOf(NEWLINE);
  if (end < 0) return null;
  try {
    const about: unknown = JSON.parse(Buffer.from(plain.subarray(0, end)).toString("utf8"));
    return isRecord(about) ? { about, bytes: plain.subarray(end + 1) } : null;
  } catch {
    return null; // sealed by the right key and yet not ours: a program of another kind wrote it
  }
};

/** Opens the frames of one file in order; null for one that is not the frame that was written at this place. */
export const createFrameReader = (
  prefix: Uint8Array,
  key: Uint8Array,
  sealing: FrameSealing = REAL_SEALING,
): FrameChain & { open(frame: Uint8Array): FrameBody | null } => {
  const chain = createChain(prefix);
  return {
    hash: chain.hash,
    count: chain.count,
    open: (frame) => {
      const name = nameOf(chain.prefixHash, chain.count(), frame[0] ?? 0);
      const opened = sealing.open(key, frame.subarray(FRAME_HEAD_BYTES), name);
      chain.add(frame);
      return opened.ok ? split(opened.value) : null;
    },
  };
};
