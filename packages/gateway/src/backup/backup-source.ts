import { open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { copyLog } from "@moltbot/storage/audit";
import type { BackupSource, CopiedFile, Snapshot } from "@moltbot/storage/backup";
import type { Home } from "../home.ts";
import { settingsFileOf } from "../settings/index.ts";

/** Where the encrypted attachments of a home lie. */
export const attachmentsOf = (home: Pick<Home, "root">): string => join(home.root, "attachments");

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT";

/** A file as it is now, open before it is named: one that is removed meanwhile is left out as a whole. */
const fileAt = async (file: string, path: string): Promise<CopiedFile | null> => {
  try {
    const handle = await open(file, "r");
    return {
      path,
      async *read() {
        for await (const chunk of handle.createReadStream()) yield chunk as Uint8Array; // no encoding is set
      },
    };
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw cause;
  }
};

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).toSorted();
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
};

/** Every attachment that is whole; what is being written has another name. */
async function* attachmentFiles(folder: string): AsyncGenerator<CopiedFile> {
  for (const first of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(first)) continue;
    for (const rest of await namesIn(join(folder, first))) {
      if (!/^[0-9a-f]{62}$/.test(rest)) continue;
      const file = await fileAt(join(folder, first, rest), `${first}/${rest}`);
      if (file !== null) yield file;
    }
  }
}

async function* settingsFiles(home: Pick<Home, "root">): AsyncGenerator<CopiedFile> {
  for (const path of [settingsFileOf(home.root), join(home.root, "policy.cedar")]) {
    const file = await fileAt(path, basename(path));
    if (file !== null) yield file;
  }
}

/** Everything of a home that goes into a backup, at the moment of the snapshot: neither keys, indexes, logs nor workspaces. */
export const sourceOf = (home: Pick<Home, "root" | "audit">, snapshot: Snapshot): BackupSource => ({
  snapshot,
  auditLines: (records) => copyLog(home.audit, records),
  attachments: () => attachmentFiles(attachmentsOf(home)),
  files: () => settingsFiles(home),
});
