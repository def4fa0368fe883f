import { joinLabels, label } from "@moltbot/contracts";
import type { Label } from "@moltbot/contracts";
import type { ToolRun } from "../tool.ts";

/**
 * The label of a file's content: as it was kept when this very content was written, otherwise untrusted and for the turn's
 * person alone; both name the file. Nothing at all is neutral: an empty file says nothing.
 */
export const contentLabel = async (
  { call, scope, ports }: ToolRun,
  content: Uint8Array,
  path: string,
): Promise<Label> => {
  const source = label("authority", "public", [{ kind: "file", ref: path }]);
  if (content.byteLength === 0) return source;
  const kept = await ports.fileLabels.of(scope, content);
  // What cannot be looked up is as unknown as what was never kept.
  const known = kept.ok ? kept.value : null;
  return joinLabels(known ?? label("untrusted", [call.authority]), source);
};
