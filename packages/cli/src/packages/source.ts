import { stat } from "node:fs/promises";
import type { PackageContent, PackageReport } from "@moltbot/contracts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { usage } from "../usage.ts";
import { authorKeyFile, ownAuthorKey, readAuthorKey } from "./author-key.ts";
import { archiveOf, readArchive } from "./sign-package.ts";
import type { Archive } from "./sign-package.ts";

/** A package that was named: a file as it is, or a folder that was packed and signed just now. */
export interface Source {
  readonly archive: Archive;
  readonly report: PackageReport;
}

/** Whether it is a folder; what is not there ends the command. */
export const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    throw usage(`There is no file or folder ${printableLine(path)}.`);
  }
};

/** What the gateway says of a package. */
export const inspected = async (context: CommandContext, archive: Archive): Promise<Source> => ({
  archive,
  report: await context.call("packages.inspect", { archive: Buffer.from(archive).toString("base64") }),
});

/** A package in base64, as the gateway takes it. */
export const sent = (archive: Archive): string => Buffer.from(archive).toString("base64");

type Pack = (folder: string) => Promise<PackageContent>;

/** The package in a file; a folder is packed by `pack` first and signed with this person's key. */
export const packageAt = async (
  context: CommandContext,
  path: string,
  key: string | undefined,
  pack: Pack,
): Promise<Archive> =>
  (await isFolder(path)) ? archiveOf(await pack(path), await ownAuthorKey(key, context.output)) : readArchive(path);

/** The same to look at alone: who has no key yet gets none, and their folder stays unsigned. */
export const packageToLookAt = async (
  context: CommandContext,
  path: string,
  key: string | undefined,
  pack: Pack,
): Promise<{ readonly archive: Archive; readonly unsigned: boolean }> => {
  if (!(await isFolder(path))) return { archive: await readArchive(path), unsigned: false };
  const content = await pack(path);
  const signer =
    key === undefined ? await readAuthorKey(authorKeyFile(process.env)) : await ownAuthorKey(key, context.output);
  return { archive: await archiveOf(content, signer), unsigned: signer === null };
};
