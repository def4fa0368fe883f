import type { OpenedPackage, PackageContent, SigningKey } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import { printableLine } from "../output.ts";
import { usage } from "../usage.ts";
import type { AuthorKey } from "./author-key.ts";
import { MOST_BYTES, readOrdinary } from "./read-ordinary.ts";
import type { Bytes } from "./read-ordinary.ts";

const ED25519 = { name: "Ed25519" } as const;

/** A package in memory: its bytes as a file has them. */
export type Archive = Bytes;

/** A package from what it holds; with a key signed by it. The same content and key give the same bytes. */
export const archiveOf = async (content: PackageContent, key: AuthorKey | null): Promise<Archive> => {
  const { contentBytes, packageFile, signedBytes, MOST_PACKAGE_BYTES } = await import("@moltbot/contracts");
  const bytes = contentBytes(content);
  const signature =
    key === null ? null : { key: key.key, signature: await key.sign(new Uint8Array(signedBytes(bytes))) };
  const archive = new Uint8Array(packageFile(bytes, signature));
  if (archive.length <= MOST_PACKAGE_BYTES) return archive;
  throw new CommandFailure(
    moltbotError("PACKAGE_INVALID", { problem: `packed it has more than ${String(MOST_PACKAGE_BYTES)} bytes` }),
  );
};

/** A package's file as it is; nothing of it is believed. */
export const readArchive = async (file: string): Promise<Archive> => {
  const shown = printableLine(file);
  const read = await readOrdinary(file, MOST_BYTES).catch(() => {
    throw usage(`The file ${shown} cannot be read.`);
  });
  if (typeof read !== "string") return read;
  if (read === "folder") throw usage(`${shown} is a folder: pack it first, ./moltbot plugin pack ${shown} --sign`);
  const problem =
    read === "larger" ? `${shown} has more than ${String(MOST_BYTES)} bytes` : `${shown} is no ordinary file`;
  throw new CommandFailure(moltbotError("PACKAGE_INVALID", { problem }));
};

/** What an archive holds. PACKAGE_INVALID ends the command. */
export const openArchive = async (archive: Archive): Promise<OpenedPackage> => {
  const { openPackage } = await import("@moltbot/contracts");
  const opened = openPackage(archive);
  if (!opened.ok) throw new CommandFailure(opened.error);
  return opened.value;
};

/** Whether the signature of a package is over exactly these bytes, by the key that it names. */
export const isGenuine = async ({ signature, signed }: OpenedPackage): Promise<boolean> => {
  if (signature === null) return false;
  try {
    const raw = Buffer.from(signature.key.slice("mk1_".length), "base64url");
    const key = await crypto.subtle.importKey("raw", new Uint8Array(raw), ED25519, false, ["verify"]);
    const given = new Uint8Array(Buffer.from(signature.signature, "base64url"));
    return await crypto.subtle.verify(ED25519, key, given, new Uint8Array(signed));
  } catch {
    return false; // the 32 bytes are no key of the curve
  }
};

/** SHA-256 of a whole package, lower-case hex: what a yes to it names. */
export const digestOf = async (archive: Archive): Promise<string> =>
  Buffer.from(await crypto.subtle.digest("SHA-256", archive)).toString("hex");

/** A public key as people compare it: in groups of four. */
export const keyInGroups = (key: SigningKey): string =>
  `mk1_ ${(key.slice("mk1_".length).match(/.{1,4}/g) ?? []).join(" ")}`;
