import { readFile } from "node:fs/promises";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { sha256Hex } from "../crypto/index.ts";
import { faultName } from "./vault-disk.ts";

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** The costs have a ceiling, so that a changed file cannot make the unlocking eat the machine. */
const Argon2 = z.strictObject({
  passes: z.int().min(1).max(64),
  parallelism: z.int().min(1).max(64),
  memory: z.int().min(8).max(4_194_304),
  salt: base64url,
});

const Content = z.strictObject({
  version: z.literal(1),
  id: z.uuidv7(),
  kind: z.enum(["passphrase", "key-file"]),
  argon2: Argon2.nullable(),
  /** The root key, sealed by the key-encryption key with the vault's id as associated data. */
  wrappedRoot: base64url,
});

/** What `vault.json` says: nothing secret without the passphrase or the key file. */
export type VaultFile = Readonly<z.infer<typeof Content>>;

const Stored = Content.extend({
  /** Tells damage from a wrong passphrase; it keeps nobody out. */
  checksum: z.string(),
}).refine(({ kind, argon2 }) => (kind === "passphrase") === (argon2 !== null));

const checksumOf = ({ version, id, kind, argon2, wrappedRoot }: VaultFile): string =>
  sha256Hex(JSON.stringify([version, id, kind, argon2, wrappedRoot]));

/** The text of `vault.json`. */
export const writeVaultFile = (content: VaultFile): string =>
  `${JSON.stringify({ ...content, checksum: checksumOf(content) }, null, 2)}\n`;

const damaged = (): Result<never> => err(moltbotError("VAULT_DAMAGED", { file: "vault.json" }));

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Reads `vault.json`; null when there is none, VAULT_DAMAGED when it is not exactly what was written. */
export const readVaultFile = async (path: string): Promise<Result<VaultFile | null>> => {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const fault = faultName(error);
    return fault === "ENOENT"
      ? ok(null)
      : err(moltbotError("VAULT_LOCKED", { problem: `vault.json cannot be read (${fault})` }));
  }
  const stored = Stored.safeParse(parseJson(text));
  if (!stored.success) return damaged();
  const { checksum, ...content } = stored.data;
  return checksum === checksumOf(content) && writeVaultFile(content) === text ? ok(content) : damaged();
};
