import { stampOf, NO_STAMP } from "./manifest.ts";
import type { KnownFile, Manifest, Stamp } from "./manifest.ts";
import { isAsItCame, withCopied } from "./copy-side.ts";
import type { HeldCopy } from "./copy-place.ts";
import type { CopySide } from "./copy-side.ts";
import type { HeldFile } from "./file-content.ts";
import { isPast, timeThere } from "./file-time.ts";
import type { CopyMeans } from "./means.ts";
import type { Pace } from "./pace.ts";

/** What is known of a copy while it changes. */
export interface Knowledge {
  readonly files: Map<string, KnownFile>;
  readonly links: Map<string, string>;
  folders: ReadonlySet<string>;
  /** Files whose stamps in the copy have to be taken anew. */
  readonly touched: Set<string>;
  /** Whether it is not what was read. */
  isNew: boolean;
  /** What changed later than this is too young for a stamp: it can change again without getting another time. */
  readonly settledBefore: bigint;
}

/** No file system counts time in steps that are longer. */
const LONGEST_TICK_NS = 2_000_000_000n;

export const knowledgeOf = ({ manifest, isKnown }: HeldCopy, staging: number, means: CopyMeans): Knowledge => ({
  files: new Map(manifest.files),
  links: new Map(manifest.links),
  folders: manifest.folders,
  touched: new Set(),
  isNew: !isKnown,
  settledBefore: timeThere(staging, means) - LONGEST_TICK_NS,
});

/** The stamp of a file of the workspace; none where it changed a moment ago, except for what only stamps compare. */
export const sourceStamp = (knowledge: Knowledge, { stat }: HeldFile, digest: string | null): Stamp =>
  digest !== null && stat.ctimeNs >= knowledge.settledBefore ? NO_STAMP : stampOf(stat);

export const know = (knowledge: Knowledge, path: string, known: KnownFile): void => {
  knowledge.files.set(path, known);
  knowledge.isNew = true;
};

/** The same, and its stamp in the copy is taken when all is done. */
export const knowTouched = (knowledge: Knowledge, path: string, known: Omit<KnownFile, "copy">): void => {
  know(knowledge, path, { ...known, copy: NO_STAMP });
  knowledge.touched.add(path);
};

export const forgetFile = (knowledge: Knowledge, path: string): void => {
  if (knowledge.files.delete(path)) knowledge.isNew = true;
  knowledge.touched.delete(path);
};

const timeOf = (stamp: Stamp): bigint => BigInt(stamp.split(":")[2] ?? "0");

/**
 * Takes the stamps of what was touched, once every later change would get a later time, and reads each again: a program that still
 * ran may have changed it, and its change must show. What cannot be stamped is read at each look.
 */
export const stampTouched = async (side: CopySide, knowledge: Knowledge, pace: Pace): Promise<void> => {
  const stamps = new Map<string, Stamp>();
  for (const path of knowledge.touched) {
    const stamp = await withCopied(side, path, ({ stat }) => stampOf(stat));
    if (stamp !== null) stamps.set(path, stamp);
    await pace();
  }
  const latest = [...stamps.values()].map(timeOf).reduce((a, b) => (a > b ? a : b), 0n);
  if (stamps.size === 0 || !(await isPast(side, latest))) return;
  for (const [path, stamp] of stamps) {
    const known = knowledge.files.get(path);
    if (known === undefined) continue;
    const isStill = await withCopied(
      side,
      path,
      async (file) =>
        stampOf(file.stat) === stamp && (known.digest === null || (await isAsItCame(file, known, side.means))),
    );
    if (isStill === true) know(knowledge, path, { ...known, copy: stamp });
    await pace();
  }
};

export const manifestOf = (folder: string, { files, links, folders }: Knowledge): Manifest => ({
  folder,
  files,
  links,
  folders,
});
