import { digestOf, isExecutable, withCopied } from "./copy-side.ts";
import type { CopySide } from "./copy-side.ts";
import { sameBytes } from "./file-content.ts";
import { forgetFile, knowTouched } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Pace } from "./pace.ts";
import { plainParts } from "./plain-path.ts";
import { knownFrom, withSource } from "./refresh-copy.ts";

/** What workspace and copy have in common at a path: the same bytes, no file at all, or neither. */
const settleOne = async (
  workspace: number | null,
  side: CopySide,
  knowledge: Knowledge,
  path: string,
): Promise<void> => {
  const inWorkspace = await withSource(workspace, side, path, async (source) => {
    const isSame = await withCopied(side, path, async (copied) => {
      if (!(await sameBytes(source, copied))) return;
      const digest = await digestOf(copied, side.means);
      knowTouched(knowledge, path, knownFrom(knowledge, source, digest, isExecutable(copied)));
    });
    return isSame === null ? "not in the copy" : "in both";
  });
  const isNowhere = inWorkspace === null && (await withCopied(side, path, () => true)) === null;
  if (isNowhere) forgetFile(knowledge, path);
};

/** Takes note of what stands in the workspace as in the copy; what does not goes on to differ. */
export const settleCopy = async (
  workspace: number | null,
  side: CopySide,
  knowledge: Knowledge,
  paths: readonly string[],
  pace: Pace,
): Promise<void> => {
  for (const path of paths) {
    if (plainParts(path) !== null) await settleOne(workspace, side, knowledge, path);
    await pace();
  }
};
