import { readFile } from "node:fs/promises";
import { Instant, PrincipalId, SECRET_KINDS, SecretHeader, SecretId, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { openBytes, sealBytes } from "../crypto/index.ts";
import { faultName } from "./vault-disk.ts";

/** The words are part of the stored format. */
const PURPOSES = { 1: "moltbot:secrets:v1", 2: "moltbot:secrets:v2", 3: "moltbot:secrets:v3" } as const;
type Version = keyof typeof PURPOSES;

/** A host name or address, with a port or without; no wildcard, no path, no user. */
export const SecretHost = z
  .string()
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(:[1-9][0-9]{0,4})?$/)
  .max(260)
  .refine((host) => Number(/:([0-9]+)$/.exec(host)?.[1] ?? 1) <= 65_535);
export const SecretName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
/** Whose key seals the value. It names no secret: subjects stand in the clear in the keyring. */
const Subject = z.string().regex(/^secret:[0-9a-f-]{36}$/);

/** As version 2 kept it: all of them the house's, found by their names. */
const NamelessSecret = z.strictObject({
  subject: Subject,
  sealed: base64url,
  kind: z.enum(SECRET_KINDS),
  hosts: z.array(SecretHost).min(1),
  ownerId: PrincipalId.nullable(),
  createdAt: Instant,
  rotatedAt: Instant,
  expiresAt: Instant.nullable(),
  rotateEveryDays: z.int().min(1).max(3_650).nullable(),
  lastUsedAt: Instant.nullable(),
});
type NamelessSecret = Readonly<z.infer<typeof NamelessSecret>>;

/** What stands in the file of one secret, by its id; its value is sealed once more, under a key of its own. */
export const StoredSecret = NamelessSecret.extend({ name: SecretName, header: SecretHeader.exactOptional() });
export type StoredSecret = Readonly<z.infer<typeof StoredSecret>>;

/** Subjects whose keys are to be destroyed: an intent that outlives a crash between the two files. */
const Retired = z.array(Subject).max(10_000);
const Content2 = z.strictObject({ secrets: z.record(SecretName, NamelessSecret), retired: Retired });
const Content = z.strictObject({ secrets: z.record(SecretId, StoredSecret), retired: Retired }).refine(
  // One owner's names are unique: which of two was meant would be anybody's guess.
  ({ secrets }) => {
    const all = Object.values(secrets);
    return new Set(all.map(({ ownerId, name }) => `${ownerId ?? "house"} ${name}`)).size === all.length;
  },
);

/** All that `secrets.json` holds. */
export interface SecretsContent {
  readonly secrets: ReadonlyMap<SecretId, StoredSecret>;
  readonly retired: readonly string[];
}

/** As version 1 kept it: the value itself, under the file's key alone. */
const OldSecret = z.strictObject({ value: z.string().min(1), hosts: z.array(SecretHost).min(1), createdAt: Instant });
export type OldSecret = Readonly<z.infer<typeof OldSecret>>;
const OldContent = z.record(SecretName, OldSecret);

export type LoadedSecrets =
  | { readonly version: 1; readonly secrets: ReadonlyMap<string, OldSecret> }
  | { readonly version: 2; readonly secrets: ReadonlyMap<string, NamelessSecret>; readonly retired: readonly string[] }
  | { readonly version: 3; readonly content: SecretsContent };

const Envelope = z.strictObject({
  version: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  sealed: base64url,
});

const textOf = (version: Version, sealed: Uint8Array): string =>
  `${JSON.stringify({ version, sealed: Buffer.from(sealed).toString("base64url") })}\n`;

/** The text of `secrets.json`: one envelope, so that neither names nor hosts nor how many there are can be read. */
export const writeSecrets = (key: Uint8Array, { secrets, retired }: SecretsContent): string =>
  textOf(3, sealBytes(key, JSON.stringify({ secrets: Object.fromEntries(secrets), retired }), PURPOSES[3]));

const parse = (text: string, key: Uint8Array): LoadedSecrets | null => {
  try {
    const { version, sealed } = Envelope.parse(JSON.parse(text));
    const bytes = Buffer.from(sealed, "base64url");
    const opened = openBytes(key, bytes, PURPOSES[version]);
    if (!opened.ok || textOf(version, bytes) !== text) return null;
    const value: unknown = JSON.parse(Buffer.from(opened.value).toString("utf8"));
    if (version === 1) return { version, secrets: new Map(Object.entries(OldContent.parse(value))) };
    if (version === 2) {
      const { secrets, retired } = Content2.parse(value);
      return { version, secrets: new Map(Object.entries(secrets)), retired };
    }
    const { secrets, retired } = Content.parse(value);
    const byId = Object.entries(secrets).map(([id, secret]) => [id as SecretId, secret] as const); // parsed as one
    return { version, content: { secrets: new Map(byId), retired } };
  } catch {
    return null; // not JSON, or not of this form: both are damage
  }
};

/** Reads `secrets.json`; none is an empty one. VAULT_DAMAGED when it is not exactly what was written. */
export const readSecrets = async (path: string, key: Uint8Array): Promise<Result<LoadedSecrets>> => {
  try {
    const loaded = parse(await readFile(path, "utf8"), key);
    return loaded === null ? err(moltbotError("VAULT_DAMAGED", { file: "secrets.json" })) : ok(loaded);
  } catch (error) {
    const fault = faultName(error);
    return fault === "ENOENT"
      ? ok({ version: 3, content: { secrets: new Map(), retired: [] } })
      : err(moltbotError("VAULT_LOCKED", { problem: `its secrets cannot be read (${fault})` }));
  }
};
