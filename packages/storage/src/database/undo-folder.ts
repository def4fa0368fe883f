import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ClockPort } from "@moltbot/contracts";
import { newId } from "../crypto/index.ts";
import { syncFolder } from "../audit/index.ts";

/** How much of what stood somewhere is kept for one person, and for how long. */
export interface UndoBounds {
  readonly bytes: number;
  readonly entries: number;
  readonly milliseconds: number;
}

interface Lying {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: number;
}

/** The files of a folder with one folder for each person, within their bounds. All reject on an I/O error. */
export interface UndoFolder {
  has(person: string, id: string): Promise<boolean>;
  /** Durable when it returns. The oldest of the person's go when they are too many, too much or too old. */
  put(person: string, id: string, bytes: Uint8Array): Promise<void>;
  /** Null where there is none, or none any more. */
  read(person: string, id: string): Promise<Buffer | null>;
  /** Those of a person that are not too old, the newest first. */
  newest(person: string): Promise<readonly Pick<Lying, "name" | "path">[]>;
  /** Removes everybody's that are too old; gives how many. */
  sweep(): Promise<number>;
}

const NAME = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNFINISHED = ".new-";

/** The short name that the system gives to what went wrong. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";

/** For a catch: null where nothing is there, also not any more; whatever else went wrong is thrown on. */
export const absent = (thrown: unknown): null => {
  if (codeOf(thrown) === "ENOENT") return null;
  throw thrown;
};

const nameOf = (id: string): string => {
  // What is no id must never become a path.
  if (!NAME.test(id)) throw new TypeError("not an id");
  return id;
};

const write = async (own: string, name: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(own, { recursive: true, mode: 0o700 });
  const unfinished = join(own, `${UNFINISHED}${newId()}`);
  try {
    const file = await open(unfinished, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, join(own, name));
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw thrown;
  }
  await syncFolder(own);
};

/** What lies in a person's folder, the newest first. */
const lyingIn = async (own: string): Promise<readonly Lying[]> => {
  const found: Lying[] = [];
  for (const name of (await readdir(own).catch(absent)) ?? []) {
    const path = join(own, name);
    const lying = await stat(path).catch(absent);
    if (lying !== null) found.push({ name, path, bytes: lying.size, changedAt: lying.mtimeMs });
  }
  return found.toSorted((a, b) => b.changedAt - a.changedAt || (a.name < b.name ? 1 : -1));
};

/** The folder is made with the first file that is put there. */
export const openUndoFolder = (folder: string, clock: Pick<ClockPort, "now">, bounds: UndoBounds): UndoFolder => {
  const folderOf = (person: string): string => join(folder, nameOf(person));
  const pathOf = (person: string, id: string): string => join(folderOf(person), nameOf(id));
  const isOld = (changedAt: number): boolean => Date.parse(clock.now()) - changedAt >= bounds.milliseconds;

  /** What lies in each person's folder, the oldest first: looked at once, since nobody else puts anything there. */
  const known = new Map<string, Lying[]>();

  /** Removes the oldest until what is left keeps within the bounds; the newest stays even where it alone is too much. */
  const prune = async (own: string, newest: string): Promise<void> => {
    const path = join(own, newest);
    const { size, mtimeMs } = await stat(path);
    const kept = (known.get(own) ?? (await lyingIn(own)).toReversed()).filter(({ name }) => name !== newest);
    kept.push({ name: newest, path, bytes: size, changedAt: mtimeMs });
    known.set(own, kept);
    let bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
    for (let oldest = kept[0]; oldest !== undefined && kept.length > 1; oldest = kept[0]) {
      if (bytes <= bounds.bytes && kept.length <= bounds.entries && !isOld(oldest.changedAt)) return;
      await rm(oldest.path, { force: true });
      bytes -= oldest.bytes;
      kept.shift();
    }
  };

  const removeOld = async (own: string): Promise<number> => {
    const old = (await lyingIn(own)).filter(({ changedAt }) => isOld(changedAt));
    if (old.length > 0) known.delete(own);
    for (const { path } of old) await rm(path, { force: true });
    return old.length;
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: each counts on what the one before it left. */
  const inTurn = <T>(remove: () => Promise<T>): Promise<T> => {
    const mine = last.then(remove);
    last = mine.catch(() => undefined); // whoever asked for it hears of it
    return mine;
  };

  return {
    has: async (person, id) => (await stat(pathOf(person, id)).catch(absent)) !== null,
    put: async (person, id, bytes) => {
      const own = folderOf(person);
      await write(own, nameOf(id), bytes);
      await syncFolder(folder);
      await inTurn(() => prune(own, id));
    },
    read: async (person, id) => {
      const path = pathOf(person, id);
      const found = await stat(path).catch(absent);
      return found === null || isOld(found.mtimeMs) ? null : readFile(path).catch(absent);
    },
    newest: async (person) =>
      (await lyingIn(folderOf(person))).filter(({ name, changedAt }) => NAME.test(name) && !isOld(changedAt)),
    sweep: async () => {
      let removed = 0;
      for (const person of (await readdir(folder).catch(absent)) ?? []) {
        // What somebody put there by hand is theirs.
        if (NAME.test(person)) removed += await inTurn(() => removeOld(folderOf(person)));
      }
      return removed;
    },
  };
};
