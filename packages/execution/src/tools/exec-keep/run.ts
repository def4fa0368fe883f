import { err, label, moltbotError, ok } from "@moltbot/contracts";
import type { ResolvedResource } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { filesText } from "../exec-program/show-difference.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { bringChanges } from "./bring-changes.ts";
import type { Brought } from "./bring-changes.ts";
import { input, manifest } from "./manifest.ts";
import { previewOfChanges } from "./preview.ts";
import { failed, selectChanges } from "./select-changes.ts";
import type { Selection } from "./select-changes.ts";

const MOST_NAMED = 5;

const resourcesOf = ({ selected }: Selection): readonly ResolvedResource[] => selected.map(({ resource }) => resource);

/** Whether it is what was allowed, file by file and byte by byte. */
const isWhatWasAllowed = (allowed: readonly ResolvedResource[], selection: Selection): boolean =>
  JSON.stringify(allowed) === JSON.stringify(resourcesOf(selection));

/** Numbers alone: the names are a program's words, and get into no view by this. */
const told = ({ files, of, stopped }: Brought, leftOut: number, id: string): string =>
  [
    stopped
      ? `brought back ${files} of ${filesText(of)}, and then one could not be written (undo id ${id})`
      : `ok: ${filesText(files)} brought back (undo id ${id})`,
    ...(leftOut === 0 ? [] : [`${leftOut} others cannot be brought: name one of them in paths to hear why`]),
  ].join("\n");

/** Brings back what programs changed, as one write like every other: judged file by file, kept for undo, contained. */
export const execKeep = defineTool({
  manifest,
  input,
  seconds: 300,
  describe: ({ paths }) => {
    if (paths === undefined) return "Brings everything that programs changed in their copy into the workspace.";
    const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : "";
    return `Brings what programs changed into the workspace: ${paths.slice(0, MOST_NAMED).map(quote).join(", ")}${more}.`;
  },
  resolve: async ({ paths }, call, ports) => {
    const selection = await selectChanges(paths, call, ports);
    return selection.ok ? ok(resourcesOf(selection.value)) : selection;
  },
  preview: async ({ paths }, call, ports) => {
    const selection = await selectChanges(paths, call, ports);
    return selection.ok ? previewOfChanges(call, ports, selection.value) : null;
  },
  run: async ({ paths }, run) => {
    const { call, ports, resources, signal } = run;
    const selection = await selectChanges(paths, call, ports);
    if (!selection.ok) return selection;
    const { place, selected, leftOut } = selection.value;
    if (!isWhatWasAllowed(resources, selection.value)) return err(moltbotError("CONFLICT", { kind: "file" }));
    const fresh = await ports.programs.copy.refresh(place, signal);
    if (!fresh.ok) return fresh;
    const both = selected.filter(({ change, isNamed }) => !isNamed && fresh.value.conflicts.includes(change.path));
    if (both.length > 0)
      return failed(
        `${filesText(both.length)} changed in the workspace too: name each such file in paths to replace it`,
      );
    const brought = await bringChanges(run, selection.value);
    if (!brought.ok) return brought;
    return ok({
      text: told(brought.value, leftOut, call.id),
      summary: `Brought ${filesText(brought.value.files)} that programs changed into the workspace (undo id ${call.id}).`,
      label: contextLabel(call, [label("authority", [call.authority])]),
    });
  },
});
