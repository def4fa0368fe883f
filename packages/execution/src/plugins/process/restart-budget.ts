import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

const MOST_FAULTS = 3;
const WINDOW_MS = 10 * 60_000;

/** How often each plugin may fail before it rests. */
export interface RestartBudget {
  fault(plugin: string): void;
  /** PLUGIN_RESTARTS_SPENT for as long as three faults lie within ten minutes. */
  mayStart(plugin: string): Result<void>;
  forget(plugin: string): void;
}

/** `now` gives milliseconds of a clock that nobody sets back. */
export const createRestartBudget = (now: () => number): RestartBudget => {
  const faults = new Map<string, readonly number[]>();
  const recent = (plugin: string): readonly number[] =>
    (faults.get(plugin) ?? []).filter((at) => now() - at < WINDOW_MS).slice(-MOST_FAULTS);
  return {
    fault: (plugin) => void faults.set(plugin, [...recent(plugin), now()]),
    mayStart: (plugin) => {
      const [first, ...more] = recent(plugin);
      if (first === undefined || more.length + 1 < MOST_FAULTS) return done;
      const minutes = Math.ceil((first + WINDOW_MS - now()) / 60_000);
      return err(moltbotError("PLUGIN_RESTARTS_SPENT", { plugin, minutes }));
    },
    forget: (plugin) => void faults.delete(plugin),
  };
};
