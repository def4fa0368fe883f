import { readFile } from "node:fs/promises";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { sha256Hex } from "../crypto/index.ts";
import { faultName } from "./vault-disk.ts";

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** What Argon2id asks for (RFC 9106 section 3.1): eight bytes of salt, eight KiB for each lane. It throws at less. */
const SHORTEST_SALT = 11;
const LEAST_FOR_A_LANE = 8;

/** The costs have a ceiling, so that a changed file cannot make the unlocking eat the machine. */
const Argon2 = z
  .strictObject({
    passes: z.int().min(1).max(64),
    parallelism: z.int().min(1).max(64),
    memory: z.int().min(8).max(4_194_304),
    salt: base64url.min(SHORTEST_SALT),
  })
  .refine(({ memory, parallelism }) => memory >= LEAST_FOR_A_LANE * parallelism);

/** Version 1: one opener, without a salt of its own for a key file. */
const Old = z.strictObject({
  version: z.literal(1),
  id: z.uuidv7(),
  kind: z.enum(["passphrase", "key-file"]),
  argon2: Argon2.nullable(),
  /** The root key, sealed by the key-encryption key with the vault's id as associated data. */
  wrappedRoot: base64url,
});
type Old = Readonly<z.infer<typeof Old>>;

const PassphraseOpener = z.strictObject({ kind: z.literal("passphrase"), argon2: Argon2, wrappedRoot: base64url });
const KeyOpener = z.strictObject({
  kind: z.enum(["key-file", "keychain", "recovery-code"]),
  salt: base64url,
  wrappedRoot: base64url,
});
/** One way to the root key: the same key, wrapped by what each of them knows. */
const Opener = z.discriminatedUnion("kind", [PassphraseOpener, KeyOpener]);

const Content = z.strictObject({
  version: z.literal(2),
  id: z.uuidv7(),
  openers: z.array(Opener).min(1).max(4),
});

/** What `vault.json` says: nothing secret without what one of its openers knows. */
export type VaultFile = Readonly<z.infer<typeof Content>>;
export type Opener = Readonly<z.infer<typeof Opener>>;
export type PassphraseOpener = Readonly<z.infer<typeof PassphraseOpener>>;
export type KeyOpener = Readonly<z.infer<typeof KeyOpener>>;
export type OpenerKind = Opener["kind"];

/** The checksum tells damage from a wrong passphrase; it keeps nobody out. */
const Stored = Content.extend({ checksum: z.string() }).refine(
  ({ openers }) => new Set(openers.map(({ kind }) => kind)).size === openers.length,
);
const OldStored = Old.extend({ checksum: z.string() }).refine(
  ({ kind, argon2 }) => (kind === "passphrase") === (argon2 !== null),
);

const write = (content: VaultFile | Old, parts: readonly unknown[]): string =>
  `${JSON.stringify({ ...content, checksum: sha256Hex(JSON.stringify(parts)) }, null, 2)}\n`;

/** The text of `vault.json`. */
export const writeVaultFile = (content: VaultFile): string =>
  write(content, [content.version, content.id, content.openers]);
const writeOld = (content: Old): string =>
  write(content, [content.version, content.id, content.kind, content.argon2, content.wrappedRoot]);

const damaged = (): Result<never> => err(moltbotError("VAULT_DAMAGED", { file: "vault.json" }));

const VERSION = 2;
/**
 * The version of a later program, which says more than damage does. A file of this version in which only that number was changed
 * is damaged: its checksum still is that of this version.
 */
const laterVersion = (json: unknown, text: string): number | null => {
  const found = z.looseObject({ version: z.int().gt(VERSION) }).safeParse(json);
  if (!found.success) return null;
  const { version } = found.data;
  const here = Stored.safeParse({ ...found.data, version: VERSION });
  if (!here.success) return version;
  const { checksum: _, ...content } = here.data;
  const isOurs =
    writeVaultFile(content).replace(`"version": ${String(VERSION)}`, `"version": ${String(version)}`) === text;
  return isOurs ? null : version;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What was read, in the words of this version; an opener of version 1 is wrapped in another way, which `old` says. */
export interface ReadVaultFile {
  readonly file: VaultFile;
  readonly old: boolean;
}

const upgrade = ({ id, kind, argon2, wrappedRoot }: Old): VaultFile => ({
  version: 2,
  id,
  openers: [
    argon2 === null || kind === "key-file"
      ? { kind: "key-file", salt: "none", wrappedRoot }
      : { kind, argon2, wrappedRoot },
  ],
});

/** Reads `vault.json`; null when there is none, DATABASE_TOO_NEW after a newer program, VAULT_DAMAGED when it is not exactly what was written. */
export const readVaultFile = async (path: string): Promise<Result<ReadVaultFile | null>> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const fault = faultName(error);
    return fault === "ENOENT"
      ? ok(null)
      : err(moltbotError("VAULT_LOCKED", { problem: `vault.json cannot be read (${fault})` }));
  }
  const json = parseJson(text);
  const old = OldStored.safeParse(json);
  if (old.success) {
    const { checksum: _, ...content } = old.data;
    return writeOld(content) === text ? ok({ file: upgrade(content), old: true }) : damaged();
  }
  const later = laterVersion(json, text);
  if (later !== null)
    return err(
      moltbotError("DATABASE_TOO_NEW", { found: `vault ${String(later)}`, known: `vault ${String(VERSION)}` }),
    );
  const stored = Stored.safeParse(json);
  if (!stored.success) return damaged();
  const { checksum: _, ...content } = stored.data;
  return writeVaultFile(content) === text ? ok({ file: content, old: false }) : damaged();
};
