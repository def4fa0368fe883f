import { z } from "zod";
import { Instant, PrincipalId } from "./ids.ts";
import { PluginManifest } from "./plugin.ts";
import { SkillManifest } from "./skill.ts";
import { PackageVersion, SigningKey, codeLine } from "./package-words.ts";

/** What other people's code and instructions arrive as: a plugin runs, a skill is read. */
export const PACKAGE_KINDS = ["plugin", "skill"] as const;
export const PackageKind = z.enum(PACKAGE_KINDS);
export type PackageKind = z.infer<typeof PackageKind>;

/** A path of plain steps inside a package, such as `scripts/run.sh`; no step begins with a dot. */
export const PackagePath = z
  .string()
  .max(200)
  .regex(/^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/){0,7}[A-Za-z0-9_][A-Za-z0-9._-]*$/);

/** Base64 whose spare bits are not zero: the same bytes in another spelling (RFC 4648, section 3.5). */
const OTHER_SPELLING = /(?:[^AQgw]==|[^AEIMQUYcgkosw048=]=)$/;

// Threat: a text in base64 is read by models, and by nobody who looks at the package, nor by what searches its words.
const isNoText = (base64: string): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
    return false;
  } catch {
    return true; // no UTF-8, or no base64 at all, which is refused on its own
  }
};

/** One file: as text, or as base64 (RFC 4648, section 4) where its bytes are no UTF-8 text. Each has one spelling. */
export const PackageFile = z.union([
  z.strictObject({
    path: PackagePath,
    text: z.string().refine((text) => text.isWellFormed(), "half a surrogate pair is no text"),
  }),
  z.strictObject({
    path: PackagePath,
    base64: z
      .base64()
      .refine((base64) => !OTHER_SPELLING.test(base64), "its base64 has spare bits that are not zero")
      .refine(isNoText, "a text stands in base64, where nobody reads it"),
  }),
]);
export type PackageFile = Readonly<z.infer<typeof PackageFile>>;

const MOST_FILES = 200;

/** The folders of a path: `a` and `a/b` of `a/b/c`. */
const foldersOf = (path: string): readonly string[] => {
  const steps = path.split("/");
  return steps.slice(1).map((_, at) => steps.slice(0, at + 1).join("/"));
};

const noFileIsFolder = (all: readonly PackageFile[]): boolean => {
  const folders = new Set(all.flatMap(({ path }) => foldersOf(path.toLowerCase())));
  return all.every(({ path }) => !folders.has(path.toLowerCase()));
};

const files = z
  .array(PackageFile)
  .min(1)
  .max(MOST_FILES)
  .readonly()
  .refine(
    (all) => new Set(all.map(({ path }) => path.toLowerCase())).size === all.length,
    "two files have one path, or paths that differ in capitals alone",
  )
  .refine(noFileIsFolder, "a file has the path of a folder");

/** What is signed: the kind, its manifest, its files. */
export const PackageContent = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("plugin"), manifest: PluginManifest, files }),
  z.strictObject({ kind: z.literal("skill"), manifest: SkillManifest, files }),
]);
export type PackageContent = Readonly<z.infer<typeof PackageContent>>;

/** Whose signatures are taken. `own`: the owner's own key, so that what it signed are their own words, where the package says so. */
export const Signer = z.strictObject({
  key: SigningKey,
  name: z.string(),
  own: z.boolean(),
  trustedAt: Instant,
  trustedBy: PrincipalId,
  /** Names of what is installed by this key. */
  packages: z.array(z.string()).readonly(),
});
export type Signer = Readonly<z.infer<typeof Signer>>;

/** What an update changes of what a package may do and of the words that models read. */
export const PackageDifference = z.strictObject({
  from: PackageVersion,
  to: PackageVersion,
  /** What it may do beyond the installed one: it waits for a yes while there is any. */
  widens: z.array(codeLine).readonly(),
  /** What it may not do any more. */
  narrows: z.array(codeLine).readonly(),
  /** Files by what became of them. */
  files: z.strictObject({
    added: z.array(PackagePath).readonly(),
    changed: z.array(PackagePath).readonly(),
    removed: z.array(PackagePath).readonly(),
  }),
});
export type PackageDifference = Readonly<z.infer<typeof PackageDifference>>;

/** Why a package is refused (`refusals`), or looked at twice (`warnings`). */
export const PackageRemark = z.strictObject({ code: z.string(), says: z.string(), next: z.string() });
export type PackageRemark = Readonly<z.infer<typeof PackageRemark>>;

/** What a package is, before anything of it is installed. */
export const PackageReport = z.strictObject({
  kind: PackageKind,
  name: z.string(),
  version: PackageVersion,
  /** SHA-256 of the whole file, lower-case hex. */
  digest: z.string(),
  bytes: z.int(),
  /** Null: nobody signed it. */
  signer: z.strictObject({ key: SigningKey, trusted: z.boolean(), name: z.string().nullable() }).nullable(),
  manifest: z.union([PluginManifest, SkillManifest]),
  files: z.array(z.strictObject({ path: PackagePath, bytes: z.int() })).readonly(),
  /** What it may touch, a line each, in the house's own words. */
  touches: z.array(z.string()).readonly(),
  refusals: z.array(PackageRemark).readonly(),
  warnings: z.array(PackageRemark).readonly(),
  /** Against the one that is installed; null: none is. */
  difference: PackageDifference.nullable(),
});
export type PackageReport = Readonly<z.infer<typeof PackageReport>>;

/** What is installed, exactly: enough to install the same again elsewhere, and nothing else. */
export const PackageLock = z.strictObject({
  lock: z.literal(1),
  packages: z
    .array(
      z.strictObject({
        kind: PackageKind,
        name: z.string(),
        version: PackageVersion,
        digest: z.string().regex(/^[0-9a-f]{64}$/),
        signer: SigningKey,
      }),
    )
    .readonly(),
});
export type PackageLock = Readonly<z.infer<typeof PackageLock>>;
