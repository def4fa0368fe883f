import { joinLabels, label } from "@moltbot/contracts";
import type { Label } from "@moltbot/contracts";
import type { ToolRun } from "../tool.ts";
import { speaksOfPlaces } from "./origin.ts";

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
  const kept = speaksOfPlaces(content) ? null : await ports.fileLabels.of(scope, content);
  // What cannot be looked up is as unknown as what was never kept.
  const known = kept?.ok === true ? kept.value : null;
  return joinLabels(known ?? label("untrusted", [call.authority]), source);
};

/** Keeps the label of a content. The change stands whatever becomes of it: what has none is untrusted. */
export const keepContentLabel = async (
  { scope, ports }: Pick<ToolRun, "scope" | "ports">,
  content: Uint8Array,
  kept: Label,
): Promise<void> => {
  if (!speaksOfPlaces(content)) await ports.fileLabels.keep(scope, content, kept).catch(() => undefined);
};
