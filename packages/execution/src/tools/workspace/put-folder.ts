import { lstat, mkdir, rename, rmdir } from "node:fs/promises";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { usualHolder } from "./hold-folder.ts";
import type { HeldFolder, Holder } from "./hold-folder.ts";
import type { Located } from "./locate.ts";
import { codeOf, errorOf } from "./open-inside.ts";

const nameOf = ({ parts }: Located): string => parts.at(-1) ?? "";
const conflict = (): Result<never> => err(moltbotError("CONFLICT", { kind: "file" }));
const outside = (): Result<never> => err(moltbotError("PATH_OUTSIDE_WORKSPACE"));

const closing = async <T>(folders: readonly HeldFolder[], use: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await use();
  } catch (thrown) {
    return ["EEXIST", "ENOTEMPTY"].includes(codeOf(thrown)) ? conflict() : err(errorOf(thrown));
  } finally {
    for (const folder of folders) await folder.close();
  }
};

const hold = async (located: Located, make: boolean, holder: Holder): Promise<Result<HeldFolder>> => {
  try {
    return { ok: true, value: await holder(located, make) };
  } catch (thrown) {
    return err(errorOf(thrown));
  }
};

/**
 * Gives a folder another name where nothing stands, with all that is in it, as a whole or not at all; both folders above are held
 * meanwhile. CONFLICT where something stands by now, PATH_OUTSIDE_WORKSPACE for what was swapped for a link.
 */
export const moveFolder = async (from: Located, to: Located, holder: Holder = usualHolder): Promise<Result<void>> => {
  const source = await hold(from, false, holder);
  if (!source.ok) return source;
  const target = await hold(to, true, holder);
  if (!target.ok) {
    await source.value.close();
    return target;
  }
  return closing([source.value, target.value], async () => {
    const [old, fresh] = [source.value.at(nameOf(from)), target.value.at(nameOf(to))];
    if (!(await source.value.isThere()) || !(await target.value.isThere())) return outside();
    if (!(await lstat(old)).isDirectory()) return outside();
    // Making the name first takes it: a rename goes onto an empty folder, and onto nothing else.
    await mkdir(fresh, { mode: 0o700 });
    try {
      await rename(old, fresh);
    } catch (thrown) {
      await rmdir(fresh).catch(() => undefined);
      throw thrown;
    }
    await source.value.sync();
    await target.value.sync();
    return done;
  });
};

/** Removes a folder that holds nothing any more; CONFLICT where it holds something. */
export const removeFolder = async (located: Located, holder: Holder = usualHolder): Promise<Result<void>> => {
  const folder = await hold(located, false, holder);
  if (!folder.ok) return folder;
  return closing([folder.value], async () => {
    if (!(await folder.value.isThere())) return outside();
    await rmdir(folder.value.at(nameOf(located)));
    return done;
  });
};
