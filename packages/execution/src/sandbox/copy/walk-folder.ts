import { isUtf8 } from "node:buffer";
import { closeSync, opendirSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { CLOSED, NOTHING, NO_FOLDER, unless, within } from "./held-folder.ts";
import type { CopyGround } from "./means.ts";
import type { Pace } from "./pace.ts";

/** What stands in a tree. A name that is no UTF-8 is `other`, whatever it names, and its path only shows it. */
export interface Found {
  /** Parts joined with `/`. */
  readonly path: string;
  readonly kind: "file" | "link" | "folder" | "other";
  readonly stat: BigIntStats;
}

export interface WalkOptions {
  readonly ground: CopyGround;
  /** As many are looked at; then the walk ends. */
  readonly files: number;
  /** No folder deeper than this is entered. */
  readonly depth: number;
  readonly open: (path: string) => number;
  readonly pace: Pace;
  readonly visit: (found: Found) => void;
}

export interface Walked {
  /** Folders that nobody may look into. */
  readonly closed: readonly string[];
  readonly tooDeep: readonly string[];
  readonly tooMany: boolean;
}

const kindOf = (stat: BigIntStats): Found["kind"] => {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isSymbolicLink() ? "link" : "other";
};

/** The names in a held folder, as bytes, one after the other. */
export function* namesIn(folder: number): Generator<Buffer> {
  const listing = opendirSync(`/proc/self/fd/${String(folder)}`, { encoding: "latin1", bufferSize: 256 });
  try {
    for (;;) {
      const entry = listing.readSync();
      if (entry === null) return;
      // Latin-1 is each byte as it is.
      yield Buffer.from(entry.name, "latin1");
    }
  } finally {
    listing.closeSync();
  }
}

/** Visits all that stands below a held folder, by held folders alone; no link is followed and nothing but folders is opened. */
export const walkFolder = async (root: number, options: WalkOptions): Promise<Walked> => {
  const closed: string[] = [];
  const tooDeep: string[] = [];
  let left = options.files;

  const look = (folder: number, name: Buffer, above: string): Found | null => {
    const stat = unless(NOTHING, () => options.ground.lstat(within(folder, name)));
    if (stat === null) return null;
    const path = above + name.toString();
    return { path, kind: isUtf8(name) ? kindOf(stat) : "other", stat };
  };

  const enter = async (folder: number, above: string, depth: number): Promise<void> => {
    const folders: string[] = [];
    for (const name of namesIn(folder)) {
      if (left < 0) return;
      left -= 1;
      const found = left < 0 ? null : look(folder, name, above);
      if (found === null) continue;
      options.visit(found);
      if (found.kind === "folder") folders.push(name.toString());
      await options.pace();
    }
    for (const name of folders) {
      if (left < 0) return;
      if (depth >= options.depth) {
        tooDeep.push(above + name);
        continue;
      }
      const path = within(folder, name);
      const next = unless([...NOTHING, ...NO_FOLDER, ...CLOSED], () => options.open(path));
      if (next === null) {
        closed.push(above + name);
        continue;
      }
      try {
        await enter(next, `${above}${name}/`, depth + 1);
      } finally {
        closeSync(next);
      }
    }
  };
  await enter(root, "", 1);
  return { closed, tooDeep, tooMany: left < 0 };
};
