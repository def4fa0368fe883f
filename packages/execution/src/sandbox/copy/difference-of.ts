import type { BigIntStats } from "node:fs";
import { digestOf, intoCopy, isAsItCame, isExecutable, standingLink, withCopied } from "./copy-side.ts";
import type { Looked } from "./copy-side.ts";
import type { HeldFile } from "./file-content.ts";
import { LOOK, NOTHING, inFolderIfAny, openOwnFolder, unless, within } from "./held-folder.ts";
import { stampOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import type { Pace } from "./pace.ts";
import { plainParts, shownPath } from "./plain-path.ts";
import { walkFolder } from "./walk-folder.ts";
import type { Found } from "./walk-folder.ts";
import type { CopyChange, CopyDifference } from "./workspace-copy.ts";

/** Paths that are asked for, with what is below them; null: all. */
type Asked = ReadonlySet<string> | null;

/** What a walk found: files that may differ, what is passed over, and all paths that something stands at. */
interface Sighting {
  readonly candidates: Set<string>;
  readonly passedOver: Set<string>;
  /** Paths at and below which nothing is said to be removed. */
  readonly hidden: Set<string>;
  readonly seen: Set<string>;
  isWhole: boolean;
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
const depthOf = (path: string): number => path.split("/").length;

const lookAround = async (copy: Looked, { files, links }: Manifest, pace: Pace): Promise<Sighting> => {
  const { ground, limits } = copy.means;
  const sighting: Sighting = {
    candidates: new Set(),
    passedOver: new Set(),
    hidden: new Set(),
    seen: new Set(),
    isWhole: true,
  };
  const linked: string[] = [];
  const hide = (path: string): void => {
    sighting.passedOver.add(path);
    sighting.hidden.add(path);
  };
  const visit = ({ path, kind, stat }: Found): void => {
    if (kind === "file") {
      sighting.seen.add(path);
      if (files.get(path)?.copy !== stampOf(stat)) sighting.candidates.add(path);
    } else if (kind === "link" && links.has(path)) linked.push(path);
    else if (kind !== "folder") hide(path);
  };
  const walked = await walkFolder(copy.folder, {
    ...limits,
    ground,
    pace,
    open: (path) => openOwnFolder(path, LOOK, ground),
    visit,
  });
  for (const path of linked) {
    if ((await standingLink(copy, path, links.get(path))) === "as it came") sighting.seen.add(path);
    else hide(path);
  }
  for (const path of [...walked.closed, ...walked.tooDeep]) hide(path);
  sighting.isWhole = !walked.tooMany && walked.closed.length + walked.tooDeep.length === 0;
  return sighting;
};

/** Whether the path or a folder above it is among these. */
const isBelow = (paths: ReadonlySet<string>, path: string): boolean => {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1))
    if (paths.has(path.slice(0, end))) return true;
  return false;
};

const stands = ({ folder: copy, means }: Looked, path: string): Promise<BigIntStats | null> =>
  inFolderIfAny(copy, path.split("/"), intoCopy(means), (folder, name) =>
    unless(NOTHING, () => means.ground.lstat(within(folder, name))),
  );

/** What came and stands there no more; a walk that ended early looks for each by itself. */
const removedOf = async (
  copy: Looked,
  manifest: Manifest,
  sighting: Sighting,
  pace: Pace,
): Promise<readonly string[]> => {
  const removed: string[] = [];
  for (const path of [...manifest.files.keys(), ...manifest.links.keys()]) {
    if (sighting.seen.has(path) || isBelow(sighting.hidden, path)) continue;
    const stat = sighting.isWhole ? null : await stands(copy, path);
    if (stat === null || stat.isDirectory()) removed.push(path);
    else if (stat.isFile()) sighting.candidates.add(path);
    else sighting.passedOver.add(path);
    await pace();
  }
  return removed;
};

type Judged = CopyChange | "no change" | "passed over";

const judge = async (copy: Looked, path: string, file: HeldFile, { files }: Manifest): Promise<Judged> => {
  const known = files.get(path);
  const { ground, limits } = copy.means;
  if (known !== undefined && (await isAsItCame(file, known, copy.means))) return "no change";
  if (file.stat.nlink > ground.mostNames || file.stat.size > limits.contentBytes) return "passed over";
  const digest = await digestOf(file, copy.means);
  if (digest === null) return "passed over";
  return {
    path,
    kind: known === undefined ? "added" : "changed",
    bytes: Number(file.stat.size),
    executable: isExecutable(file),
    digest,
  };
};

/** What is told so far, and whether there was room for all of it. */
interface Listing {
  readonly changes: CopyChange[];
  readonly passedOver: Set<string>;
  isWhole: boolean;
}

const list = (listing: Listing, most: number, change: CopyChange): void => {
  if (plainParts(change.path) === null) listing.passedOver.add(change.path);
  else if (listing.changes.length < most) listing.changes.push(change);
  else listing.isWhole = false;
};

const listRemoved = (listing: Listing, most: number, paths: readonly string[], { files }: Manifest): void => {
  for (const path of paths) {
    const known = files.get(path);
    if (known === undefined) listing.passedOver.add(path);
    else list(listing, most, { path, kind: "removed", bytes: 0, executable: known.executable, digest: null });
  }
};

/** Reads one after the other, as long as there is room in the list and something left of what may be read. */
const listDifferent = async (
  listing: Listing,
  copy: Looked,
  paths: readonly string[],
  manifest: Manifest,
  pace: Pace,
): Promise<void> => {
  const { limits } = copy.means;
  let bytes = limits.bytes;
  for (const path of paths) {
    if (listing.changes.length >= limits.changes || bytes < 0) {
      listing.isWhole = false;
      return;
    }
    const isNamable = plainParts(path) !== null || manifest.files.has(path);
    const judged = isNamable
      ? await withCopied(copy, path, (file) => {
          bytes -= Math.min(Number(file.stat.size), limits.contentBytes);
          return judge(copy, path, file, manifest);
        })
      : null;
    if (judged === null || judged === "passed over") listing.passedOver.add(path);
    else if (judged !== "no change") list(listing, limits.changes, judged);
    await pace();
  }
};

/**
 * What of a held copy is not as it came. First what came and is another now, then what is new, the shallowest first: a flood of new
 * files does not hide a change. It reads no more than it lists.
 */
export const differenceOf = async (
  copy: Looked,
  manifest: Manifest,
  asked: Asked,
  pace: Pace,
): Promise<CopyDifference> => {
  const { limits } = copy.means;
  const isAsked = (path: string): boolean => asked === null || isBelow(asked, path);
  const sighting = await lookAround(copy, manifest, pace);
  const listing: Listing = { changes: [], passedOver: sighting.passedOver, isWhole: sighting.isWhole };
  const removed = await removedOf(copy, manifest, sighting, pace);
  listRemoved(listing, limits.changes, removed.filter(isAsked), manifest);
  const order = (path: string): number => (manifest.files.has(path) ? 0 : depthOf(path));
  const candidates = [...sighting.candidates].filter(isAsked).toSorted((a, b) => order(a) - order(b) || compare(a, b));
  await listDifferent(listing, copy, candidates, manifest, pace);

  // What is above a path that is asked for hides it, and is named as well.
  const isAround = (path: string): boolean =>
    isAsked(path) || [...(asked ?? [])].some((below) => below.startsWith(`${path}/`));
  const shown = [...listing.passedOver].filter(isAround).map(shownPath).toSorted();
  return {
    changes: listing.changes.toSorted((a, b) => compare(a.path, b.path)),
    passedOver: shown.slice(0, limits.changes),
    complete: listing.isWhole && shown.length <= limits.changes,
  };
};
