import { mkdir, open, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { syncFolder } from "@moltbot/storage/audit";

/** Files of the vault; what begins with a dot is being written. */
const IS_FILE = /^[a-z][a-z-]*\.jsonl?$/;
const MOST_LOOKS = 20;

type Look = ReadonlyMap<string, Buffer>;

const look = async (vault: string): Promise<Look> => {
  const names = (await readdir(vault)).filter((name) => IS_FILE.test(name)).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(vault, name))] as const)));
};

const isSame = (a: Look, b: Look): boolean =>
  a.size === b.size && [...a].every(([name, bytes]) => b.get(name)?.equals(bytes) === true);

/** The files as they stand together: two looks in a row that see the same, since a rotation writes several of them. */
const lookTwice = async (vault: string): Promise<Look | null> => {
  let before = await look(vault);
  for (let tries = 0; tries < MOST_LOOKS; tries += 1) {
    const now = await look(vault);
    if (isSame(before, now)) return now;
    before = now;
  }
  return null;
};

const writeFile = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * Copies a vault's files, all of them sealed, into a new folder; `known` is called before the first of them is written: an erasure
 * must name what a crash leaves. They open with what opens the vault. Returns how many bytes they are; BACKUP_PLACE when the disk refuses.
 */
export const copyKeyring = async (
  vault: string,
  folder: string,
  into: string,
  known: (bytes: number) => Promise<Result<void>>,
): Promise<Result<number>> => {
  const beside = join(folder, `.${into}.part`);
  try {
    const files = await lookTwice(vault);
    if (files === null) return err(moltbotError("BACKUP_PLACE", { folder, problem: "the vault is being changed" }));
    const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    const told = await known(size);
    if (!told.ok) return told;
    await mkdir(beside, { mode: 0o700 });
    for (const [name, bytes] of files) await writeFile(join(beside, name), bytes);
    await syncFolder(beside);
    await rename(beside, join(folder, into));
    await syncFolder(folder);
    return ok(size);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    return err(moltbotError("BACKUP_PLACE", { folder, problem: String(cause.code) }));
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
};
