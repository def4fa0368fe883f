import { err, joinLabels, label, moltbotError, ok, readableBy } from "@moltbot/contracts";
import type { FileChange, Label, Result } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import type { ToolOutput, ToolRun } from "../tool.ts";
import { contentLabel, keepContentLabel } from "./content-label.ts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";
import { keepOrigin, madeFrom } from "./origin.ts";
import { makeFile, MOST_BYTES, readPresent, replaceFile } from "./put-file.ts";
import type { Present } from "./put-file.ts";
import { isStillOfOrigin } from "./resolve-change.ts";

/** A located file, what stands there, and the label of that. */
export interface Found {
  readonly located: Located;
  readonly present: Present | null;
  readonly label: Label;
}

/** Finds what a call is about to change. */
export const findFile = async (run: ToolRun, path: string): Promise<Result<Found>> => {
  const workspace = await run.ports.workspaceOf(run.call);
  if (!workspace.ok) return workspace;
  const located = await locate(workspace.value, path);
  if (!located.ok) return located;
  const present = await readPresent(located.value);
  if (!present.ok) return present;
  const label = await contentLabel(run, present.value?.content ?? Buffer.alloc(0), located.value.relative);
  return ok({ located: located.value, present: present.value, label });
};

/** Whether everybody in the conversation may know what stands there: otherwise even whether a change fits it would tell them. */
export const mayBeSeen = ({ call }: ToolRun, { label }: Found): Result<void> =>
  readableBy(label.readers, call.label.readers)
    ? ok(undefined)
    : err(
        moltbotError("TOOL_FAILED", {
          tool: call.tool,
          problem: "not everybody in this conversation may know what is in the file",
        }),
      );

const beforeOf = (present: Present | null): FileChange["before"] =>
  present === null ? null : { content: present.content, mode: present.mode };

/** A change as it is kept for undoing it. */
export const changeOf = ({ ports }: ToolRun, { located, present }: Found, after: Uint8Array | null): FileChange => ({
  path: located.relative,
  before: beforeOf(present),
  after: after === null ? null : ports.undo.hash(after),
});

/**
 * Keeps what stands there, at the last moment before the effect: whoever was stopped until here has changed nothing. What cannot
 * be kept is not changed.
 */
export const keepForUndo = async (run: ToolRun, changes: readonly FileChange[]): Promise<Result<void>> => {
  const { call, scope, ports, signal } = run;
  if (signal.aborted) return err(moltbotError("TURN_STOPPED"));
  const { id: callId, agentId, conversationId, tool } = call;
  const at = ports.clock.now();
  const kept = await ports.undo.keep(scope, { callId, agentId, conversationId, tool, at, undoes: null, changes });
  return kept.ok && signal.aborted ? err(moltbotError("TURN_STOPPED")) : kept;
};

/** Keeps the label of what stands there now, if that is what this call left: somebody else's words have no part in it. */
export const keepLabel = async (run: ToolRun, located: Located, left: Uint8Array, label: Label): Promise<void> => {
  const now = await readPresent(located);
  if (!now.ok || now.value === null || !now.value.content.equals(left)) return;
  await keepContentLabel(run, now.value.content, label);
};

/** What a change is made from and what of the present content stays in it. */
export interface TextChange {
  /** The new content, from what stands there. */
  readonly next: (found: Found) => Result<Buffer>;
  /** Whether the new content, or whether there is one, depends on what stands there. */
  readonly dependsOnPresent: boolean;
}

/** Changes one file's content, with its snapshot before and its label after. */
export const changeFile = async (run: ToolRun, path: string, change: TextChange): Promise<Result<Found>> => {
  const found = await findFile(run, path);
  if (!found.ok) return found;
  const { located, present, label } = found.value;
  const seen = change.dependsOnPresent ? mayBeSeen(run, found.value) : ok(undefined);
  if (!seen.ok) return seen;
  const same = await isStillOfOrigin(run, located, present);
  if (!same.ok) return same;
  const next = change.next(found.value);
  if (!next.ok) return next;
  if (next.value.length > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
  const kept = await keepForUndo(run, [changeOf(run, found.value, next.value)]);
  if (!kept.ok) return kept;
  const put =
    present === null
      ? await makeFile(located, next.value)
      : await replaceFile(located, present, next.value, run.call.id);
  if (!put.ok) return put;
  await keepLabel(
    run,
    located,
    next.value,
    change.dependsOnPresent ? joinLabels(label, run.call.label) : run.call.label,
  );
  await keepOrigin(run, located, next.value, madeFrom(run.call), present);
  return found;
};

/**
 * What a change gives back: a person reads by which id it can be undone. Of what stood there it tells only that the change fitted, in
 * fixed words: who may know that is who may know the file, and nothing of a stranger's gets into the view.
 */
export const changed = ({ call }: ToolRun, sentence: string, fitted?: Label): ToolOutput => ({
  text: `ok (undo id ${call.id})`,
  summary: `${sentence} (undo id ${call.id}).`,
  label: contextLabel(call, fitted === undefined ? [] : [label("authority", fitted.readers)]),
});
