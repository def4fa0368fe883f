import { lstatSync, readFileSync, renameSync, rmSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { NOTHING, unless } from "./held-folder.ts";
import type { CopyMeans } from "./means.ts";

/** What a file is without being read: any change to it makes another one. Nobody but the system sets the time in it (ctime). */
export type Stamp = string;

/** Equals no stamp: whether the file changed is found by reading it. */
export const NO_STAMP: Stamp = "";

export const stampOf = ({ size, mtimeNs, ctimeNs, dev, ino, mode }: BigIntStats): Stamp =>
  [size, mtimeNs, ctimeNs, dev, ino, mode].join(":");

/** A file as it last came from the workspace. */
export interface KnownFile {
  /** SHA-256 of its content; null where it is too large to come back, and its stamps alone tell. */
  readonly digest: string | null;
  /** Of the file in the workspace, with all its bits. */
  readonly mode: number;
  /** Of the file in the copy. */
  readonly executable: boolean;
  readonly source: Stamp;
  readonly copy: Stamp;
}

/** What is known of a copy. */
export interface Manifest {
  /** Which folder it speaks of, by device and number; a copy that is another one is unknown as a whole. */
  readonly folder: string;
  readonly files: ReadonlyMap<string, KnownFile>;
  readonly links: ReadonlyMap<string, string>;
  readonly folders: ReadonlySet<string>;
}

export const NOTHING_KNOWN: Manifest = Object.freeze({
  folder: "",
  files: new Map(),
  links: new Map(),
  folders: new Set<string>(),
});

const Stored = z.strictObject({
  format: z.literal("moltbot-copy-1"),
  folder: z.string(),
  files: z.array(z.tuple([z.string(), z.string().nullable(), z.int(), z.boolean(), z.string(), z.string()])),
  links: z.array(z.tuple([z.string(), z.string()])),
  folders: z.array(z.string()),
});

const OWNER_ONLY = 0o600;

export const manifestPath = (copy: string): string => `${copy}.json`;
const unfinishedPath = (copy: string): string => `${copy}.json.part`;

/** Whether something that this room wrote stands beside the copy, whole or torn. */
export const hasManifest = (copy: string): boolean => {
  const stat = unless(NOTHING, () => lstatSync(manifestPath(copy)));
  return stat !== null && stat.isFile() && stat.uid === process.geteuid?.();
};

const parsed = (text: string): Manifest => {
  const stored = Stored.safeParse(JSON.parse(text));
  // Written by another version, then.
  if (!stored.success) return NOTHING_KNOWN;
  const { folder, files, links, folders } = stored.data;
  return {
    folder,
    files: new Map(
      files.map(([path, digest, mode, executable, source, copy]) => [path, { digest, mode, executable, source, copy }]),
    ),
    links: new Map(links),
    folders: new Set(folders),
  };
};

/** What is known of a copy: nothing where the manifest is missing, torn, or not what was written. */
export const readManifest = (copy: string, { hash }: CopyMeans): Manifest => {
  if (!hasManifest(copy)) return NOTHING_KNOWN;
  const text = readFileSync(manifestPath(copy), "utf8");
  const end = text.indexOf("\n");
  if (end === -1 || text.slice(0, end) !== hash(text.slice(end + 1))) return NOTHING_KNOWN;
  return parsed(text.slice(end + 1));
};

/** Puts what is known in the place of what was known, as a whole or not at all. */
export const writeManifest = async (copy: string, manifest: Manifest, { hash }: CopyMeans): Promise<void> => {
  const text = JSON.stringify({
    format: "moltbot-copy-1",
    folder: manifest.folder,
    files: Array.from(manifest.files, ([path, known]) => [
      path,
      known.digest,
      known.mode,
      known.executable,
      known.source,
      known.copy,
    ]),
    links: [...manifest.links],
    folders: [...manifest.folders],
  } satisfies z.input<typeof Stored>);
  const unfinished = unfinishedPath(copy);
  rmSync(unfinished, { force: true });
  const file = await open(unfinished, "wx", OWNER_ONLY);
  try {
    await file.writeFile(`${hash(text)}\n${text}`);
    await file.sync();
  } finally {
    await file.close();
  }
  renameSync(unfinished, manifestPath(copy));
};

export const removeManifest = (copy: string): void => {
  rmSync(unfinishedPath(copy), { force: true });
  rmSync(manifestPath(copy), { force: true });
};
