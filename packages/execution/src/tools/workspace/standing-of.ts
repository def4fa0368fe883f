import type { KeptChange, UndoPort, UndoSummary } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import { readPresent } from "./put-file.ts";

type State = KeptChange["state"];
type Change = UndoSummary["changes"][number];

/** How many bytes of files may still be read to look at changes; shared by the changes of one list. */
export interface LookBudget {
  bytes: number;
}

/** As many files of one change as are looked at. */
const MOST_FILES = 100;

const stateOf = ({ before, after }: Change, standing: string | null): State => {
  if (standing === after) return "standing";
  return standing === (before?.hash ?? null) ? "back" : "changed";
};

const lookAt = async (
  workspace: string,
  change: Change,
  hash: UndoPort["hash"],
  budget: LookBudget,
): Promise<{ readonly now: number | null; readonly state: State }> => {
  if (budget.bytes <= 0) return { now: null, state: "unknown" };
  const located = await locate(workspace, change.path);
  const present = located.ok ? await readPresent(located.value) : located;
  // Something stands there that no tool reaches: a link, a device, a very large file.
  if (!present.ok) return { now: null, state: "changed" };
  if (present.value === null) return { now: null, state: stateOf(change, null) };
  const { content } = present.value;
  budget.bytes -= content.byteLength;
  return { now: content.byteLength, state: stateOf(change, hash(content)) };
};

/**
 * What stands now where a call changed files, file by file, and of all together: the one state that every file is in, otherwise
 * `changed`; `unknown` where not all of them could be looked at.
 */
export const standingOf = async (
  workspace: string,
  { changes }: Pick<UndoSummary, "changes">,
  hash: UndoPort["hash"],
  budget: LookBudget,
): Promise<Pick<KeptChange, "state" | "files">> => {
  const files: KeptChange["files"][number][] = [];
  for (const change of changes.slice(0, MOST_FILES)) {
    const looked = await lookAt(workspace, change, hash, budget);
    files.push({ path: change.path, before: change.before?.bytes ?? null, ...looked });
  }
  const states = new Set<State>(files.map(({ state }) => state));
  if (files.length < changes.length) states.add("unknown");
  if (states.has("changed")) return { state: "changed", files };
  if (states.has("unknown")) return { state: "unknown", files };
  const [only = "standing"] = states;
  return { state: states.size > 1 ? "changed" : only, files };
};
