import { err, joinLabels, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { skillLabel } from "../skill-shelf.ts";
import type { ToolRun } from "../tool.ts";
import { changeOf, keepForUndo, keepLabel } from "../workspace/change-file.ts";
import { keepOrigin, madeFrom } from "../workspace/origin.ts";
import { makeFile, replaceFile } from "../workspace/put-file.ts";
import type { Unpacked, Unpacking } from "./plan-unpacking.ts";

const ANY_MAY_RUN = 0o111;

/** No right to run comes with a file, and what stood there loses it. */
const put = ({ located, content, present }: Unpacked, mark: string): Promise<Result<void>> =>
  present === null
    ? makeFile(located, content)
    : replaceFile(located, { ...present, mode: present.mode & ~ANY_MAY_RUN }, content, mark);

/** How many files were put there; `stopped` where one of them could not be. */
export interface Put {
  readonly files: number;
  readonly stopped: boolean;
}

/** Writes them one by one, each as a whole, after all that stood there was kept; each with the label of the skill and of the call. */
export const putUnpacked = async (run: ToolRun, { skill, coming }: Unpacking): Promise<Result<Put>> => {
  if (coming.length === 0) return ok({ files: 0, stopped: false });
  const words = skillLabel(run.call, skill);
  const kept = await keepForUndo(
    run,
    coming.map((one) => changeOf(run, { ...one, label: words }, one.content)),
  );
  if (!kept.ok) return kept;
  let files = 0;
  for (const one of coming) {
    // Only the stop of everything, or the end of its time: what stands is whole, and can be undone.
    const done = run.signal.aborted ? err(moltbotError("TURN_STOPPED")) : await put(one, run.call.id);
    if (!done.ok) return files === 0 ? done : ok({ files, stopped: true });
    files += 1;
    await keepLabel(run, one.located, one.content, joinLabels(words, run.call.label));
    await keepOrigin(run, one.located, one.content, joinLabels(words, madeFrom(run.call)), one.present);
  }
  return ok({ files, stopped: false });
};
