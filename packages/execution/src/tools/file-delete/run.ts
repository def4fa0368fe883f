import { err, moltbotError, ok, readableBy, visibleInLine } from "@moltbot/contracts";
import type { AccessScope, ResolvedResource, Result, ToolCall } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import type { ToolOutput, ToolPorts, ToolRun } from "../tool.ts";
import { changed, changeOf, findFile, keepForUndo } from "../workspace/change-file.ts";
import { findFiles, folderContent, isFolder, isWhatWasAllowed, resolveFolder } from "../workspace/folder-files.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { placeChosenBy } from "../workspace/origin.ts";
import { removeFile } from "../workspace/put-file.ts";
import { removeFolder } from "../workspace/put-folder.ts";
import { isStillOfOrigin, resolveChange } from "../workspace/resolve-change.ts";
import { previewOfChange, shortened } from "../workspace/show-diff.ts";
import { input, manifest } from "./manifest.ts";

/** The folder that a path names; null where it names none. */
const folderAt = async (call: ToolCall, ports: ToolPorts, path: string): Promise<Result<Located | null>> => {
  const workspace = await ports.workspaceOf(call);
  if (!workspace.ok) return workspace;
  const located = await locate(workspace.value, path);
  // What leads out is refused as a path, with its own words.
  return ok(located.ok && (await isFolder(located.value)) ? located.value : null);
};

/** A folder is named itself, and every file in it: what runs later is asked about wherever it lies. */
const resolve = async (
  { path }: { readonly path: string },
  call: ToolCall,
  ports: ToolPorts,
  scope: AccessScope | undefined,
): Promise<Result<readonly ResolvedResource[]>> => {
  const resolved = await resolveChange(path, call, ports, scope);
  if (!resolved.ok) return resolved;
  const itself = placeChosenBy(call, resolved.value[0]);
  const folder = await folderAt(call, ports, path);
  if (!folder.ok) return folder;
  if (folder.value === null) return ok([itself]);
  const content = await folderContent(folder.value, manifest.name);
  if (!content.ok) return content;
  return ok([itself, ...(await resolveFolder("path", content.value, ({ relative }) => relative))]);
};

/** Everything in it is kept before anything goes; then the files go, and the folders that are empty after them. */
const deleteFolder = async (run: ToolRun, folder: Located): Promise<Result<ToolOutput>> => {
  const content = await folderContent(folder, manifest.name);
  if (!content.ok) return content;
  if (!isWhatWasAllowed(run, await resolve({ path: folder.relative }, run.call, run.ports, run.scope)))
    return err(moltbotError("CONFLICT", { kind: "file" }));
  const found = await findFiles(run, content.value);
  if (!found.ok) return found;
  const kept = await keepForUndo(
    run,
    found.value.map((one) => changeOf(run, one, null)),
  );
  if (!kept.ok) return kept;
  for (const { located, present } of found.value) {
    const removed = present === null ? ok(undefined) : await removeFile(located, present);
    if (!removed.ok) return removed;
  }
  for (const inner of content.value.folders.toReversed()) {
    const removed = await removeFolder(inner);
    if (!removed.ok) return removed;
  }
  return ok(changed(run, `Deleted the folder ${quote(folder.relative)}`));
};

/** Deletes a file, or a folder with all that is in it. What stood there is kept for a while. */
export const fileDelete = defineTool({
  manifest,
  input,
  seconds: 60,
  describe: ({ path }) => `Deletes the file ${quote(path)}, or the folder with all that is in it.`,
  resolve,
  preview: async ({ path }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return null;
    const folder = await folderAt(call, ports, path);
    if (folder.ok && folder.value !== null) {
      const content = await folderContent(folder.value, manifest.name);
      // What lies there is shown only where the turn's person is alone, since whose it is is not looked up here.
      if (!content.ok || !readableBy([call.authority], call.label.readers)) return null;
      const lines = content.value.files.map(({ relative }) => `-${visibleInLine(relative)}`);
      const head = `--- the folder ${visibleInLine(folder.value.relative)}: ${String(lines.length)} files`;
      return { kind: "diff", text: [head, "+++ (no folder any more)", shortened(lines.join("\n"))].join("\n") };
    }
    const next = (present: string | null) => (present === null ? undefined : null);
    return previewOfChange(call, workspace.value, path, { next, unseen: () => null });
  },
  run: async ({ path }, run) => {
    const folder = await folderAt(run.call, run.ports, path);
    if (!folder.ok) return folder;
    if (folder.value !== null) return deleteFolder(run, folder.value);
    const found = await findFile(run, path);
    if (!found.ok) return found;
    const { located, present } = found.value;
    if (present === null) return err(moltbotError("FILE_NOT_FOUND"));
    const same = await isStillOfOrigin(run, located, present);
    if (!same.ok) return same;
    const kept = await keepForUndo(run, [changeOf(run, found.value, null)]);
    if (!kept.ok) return kept;
    const removed = await removeFile(located, present);
    return removed.ok ? ok(changed(run, `Deleted the file ${quote(located.relative)}`)) : removed;
  },
});
