import { err, moltbotError, ok, visibleText } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { changed, changeFile } from "../workspace/change-file.ts";
import { resolveChange } from "../workspace/resolve-change.ts";
import { previewOfChange, shortened } from "../workspace/show-diff.ts";
import { textOf } from "../workspace/text-of.ts";
import { applyPatch } from "./apply-patch.ts";
import { input, manifest } from "./manifest.ts";

/** Applies a unified diff to one file, or makes it. What stays of the file keeps its label, joined with the call's. */
export const filePatch = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ path }) => `Applies a patch to the file ${quote(path)}.`,
  resolve: ({ path }, call, ports, scope) => resolveChange(path, call, ports, scope),
  preview: async ({ path, patch }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return null;
    return previewOfChange(call, workspace.value, path, {
      next: (present) => {
        const next = applyPatch(present ?? "", patch, path);
        return next.ok ? next.value : undefined;
      },
      unseen: () => shortened(visibleText(patch)),
    });
  },
  run: async ({ path, patch }, run) => {
    const patched = await changeFile(run, path, {
      dependsOnPresent: true,
      next: ({ present, located }) => {
        const text = present === null ? ok("") : textOf(present.content, true);
        if (!text.ok) return text;
        const next = applyPatch(text.value, patch, located.relative);
        if (!next.ok) return next;
        if (next.value === text.value) {
          const problem = "the patch changes nothing";
          return err(moltbotError("TOOL_FAILED", { tool: manifest.name, problem }));
        }
        return ok(Buffer.from(next.value));
      },
    });
    if (!patched.ok) return patched;
    return ok(changed(run, `Changed the file ${quote(patched.value.located.relative)}`, patched.value.label));
  },
});
