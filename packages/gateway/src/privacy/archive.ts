import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { strToU8 } from "fflate";
import type { Zippable } from "fflate";

/** The files of an archive; it refuses to grow beyond its limit, however well what it holds would be compressed. */
export interface Archive {
  add(path: string, content: string | Uint8Array): Result<void>;
  files(): Zippable;
}

/** An empty one; EXPORT_TOO_LARGE for the file with which it would have more than `most` bytes. */
export const newArchive = (most: number): Archive => {
  const files: Record<string, Uint8Array> = {};
  let bytes = 0;
  return {
    add: (path, content) => {
      const added = typeof content === "string" ? strToU8(content) : content;
      bytes += added.length;
      if (bytes > most) return err(moltbotError("EXPORT_TOO_LARGE", { most }));
      files[path] = added;
      return ok(undefined);
    },
    files: () => files,
  };
};
