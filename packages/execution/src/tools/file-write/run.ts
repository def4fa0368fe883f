import { ok } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { changed, changeFile } from "../workspace/change-file.ts";
import { resolveChange } from "../workspace/resolve-change.ts";
import { diffOf, previewOfChange } from "../workspace/show-diff.ts";
import { input, manifest } from "./manifest.ts";

/** Writes a whole file. What stood there is kept; the new content is as trusted as the call. */
export const fileWrite = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ path, text }) => `Writes ${quote(text)} into the file ${quote(path)}.`,
  resolve: ({ path }, call, ports, scope) => resolveChange(path, call, ports, scope),
  preview: async ({ path, text }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return null;
    return previewOfChange(call, workspace.value, path, {
      next: () => text,
      unseen: (isThere) => diffOf(path, isThere ? "" : null, text),
    });
  },
  run: async ({ path, text }, run) => {
    const written = await changeFile(run, path, { next: () => ok(Buffer.from(text)), dependsOnPresent: false });
    if (!written.ok) return written;
    const { present, located } = written.value;
    const verb = present === null ? "Wrote the new file" : "Wrote the file";
    return ok(changed(run, `${verb} ${quote(located.relative)}`));
  },
});
