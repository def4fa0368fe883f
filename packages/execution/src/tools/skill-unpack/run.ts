import { err, moltbotError, ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { isWhatWasAllowed } from "../workspace/folder-files.ts";
import { input, manifest } from "./manifest.ts";
import { placeOf, planUnpacking } from "./plan-unpacking.ts";
import type { Unpacking } from "./plan-unpacking.ts";
import { previewOfUnpacking } from "./preview.ts";
import { putUnpacked } from "./put-unpacked.ts";
import type { Put } from "./put-unpacked.ts";

const resourcesOf = ({ coming }: Unpacking) => coming.map(({ resource }) => resource);

/** Numbers alone: the names of the files are the signer's words, and get into no view by this. */
const told = ({ files, stopped }: Put, { coming, alreadyThere, skill }: Unpacking, id: string): string => {
  const place = placeOf(skill);
  if (stopped)
    return `put ${files} of ${coming.length} files into ${place}, then one could not be written (undo id ${id})`;
  const there = alreadyThere === 0 ? "" : `, ${alreadyThere} stood there already`;
  return `ok: ${files} files put into ${place}${there}${files === 0 ? "" : ` (undo id ${id})`}`;
};

/** Puts files of a skill where programs find them, as one write like every other. It starts nothing. */
export const skillUnpack = defineTool({
  manifest,
  input,
  seconds: 60,
  describe: ({ skill, folder, replace = false }) =>
    [
      folder === undefined ? "Puts the files" : `Puts the files in ${quote(folder)}`,
      ` of the skill ${quote(skill)} into the workspace`,
      replace ? ", in place of what stands there." : ".",
    ].join(""),
  resolve: async (wish, call, ports, scope) => {
    const planned = await planUnpacking(wish, call, ports, scope);
    return planned.ok ? ok(resourcesOf(planned.value)) : planned;
  },
  preview: async (wish, call, ports, scope) => {
    const planned = await planUnpacking(wish, call, ports, scope);
    return planned.ok ? previewOfUnpacking(call, planned.value) : null;
  },
  run: async (wish, run) => {
    const { call, scope, ports } = run;
    const planned = await planUnpacking(wish, call, ports, scope);
    if (!planned.ok) return planned;
    if (!isWhatWasAllowed(run, ok(resourcesOf(planned.value)))) return err(moltbotError("CONFLICT", { kind: "file" }));
    const put = await putUnpacked(run, planned.value);
    if (!put.ok) return put;
    return ok({
      text: told(put.value, planned.value, call.id),
      summary: `Put ${put.value.files} files of the skill ${quote(wish.skill)} into the workspace (undo id ${call.id}).`,
      label: contextLabel(call),
    });
  },
});
