import { checkWall, findBubblewrap, noWall } from "./check-wall.ts";
import type { WallMissing, WallState } from "./check-wall.ts";
import { runBy, unavailable } from "./run-behind-wall.ts";
import type { RunBehindWall } from "./wall-job.ts";

/** Runs programs with nothing but what is named for them. */
export interface Wall {
  /** As the last check found it; before the first one it is missing. */
  state(): WallState;
  /** Looks from behind the wall whether it holds. */
  check(): Promise<WallState>;
  /** SANDBOX_UNAVAILABLE unless the last check found everything as it must be: it never runs behind half a wall. */
  readonly run: RunBehindWall;
}

/** What a wall stands on; handed in only by tests. */
export interface WallGround {
  readonly platform: string;
  readonly find: () => string | null;
  readonly runBy: (bubblewrap: string) => RunBehindWall;
}

const GROUND: WallGround = { platform: process.platform, find: findBubblewrap, runBy };

/** What stands where no wall can be made: it stays so until the gateway begins anew. */
const withoutWall = (state: WallMissing): Wall => ({
  state: () => state,
  check: async () => state,
  run: async () => unavailable(state.problem),
});

export const createWall = (ground = GROUND): Wall => {
  const bubblewrap = ground.platform === "linux" ? ground.find() : null;
  if (bubblewrap === null) return withoutWall(noWall(ground.platform));
  const run = ground.runBy(bubblewrap);
  let state: WallState = {
    kind: "missing",
    problem: "it was not checked yet",
    next: "Wait a moment and try again.",
  };
  return {
    state: () => state,
    check: async () => (state = await checkWall(run)),
    run: async (job, signal) => (state.kind === "ready" ? run(job, signal) : unavailable(state.problem)),
  };
};
