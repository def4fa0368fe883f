import canonicalize from "canonicalize";
import { BackupId, Instant } from "@moltbot/contracts";
import { z } from "zod";
import { hmacSha256 } from "../crypto/index.ts";

/** What a file of ours begins with. */
export const MAGIC = Buffer.from("MOLTBKUP", "latin1");
/** Of the bytes; what the rows mean, the schema's version says. */
export const FORMAT_VERSION = 1;
export const SALT_BYTES = 32;
/** Magic, version, salt and the header's length. */
export const FIXED_BYTES = MAGIC.length + 2 + SALT_BYTES + 4;
/** No header is longer; a changed length must not make a reader eat the machine. */
export const MOST_HEADER_BYTES = 4_096;

const Header = z.strictObject({
  id: BackupId,
  createdAt: Instant,
  engine: z.enum(["sqlite", "postgres"]),
  /** The keyring's, at that time. */
  generation: z.int().nonnegative(),
  /** The newest migration of the rows. */
  schema: z.int().nonnegative(),
  /** Tells one vault's backups from another's; says nothing about the key. */
  vault: z.string().regex(/^[0-9a-f]{32}$/),
});
/** What stands in the clear in front: no name, no path, no content. */
export type BackupHeader = Readonly<z.infer<typeof Header>>;

/** The canonical text (RFC 8785) of plain JSON. */
export const canonicalText = (value: unknown): string => {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("the value has no JSON text");
  return text;
};

/** By which the backups of one vault are known, made from its backup key. */
export const vaultMark = (key: Uint8Array): string =>
  Buffer.from(hmacSha256(key, "moltbot:backup-vault:v1")).toString("hex").slice(0, 32);

/** The bytes in front of the frames. */
export const prefixOf = (salt: Uint8Array, header: BackupHeader): Uint8Array => {
  const text = Buffer.from(canonicalText(header), "utf8");
  const version = Buffer.alloc(2);
  version.writeUInt16BE(FORMAT_VERSION);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([MAGIC, version, salt, length, text]);
};

/** The header of its bytes; null when they are not exactly what would be written. */
export const readHeader = (bytes: Uint8Array): BackupHeader | null => {
  const text = Buffer.from(bytes).toString("utf8");
  try {
    const header = Header.parse(JSON.parse(text));
    return canonicalText(header) === text ? header : null;
  } catch {
    return null; // not JSON, or not of this form: both mean that it was changed
  }
};
