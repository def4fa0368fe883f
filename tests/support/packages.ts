/** Packages as somebody signs them, and as somebody spoils them: the lines are written here once more, not by the code under test. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { PackageContent, SigningKey, contentBytes, packageFile, signedBytes } from "@moltbot/contracts";
import type { PackageKind } from "@moltbot/contracts";

/** A key pair that signs packages. */
export interface TestSigner {
  /** As people see it and the owner trusts it: `mk1_…`. */
  readonly key: SigningKey;
  readonly privateKey: KeyObject;
}

export interface TestPackage {
  readonly bytes: Uint8Array;
  /** The bytes in base64, as operations take them. */
  readonly archive: string;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly digest: string;
}

/** A new key pair. */
export const testSigner = (): TestSigner => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { key: SigningKey.parse(`mk1_${String(publicKey.export({ format: "jwk" }).x)}`), privateKey };
};

/** A file as it is sent to the gateway. */
export const asPackage = (bytes: Uint8Array): TestPackage => ({
  bytes,
  archive: Buffer.from(bytes).toString("base64"),
  digest: createHash("sha256").update(bytes).digest("hex"),
});

/** Any bytes under a good signature (none where the signer is null): what its signer can do is not held by what we would sign. */
export const signedContent = (content: Uint8Array, signer: TestSigner | null): TestPackage => {
  if (signer === null) return asPackage(packageFile(content, null));
  const signature = sign(null, signedBytes(content), signer.privateKey).toString("base64url");
  return asPackage(packageFile(content, { key: signer.key, signature }));
};

/** A package that fits the format, of files by path: texts, or bytes. `key` null: nobody signed it. */
export const signedPackage = (wish: {
  readonly kind: PackageKind;
  /** What is left out is filled as the schema does. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly key: TestSigner | null;
}): TestPackage => {
  const { kind, manifest } = wish;
  const files = Object.entries(wish.files).map(([path, what]) =>
    typeof what === "string" ? { path, text: what } : { path, base64: Buffer.from(what).toString("base64") },
  );
  return signedContent(contentBytes(PackageContent.parse({ kind, manifest, files })), wish.key);
};

/** The least that a plugin says of itself: no tools, no permissions. */
export const aPluginManifest = (change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  manifest: 1,
  name: "weather",
  version: "1.0.0",
  title: "Weather",
  description: "Says what the weather will be.",
  tools: [],
  ...change,
});

/** The least that a skill says of itself. */
export const aSkillManifest = (change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  name: "tidy-notes",
  version: "1.0.0",
  description: "How notes are kept tidy.",
  origin: "imported",
  ...change,
});
