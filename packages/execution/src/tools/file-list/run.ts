import { joinAll, ok } from "@moltbot/contracts";
import type { Label } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { visitVisibleFiles } from "../workspace/visible-files.ts";
import { input, manifest } from "./manifest.ts";

const MOST_LISTED = 500;

/** Lists files by name and size. Names are a stranger's text; what not everybody in the conversation may know is left out. */
export const fileList = defineTool({
  manifest,
  input,
  seconds: 20,
  describe: ({ folder }) => `Lists the files of ${folder === undefined ? "the workspace" : quote(folder)}.`,
  resolve: async ({ folder }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return workspace;
    return ok(folder === undefined ? [] : [await resolvePath(workspace.value, folder, "folder")]);
  },
  run: async ({ folder, after }, run) => {
    const [lines, labels] = [[] as string[], [] as Label[]];
    let last = "";
    const all = await visitVisibleFiles(run, { folder, after }, ({ path, bytes, label }) => {
      if (lines.length >= MOST_LISTED) return false;
      lines.push(`${path} (${bytes} bytes)`);
      labels.push(label);
      last = path;
      return true;
    });
    if (!all.ok) return all;
    const more = last === "" ? "… there are more files." : `… there are more files: go on with after ${quote(last)}.`;
    const rest = all.value ? [] : [more];
    return ok({
      text: lines.length === 0 ? "No files." : [...lines, ...rest].join("\n"),
      summary: `Listed ${lines.length} files.`,
      label: contextLabel(run.call, labels.length === 0 ? [] : [joinAll(labels)]),
    });
  },
});
