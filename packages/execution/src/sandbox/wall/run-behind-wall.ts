import { err, moltbotError, ok } from "@moltbot/contracts";
import { WALL_PARTS, beginBy } from "./begin-behind-wall.ts";
import { keepEnds } from "./kept-output.ts";
import type { RunBehindWall } from "./wall-job.ts";

/** Runs a job by this bubblewrap, from its start to the end of all its processes. */
export const runBy =
  (bubblewrap: string, parts = WALL_PARTS): RunBehindWall =>
  async (job, signal) => {
    if (signal.aborted) return err(moltbotError("TURN_STOPPED"));
    const began = performance.now();
    // Half of it is its beginning and half its end: twice the limit drops nothing.
    const most = job.limits.keptBytes ?? job.limits.outputBytes * 2;
    const kept = { output: keepEnds(most), errors: keepEnds(most) };
    const begun = beginBy(bubblewrap, parts)(job, (bytes, from) => kept[from].push(bytes));
    if (!begun.ok) return begun;
    if (job.input !== undefined) begun.value.write(job.input);
    begun.value.closeInput();
    const stopped = (): void => begun.value.end("stopped");
    signal.addEventListener("abort", stopped, { once: true });
    const ended = await begun.value.ended;
    signal.removeEventListener("abort", stopped);
    return ok({
      ...ended,
      output: kept.output.whole(),
      errors: kept.errors.whole(),
      dropped: kept.output.dropped() + kept.errors.dropped(),
      milliseconds: performance.now() - began,
    });
  };
