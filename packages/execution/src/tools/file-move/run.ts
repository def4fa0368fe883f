import { err, joinLabels, moltbotError, ok } from "@moltbot/contracts";
import type { FileChange, ResolvedResource, Result, ToolCall } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import type { ToolOutput, ToolPorts, ToolRun } from "../tool.ts";
import { changed, changeOf, findFile, keepForUndo, keepLabel } from "../workspace/change-file.ts";
import { findFiles, folderContent, isFolder, isWhatWasAllowed, resolveFolder } from "../workspace/folder-files.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { placeChosenBy } from "../workspace/origin.ts";
import { makeFile, removeFile } from "../workspace/put-file.ts";
import { moveFolder } from "../workspace/put-folder.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { input, manifest } from "./manifest.ts";

interface Wish {
  readonly from: string;
  readonly to: string;
}

/** Where a file of the moved folder comes to stand. */
const movedTo =
  (from: string, to: string) =>
  ({ relative }: Located): string =>
    `${to}${relative.slice(from.length)}`;

/** Both places; of a folder also every file in it, where it is and where it comes: its name there decides what runs later. */
const resolve = async (
  { from, to }: Wish,
  call: ToolCall,
  ports: ToolPorts,
): Promise<Result<readonly ResolvedResource[]>> => {
  const workspace = await ports.workspaceOf(call);
  if (!workspace.ok) return workspace;
  const [source, target] = [
    await resolvePath(workspace.value, from, "from"),
    placeChosenBy(call, await resolvePath(workspace.value, to, "to")),
  ];
  const folder = await locate(workspace.value, from);
  if (!folder.ok || !(await isFolder(folder.value))) return ok([source, target]);
  const content = await folderContent(folder.value, manifest.name);
  if (!content.ok) return content;
  const leaving = await resolveFolder("from", content.value, ({ relative }) => relative);
  const placed = movedTo(folder.value.relative, target.value);
  const coming = content.value.files.map((file): ResolvedResource =>
    placeChosenBy(call, {
      argument: "to",
      kind: "path",
      value: placed(file),
      identity: "absent",
      refusal: target.refusal,
    }),
  );
  return ok([source, target, ...leaving, ...coming]);
};

/** A folder gets its new name as a whole; what it holds is kept first, file by file, as if each had been moved. */
const moveWhole = async (run: ToolRun, folder: Located, wish: Wish): Promise<Result<ToolOutput>> => {
  const target = await locate(folder.root, wish.to);
  if (!target.ok) return target;
  if (`${target.value.relative}/`.startsWith(`${folder.relative}/`))
    return err(moltbotError("TOOL_FAILED", { tool: manifest.name, problem: "a folder cannot be moved into itself" }));
  const content = await folderContent(folder, manifest.name);
  if (!content.ok) return content;
  if (!isWhatWasAllowed(run, await resolve(wish, run.call, run.ports)))
    return err(moltbotError("CONFLICT", { kind: "file" }));
  const found = await findFiles(run, content.value);
  if (!found.ok) return found;
  const placeOf = movedTo(folder.relative, target.value.relative);
  const coming: FileChange[] = [];
  for (const { located, present } of found.value) {
    const place = await locate(folder.root, placeOf(located));
    if (!place.ok) return place;
    if (present !== null)
      coming.push({ path: place.value.relative, before: null, after: run.ports.undo.hash(present.content) });
  }
  const kept = await keepForUndo(run, [...found.value.map((one) => changeOf(run, one, null)), ...coming]);
  if (!kept.ok) return kept;
  const moved = await moveFolder(folder, target.value);
  if (!moved.ok) return moved;
  for (const { located, present, label } of found.value) {
    const place = await locate(folder.root, placeOf(located));
    if (place.ok && present !== null)
      await keepLabel(run, place.value, present.content, joinLabels(label, run.call.label));
  }
  return ok(changed(run, `Moved the folder ${quote(folder.relative)} to ${quote(target.value.relative)}`));
};

/**
 * Moves a file: its content is made anew where nothing stands, then the old name goes. A crash in between leaves both, never
 * none. Whoever chose the name is part of the label from then on. A folder moves as a whole.
 */
export const fileMove = defineTool({
  manifest,
  input,
  seconds: 60,
  describe: ({ from, to }) => `Moves the file or folder ${quote(from)} to ${quote(to)}.`,
  resolve,
  run: async (wish, run) => {
    const { from, to } = wish;
    const workspace = await run.ports.workspaceOf(run.call);
    if (!workspace.ok) return workspace;
    const place = await locate(workspace.value, from);
    if (!place.ok) return place;
    if (await isFolder(place.value)) return moveWhole(run, place.value, wish);
    const [source, target] = [await findFile(run, from), await findFile(run, to)];
    if (!source.ok) return source;
    if (!target.ok) return target;
    const { present, located, label } = source.value;
    if (present === null) return err(moltbotError("FILE_NOT_FOUND"));
    if (target.value.present !== null) return err(moltbotError("CONFLICT", { kind: "file" }));
    const changes = [changeOf(run, source.value, null), changeOf(run, target.value, present.content)];
    const kept = await keepForUndo(run, changes);
    if (!kept.ok) return kept;
    const made = await makeFile(target.value.located, present.content, present.mode);
    if (!made.ok) return made;
    await keepLabel(run, target.value.located, present.content, joinLabels(label, run.call.label));
    const removed = await removeFile(located, present);
    if (!removed.ok) return removed;
    const sentence = `Moved the file ${quote(located.relative)} to ${quote(target.value.located.relative)}`;
    return ok(changed(run, sentence));
  },
});
