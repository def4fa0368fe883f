import { mkdir, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { SigningKey } from "@moltbot/contracts";
import { homeOf } from "../connection.ts";
import { printableLine } from "../output.ts";
import type { Output } from "../output.ts";
import { usage } from "../usage.ts";
import { readOrdinary } from "./read-ordinary.ts";
import type { Bytes } from "./read-ordinary.ts";

const ED25519 = { name: "Ed25519" } as const;
const PRIVATE_PEM = /^-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----\s*$/;
const OTHERS = 0o077;
/** No key is larger. */
const MOST_KEY_BYTES = 16 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** What signs packages. Its private part is read from a file and goes nowhere else. */
export interface AuthorKey {
  readonly file: string;
  /** The public part, which others trust. */
  readonly key: SigningKey;
  /** Ed25519 (RFC 8032) over the bytes, in base64url. */
  sign(bytes: Bytes): Promise<string>;
}

/** Where this person's key lies: with their own settings (XDG), away from the state folder, which backups copy and agents work in. */
export const authorKeyFile = (environment: Environment): string => {
  const given = environment["XDG_CONFIG_HOME"] ?? "";
  const windows = environment["APPDATA"] ?? "";
  const folder = isAbsolute(given)
    ? given
    : process.platform === "win32" && windows !== ""
      ? windows
      : join(homedir(), ".config");
  return join(folder, "moltbot", "signing-key.pem");
};

const isInside = (folder: string, file: string): boolean => {
  const way = relative(folder, file);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
};

/** The public part of a key, as packages name it. */
const publicOf = async (privateKey: CryptoKey): Promise<SigningKey> => {
  const { x = "" } = await crypto.subtle.exportKey("jwk", privateKey);
  return `mk1_${x}` as SigningKey; // 32 bytes in base64url, made by the platform
};

const asAuthorKey = async (file: string, privateKey: CryptoKey): Promise<AuthorKey> => ({
  file,
  key: await publicOf(privateKey),
  sign: async (bytes) => Buffer.from(await crypto.subtle.sign(ED25519, privateKey, bytes)).toString("base64url"),
});

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");

/** The key in a file (PKCS #8, PEM); null where there is no such file. One that others can read is refused. */
export const readAuthorKey = async (file: string): Promise<AuthorKey | null> => {
  const shown = printableLine(file);
  let text: string;
  try {
    const { mode } = await stat(file);
    if (process.platform !== "win32" && (mode & OTHERS) !== 0)
      throw usage(`Others of this machine can read the key ${shown}. Make it yours alone first: chmod 600 ${shown}`);
    const read = await readOrdinary(file, MOST_KEY_BYTES);
    text = typeof read === "string" ? "" : new TextDecoder().decode(read);
  } catch (cause) {
    if (isMissing(cause)) return null;
    if (cause instanceof Error && "code" in cause)
      throw usage(`The key ${shown} cannot be read (${String(cause.code)}).`);
    throw cause;
  }
  const encoded = PRIVATE_PEM.exec(text.trim())?.[1];
  try {
    const der = new Uint8Array(Buffer.from(encoded ?? "", "base64"));
    return await asAuthorKey(file, await crypto.subtle.importKey("pkcs8", der, ED25519, true, ["sign"]));
  } catch {
    throw usage(`${shown} is no Ed25519 key in PEM (“BEGIN PRIVATE KEY”).`);
  }
};

const pemOf = async (privateKey: CryptoKey): Promise<string> => {
  const encoded = Buffer.from(await crypto.subtle.exportKey("pkcs8", privateKey)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${encoded}\n-----END PRIVATE KEY-----\n`;
};

const makeAuthorKey = async (file: string): Promise<AuthorKey> => {
  const pair = await crypto.subtle.generateKey(ED25519, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("an Ed25519 key has two parts");
  const { privateKey } = pair;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, await pemOf(privateKey), { mode: 0o600, flag: "wx" });
  return asAuthorKey(file, privateKey);
};

/** This person's key; the first time it is made, after saying so. `given` is a file that they name, which must be there. */
export const ownAuthorKey = async (
  given: string | undefined,
  output: Pick<Output, "say">,
  environment: Environment = process.env,
): Promise<AuthorKey> => {
  const file = given === undefined ? authorKeyFile(environment) : resolve(given);
  const home = homeOf(environment);
  if (isInside(home, file))
    throw usage(
      `The key ${printableLine(file)} would lie in the state folder, which backups copy. Keep it elsewhere, and name it with --key.`,
    );
  const found = await readAuthorKey(file);
  if (found !== null) return found;
  if (given !== undefined) throw usage(`There is no key ${printableLine(file)}.`);
  output.say(`You have no key for signing yet; one is made now, in ${printableLine(file)}.`);
  const made = await makeAuthorKey(file);
  output.say(
    `Whoever has that file can sign as you: keep a copy where only you reach it. Your public key is ${made.key}`,
  );
  return made;
};
