// Code that the bundler leaves where npm put it is loaded all the same: here it is followed, package by package.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { rolldown } from "rolldown";
import type { Plugin } from "rolldown";
import { isPlatformBound, lockedName, resolveLocked } from "./lockfile.ts";
import type { LockedPackage, Lockfile } from "./lockfile.ts";
import type { LoadedPackage, Loads } from "./loads.ts";
import { recordLoads } from "./record-loads.ts";

/** `@scope/name/deep` → `@scope/name`. */
export const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
const isBare = (specifier: string): boolean => !/^(\.|\/|[A-Za-z]:[\\/]|\0)/.test(specifier);

/** Everything but the package's own files stays outside; a file that is missing or compiled does too. */
const ownFilesOnly: Plugin = {
  name: "own-files-only",
  async resolveId(source, importer, options) {
    if (importer === undefined) return null;
    if (isBare(source) || source.endsWith(".node")) return { id: source, external: true };
    return (await this.resolve(source, importer, { ...options, skipSelf: true })) ?? { id: source, external: true };
  },
};

/** What the modules of `entries` load, bundled in memory as `platform` would run them; nothing is written. */
export async function traceEntries(
  root: string,
  entries: readonly string[],
  plugins: readonly Plugin[] = [],
): Promise<Loads> {
  let recorded: Loads = { packages: [], builtIns: {}, outside: {} };
  const bundle = await rolldown({
    input: [...entries],
    cwd: root,
    platform: "node",
    tsconfig: false,
    logLevel: "silent",
    plugins: [...plugins, recordLoads(root, (loads) => (recorded = loads))],
  });
  try {
    await bundle.generate({ format: "esm" });
  } catch (cause) {
    const says = stripVTControlCharacters(cause instanceof Error ? cause.message : String(cause)).trim();
    throw new Error(`${entries.join(", ")} cannot be bundled, so what it loads is unknown: ${says}`, { cause });
  } finally {
    await bundle.close();
  }
  return recorded;
}

function compiledMarks(root: string, folder: string, entry: LockedPackage): readonly string[] {
  if (isPlatformBound(entry)) return ["native"];
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return [
    ...(files.some((file) => /\.(node|so|dylib|dll)$/.test(file)) ? ["native"] : []),
    ...(files.some((file) => file.endsWith(".wasm")) ? ["wasm"] : []),
  ];
}

/** A package that a program loads by a path: it is named with what it holds, and its own JavaScript is not run. */
export function nameByPath(root: string, lock: Lockfile, name: string): LoadedPackage | null {
  const folder = `node_modules/${name}`;
  const entry = lock.packages[folder];
  if (entry === undefined) return null;
  const marks = [...compiledMarks(root, folder, entry)];
  return { name, version: entry.version ?? "", folder, marks, from: ["(a path)"] };
}

/** Packages loaded at run time, with everything that they load in turn, and the names that lead to nothing installed. */
export type Outside = {
  readonly packages: readonly LoadedPackage[];
  readonly builtIns: Readonly<Record<string, readonly string[]>>;
  readonly absent: Readonly<Record<string, readonly string[]>>;
};

/**
 * Follows what a program leaves outside. A package for one platform is named and not read, and so is each of its siblings
 * for the others: the list is the same on every machine.
 */
export async function traceOutside(root: string, lock: Lockfile, outside: Loads["outside"]): Promise<Outside> {
  const packages = new Map<string, LoadedPackage>();
  const builtIns = new Map<string, Set<string>>();
  const absent = new Map<string, Set<string>>();
  const queue = Object.entries(outside).flatMap(([specifier, from]) =>
    from.map((name) => ({ specifier, name, below: "" })),
  );
  const traced = new Set<string>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { specifier, name, below } = next;
    if (!isBare(specifier)) continue;
    const folder = resolveLocked(lock, below, packageOf(specifier));
    const entry = folder === null ? undefined : lock.packages[folder];
    if (folder === null || entry === undefined || entry.name === "empty-npm-package") {
      if (entry === undefined)
        absent.set(packageOf(specifier), (absent.get(packageOf(specifier)) ?? new Set()).add(name));
      continue;
    }
    if (entry.link === true) continue;
    const own = lockedName(folder, entry);
    const before = packages.get(folder);
    const from = [...new Set([...(before?.from ?? []), name])].toSorted();
    packages.set(folder, { name: own, version: entry.version ?? "", folder, marks: before?.marks ?? [], from });
    if (traced.has(`${folder} ${specifier}`)) continue;
    traced.add(`${folder} ${specifier}`);
    const marks = new Set([...(before?.marks ?? []), ...compiledMarks(root, folder, entry)]);
    if (!isPlatformBound(entry)) {
      const loads = await traceEntries(
        root,
        [join(root, folder, specifier.slice(packageOf(specifier).length))],
        [ownFilesOnly],
      );
      for (const mark of loads.packages.flatMap((one) => one.marks)) marks.add(mark);
      for (const builtIn of Object.keys(loads.builtIns))
        builtIns.set(builtIn, (builtIns.get(builtIn) ?? new Set()).add(own));
      const asked = [
        ...Object.keys(loads.outside),
        ...Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
      ];
      for (const one of new Set(asked)) queue.push({ specifier: one, name: own, below: folder });
    }
    packages.set(folder, { name: own, version: entry.version ?? "", folder, marks: [...marks].toSorted(), from });
  }
  const settled = (map: ReadonlyMap<string, ReadonlySet<string>>) =>
    Object.fromEntries([...map].map(([key, values]) => [key, [...values].toSorted()]));
  return { packages: [...packages.values()], builtIns: settled(builtIns), absent: settled(absent) };
}
