import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { PackageFile } from "@moltbot/contracts";
import { printableLine } from "../output.ts";
import { usage } from "../usage.ts";
import { packingProblem } from "./problem.ts";
import { MOST_BYTES, readOrdinary } from "./read-ordinary.ts";

/** What a package may hold, so that a wrong folder is refused before it is read whole. */
const MOST_FILES = 200;
const LEFT_OUT = /^(?:\.|node_modules$)|\.moltpackage$/;

/** A file's bytes as a package has them: text where they are UTF-8, otherwise base64. */
const fileOf = (path: string, bytes: Uint8Array): PackageFile => {
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { path, base64: Buffer.from(bytes).toString("base64") };
  }
};

/** Counts what is read, and refuses more than a package holds. */
const counterOf = (folder: string): ((bytes: number) => void) => {
  let [files, read] = [0, 0];
  return (bytes) => {
    files += 1;
    read += bytes;
    if (files > MOST_FILES || read > MOST_BYTES)
      throw packingProblem(
        printableLine(folder),
        `it has more than ${String(MOST_FILES)} files or ${String(MOST_BYTES)} bytes`,
        "Pack the folder of the plugin or skill alone, without what it was built from.",
      );
  };
};

const readUnder = async (
  folder: string,
  under: string,
  count: (bytes: number) => void,
): Promise<readonly PackageFile[]> => {
  const found: PackageFile[] = [];
  for (const entry of await readdir(join(folder, under), { withFileTypes: true })) {
    if (LEFT_OUT.test(entry.name)) continue;
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) {
      found.push(...(await readUnder(folder, path, count)));
      continue;
    }
    // A link in a folder from elsewhere could lead to a key of this person, and packing would give it away.
    const read = entry.isFile() ? await readOrdinary(join(folder, path), MOST_BYTES) : "other";
    if (read === "other" || read === "folder")
      throw packingProblem(
        printableLine(path),
        "it is a link or no ordinary file",
        "Put the file itself there, or take it out of the folder.",
      );
    count(read === "larger" ? MOST_BYTES + 1 : read.length);
    if (read !== "larger") found.push(fileOf(path, read));
  }
  return found;
};

/** Every file of a folder, without those that begin with a dot, `node_modules` and packages; links are refused. */
export const readFolder = async (folder: string): Promise<readonly PackageFile[]> => {
  try {
    return await readUnder(folder, "", counterOf(folder));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && typeof cause.code === "string")
      throw usage(`The folder ${printableLine(folder)} cannot be read (${cause.code}).`);
    throw cause;
  }
};

/** The text of one file; undefined where there is none, or where it is no text. */
export const textIn = (files: readonly PackageFile[], path: string): string | undefined => {
  const file = files.find((one) => one.path === path);
  return file !== undefined && "text" in file ? file.text : undefined;
};
