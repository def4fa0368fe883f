import { ok, readableBy } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { contentLabel } from "../workspace/content-label.ts";
import { locate } from "../workspace/locate.ts";
import { openInside } from "../workspace/open-inside.ts";
import { readWhole } from "../workspace/read-whole.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { textOf } from "../workspace/text-of.ts";
import { input, manifest } from "./manifest.ts";

const MOST_BYTES = 256 * 1024;

/**
 * Reads a text file. Its words are as trusted as when they were written here, otherwise untrusted; what not everybody in the
 * context may know stays outside it.
 */
export const fileRead = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ path }) => `Reads the file ${quote(path)}.`,
  resolve: async ({ path }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    return workspace.ok ? ok([await resolvePath(workspace.value, path)]) : workspace;
  },
  run: async ({ path }, run) => {
    const { call, ports } = run;
    const workspace = await ports.workspaceOf(call);
    if (!workspace.ok) return workspace;
    const located = await locate(workspace.value, path);
    if (!located.ok) return located;
    const content = await openInside(located.value, "read", (handle) => readWhole(handle, MOST_BYTES));
    if (!content.ok) return content;
    const text = textOf(content.value);
    if (!text.ok) return text;
    const name = located.value.relative;
    const label = await contentLabel(run, content.value, name);
    if (!readableBy(label.readers, call.label.readers)) {
      return ok({
        text: "Not shown: not everybody in this conversation may know what is in the file.",
        summary: `Did not show ${quote(name)}: not everybody here may know it.`,
        label: contextLabel(call),
      });
    }
    return ok({ text: text.value, summary: `Read ${quote(name)} (${content.value.byteLength} bytes).`, label });
  },
});
