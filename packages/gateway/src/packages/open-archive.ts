import { DeviceKey, err, moltbotError, ok, openPackage } from "@moltbot/contracts";
import type {
  OpenedPackage,
  PackageSignature,
  PluginManifest,
  Result,
  SigningKey,
  StoredPackage,
  StoredSigner,
} from "@moltbot/contracts";
import type { PackageParts } from "./ports.ts";

type Checking = Pick<PackageParts, "signatures" | "hash">;

/** A package as it came: read, measured and its signature checked against the key that it names; trusted by nobody yet. */
export interface Arrival {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly digest: string;
  readonly opened: OpenedPackage;
  /** Whether its signature is its key's over its bytes. */
  readonly verified: boolean;
}

const OF_KEY = "mk1_".length;

/** The public key itself, as an Ed25519 JWK (RFC 8037). */
export const keyOf = (key: SigningKey): DeviceKey =>
  DeviceKey.parse({ kty: "OKP", crv: "Ed25519", x: key.slice(OF_KEY) });

const isSigned = ({ signatures }: Checking, signed: Uint8Array, { key, signature }: PackageSignature): boolean =>
  signatures.verify(keyOf(key), signed, Buffer.from(signature, "base64url"));

/** Reads a package's bytes; PACKAGE_INVALID where they are none. */
export const readArrival = (parts: Checking, bytes: Uint8Array): Result<Arrival> => {
  const opened = openPackage(bytes);
  if (!opened.ok) return opened;
  const { signature, signed } = opened.value;
  return ok({
    bytes,
    digest: parts.hash(bytes),
    opened: opened.value,
    verified: signature !== null && isSigned(parts, signed, signature),
  });
};

/** The same of base64 (RFC 4648, section 4), as operations take it. */
export const readArchive = (parts: Checking, archive: string): Result<Arrival> =>
  readArrival(parts, Buffer.from(archive, "base64"));

/** A kept package whose bytes, signature and signer are what they were when it was installed. */
export interface SoundPackage {
  readonly stored: StoredPackage;
  readonly opened: OpenedPackage;
}

const altered = ({ name }: StoredPackage): Result<never> => err(moltbotError("PACKAGE_ALTERED", { name }));

/**
 * Checks a kept package as if it came from a stranger: PACKAGE_ALTERED where it is not what was installed, SIGNER_UNKNOWN where its key
 * is trusted no more. Nothing of it is to be read before.
 */
export const checkStored = (
  parts: Checking,
  stored: StoredPackage,
  signers: readonly Pick<StoredSigner, "key">[],
): Result<SoundPackage> => {
  const arrival = readArrival(parts, stored.archive);
  if (!arrival.ok) return altered(stored);
  const { opened, digest, verified } = arrival.value;
  const { kind, manifest } = opened.content;
  const isSame =
    verified &&
    digest === stored.digest &&
    opened.signature?.key === stored.signer &&
    kind === stored.kind &&
    manifest.name === stored.name &&
    manifest.version === stored.version;
  if (!isSame) return altered(stored);
  return signers.some(({ key }) => key === stored.signer)
    ? ok({ stored, opened })
    : err(moltbotError("SIGNER_UNKNOWN", { name: stored.name, key: stored.signer }));
};

/** The text of a plugin's one module; PACKAGE_INVALID without it, and for a skill. */
export const programOf = ({
  content,
}: Pick<OpenedPackage, "content">): Result<{ readonly manifest: PluginManifest; readonly source: string }> => {
  if (content.kind !== "plugin") return err(moltbotError("PACKAGE_INVALID", { problem: "it is a skill, no plugin" }));
  const main = content.files.find(({ path }) => path === content.manifest.main);
  return main !== undefined && "text" in main
    ? ok({ manifest: content.manifest, source: main.text })
    : err(moltbotError("PACKAGE_INVALID", { problem: `it has no ${content.manifest.main} as text` }));
};
