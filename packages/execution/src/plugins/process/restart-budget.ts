import { done, err, moltbotError } from "@moltbot/contracts";
import type { PrincipalId, Result } from "@moltbot/contracts";

/** Faults within the window: of one person's processes, and of all that the plugin has in the house. */
const MOST_FAULTS = Object.freeze({ person: 3, house: 40 });
const WINDOW_MS = 10 * 60_000;

/** How often each plugin may fail before it rests: for the person whose calls it failed in, and much later for everybody. */
export interface RestartBudget {
  fault(plugin: string, person: PrincipalId): void;
  /** PLUGIN_RESTARTS_SPENT for as long as too many faults lie within ten minutes. */
  mayStart(plugin: string, person: PrincipalId): Result<void>;
  forget(plugin: string): void;
}

interface Fault {
  readonly person: PrincipalId;
  readonly at: number;
}

/**
 * `now` gives milliseconds of a clock that nobody sets back. Threat: whoever makes a plugin crash on purpose must take it from nobody
 * else; a limit for the house stays, since every start costs the machine.
 */
export const createRestartBudget = (now: () => number): RestartBudget => {
  const faults = new Map<string, readonly Fault[]>();
  const recent = (plugin: string): readonly Fault[] =>
    (faults.get(plugin) ?? []).filter(({ at }) => now() - at < WINDOW_MS).slice(-MOST_FAULTS.house);
  /** Until when it rests because of these; null: it does not. */
  const restsUntil = (some: readonly Fault[], most: number): number | null => {
    const first = some.at(-most);
    return first === undefined ? null : first.at + WINDOW_MS;
  };
  return {
    fault: (plugin, person) => void faults.set(plugin, [...recent(plugin), { person, at: now() }]),
    mayStart: (plugin, person) => {
      const all = recent(plugin);
      const own = all.filter((fault) => fault.person === person);
      const until = restsUntil(own, MOST_FAULTS.person) ?? restsUntil(all, MOST_FAULTS.house);
      if (until === null) return done;
      return err(moltbotError("PLUGIN_RESTARTS_SPENT", { plugin, minutes: Math.ceil((until - now()) / 60_000) }));
    },
    forget: (plugin) => void faults.delete(plugin),
  };
};
