import { constants, open } from "node:fs/promises";

/** Bytes that a package or a key is made of. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A package's file is no larger. */
export const MOST_BYTES = 2 * 1024 * 1024;

/** The bytes of an ordinary file of at most so many; otherwise in a word why not. What the system refuses is thrown. */
export const readOrdinary = async (file: string, mostBytes: number): Promise<Bytes | "larger" | "folder" | "other"> => {
  // Threat: a queue or a device hangs whoever opens it, or never ends.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) return found.isDirectory() ? "folder" : "other";
    const space = new Uint8Array(Math.min(found.size, mostBytes) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < space.length; length += read)
      ({ bytesRead: read } = await handle.read(space, length));
    // More than it had a moment ago: it grows while it is read.
    return length > Math.min(found.size, mostBytes) ? "larger" : space.slice(0, length);
  } finally {
    await handle.close();
  }
};
