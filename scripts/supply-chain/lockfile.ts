// package-lock.json as data, and what must hold of it: each package exact, checked by its hash, from nowhere special,
// and with nothing to run when it is installed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isOurs } from "./loads.ts";

const Words = z.record(z.string(), z.string()).optional();
const LockedPackage = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional(),
  optional: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  os: z.unknown().optional(),
  cpu: z.unknown().optional(),
  dependencies: Words,
  devDependencies: Words,
  optionalDependencies: Words,
  peerDependencies: Words,
});
const Lockfile = z.looseObject({
  name: z.string(),
  version: z.string(),
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), LockedPackage),
});

export type LockedPackage = z.infer<typeof LockedPackage>;
export type Lockfile = z.infer<typeof Lockfile>;

export const parseLock = (text: string): Lockfile => Lockfile.parse(JSON.parse(text));
export const readLock = (root: string): Lockfile => parseLock(readFileSync(join(root, "package-lock.json"), "utf8"));

/** `node_modules/a/node_modules/@b/c` → `@b/c`, or the package that an alias stands for. */
export const lockedName = (folder: string, entry: LockedPackage | undefined): string =>
  entry?.name ?? folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);

/** Where Node finds `name` when the package in `from` asks for it: the nearest node_modules at or above it. */
export function resolveLocked(lock: Lockfile, from: string, name: string): string | null {
  for (let folder = from; ;) {
    const candidate = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (folder === "") return null;
    const above = folder.lastIndexOf("/node_modules/");
    folder = above === -1 ? "" : folder.slice(0, above);
  }
}

export const isPlatformBound = (entry: LockedPackage): boolean => entry.os !== undefined || entry.cpu !== undefined;

/** What was looked at by a person and let stand, each with its reason. */
export type LockExceptions = {
  /** Packages that ask for an install script, which is never run. */
  readonly installScripts: Readonly<Record<string, string>>;
  /** Beginnings of names of tools for other platforms whose hash the lock does not hold. */
  readonly withoutIntegrity: Readonly<Record<string, string>>;
};

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?(\+[\w.]+)?$/;
const DEFAULT_REGISTRY = "https://registry.npmjs.org/";

function judgeEntry(folder: string, entry: LockedPackage, allowed: LockExceptions): string[] {
  const name = lockedName(folder, entry);
  const said: string[] = [];
  if (!EXACT.test(entry.version ?? "")) said.push(`${folder} has no exact version (${entry.version ?? "none"})`);
  const tool = entry.dev === true && entry.optional === true && isPlatformBound(entry);
  const excused = tool && Object.keys(allowed.withoutIntegrity).some((start) => name.startsWith(start));
  if (!/^sha512-[\w+/]{86}==$/.test(entry.integrity ?? "") && !(entry.integrity === undefined && excused)) {
    said.push(`${folder} has no SHA-512 integrity (${entry.integrity ?? "none"}): what is installed could be anything`);
  }
  if (entry.resolved !== undefined && !entry.resolved.startsWith(DEFAULT_REGISTRY)) {
    said.push(`${folder} comes from ${entry.resolved} and not from the default registry`);
  }
  if (entry.hasInstallScript === true && allowed.installScripts[name] === undefined) {
    said.push(`${folder} wants to run a script when it is installed: name it with a reason under installScripts`);
  }
  return said;
}

/** What is wrong with the lock, in sentences; an exception that nothing needs any more is wrong too. */
export function judgeLock(lock: Lockfile, allowed: LockExceptions): readonly string[] {
  const strangers = Object.entries(lock.packages).filter(([folder, { link }]) => !isOurs(folder) && !link);
  const said = strangers.flatMap(([folder, entry]) => judgeEntry(folder, entry, allowed));
  for (const [folder, entry] of Object.entries(lock.packages).filter(([folder]) => isOurs(folder))) {
    const asked = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies };
    for (const [name, version] of Object.entries(asked)) {
      if (!EXACT.test(version))
        said.push(`${folder === "" ? "package.json" : folder} asks for ${name} as ${version}: say one exact version`);
    }
  }
  for (const name of Object.keys(allowed.installScripts)) {
    const needed = strangers.some(([folder, entry]) => lockedName(folder, entry) === name && entry.hasInstallScript);
    if (!needed) said.push(`${name} no longer wants an install script: take it out of installScripts`);
  }
  for (const start of Object.keys(allowed.withoutIntegrity)) {
    const needed = strangers.some(
      ([folder, entry]) => lockedName(folder, entry).startsWith(start) && entry.integrity === undefined,
    );
    if (!needed) said.push(`every ${start}… has its hash now: take it out of withoutIntegrity`);
  }
  return said;
}
