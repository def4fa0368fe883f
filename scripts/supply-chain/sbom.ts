// The bill of materials (CycloneDX 1.6, JSON): what ships, from the lock, the lists and the pins. The same lock gives the
// same bytes: no time, and a serial number that is the hash of the rest.
import { createHash } from "node:crypto";
import { isRuntime } from "./licences.ts";
import { isOurs } from "./loads.ts";
import { lockedName, resolveLocked } from "./lockfile.ts";
import type { LockedPackage, Lockfile } from "./lockfile.ts";
import type { ModelPins } from "./model-pins.ts";
import type { Program } from "./programs.ts";

type Component = Readonly<Record<string, unknown>> & { readonly "bom-ref": string };
export type Bill = Readonly<Record<string, unknown>> & { readonly components: readonly Component[] };

const SPDX_ID = /^[A-Za-z0-9.+-]+$/;
const licences = (licence: string | undefined): object =>
  licence === undefined
    ? {}
    : { licenses: [SPDX_ID.test(licence) ? { license: { id: licence } } : { expression: licence }] };

/** The package URL of an npm package, with the scope's @ percent-encoded as the purl specification asks. */
export const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;

const hashes = (integrity: string | undefined): object =>
  integrity === undefined
    ? {}
    : {
        hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex") }],
      };

const refOf = (folder: string, entry: LockedPackage): string =>
  isOurs(folder) ? folder : purlOf(lockedName(folder, entry), entry.version ?? "");

function describe(folder: string, entry: LockedPackage, loadedBy: readonly string[]): Component {
  const name = lockedName(folder, entry);
  const scoped = /^(@[^/]+)\/(.+)$/.exec(name);
  const runtime = isRuntime(name);
  return {
    type: runtime ? "platform" : "library",
    "bom-ref": refOf(folder, entry),
    ...(scoped === null ? { name } : { group: scoped[1], name: scoped[2] }),
    version: entry.version ?? "",
    scope: entry.optional === true || entry.devOptional === true ? "optional" : "required",
    ...hashes(entry.integrity),
    ...licences(entry.license),
    ...(runtime ? { cpe: `cpe:2.3:a:nodejs:node.js:${entry.version}:*:*:*:*:*:*:*` } : {}),
    ...(isOurs(folder) ? {} : { purl: refOf(folder, entry) }),
    ...(loadedBy.length === 0 ? {} : { properties: [{ name: "moltbot:loaded-by", value: loadedBy.join(" ") }] }),
  };
}

function describeModel(name: string, pin: ModelPins[string]): readonly Component[] {
  const [weights, ...rest] = [pin.weights, ...Object.keys(pin.files).filter((file) => file !== pin.weights)];
  const hashOf = (file: string) => [{ alg: "SHA-256", content: pin.files[file]?.sha256 ?? "" }];
  return [
    {
      type: "machine-learning-model",
      "bom-ref": `models/${name}`,
      name,
      version: pin.version,
      description: pin.source,
      scope: "required",
      hashes: hashOf(weights ?? ""),
      ...licences(pin.licence),
      components: rest.toSorted().map((file) => ({
        type: "file",
        "bom-ref": `models/${name}/${file}`,
        name: file,
        hashes: hashOf(file),
      })),
    },
  ];
}

/** Folders of the lock that are installed without development: strangers and our own packages. */
function shippedFolders(lock: Lockfile): readonly (readonly [string, LockedPackage])[] {
  return Object.entries(lock.packages).filter(
    ([folder, entry]) => folder !== "" && entry.link !== true && entry.dev !== true,
  );
}

function edges(
  lock: Lockfile,
  folders: readonly (readonly [string, LockedPackage])[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const [folder, entry] of folders) {
    const targets = graph.get(refOf(folder, entry)) ?? new Set<string>();
    graph.set(refOf(folder, entry), targets);
    for (const name of Object.keys({
      ...entry.dependencies,
      ...entry.optionalDependencies,
      ...entry.peerDependencies,
    })) {
      const found = resolveLocked(lock, folder, name);
      const target = found === null ? undefined : lock.packages[found]?.link ? lock.packages[found]?.resolved : found;
      const other = target === undefined ? undefined : lock.packages[target];
      if (target !== undefined && other !== undefined && other.dev !== true) targets.add(refOf(target, other));
    }
  }
  return graph;
}

function serial(content: unknown): string {
  const hex = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  // Version 8 of RFC 9562: the bits are ours, here a hash.
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The bill of materials as an object; what only development needs is not in it. */
export function makeBill(lock: Lockfile, programs: readonly Program[], models: ModelPins): Bill {
  const folders = shippedFolders(lock);
  const loadedBy = (ref: string): readonly string[] =>
    programs
      .filter(({ packages }) => packages.some((one) => purlOf(one.name, one.version) === ref))
      .map(({ name }) => name);
  const described = new Map(
    folders.map(([folder, entry]) => [refOf(folder, entry), describe(folder, entry, loadedBy(refOf(folder, entry)))]),
  );
  const modelParts = Object.entries(models).flatMap(([name, pin]) => describeModel(name, pin));
  const runtimes = folders.filter(([folder, entry]) => isRuntime(lockedName(folder, entry)));
  const ours = folders.filter(([folder]) => isOurs(folder));
  const graph = edges(lock, folders);
  const root = [
    ...[...ours, ...runtimes].map(([folder, entry]) => refOf(folder, entry)),
    ...modelParts.map((part) => part["bom-ref"]),
  ];
  const content = {
    version: 1,
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: {
        type: "application",
        "bom-ref": lock.name,
        name: lock.name,
        version: lock.version,
        ...licences(lock.packages[""]?.license),
      },
    },
    components: [
      ...[...described].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component),
      ...modelParts,
    ],
    dependencies: [[lock.name, new Set(root)] as const, ...[...graph].toSorted(([a], [b]) => (a < b ? -1 : 1))].map(
      ([ref, targets]) => ({ ref, dependsOn: [...targets].toSorted() }),
    ),
  };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serial(content),
    ...content,
  };
}
