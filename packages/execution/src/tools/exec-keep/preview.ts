import { readableBy } from "@moltbot/contracts";
import type { Preview, ToolCall } from "@moltbot/contracts";
import { changeLines, filesText, inOrder } from "../exec-program/show-difference.ts";
import type { ToolPorts } from "../tool.ts";
import { locate } from "../workspace/locate.ts";
import { readPresent } from "../workspace/put-file.ts";
import { diffOf } from "../workspace/show-diff.ts";
import { textOf } from "../workspace/text-of.ts";
import type { Selected, Selection } from "./select-changes.ts";

const MOST_LINES = 100;
const MOST_CHARACTERS = 16_000;
const MOST_DIFFS = 40;
const LARGEST_SHOWN = 262_144;

const textBefore = async (workspace: string, path: string): Promise<string | null | undefined> => {
  const located = await locate(workspace, path);
  if (!located.ok) return undefined;
  const present = await readPresent(located.value);
  if (!present.ok) return undefined;
  if (present.value === null) return null;
  const text = textOf(present.value.content, true);
  return text.ok ? text.value : undefined;
};

/** The diff of one file; null for what is no text, too large, or only gets another mode. */
const diffOfChange = async (
  { programs }: ToolPorts,
  { place }: Selection,
  { change: { path, bytes, digest } }: Selected,
): Promise<string | null> => {
  if (bytes > LARGEST_SHOWN) return null;
  const before = await textBefore(place.workspace, path);
  if (before === undefined || (before?.length ?? 0) > LARGEST_SHOWN) return null;
  if (digest === null) return diffOf(path, before, null);
  const found = await programs.copy.content(place, path);
  const after = found.ok ? textOf(found.value.content, true) : found;
  return after.ok && after.value !== before ? diffOf(path, before, after.value) : null;
};

/**
 * What would come into the workspace: every file by name, those that run or are easily overlooked first, then as many diffs as a card
 * holds. Names and contents are a program's words: where the turn's person is not alone, only their number is told.
 */
export const previewOfChanges = async (call: ToolCall, ports: ToolPorts, selection: Selection): Promise<Preview> => {
  const changes = selection.selected.map(({ change }) => change);
  const head = `${filesText(changes.length)}, ${changes.filter(({ executable }) => executable).length} of them may be run as programs`;
  if (!readableBy([call.authority], call.label.readers)) return { kind: "text", text: head };
  const byPath = new Map(selection.selected.map((one) => [one.change.path, one]));
  const diffs: string[] = [];
  let [left, looked] = [MOST_CHARACTERS, 0];
  for (const { path } of inOrder(changes)) {
    const one = byPath.get(path);
    if (one === undefined || left <= 0 || (looked += 1) > MOST_DIFFS) break;
    const diff = await diffOfChange(ports, selection, one);
    if (diff === null) continue;
    diffs.push(diff);
    left -= diff.length;
  }
  const rest =
    diffs.length < changes.length ? [`… of ${filesText(changes.length - diffs.length)} only the name is shown`] : [];
  return { kind: "diff", text: [head, ...changeLines(changes, MOST_LINES), "", ...diffs, ...rest].join("\n") };
};
