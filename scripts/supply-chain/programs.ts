// Every program with what it loads: those that the build made, and the packages that others install from us.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { listLines } from "./list-text.ts";
import { isOurs, Loads } from "./loads.ts";
import type { LoadedPackage } from "./loads.ts";
import type { Lockfile } from "./lockfile.ts";
import { lockedName } from "./lockfile.ts";
import type { Reviewed } from "./reviewed.ts";
import { nameByPath, traceEntries, traceOutside } from "./trace-outside.ts";

/** Packages meant for other people's code, listed like programs from the day on which they exist. */
const FOR_OTHERS = new Set(["client", "plugin-sdk"]);
const Manifest = z.looseObject({
  private: z.boolean().optional(),
  exports: z.record(z.string(), z.unknown()).optional(),
});

export type Program = {
  readonly name: string;
  readonly lines: readonly string[];
  /** Packages of strangers that it loads, bundled or at run time. */
  readonly packages: readonly LoadedPackage[];
  /** Packages of ours in it that load something by a path or a computed name. */
  readonly loadsByPath: readonly string[];
};

/** What the build recorded, by program; empty when nothing was built. */
export function readRecorded(root: string): ReadonlyMap<string, Loads> {
  const folder = join(root, "dist", "loads");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  return new Map(
    files.map((file) => [basename(file, ".json"), Loads.parse(JSON.parse(readFileSync(join(folder, file), "utf8")))]),
  );
}

async function tracePublished(root: string): Promise<ReadonlyMap<string, Loads>> {
  const traced = new Map<string, Loads>();
  for (const name of readdirSync(join(root, "packages")).toSorted()) {
    const path = join(root, "packages", name, "package.json");
    if (!existsSync(path)) continue;
    const manifest = Manifest.parse(JSON.parse(readFileSync(path, "utf8")));
    if (manifest.private === true && !FOR_OTHERS.has(name)) continue;
    const doors = Object.values(manifest.exports ?? {}).filter((door) => typeof door === "string");
    const code = doors.filter((door) => /\.(ts|mjs|js)$/.test(door) && existsSync(join(root, "packages", name, door)));
    if (code.length > 0)
      traced.set(
        name,
        await traceEntries(
          root,
          code.map((door) => join(root, "packages", name, door)),
        ),
      );
  }
  return traced;
}

/** All programs and published packages of the repository in `root`, sorted by name; what they load by path is `reviewed`. */
export async function readPrograms(
  root: string,
  lock: Lockfile,
  reviewed: Pick<Reviewed, "loadsByPath">,
): Promise<readonly Program[]> {
  const installs = new Set(
    Object.entries(lock.packages).flatMap(([folder, entry]) =>
      entry.hasInstallScript ? [lockedName(folder, entry)] : [],
    ),
  );
  const all = new Map([...readRecorded(root), ...(await tracePublished(root))]);
  const programs: Program[] = [];
  for (const [name, loads] of [...all].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const traced = await traceOutside(root, lock, loads.outside);
    const byPath = Object.keys(reviewed.loadsByPath[name] ?? {}).flatMap((one) => nameByPath(root, lock, one) ?? []);
    const outside = { ...traced, packages: [...traced.packages, ...byPath] };
    programs.push({
      name,
      lines: listLines(loads, outside, installs),
      packages: [...loads.packages.filter(({ folder }) => !isOurs(folder)), ...outside.packages],
      loadsByPath: loads.packages
        .filter((one) => isOurs(one.folder) && one.marks.includes("loads"))
        .map((one) => one.name),
    });
  }
  return programs;
}

/** Where what is loaded is not what the lock says: another version, an unknown folder, a tool of the development. */
export function judgeAgainstLock(programs: readonly Program[], lock: Lockfile): readonly string[] {
  return programs.flatMap(({ name, packages }) =>
    packages.flatMap((one) => {
      const entry = lock.packages[one.folder];
      if (entry === undefined) return [`${name} loads ${one.folder}, which package-lock.json does not know: npm ci`];
      const said: string[] = [];
      if (entry.version !== one.version) {
        said.push(`${name} loads ${one.name} ${one.version}, and package-lock.json says ${entry.version}: npm ci`);
      }
      if (entry.dev === true) {
        said.push(`${name} loads ${one.name}, which only a devDependency brings: name it where it is used`);
      }
      return said;
    }),
  );
}

/** Where a program of ours loads by a path and nobody said what, or somebody said it and it does not. */
export function judgePaths(
  programs: readonly Program[],
  { loadsByPath }: Pick<Reviewed, "loadsByPath">,
): readonly string[] {
  const said = programs.flatMap(({ name, loadsByPath: who }) =>
    who.length > 0 && loadsByPath[name] === undefined
      ? [
          `${name}: ${who.join(", ")} loads by a path or a computed name: say what and why under loadsByPath in deps/reviewed.json`,
        ]
      : [],
  );
  for (const [name, packages] of Object.entries(loadsByPath)) {
    const program = programs.find((one) => one.name === name);
    if ((program?.loadsByPath ?? []).length === 0)
      said.push(`${name} loads nothing by a path any more: take it out of loadsByPath`);
    for (const one of Object.keys(packages)) {
      if (!program?.packages.some(({ folder }) => folder === `node_modules/${one}`))
        said.push(`${name}: ${one} is not in package-lock.json`);
    }
  }
  return said;
}
