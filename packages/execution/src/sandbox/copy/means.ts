import { constants, fstatSync, lstatSync } from "node:fs";
import type { BigIntStats } from "node:fs";

/** How much of a workspace is copied, and how much of a copy is looked at and listed. */
export interface CopyLimits {
  /** Files, links and folders together. */
  readonly files: number;
  /** Of all files of a workspace; also what is read of a copy in one look at its difference. */
  readonly bytes: number;
  /** Folders within each other. */
  readonly depth: number;
  /** Changes listed, and as many things passed over. */
  readonly changes: number;
  /** The largest file that can come back; larger ones are compared by their stamps alone. */
  readonly contentBytes: number;
}

const MEBIBYTE = 1024 * 1024;

export const COPY_LIMITS: CopyLimits = Object.freeze({
  files: 200_000,
  bytes: 2_048 * MEBIBYTE,
  depth: 64,
  changes: 5_000,
  contentBytes: 50 * MEBIBYTE,
});

/** What keeps a hostile copy harmless; replaced only by tests that show what each part is for. */
export interface CopyGround {
  /** Flag of every opening: a link is never followed. */
  readonly noFollow: number;
  readonly lstat: (path: string | Buffer) => BigIntStats;
  readonly fstat: (fd: number) => BigIntStats;
  /** Whether what changes at `now` can be told by its time from what changed at `moment`, both in nanoseconds. */
  readonly isLater: (now: bigint, moment: bigint) => boolean;
  /** As many names may a file have that comes back. */
  readonly mostNames: bigint;
  /** Bits of a mode that come into a copy. */
  readonly keptMode: number;
}

export const COPY_GROUND: CopyGround = Object.freeze({
  noFollow: constants.O_NOFOLLOW ?? 0,
  lstat: (path: string | Buffer) => lstatSync(path, { bigint: true }),
  fstat: (fd: number) => fstatSync(fd, { bigint: true }),
  isLater: (now: bigint, moment: bigint) => now > moment,
  mostNames: 1n,
  keptMode: 0o777,
});

/** What the work on a copy needs. */
export interface CopyMeans {
  /** SHA-256 as lower-case hexadecimal. */
  readonly hash: (content: string | Uint8Array) => string;
  readonly limits: CopyLimits;
  /** As root everything in a copy is given to the spare id, under which programs run. */
  readonly isRoot: boolean;
  readonly ground: CopyGround;
}
