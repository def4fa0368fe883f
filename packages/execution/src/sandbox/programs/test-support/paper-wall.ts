import { ok } from "@moltbot/contracts";
import { unavailable } from "../../unavailable.ts";
import type { WallState } from "../../wall/check-wall.ts";
import type { Wall } from "../../wall/wall.ts";

/** A wall whose programs run until they are told to end; nothing is started. */
export const paperWall = (state: () => WallState = () => ({ kind: "ready" })) => {
  const jobs: string[] = [];
  let found: (state: WallState) => void = () => undefined;
  let running = 0;
  const wall: Wall = {
    state,
    check: async () => state(),
    run: (job, signal) =>
      new Promise((resolve) => {
        jobs.push(job.argv.at(-1) ?? "");
        running += 1;
        const end = (): void => {
          running -= 1;
          resolve(
            ok({
              exitCode: null,
              stop: "stopped",
              output: Buffer.from(""),
              errors: Buffer.from(""),
              dropped: 0,
              milliseconds: 1,
            }),
          );
        };
        if (job.argv.at(-1) === "short") end();
        else signal.addEventListener("abort", end, { once: true });
      }),
    start: () => {
      let outcome: { exitCode: number | null; stop: "stopped" } | null = null;
      const ended = Promise.withResolvers<void>();
      return ok({
        input: () => outcome === null,
        take: () => ({ bytes: Buffer.from(""), dropped: 0 }),
        ended: () => outcome,
        whenEnded: ended.promise,
        end: async () => {
          outcome = { exitCode: null, stop: "stopped" };
          ended.resolve();
        },
      });
    },
    begin: () => unavailable("nothing is spoken with here"),
    watch: (listener) => {
      found = listener;
      return () => undefined;
    },
  };
  return { wall, jobs, running: () => running, find: (now: WallState) => found(now) };
};
