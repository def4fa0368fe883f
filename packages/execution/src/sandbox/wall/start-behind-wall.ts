import { ok } from "@moltbot/contracts";
import { WALL_PARTS, beginBy } from "./begin-behind-wall.ts";
import { keepNewest } from "./kept-output.ts";
import type { StartBehindWall, WallOutcome } from "./wall-job.ts";

/** Starts a job by this bubblewrap and leaves it running, within its limits. */
export const startBy =
  (bubblewrap: string, parts = WALL_PARTS): StartBehindWall =>
  (job) => {
    const kept = keepNewest(job.limits.keptBytes ?? job.limits.outputBytes);
    const begun = beginBy(bubblewrap, parts)(job, (bytes) => kept.push(bytes));
    if (!begun.ok) return begun;
    const running = begun.value;
    if (job.input !== undefined) running.write(job.input);
    let outcome: Pick<WallOutcome, "exitCode" | "stop"> | null = null;
    const ended = running.ended.then((how) => {
      outcome = how;
    });
    return ok({
      input: (bytes, isLast) => {
        if (outcome !== null || (bytes.length > 0 && !running.write(bytes))) return false;
        if (isLast) running.closeInput();
        return true;
      },
      take: () => kept.take(),
      ended: () => outcome,
      whenEnded: ended,
      end: async () => {
        running.end("stopped");
        await ended;
      },
    });
  };
