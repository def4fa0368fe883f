import { readFile, rename, rm, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AuditHead } from "@moltbot/contracts";
import type { LogPort } from "@moltbot/contracts";
import { z } from "zod";
import { constantTimeEqual, hkdfSha256, hmacSha256, sha256Hex } from "../crypto/index.ts";
import { bytesOfHex, hexOf } from "./hex.ts";
import { syncFolder } from "./log-file.ts";
import type { ReadableLog } from "./log-file.ts";
import { canonicalText } from "./log-line.ts";
import type { FrontierState } from "./merkle-tree.ts";

/** How far the log was known to be good: all that opening needs to go on from there. */
export interface Checkpoint {
  readonly tree: FrontierState;
  readonly bytes: number;
  /** How many records at the beginning are hashes alone. */
  readonly hashes: number;
  readonly lastHead: AuditHead | null;
  /** Hash of the bytes at the file's beginning and right before `bytes`: another file has another one. */
  readonly identity: string;
}

/** Keeps the newest checkpoint beside the log. It only makes opening faster: without one, everything is read. */
export interface CheckpointStore {
  /** The checkpoint, or null when there is none that this vault wrote. */
  read(): Promise<Checkpoint | null>;
  /** Puts it in the place of the one before; a failure is only logged. */
  write(checkpoint: Omit<Checkpoint, "identity">, file: ReadableLog): Promise<void>;
  remove(): Promise<void>;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const Stored = z.strictObject({
  format: z.literal(1),
  size: z.int().nonnegative(),
  peaks: z.array(hash).readonly(),
  bytes: z.int().nonnegative(),
  hashes: z.int().nonnegative(),
  lastHead: AuditHead.nullable(),
  identity: hash,
  mac: hash,
});

const PURPOSE = "moltbot:audit-checkpoint:v1";
const IDENTITY_BYTES = 32 * 1024;

const identityOf = async (file: ReadableLog, bytes: number): Promise<string> => {
  const length = Math.min(IDENTITY_BYTES, bytes);
  const [begin, end] = [await file.read(0, length), await file.read(bytes - length, length)];
  return sha256Hex(Buffer.concat([begin, end]));
};

/** Whether the checkpoint was taken of this file. */
export const isTakenOf = async (checkpoint: Checkpoint, file: ReadableLog): Promise<boolean> =>
  (await identityOf(file, checkpoint.bytes)) === checkpoint.identity;

/** The checkpoint of a folder, authenticated under a key that is derived from the vault's key for commitments. */
export const checkpointStore = (directory: string, commitmentKey: Uint8Array, log: LogPort): CheckpointStore => {
  const path = join(directory, "checkpoint.json");
  const key = hkdfSha256(commitmentKey, "", PURPOSE);
  const macOf = (unsigned: unknown): Uint8Array => hmacSha256(key, canonicalText(unsigned));

  const parse = (text: string): Checkpoint | null => {
    const stored = Stored.safeParse(JSON.parse(text));
    if (!stored.success) return null;
    const { mac, ...unsigned } = stored.data;
    // Whoever forges a checkpoint has opening skip what they changed.
    if (!constantTimeEqual(macOf(unsigned), bytesOfHex(mac))) return null;
    const { size, peaks, bytes, hashes, lastHead, identity } = unsigned;
    return { tree: { size, peaks: peaks.map(bytesOfHex) }, bytes, hashes, lastHead, identity };
  };

  const put = async (text: string): Promise<void> => {
    const beside = `${path}.new`;
    const handle = await open(beside, "w", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  };

  return {
    read: async () => {
      try {
        return parse(await readFile(path, "utf8"));
      } catch {
        return null; // none, or none that can be read: the log itself is
      }
    },
    write: async ({ tree, bytes, hashes, lastHead }, file) => {
      try {
        const identity = await identityOf(file, bytes);
        const peaks = tree.peaks.map(hexOf);
        const unsigned = { format: 1 as const, size: tree.size, peaks, bytes, hashes, lastHead, identity };
        await put(`${canonicalText({ ...unsigned, mac: hexOf(macOf(unsigned)) })}\n`);
      } catch {
        log.warn("the checkpoint of the audit log could not be written: the next start reads more", { bytes });
      }
    },
    remove: async () => {
      await rm(path, { force: true });
      await syncFolder(dirname(path));
    },
  };
};
