import { err, moltbotError } from "@moltbot/contracts";
import { checkWall, findBubblewrap, noWall } from "./check-wall.ts";
import type { RunBehindWall, WallState } from "./check-wall.ts";
import { runBy } from "./run-behind-wall.ts";

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

export const createWall = (ground = GROUND): Wall => {
  const bubblewrap = ground.platform === "linux" ? ground.find() : null;
  const run = bubblewrap === null ? null : ground.runBy(bubblewrap);
  let state: WallState =
    run === null
      ? noWall(ground.platform)
      : { kind: "missing", problem: "it was not checked yet", next: "Wait a moment and try again." };
  return {
    state: () => state,
    check: async () => (run === null ? state : (state = await checkWall(run))),
    run: async (job, signal) =>
      run === null || state.kind === "missing"
        ? err(moltbotError("SANDBOX_UNAVAILABLE", { problem: state.kind === "missing" ? state.problem : "" }))
        : run(job, signal),
  };
};
