import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** Bytes as text; FILE_NOT_TEXT for anything but UTF-8 without zeros. `exact` keeps a mark at its beginning, for who writes it back. */
export const textOf = (content: Uint8Array, exact = false): Result<string> => {
  if (content.includes(0)) return err(moltbotError("FILE_NOT_TEXT"));
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: exact }).decode(content));
  } catch {
    return err(moltbotError("FILE_NOT_TEXT"));
  }
};
