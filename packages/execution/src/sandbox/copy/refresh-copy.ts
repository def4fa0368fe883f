import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { digestOf, hasSame, isExecutable, standingFile, standingLink } from "./copy-side.ts";
import type { CopySide } from "./copy-side.ts";
import { withFile } from "./file-content.ts";
import type { HeldFile } from "./file-content.ts";
import { inFolderIfAny } from "./held-folder.ts";
import { forgetFile, know, knowTouched, sourceStamp } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Pace } from "./pace.ts";
import { makeFolder, putFile, putLink, removeEmptyFolder, removeName } from "./put-in-copy.ts";
import { intoWorkspace } from "./survey-workspace.ts";
import type { Survey } from "./survey-workspace.ts";

/** One refresh: from where, into what, and what is known of it. */
export interface Refresh {
  /** The held workspace; null where there is none. */
  readonly workspace: number | null;
  readonly survey: Survey;
  readonly side: CopySide;
  readonly knowledge: Knowledge;
  readonly signal: AbortSignal;
  readonly pace: Pace;
}

const ALL_BITS = 0o7777;

/** Does something with a plain file of the workspace; null where there is none any more. */
export const withSource = <T>(
  workspace: number | null,
  side: CopySide,
  path: string,
  use: (file: HeldFile) => Promise<T>,
): Promise<T | null> =>
  workspace === null
    ? Promise.resolve(null)
    : inFolderIfAny(workspace, path.split("/"), intoWorkspace(side.means), (folder, name) =>
        withFile(folder, name, side.means.ground, false, use),
      );

/** What is to be known of a file when the copy has it as the workspace does. */
export const knownFrom = (knowledge: Knowledge, source: HeldFile, digest: string | null, executable: boolean) => ({
  digest,
  mode: Number(source.stat.mode) & ALL_BITS,
  executable,
  source: sourceStamp(knowledge, source, digest),
});

/** Brings one file that changed in the workspace, or may have; true where it cannot, because the copy's changed too. */
const bringFile = async ({ side, knowledge }: Refresh, path: string, source: HeldFile): Promise<boolean> => {
  const known = knowledge.files.get(path);
  if (known !== undefined && known.digest !== null && known.mode === (Number(source.stat.mode) & ALL_BITS)) {
    const digest = await digestOf(source, side.means);
    if (digest === known.digest) {
      const stamp = sourceStamp(knowledge, source, digest);
      if (stamp !== known.source) know(knowledge, path, { ...known, source: stamp });
      return false;
    }
  }
  const standing = await standingFile(side, path, known);
  const isFree = standing === "as it came" || (standing === "nothing" && known === undefined);
  const put = isFree ? await putFile(side, path, source) : null;
  if (put !== null) {
    knowTouched(knowledge, path, knownFrom(knowledge, source, put.digest, put.executable));
    return false;
  }
  if (!(await hasSame(side, path, source))) return true;
  const digest = await digestOf(source, side.means);
  knowTouched(knowledge, path, knownFrom(knowledge, source, digest, isExecutable(source)));
  return false;
};

const bringLink = async ({ side, knowledge }: Refresh, path: string, text: string): Promise<boolean> => {
  const known = knowledge.links.get(path);
  if (known === text) return false;
  const standing = await standingLink(side, path, known);
  const isFree = standing === "as it came" || (standing === "nothing" && known === undefined);
  const isThere =
    (isFree && (await putLink(side, path, text))) || (await standingLink(side, path, text)) === "as it came";
  if (!isThere) return true;
  knowledge.links.set(path, text);
  knowledge.isNew = true;
  return false;
};

/** Removes what went from the workspace, where the copy's is as it came; true where it is not. */
const withdraw = async (
  { side }: Refresh,
  path: string,
  standing: Awaited<ReturnType<typeof standingFile>>,
  forget: () => void,
): Promise<boolean> => {
  if (standing === "changed" || standing === "in the way") return true;
  if (standing === "as it came") await removeName(side, path);
  forget();
  return false;
};

const withdrawAll = async (refresh: Refresh, conflicts: Set<string>): Promise<void> => {
  const { side, knowledge, survey, signal, pace } = refresh;
  for (const [path, known] of knowledge.files) {
    if (survey.files.has(path)) continue;
    if (signal.aborted) return;
    const standing = await standingFile(side, path, known);
    if (await withdraw(refresh, path, standing, () => forgetFile(knowledge, path))) conflicts.add(path);
    await pace();
  }
  for (const [path, text] of knowledge.links) {
    if (survey.links.has(path)) continue;
    if (signal.aborted) return;
    const forget = (): void => {
      knowledge.links.delete(path);
      knowledge.isNew = true;
    };
    if (await withdraw(refresh, path, await standingLink(side, path, text), forget)) conflicts.add(path);
    await pace();
  }
};

const bringFolders = async ({ side, knowledge, survey, signal, pace }: Refresh): Promise<void> => {
  const gone = [...knowledge.folders].filter((path) => !survey.folders.has(path));
  // The deepest first: a path sorts before what is below it.
  for (const path of gone.toSorted().toReversed()) {
    await removeEmptyFolder(side, path);
    await pace();
  }
  const made = [...survey.folders.keys()].filter((path) => !knowledge.folders.has(path));
  for (const path of made) {
    if (signal.aborted) return;
    await makeFolder(side, path);
    await pace();
  }
  if (gone.length + made.length === 0) return;
  knowledge.folders = new Set(survey.folders.keys());
  knowledge.isNew = true;
};

const bringAll = async (refresh: Refresh, conflicts: Set<string>): Promise<void> => {
  const { workspace, side, knowledge, survey, signal, pace } = refresh;
  for (const [path, stamp] of survey.files) {
    if (knowledge.files.get(path)?.source === stamp) continue;
    if (signal.aborted) return;
    if ((await withSource(workspace, side, path, (file) => bringFile(refresh, path, file))) === true)
      conflicts.add(path);
    await pace();
  }
  for (const [path, text] of survey.links) {
    if (signal.aborted) return;
    if (await bringLink(refresh, path, text)) conflicts.add(path);
    await pace();
  }
};

/** Brings what changed in the workspace; what changed in the copy too stays and is named. TURN_STOPPED. */
export const refreshCopy = async (refresh: Refresh): Promise<Result<{ readonly conflicts: readonly string[] }>> => {
  const conflicts = new Set<string>();
  await withdrawAll(refresh, conflicts);
  await bringFolders(refresh);
  await bringAll(refresh, conflicts);
  return refresh.signal.aborted ? err(moltbotError("TURN_STOPPED")) : ok({ conflicts: [...conflicts].toSorted() });
};
