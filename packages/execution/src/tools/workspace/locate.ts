import { lstat, realpath } from "node:fs/promises";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { isUnfinishedName } from "./unfinished-name.ts";

/** A file of the workspace, found to lie inside; it need not exist. */
export interface Located {
  /** The workspace's real folder. */
  readonly root: string;
  /** Path parts below it; none is `..`, a link or a special form. */
  readonly parts: readonly [string, ...string[]];
  /** The same joined with `/`. */
  readonly relative: string;
}

const LONGEST = 1024;
const LONGEST_PART = 255;
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;

const outside = () => err(moltbotError("PATH_OUTSIDE_WORKSPACE"));

/**
 * A part that is a plain name on every system: Windows drops final dots and blanks, and gives some names to devices. What is not yet
 * whole is nobody's file.
 */
const isPlainName = (part: string): boolean =>
  part !== "" &&
  part !== ".." &&
  Buffer.byteLength(part) <= LONGEST_PART &&
  !/[. ]$/.test(part) &&
  !RESERVED.test(part) &&
  !isUnfinishedName(part);

/** Splits a relative path into plain names; null when the text itself points elsewhere. Percent signs are only characters. */
const plainParts = (text: string): Located["parts"] | null => {
  // Backslashes and colons make drives, network shares and streams on Windows; invisible characters hide what a path is.
  if (text.length > LONGEST || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\:]/u.test(text) || /^[/~]/.test(text)) return null;
  const [first, ...rest] = text.split("/").filter((part) => part !== ".");
  if (first === undefined || ![first, ...rest].every(isPlainName)) return null;
  return [first, ...rest];
};

const existing = async (path: string) => lstat(path).catch(() => null);

/** Whether what exists along the way is folders and, at its end, a file with this one name; links of any kind may lead out. */
const leadsOut = async (root: string, parts: Located["parts"]): Promise<boolean> => {
  let path = root;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    const found = await existing(path);
    if (found === null) return false;
    if (found.isSymbolicLink()) return true;
    if (index === parts.length - 1) return !found.isDirectory() && (!found.isFile() || found.nlink > 1);
  }
  return false;
};

/** Finds a path below a workspace without changing or opening anything; PATH_OUTSIDE_WORKSPACE for every way out. */
export const locate = async (workspace: string, text: string): Promise<Result<Located>> => {
  const parts = plainParts(text);
  if (parts === null) return outside();
  const root = await realpath(workspace).catch(() => workspace);
  if (await leadsOut(root, parts)) return outside();
  return ok({ root, parts, relative: parts.join("/") });
};
