import { lstatSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import { replaceFile, watchFile } from "./file.ts";

/** The operator's policy as text; what it means is not for this room. */
export interface PolicyFile {
  /** Null when there is none, which is not the same as one that is empty. */
  read(): Result<string | null>;
  /** Atomically; an empty text removes it. */
  write(text: string): Promise<Result<void>>;
  /** Hears of every change, and once of a fault when changes cannot be watched; returns the function that ends it. */
  watch(report: (fault: MoltbotError | null) => void): () => void;
}

const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "unknown");

/** A link to nowhere is not as if there were no file. */
const isMissing = (file: string, cause: unknown): boolean =>
  codeOf(cause) === "ENOENT" && lstatSync(file, { throwIfNoEntry: false }) === undefined;

/** The policy of a home: `policy.cedar` in it, which only its owner may read. */
export const policyFileOf = (home: string): PolicyFile => {
  const file = join(home, "policy.cedar");
  return {
    read: () => {
      try {
        return ok(readFileSync(file, "utf8"));
      } catch (cause) {
        if (isMissing(file, cause)) return ok(null);
        return err(moltbotError("CONFIG_UNREADABLE", { file, problem: codeOf(cause) }));
      }
    },
    write: async (text) => {
      try {
        await (text.trim() === "" ? rm(file, { force: true }) : replaceFile(file, text));
        return done;
      } catch (cause) {
        return err(moltbotError("HOME_NOT_WRITABLE", { home: dirname(file), problem: codeOf(cause) }));
      }
    },
    watch: (report) => watchFile(file, report),
  };
};
