import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { err, joinLabels, label, moltbotError, ok } from "@moltbot/contracts";
import type { Label, Result } from "@moltbot/contracts";
import type { CopyChange, ProgramPlace } from "../../sandbox/index.ts";
import type { ToolRun } from "../tool.ts";
import { changeOf, keepForUndo, keepLabel } from "../workspace/change-file.ts";
import type { Found } from "../workspace/change-file.ts";
import { outsideIn, outsideLabel } from "../exec-program/from-outside.ts";
import { contentLabel } from "../workspace/content-label.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { keepOrigin, madeFrom } from "../workspace/origin.ts";
import { makeFile, readPresent, removeFile, replaceFile } from "../workspace/put-file.ts";
import { failed, MOST_BYTES_IN_ALL } from "./select-changes.ts";
import type { Selection } from "./select-changes.ts";

const OWNER_ONLY = 0o600;
const ANY_MAY_RUN = 0o111;
const ANY_MAY_READ = 0o444;

/** One file as it stands, and as it will. */
interface Coming extends Found {
  readonly path: string;
  /** Null: it goes. */
  readonly content: Buffer | null;
  readonly mode: number;
}

const changedMeanwhile = (): Result<never> => err(moltbotError("CONFLICT", { kind: "file" }));

/** The mode that stands there, with the right to run as in the copy: for whoever may read it, and never more than that. */
const modeOf = (standing: number, executable: boolean): number =>
  executable ? standing | ((standing & ANY_MAY_READ) >> 2) : standing & ~ANY_MAY_RUN;

/** The content that was judged, or nothing: what the program wrote since is not what anybody saw. */
const judgedContent = async (
  { programs, undo }: ToolRun["ports"],
  place: ProgramPlace,
  { path, digest, executable }: CopyChange,
): Promise<Result<Buffer | null>> => {
  if (digest === null) return ok(null);
  const found = await programs.copy.content(place, path);
  if (!found.ok) return found.error.code === "FILE_NOT_FOUND" ? changedMeanwhile() : found;
  const content = Buffer.from(found.value.content);
  return undo.hash(content) === digest && found.value.executable === executable ? ok(content) : changedMeanwhile();
};

/** A folder where a file would come, or a file where a folder would: nothing is taken away to make room. */
const whatIsInTheWay = async ({ root, parts }: Located): Promise<"folder" | "file" | null> => {
  for (const at of parts.keys()) {
    const found = await lstat(join(root, ...parts.slice(0, at + 1))).catch(() => null);
    if (found === null) return null;
    const isLast = at === parts.length - 1;
    if (found.isDirectory() === isLast) return isLast ? "folder" : "file";
  }
  return null;
};

const comingOf = async (
  run: ToolRun,
  place: ProgramPlace,
  outside: Label,
  change: CopyChange,
): Promise<Result<Coming>> => {
  const located = await locate(place.workspace, change.path);
  if (!located.ok) return located;
  const content = await judgedContent(run.ports, place, change);
  if (!content.ok) return content;
  const inTheWay = content.value === null ? null : await whatIsInTheWay(located.value);
  if (inTheWay !== null)
    return failed(`a ${inTheWay} of the workspace stands where something else would come: take it away there first`);
  const present = await readPresent(located.value);
  if (!present.ok) return present;
  return ok({
    located: located.value,
    present: present.value,
    path: change.path,
    label: joinLabels(await contentLabel(run, content.value ?? Buffer.alloc(0), change.path), outside),
    content: content.value,
    mode: modeOf(present.value?.mode ?? OWNER_ONLY, change.executable),
  });
};

/** Whether it stands there already, as it would come. */
const isThere = ({ present, content, mode }: Coming): boolean =>
  content === null ? present === null : present !== null && present.content.equals(content) && present.mode === mode;

const put = ({ located, present, content, mode }: Coming, mark: string): Promise<Result<void>> => {
  if (content === null) return present === null ? Promise.resolve(ok(undefined)) : removeFile(located, present);
  if (present === null) return makeFile(located, content, mode);
  return replaceFile(located, { ...present, mode }, content, mark);
};

/** What comes before what goes: a crash in between leaves too much, never too little. */
const inTurn = (coming: readonly Coming[]): readonly Coming[] =>
  coming.toSorted((a, b) => Number(a.content === null) - Number(b.content === null));

/** How many were brought; `stopped` where one of them could not be. */
export interface Brought {
  readonly files: number;
  readonly of: number;
  readonly stopped: boolean;
}

const bringAll = async (run: ToolRun, place: ProgramPlace, coming: readonly Coming[]): Promise<Result<Brought>> => {
  const done: Coming[] = [];
  const outside = await outsideIn(place);
  // Where nothing from outside was in the copy or in view, what programs made of the owner's words is the owner's.
  const made = joinLabels(
    madeFrom(run.call),
    label(outside === null ? "authority" : "untrusted", "public", outside ?? []),
  );
  let fault: Result<void> = ok(undefined);
  for (const one of inTurn(coming)) {
    // Only the stop of everything, or the end of its time: what stands is whole, and can be undone.
    if (run.signal.aborted) fault = err(moltbotError("TURN_STOPPED"));
    else fault = await put(one, run.call.id);
    if (!fault.ok) break;
    done.push(one);
    // What a program wrote is a stranger's, unless these very words are known; whoever had it written has a part in it.
    if (one.content === null) continue;
    await keepLabel(run, one.located, one.content, joinLabels(one.label, run.call.label));
    await keepOrigin(run, one.located, one.content, made, one.present);
  }
  if (!fault.ok && done.length === 0) return fault;
  // What is not settled is listed once more: no harm, and no reason to say that nothing happened.
  await run.ports.programs.copy.settle(
    place,
    done.map(({ path }) => path),
  );
  return ok({ files: done.length, of: coming.length, stopped: !fault.ok });
};

/**
 * Brings files of a copy into the workspace: all of them are read and compared with what was judged first, what stands there is kept
 * in one entry, and only then is anything written, each file as a whole or not at all.
 */
export const bringChanges = async (run: ToolRun, { place, selected }: Selection): Promise<Result<Brought>> => {
  const outside = await outsideLabel(place);
  const coming: Coming[] = [];
  const there: string[] = [];
  let bytes = 0;
  for (const { change } of selected) {
    if (run.signal.aborted) return err(moltbotError("TURN_STOPPED"));
    const one = await comingOf(run, place, outside, change);
    if (!one.ok) return one;
    bytes += Math.max(one.value.present?.content.length ?? 0, one.value.content?.length ?? 0);
    if (bytes > MOST_BYTES_IN_ALL) return failed("what it would replace is too much for one call: name fewer in paths");
    if (isThere(one.value)) there.push(change.path);
    else coming.push(one.value);
  }
  if (coming.length > 0) {
    const changes = coming.map((one) => changeOf(run, one, one.content));
    const kept = await keepForUndo(run, changes);
    if (!kept.ok) return kept;
  }
  if (there.length > 0) await run.ports.programs.copy.settle(place, there);
  return coming.length === 0 ? ok({ files: 0, of: 0, stopped: false }) : bringAll(run, place, coming);
};
