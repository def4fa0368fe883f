import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { FileChange, Result, UndoEntry, UndoPort } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";
import { makeFile, readPresent, removeFile, replaceFile } from "./put-file.ts";
import type { Present } from "./put-file.ts";

interface Back {
  readonly located: Located;
  readonly present: Present | null;
  readonly before: FileChange["before"];
}

/** How an undo goes about it. */
export interface UndoWay {
  /** Puts back over what somebody changed since, too. */
  readonly anyway: boolean;
  /** Keeps what stands there now, so that the undo can be undone; what cannot be kept is not changed. */
  readonly keep: (changes: readonly FileChange[]) => Promise<Result<void>>;
}

const PLAIN: UndoWay = { anyway: false, keep: async () => done };

const asItWas = async ({ located, present, before }: Back, mark: string): Promise<Result<void>> => {
  if (before === null) return present === null ? done : removeFile(located, present);
  if (present === null) return makeFile(located, before.content, before.mode);
  return replaceFile(located, { ...present, mode: before.mode }, before.content, mark);
};

/** What stands where a call changed something; CONFLICT where that is not what it left, unless it goes `anyway`. */
const lookBack = async (
  workspace: string,
  changes: readonly FileChange[],
  hash: UndoPort["hash"],
  anyway: boolean,
): Promise<Result<readonly Back[]>> => {
  const backs: Back[] = [];
  for (const { path, before, after } of changes) {
    const located = await locate(workspace, path);
    if (!located.ok) return located;
    const present = await readPresent(located.value);
    if (!present.ok) return present;
    const standing = present.value === null ? null : hash(present.value.content);
    if (standing !== after && !anyway) return err(moltbotError("CONFLICT", { kind: "file" }));
    backs.push({ located: located.value, present: present.value, before });
  }
  return ok(backs);
};

/**
 * Puts back what stood in a workspace before one call, where what the call left stands there still: CONFLICT where anybody changed
 * it since, and then nothing is put back. The checks are those of every change: PATH_OUTSIDE_WORKSPACE for what was swapped.
 */
export const undoChanges = async (
  workspace: string,
  { callId, changes }: UndoEntry,
  hash: UndoPort["hash"],
  { anyway, keep }: UndoWay = PLAIN,
): Promise<Result<void>> => {
  const backs = await lookBack(workspace, changes, hash, anyway);
  if (!backs.ok) return backs;
  const kept = await keep(
    backs.value.map(({ located, present, before }) => ({
      path: located.relative,
      before: present === null ? null : { content: present.content, mode: present.mode },
      after: before === null ? null : hash(before.content),
    })),
  );
  if (!kept.ok) return kept;
  // What there was comes back before anything goes: a crash in between leaves too much, never too little.
  const inOrder = backs.value.toSorted((a, b) => Number(a.before === null) - Number(b.before === null));
  for (const back of inOrder) {
    const restored = await asItWas(back, callId);
    if (!restored.ok) return restored;
  }
  return done;
};
