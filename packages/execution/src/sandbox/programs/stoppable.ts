import type { ProgramPlace } from "./programs.ts";

/** What somebody waits for, so that whoever ends everything can end it too. */
export interface Stoppable {
  /** Acts under a signal that either side can give. */
  run<T>(place: ProgramPlace, signal: AbortSignal | null, act: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Stops it, and resolves when it has ended. */
  stopWhere(isMeant: (place: ProgramPlace) => boolean): Promise<void>;
}

export const createStoppable = (): Stoppable => {
  const acting = new Set<{ readonly place: ProgramPlace; readonly stop: () => void; readonly ended: Promise<void> }>();
  return {
    run: async (place, signal, act) => {
      const stop = new AbortController();
      const ended = Promise.withResolvers<void>();
      const one = { place, stop: () => stop.abort(), ended: ended.promise };
      acting.add(one);
      try {
        return await act(signal === null ? stop.signal : AbortSignal.any([signal, stop.signal]));
      } finally {
        acting.delete(one);
        ended.resolve();
      }
    },
    stopWhere: async (isMeant) => {
      const meant = [...acting].filter(({ place }) => isMeant(place));
      for (const { stop } of meant) stop();
      await Promise.all(meant.map(({ ended }) => ended));
    },
  };
};
