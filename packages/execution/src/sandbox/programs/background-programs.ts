import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { WallProcess } from "../wall/wall-job.ts";
import type { ProgramPlace, RunningProgram } from "./programs.ts";

/** Running programs, and ended ones that can still be read: under one key, and in all. */
const MOST = {
  running: { underKey: 8, inAll: 32 },
  ended: { underKey: 8, inAll: 64 },
} as const;

interface Kept extends RunningProgram {
  readonly place: ProgramPlace;
  readonly isRunning: () => boolean;
}

/** The programs that go on while nobody waits for them, and the last that ended. */
export interface BackgroundPrograms {
  /** PROGRAMS_FULL where one more is too many. */
  mayBegin(key: string): Result<void>;
  keep(id: string, place: ProgramPlace, process: WallProcess): RunningProgram;
  find(key: string, id: string): RunningProgram | null;
  running(key: string): number;
  /** Ends them and forgets what they wrote. */
  endWhere(isMeant: (place: ProgramPlace) => boolean): Promise<void>;
}

const full = (problem: string): Result<never> => err(moltbotError("PROGRAMS_FULL", { problem }));

const keptOf = (id: string, place: ProgramPlace, process: WallProcess): Kept => ({
  id,
  place,
  isRunning: () => process.ended() === null,
  input: (bytes, end) => {
    if (process.input(bytes, end)) return done;
    if (process.ended() !== null) return err(moltbotError("NOT_FOUND", { kind: "program" }));
    const problem = "the program's input is closed, or full of what it has not read yet";
    return err(moltbotError("TOOL_FAILED", { tool: "exec.input", problem }));
  },
  output: () => {
    // First how it ended: all that it wrote before has arrived by then.
    const ended = process.ended();
    const { bytes, dropped } = process.take();
    return {
      output: bytes,
      dropped,
      running: ended === null,
      exitCode: ended?.exitCode ?? null,
      stop: ended?.stop ?? null,
    };
  },
  end: () => process.end(),
});

export const createBackgroundPrograms = (): BackgroundPrograms => {
  let programs: readonly Kept[] = [];
  const running = (key: string): number =>
    programs.filter(({ place, isRunning }) => place.key === key && isRunning()).length;
  return {
    running,
    mayBegin(key) {
      if (running(key) >= MOST.running.underKey)
        return full(
          `${String(MOST.running.underKey)} programs run in the background here already, and one must end first`,
        );
      return programs.filter(({ isRunning }) => isRunning()).length >= MOST.running.inAll
        ? full("Too many programs run in the background already")
        : done;
    },
    keep(id, place, process) {
      const ended = programs.filter(({ isRunning }) => !isRunning());
      const endedHere = ended.filter((other) => other.place.key === place.key);
      // One less than the most: the new one ends as well.
      const old = [
        ...endedHere.slice(0, Math.max(0, endedHere.length - MOST.ended.underKey + 1)),
        ...ended.slice(0, Math.max(0, ended.length - MOST.ended.inAll + 1)),
      ];
      const one = keptOf(id, place, process);
      programs = [...programs.filter((other) => !old.includes(other)), one];
      return one;
    },
    find: (key, id) => programs.find((one) => one.id === id && one.place.key === key) ?? null,
    endWhere: async (isMeant) => {
      const meant = programs.filter(({ place }) => isMeant(place));
      await Promise.all(meant.map((one) => one.end()));
      programs = programs.filter((one) => !meant.includes(one));
    },
  };
};
