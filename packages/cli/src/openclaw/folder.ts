import { constants } from "node:fs";
import { lstat, open, opendir, readdir, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { isAbsolute, join, sep } from "node:path";

/** What was found and left where it is, with the reason for people. */
export interface Skipped {
  readonly path: string;
  readonly why: string;
}

export interface Entry {
  readonly name: string;
  /** From the folder that was opened. */
  readonly path: string;
  readonly kind: "file" | "folder";
}

/** One line of a file; null where it was longer than was asked for. */
export interface Line {
  readonly number: number;
  readonly text: string | null;
}

/** A folder that somebody else filled: nothing in it leads out of it, and no file in it is read without a limit. */
export interface Folder {
  readonly root: string;
  readonly skipped: Skipped[];
  /** Files and folders directly in it by name, sorted; none where there is no such folder. Links are noted and left. */
  list(path: string): Promise<readonly Entry[]>;
  /** The whole text of a file; null when there is none, or it is not a plain file of at most so many bytes. */
  text(path: string, most: number): Promise<string | null>;
  /** The lines of a file, each of at most so many bytes; a longer one is passed over without being kept. */
  lines(path: string, most: number): AsyncIterable<Line>;
  /** Where a file lies, to be handed to a reader of databases; null as with `text`. */
  place(path: string, most: number): Promise<string | null>;
  modifiedAt(path: string): Promise<Date | null>;
}

const MOST_ENTRIES = 20_000;
const CHUNK = 65_536;
const NEWLINE = 0x0a;

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown";

/** A path that only goes down: no empty, absolute or climbing part. */
const goesDown = (path: string): boolean =>
  path === "" ||
  (!isAbsolute(path) &&
    path
      .split("/")
      .every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0") && !part.includes("\\")));

async function* linesOf(file: FileHandle, most: number): AsyncIterable<Line> {
  const chunk = Buffer.alloc(CHUNK);
  let kept: Buffer[] = [];
  let size = 0;
  let number = 1;
  const take = (): Line => {
    const line = { number, text: size > most ? null : Buffer.concat(kept).toString("utf8") };
    number += 1;
    kept = [];
    size = 0;
    return line;
  };
  const keep = (bytes: Buffer): void => {
    size += bytes.length;
    if (size <= most) kept.push(Buffer.from(bytes));
    else kept = [];
  };
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK, null);
    if (bytesRead === 0) break;
    let begin = 0;
    for (;;) {
      const end = chunk.subarray(0, bytesRead).indexOf(NEWLINE, begin);
      if (end === -1) break;
      keep(chunk.subarray(begin, end));
      yield take();
      begin = end + 1;
    }
    keep(chunk.subarray(begin, bytesRead));
  }
  if (size > 0) yield take();
}

/** Whether a path leads to where it stands; replaced only by tests that show what it is for. */
export type LinkCheck = (real: string, place: string) => boolean;
const isNoLink: LinkCheck = (real, place) => real === place;

/** Opens the folder that a person named; throws what the system says when it is none. */
export const openFolder = async (named: string, staysHere: LinkCheck = isNoLink): Promise<Folder> => {
  // The folder itself may be a link: the person named it. Below it none is followed.
  const root = await realpath(named);
  await (await opendir(root)).close();
  const skipped: Skipped[] = [];
  const skip = (path: string, why: string): null => {
    skipped.push({ path, why });
    return null;
  };

  /** The real place of a path below the root; null when something of it is a link, or it is not there. */
  const placeOf = async (path: string): Promise<string | null> => {
    if (!goesDown(path)) return skip(path, "its name leads out of the folder");
    const place = join(root, ...path.split("/").filter((part) => part !== ""));
    try {
      if (staysHere(await realpath(place), place) && (place === root || place.startsWith(root + sep))) return place;
      return skip(path, "it is a link");
    } catch (cause) {
      return codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR" ? null : skip(path, codeOf(cause));
    }
  };

  /** Opens a plain file for reading; never waits for a pipe and follows no link that came in between. */
  const openPlain = async (path: string): Promise<{ readonly file: FileHandle; readonly size: number } | null> => {
    const place = await placeOf(path);
    if (place === null) return null;
    try {
      const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const facts = await file.stat();
      if (facts.isFile()) return { file, size: facts.size };
      await file.close();
      return skip(path, "it is not a plain file");
    } catch (cause) {
      return skip(path, codeOf(cause));
    }
  };

  return {
    root,
    skipped,
    list: async (path) => {
      const place = await placeOf(path);
      if (place === null) return [];
      const found = await readdir(place, { withFileTypes: true }).catch(() => []);
      if (found.length > MOST_ENTRIES)
        skip(path, `it holds more than ${String(MOST_ENTRIES)} entries; the rest is left`);
      return found
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, MOST_ENTRIES)
        .flatMap((entry): Entry[] => {
          const below = path === "" ? entry.name : `${path}/${entry.name}`;
          if (entry.isFile()) return [{ name: entry.name, path: below, kind: "file" }];
          if (entry.isDirectory()) return [{ name: entry.name, path: below, kind: "folder" }];
          skip(below, entry.isSymbolicLink() ? "it is a link" : "it is not a plain file");
          return [];
        });
    },
    text: async (path, most) => {
      const opened = await openPlain(path);
      if (opened === null) return null;
      const { file, size } = opened;
      try {
        return size > most
          ? skip(path, `it has more than ${String(most)} bytes`)
          : (await file.readFile()).toString("utf8");
      } finally {
        await file.close();
      }
    },
    lines: async function* (path, most) {
      const opened = await openPlain(path);
      if (opened === null) return;
      try {
        yield* linesOf(opened.file, most);
      } finally {
        await opened.file.close();
      }
    },
    place: async (path, most) => {
      const opened = await openPlain(path);
      if (opened === null) return null;
      await opened.file.close();
      return opened.size > most ? skip(path, `it has more than ${String(most)} bytes`) : placeOf(path);
    },
    modifiedAt: async (path) => {
      const place = await placeOf(path);
      return place === null ? null : (await lstat(place)).mtime;
    },
  };
};
