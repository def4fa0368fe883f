import { joinAll, ok } from "@moltbot/contracts";
import type { Label } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { textOf } from "../workspace/text-of.ts";
import { visitVisibleFiles } from "../workspace/visible-files.ts";
import type { VisibleFile } from "../workspace/visible-files.ts";
import { input, manifest } from "./manifest.ts";

const MOST_FOUND = 100;
const LONGEST_LINE = 300;

/** The lines of a file that hold the text, each with its number. Files that are no text hold none. */
const linesWith = ({ path, content }: VisibleFile, wanted: string): readonly string[] => {
  const text = content === null ? null : textOf(content);
  if (text === null || !text.ok || !text.value.toLowerCase().includes(wanted)) return [];
  return text.value.split("\n").flatMap((line, at) => {
    const place = line.toLowerCase().indexOf(wanted);
    if (place < 0) return [];
    const from = Math.max(0, place - LONGEST_LINE / 2);
    return [`${path}:${at + 1}: ${line.slice(from, from + LONGEST_LINE).toWellFormed()}`];
  });
};

/** Finds a text, never a pattern, in files. What was found is as trusted as where it stood, and names are a stranger's text. */
export const fileSearch = defineTool({
  manifest,
  input,
  seconds: 20,
  describe: ({ text, folder }) =>
    `Searches for ${quote(text)} in the files of ${folder === undefined ? "the workspace" : quote(folder)}.`,
  resolve: async ({ folder }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return workspace;
    return ok(folder === undefined ? [] : [await resolvePath(workspace.value, folder, "folder")]);
  },
  run: async ({ text, folder }, run) => {
    const wanted = text.toLowerCase();
    const [lines, labels] = [[] as string[], [] as Label[]];
    const all = await visitVisibleFiles(run, { folder }, (file) => {
      const found = linesWith(file, wanted);
      if (found.length === 0) return true;
      labels.push(file.label);
      lines.push(...found.slice(0, MOST_FOUND - lines.length));
      return lines.length < MOST_FOUND;
    });
    if (!all.ok) return all;
    const rest = all.value ? [] : ["… not all files were searched."];
    return ok({
      text: [...(lines.length === 0 ? ["Nothing found."] : lines), ...rest].join("\n"),
      summary: `Found ${quote(text)} in ${lines.length} lines.`,
      label: contextLabel(run.call, labels.length === 0 ? [] : [joinAll(labels)]),
    });
  },
});
