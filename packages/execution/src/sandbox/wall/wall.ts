import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { unavailable } from "../unavailable.ts";
import { beginBy } from "./begin-behind-wall.ts";
import type { BeginBehindWall } from "./begin-behind-wall.ts";
import { checkWall, findBubblewrap, noWall } from "./check-wall.ts";
import type { WallState } from "./check-wall.ts";
import { runBy } from "./run-behind-wall.ts";
import { startBy } from "./start-behind-wall.ts";
import type { RunBehindWall, StartBehindWall, WallOutcome } from "./wall-job.ts";

/** How often the wall is looked at while nobody asks. */
const CHECK_EVERY_MS = 600_000;

/** Runs programs with nothing but what is named for them. */
export interface Wall {
  /** As the last check found it; before the first one it is missing. */
  state(): WallState;
  /** Looks from behind the wall whether it holds; where somebody is looking already, waits for what they find. */
  check(): Promise<WallState>;
  /**
   * SANDBOX_UNAVAILABLE unless the last check found everything as it must be: it never runs behind half a wall. One that is
   * refused, or does not even begin, has the wall checked.
   */
  readonly run: RunBehindWall;
  /** The same for what goes on in the background. */
  readonly start: StartBehindWall;
  /** The same for what is spoken with: what it writes arrives at once. */
  readonly begin: BeginBehindWall;
  /** Checks now and every ten minutes, and says each time what was found; returns the function that ends it. */
  watch(found: (state: WallState) => void): () => void;
}

/** What a wall stands on; handed in only by tests. */
export interface WallGround {
  readonly platform: string;
  readonly find: () => string | null;
  readonly runBy: (bubblewrap: string) => RunBehindWall;
  readonly startBy: (bubblewrap: string) => StartBehindWall;
  readonly beginBy: (bubblewrap: string) => BeginBehindWall;
  readonly everyMs: number;
}

const GROUND: WallGround = {
  platform: process.platform,
  find: findBubblewrap,
  runBy,
  startBy,
  beginBy,
  everyMs: CHECK_EVERY_MS,
};

const UNCHECKED: WallState = {
  kind: "missing",
  problem: "it was not checked yet",
  next: "Wait a moment and try again.",
};

/** How bubblewrap begins to say what is wrong. */
const COMPLAINT = "bwrap: ";
/** Bubblewrap's own words, where it could not make the wall. A program can write them too: then the wall is checked once more. */
const couldNotBegin = ({ exitCode, output, errors }: WallOutcome): boolean =>
  exitCode === 1 && output.length === 0 && Buffer.from(errors.subarray(0, 7)).toString() === COMPLAINT;

export const createWall = (ground = GROUND): Wall => {
  const find = (): string | null => (ground.platform === "linux" ? ground.find() : null);
  let state: WallState = find() === null ? noWall(ground.platform) : UNCHECKED;
  let looking: Promise<WallState> | null = null;
  const look = async (): Promise<WallState> => {
    const bubblewrap = find();
    return bubblewrap === null ? noWall(ground.platform) : checkWall(ground.runBy(bubblewrap));
  };
  const check = (): Promise<WallState> => {
    looking ??= look()
      .catch((): WallState => ({
        ...UNCHECKED,
        problem: "it could not be checked",
        next: "Free some disk, and try again.",
      }))
      .then((found) => {
        [state, looking] = [found, null];
        return found;
      });
    return looking;
  };
  const whole = (): Result<string> => {
    const bubblewrap = find();
    if (state.kind === "ready" && bubblewrap !== null) return ok(bubblewrap);
    // What was wrong may be mended, or have passed: who asks next need not wait for the clock.
    void check();
    return unavailable(state.kind === "missing" ? state.problem : "bubblewrap is not there any more");
  };
  const beginWhole = <Started>(begin: (bubblewrap: string) => Result<Started>): Result<Started> => {
    const bubblewrap = whole();
    if (!bubblewrap.ok) return bubblewrap;
    const started = begin(bubblewrap.value);
    if (!started.ok) void check();
    return started;
  };
  return {
    state: () => state,
    check,
    run: async (job, signal) => {
      const bubblewrap = whole();
      if (!bubblewrap.ok) return bubblewrap;
      const ran = await ground.runBy(bubblewrap.value)(job, signal);
      if (ran.ok ? couldNotBegin(ran.value) : ran.error.code === "SANDBOX_UNAVAILABLE") void check();
      return ran;
    },
    start: (job) => beginWhole((bubblewrap) => ground.startBy(bubblewrap)(job)),
    begin: (job, take) => {
      let [output, errors] = [0, ""];
      const begun = beginWhole((bubblewrap) =>
        ground.beginBy(bubblewrap)(job, (bytes, from) => {
          if (from === "output") output += bytes.length;
          else if (errors.length < COMPLAINT.length)
            errors += Buffer.from(bytes.subarray(0, COMPLAINT.length)).toString();
          take(bytes, from);
        }),
      );
      if (begun.ok)
        void begun.value.ended.then(({ exitCode }) => {
          if (exitCode === 1 && output === 0 && errors.startsWith(COMPLAINT)) void check();
        });
      return begun;
    },
    watch: (found) => {
      let isOver = false;
      const lookAgain = (): void =>
        void check().then((now) => {
          if (!isOver) found(now);
        });
      lookAgain();
      const timer = setInterval(lookAgain, ground.everyMs).unref();
      return () => {
        isOver = true;
        clearInterval(timer);
      };
    },
  };
};
