import { instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type { ClockPort, Instant, Result } from "@moltbot/contracts";

/**
 * A machine whose clock is ahead signs for a time that a restart may come before, and what was used is remembered in memory alone.
 * So the time for which it signed is kept as that of its last use, and what was made until then is refused after the restart.
 */
export interface UsedAhead<Id extends string> {
  /** Of whoever was found: their last use, as the store has it. The first look counts: later ones may be this process's own. */
  found(id: Id, lastUsed: Instant | null): void;
  /** Seconds since 1970 until which it may have been used before this process began. */
  before(id: Id): number;
  /** Keeps that it was used for a time that is still to come; what cannot be kept is no use. */
  keep(id: Id, madeAt: number): Promise<Result<void>>;
}

export const createUsedAhead = <Id extends string>(
  clock: Pick<ClockPort, "now">,
  touch: (id: Id, at: Instant) => Promise<Result<void>>,
): UsedAhead<Id> => {
  const began = clock.now();
  const uses = new Map<Id, { readonly before: number; latest: number }>();
  return {
    found(id, lastUsed) {
      if (uses.has(id)) return;
      // What was used for a time before this process began is refused for that.
      const before = lastUsed === null || lastUsed < began ? 0 : millisecondsOf(lastUsed) / 1000;
      uses.set(id, { before, latest: before });
    },
    before: (id) => uses.get(id)?.before ?? 0,
    async keep(id, madeAt) {
      const use = uses.get(id);
      const at = instantOf(madeAt * 1000);
      if (use === undefined || madeAt <= use.latest || at <= clock.now()) return ok(undefined);
      const kept = await touch(id, at);
      if (kept.ok) use.latest = Math.max(use.latest, madeAt);
      return kept;
    },
  };
};
