// The bundler's own account of a program: every module that stands in it, by package, with what each reaches for.
// Read from the finished bundle and never from a manifest: what a manifest leaves out runs all the same.
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, isAbsolute, join, relative } from "node:path";
import type { OutputBundle, OutputChunk, Plugin, PluginContext } from "rolldown";
import { z } from "zod";
import { isOurs } from "./loads.ts";
import type { Loads } from "./loads.ts";
import { loadsByPath, readReach } from "./read-reach.ts";

const Manifest = z.looseObject({ name: z.string().optional(), version: z.string().optional() });
const BUNDLER = "(bundler)";
/** The folder of an installed package, wherever in node_modules it is nested. */
const INSTALLED = /^(.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)(?=\/)/;

type Owner = { readonly name: string; readonly version: string; readonly folder: string };
type Seen = Owner & { readonly marks: Set<string>; readonly from: Set<string> };
type Modules = Pick<PluginContext, "getModuleInfo" | "getModuleIds">;

const slashes = (path: string): string => path.replaceAll("\\", "/");
const sorted = (values: Iterable<string>): string[] => [...values].toSorted();
const builtInName = (name: string): string => (name.startsWith("node:") ? name : `node:${name}`);

/** Names with those who asked for them. */
class Askers {
  readonly #all = new Map<string, Set<string>>();
  add(name: string, from: string): void {
    this.#all.set(name, (this.#all.get(name) ?? new Set()).add(from));
  }
  has(name: string): boolean {
    return this.#all.has(name);
  }
  settled(): Record<string, string[]> {
    return Object.fromEntries(sorted(this.#all.keys()).map((name) => [name, sorted(this.#all.get(name) ?? [])]));
  }
}

/**
 * The package that a module's file belongs to. Threat: a manifest inside a package could name another one; what is installed
 * is therefore called by its folder, and its version is read there alone.
 */
function createOwners(root: string): (id: string) => Owner | null {
  const known = new Map<string, Owner | null>();
  const manifestIn = (folder: string) => {
    const path = join(root, folder, "package.json");
    return existsSync(path) ? Manifest.parse(JSON.parse(readFileSync(path, "utf8"))) : {};
  };
  const above = (folder: string): Owner | null => {
    const { name, version } = manifestIn(folder);
    if (name !== undefined && version !== undefined) return { name, version, folder: folder === "." ? "" : folder };
    return folder === "." || folder.endsWith("..") ? null : above(slashes(dirname(folder)));
  };
  return (id) => {
    const file = id.replace(/[?#].*$/, "");
    if (id.startsWith("\0") || !existsSync(file)) return null;
    const path = slashes(relative(root, file));
    const [folder, , name] = INSTALLED.exec(path) ?? [slashes(dirname(path))];
    const before = known.get(folder);
    if (before !== undefined) return before;
    const owner = name === undefined ? above(folder) : { name, version: manifestIn(folder).version ?? "", folder };
    known.set(folder, owner);
    return owner;
  };
}

const importsOf = (modules: Modules, id: string): readonly string[] => {
  const info = modules.getModuleInfo(id);
  return [...(info?.importedIds ?? []), ...(info?.dynamicallyImportedIds ?? [])];
};

function readPackages(modules: Modules, chunks: readonly OutputChunk[], ownerOf: (id: string) => Owner | null) {
  const packages = new Map<string, Seen>();
  for (const [id, module] of chunks.flatMap((chunk) => Object.entries(chunk.modules))) {
    const owner = ownerOf(id);
    if (owner === null) continue;
    const seen = packages.get(owner.folder) ?? { ...owner, marks: new Set(), from: new Set() };
    packages.set(owner.folder, seen);
    const code = module.code ?? "";
    // What else our own code may reach for is said by the walls, room by room.
    const marks = isOurs(owner.folder) ? (loadsByPath(code) ? ["loads"] : []) : readReach(code);
    for (const mark of marks) seen.marks.add(mark);
  }
  for (const id of modules.getModuleIds()) {
    const asker = ownerOf(id);
    if (asker === null || !packages.has(asker.folder)) continue;
    for (const owner of importsOf(modules, id).map(ownerOf)) {
      if (owner !== null && owner.folder !== asker.folder) packages.get(owner.folder)?.from.add(asker.name);
    }
  }
  return [...packages.values()]
    .map((seen) => ({ ...seen, marks: sorted(seen.marks), from: sorted(seen.from) }))
    .toSorted((a, b) => (a.folder < b.folder ? -1 : 1));
}

function readOutside(
  modules: Modules,
  bundle: OutputBundle,
  chunks: readonly OutputChunk[],
  ownerOf: (id: string) => Owner | null,
) {
  const [builtIns, outside] = [new Askers(), new Askers()];
  const leave = (name: string, from: string): void => {
    if (isBuiltin(name)) builtIns.add(builtInName(name), from);
    else outside.add(name, from);
  };
  for (const id of chunks.flatMap((chunk) => Object.keys(chunk.modules))) {
    for (const imported of importsOf(modules, id)) {
      const isInside = imported.startsWith("\0") || isAbsolute(imported);
      if (!isInside) leave(imported, ownerOf(id)?.name ?? BUNDLER);
    }
  }
  // What the bundler itself put in front of a chunk, whichever module it stems from.
  for (const name of chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])) {
    if (bundle[name] === undefined && !builtIns.has(builtInName(name)) && !outside.has(name)) leave(name, BUNDLER);
  }
  return { builtIns: builtIns.settled(), outside: outside.settled() };
}

/** A plugin of rolldown and vite that hands `take` what the finished program loads. */
export function recordLoads(root: string, take: (loads: Loads) => void): Plugin {
  const ownerOf = createOwners(root);
  return {
    name: "record-loads",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
      take({ packages: readPackages(this, chunks, ownerOf), ...readOutside(this, bundle, chunks, ownerOf) });
    },
  };
}
