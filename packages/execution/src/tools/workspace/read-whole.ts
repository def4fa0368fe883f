import type { FileHandle } from "node:fs/promises";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

const CHUNK = 64 * 1024;

/** The whole content behind an open file, from its beginning; FILE_TOO_LARGE beyond `limit` bytes. A stated size may be a lie. */
export const readWhole = async (handle: FileHandle, limit: number): Promise<Result<Buffer>> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, bytes);
    if (bytesRead === 0) return ok(Buffer.concat(chunks, bytes));
    bytes += bytesRead;
    if (bytes > limit) return err(moltbotError("FILE_TOO_LARGE", { limit }));
    chunks.push(chunk.subarray(0, bytesRead));
  }
};
