import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { changed, changeFile } from "../workspace/change-file.ts";
import { resolveChange } from "../workspace/resolve-change.ts";
import { diffOf, previewOfChange } from "../workspace/show-diff.ts";
import { textOf } from "../workspace/text-of.ts";
import { input, manifest } from "./manifest.ts";

const failed = (problem: string): Result<never> => err(moltbotError("TOOL_FAILED", { tool: manifest.name, problem }));

/** The text with its one occurrence of `old` replaced; it is found by its very characters, and nothing in `fresh` is a pattern. */
const replaceOnce = (text: string, old: string, fresh: string): Result<string> => {
  const at = text.indexOf(old);
  if (at < 0) return failed("the old text does not stand in the file");
  if (text.indexOf(old, at + 1) >= 0) return failed("the old text stands in the file more than once");
  return ok(text.slice(0, at) + fresh + text.slice(at + old.length));
};

/** Replaces one exact text. What stays of the file keeps its label, joined with the call's. */
export const fileEdit = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: (args) => `Replaces ${quote(args.old)} with ${quote(args.new)} in the file ${quote(args.path)}.`,
  resolve: ({ path }, call, ports, scope) => resolveChange(path, call, ports, scope),
  preview: async (args, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return null;
    return previewOfChange(call, workspace.value, args.path, {
      next: (present) => {
        const next = present === null ? null : replaceOnce(present, args.old, args.new);
        return next?.ok === true ? next.value : undefined;
      },
      unseen: () => diffOf(args.path, args.old, args.new),
    });
  },
  run: async (args, run) => {
    const edited = await changeFile(run, args.path, {
      dependsOnPresent: true,
      next: ({ present }) => {
        if (present === null) return err(moltbotError("FILE_NOT_FOUND"));
        const text = textOf(present.content, true);
        if (!text.ok) return text;
        const next = replaceOnce(text.value, args.old, args.new);
        return next.ok ? ok(Buffer.from(next.value)) : next;
      },
    });
    if (!edited.ok) return edited;
    return ok(changed(run, `Changed the file ${quote(edited.value.located.relative)}`, edited.value.label));
  },
});
