import type { TurnId } from "@moltbot/contracts";

/** Lets a request wait, inside this process, until its turn ends or parks. The truth stays in the queue. */
export interface TurnWatch {
  /** Wakes everybody who waits for the turn. */
  settled(id: TurnId): void;
  /** Resolves when the turn settles or the signal aborts, whichever comes first. Ask before looking at the queue, so that nothing is missed. */
  wait(id: TurnId, signal: AbortSignal): Promise<void>;
}

export const createTurnWatch = (): TurnWatch => {
  const waiting = new Map<TurnId, Set<() => void>>();
  return {
    settled: (id) => {
      const callbacks = waiting.get(id);
      waiting.delete(id);
      callbacks?.forEach((callback) => callback());
    },
    wait: (id, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const callbacks = waiting.get(id) ?? new Set();
        const finish = (): void => {
          callbacks.delete(finish);
          if (callbacks.size === 0 && waiting.get(id) === callbacks) waiting.delete(id);
          signal.removeEventListener("abort", finish);
          resolve();
        };
        callbacks.add(finish);
        waiting.set(id, callbacks);
        signal.addEventListener("abort", finish, { once: true });
      }),
  };
};
