import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { BackupTarget } from "@moltbot/storage/backup";
import type { FillingDatabase } from "@moltbot/storage/database";

/** Files that are written piece by piece, one at a time for each place. */
interface Growing {
  readonly path: string;
  readonly descriptor: number;
}

/** A target in a folder of its own, with the database that is being filled beside it. */
export interface StagedTarget extends BackupTarget {
  /** Ids of the rows that came, for tables whose later rows are carried over. */
  readonly ids: (table: string) => ReadonlySet<string>;
  /** Makes what was written durable and lets go of it. */
  finish(): Result<void>;
  abandon(): void;
}

/** Which tables hold what must outlive a restore: where copies lie, and what was erased. */
export const CARRIED = ["copies", "erasures"] as const;

const diskFault = (folder: string, cause: unknown): Result<never> => {
  if (!(cause instanceof Error && "code" in cause)) throw cause;
  return err(moltbotError("HOME_NOT_WRITABLE", { home: folder, problem: String(cause.code) }));
};

const begin = (path: string): Growing => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return { path, descriptor: openSync(path, "wx", 0o600) };
};
const write = ({ descriptor }: Growing, bytes: Uint8Array): void => {
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
};
const end = ({ descriptor }: Growing): void => {
  fsyncSync(descriptor);
  closeSync(descriptor);
};

/** Puts a backup into the folders `audit`, `attachments` and `files` of the staging folder, and its rows into the database. */
export const stagedTarget = (staging: string, database: FillingDatabase): StagedTarget => {
  const ids = new Map<string, Set<string>>(CARRIED.map((table) => [table, new Set()]));
  let log: Growing | null = null;
  let file: Growing | null = null;

  const guarded = (work: () => void): Result<void> => {
    try {
      work();
      return done;
    } catch (cause) {
      return diskFault(staging, cause);
    }
  };

  return {
    ids: (table) => ids.get(table) ?? new Set(),
    insert: (table, columns, rows) => {
      const place = columns.indexOf("id");
      for (const row of rows) ids.get(table)?.add(String(row[place]));
      return rows.length === 0 ? Promise.resolve(done) : database.insert(table, columns, rows);
    },
    appendAudit: async (bytes) =>
      guarded(() => {
        log ??= begin(join(staging, "audit", "log.jsonl"));
        write(log, bytes);
      }),
    appendFile: async (kind, path, bytes, last) =>
      guarded(() => {
        const whole = join(staging, kind === "file" ? "files" : "attachments", path);
        if (file?.path !== whole) {
          if (file !== null) end(file);
          file = begin(whole);
        }
        write(file, bytes);
        if (!last) return;
        end(file);
        file = null;
      }),
    finish: () =>
      guarded(() => {
        if (log !== null) end(log);
        if (file !== null) end(file);
        [log, file] = [null, null];
      }),
    abandon: () => {
      for (const each of [log, file]) if (each !== null) closeSync(each.descriptor);
      [log, file] = [null, null];
    },
  };
};
