import { err, joinLabels, label, moltbotError, ok, readableBy } from "@moltbot/contracts";
import type { Label, Result } from "@moltbot/contracts";
import type { ToolRun } from "../tool.ts";
import { contentLabel } from "./content-label.ts";
import { listWorkspaceFiles } from "./list-files.ts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";

/** A file that everybody in the conversation may know of. */
export interface VisibleFile {
  readonly path: string;
  readonly bytes: number;
  /** Null where it was too much to read. */
  readonly content: Uint8Array | null;
  readonly label: Label;
}

/** How many bytes of files one call reads; of the rest, only the turn's person alone is told. */
const MOST_READ = 32 * 1024 * 1024;
const MOST_FILES = 5000;
/** No change takes longer, in milliseconds: what is unfinished since then was left by a crash. */
const LONGEST_CHANGE = 60_000;

/** Which files are gone through. */
export interface VisibleWish {
  /** Those of this folder; left out: all of the workspace. */
  readonly folder?: string | undefined;
  /** Those that come after this path. */
  readonly after?: string | undefined;
}

const folderOf = async (workspace: string, folder: string | undefined): Promise<Result<Located | null>> =>
  folder === undefined ? ok(null) : locate(workspace, folder);

/**
 * Goes through the files of a folder that everybody in the conversation may know, until `take` says it has enough; true when it
 * saw them all. A name is a text too, chosen by whoever wrote the file: what was not written here is for the turn's person alone.
 */
export const visitVisibleFiles = async (
  run: ToolRun,
  { folder, after }: VisibleWish,
  take: (file: VisibleFile) => boolean,
): Promise<Result<boolean>> => {
  const { call, ports } = run;
  const workspace = await ports.workspaceOf(call);
  if (!workspace.ok) return workspace;
  const from = await folderOf(workspace.value, folder);
  if (!from.ok) return from;
  const sweepBefore = Date.parse(ports.clock.now()) - LONGEST_CHANGE;
  const listing = await listWorkspaceFiles(workspace.value, {
    sweepBefore,
    ...(from.value === null ? {} : { folder: from.value }),
    ...(after === undefined ? {} : { after }),
  });
  if (!listing.ok) return listing;
  const { files } = listing.value;
  let read = 0;
  for (const [index, file] of files.entries()) {
    if (run.signal.aborted) return err(moltbotError("TURN_STOPPED"));
    if (index >= MOST_FILES) return ok(false);
    const content = read + file.bytes > MOST_READ ? null : await file.content();
    const known = content?.ok === true ? content.value : null;
    read += known?.byteLength ?? 0;
    const own = known === null || known.byteLength === 0 ? unknownTo(run) : await contentLabel(run, known, file.path);
    if (!readableBy(own.readers, call.label.readers)) continue;
    const visible = { path: file.path, bytes: file.bytes, content: known, label: joinLabels(own, FROM_OUTSIDE) };
    if (!take(visible)) return ok(false);
  }
  return ok(listing.value.complete);
};

/** Names stand beside contents that somebody may have copied from trusted ones: no hash vouches for a name. */
const FROM_OUTSIDE = label("untrusted", "public");

const unknownTo = ({ call }: ToolRun): Label => label("untrusted", [call.authority]);
