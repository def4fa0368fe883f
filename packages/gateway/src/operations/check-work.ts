import { instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type { AccessScope, Check, Instant, Repositories, Result } from "@moltbot/contracts";

const DAY = 86_400_000;
/** A month later it is history: whoever asks what happened finds it in the log. */
const SHOWN_DAYS = 30;

/** What did not end as it should. */
export interface LeftOver {
  readonly deadJobs: number;
  readonly unknownEffects: number;
}

/** How much work gave up, and how many outcomes a crash hid lately: calls of tools and effects on their way out. */
export const leftOver = async (
  { jobs, outbox, calls }: Pick<Repositories, "jobs" | "outbox" | "calls">,
  scope: AccessScope,
  now: Instant,
): Promise<Result<LeftOver>> => {
  const since = instantOf(millisecondsOf(now) - SHOWN_DAYS * DAY);
  const dead = await jobs.countDead(scope);
  if (!dead.ok) return dead;
  const effects = await outbox.countUnknown(scope, since);
  if (!effects.ok) return effects;
  const hidden = await calls.countUnknown(scope, since);
  return hidden.ok ? ok({ deadJobs: dead.value, unknownEffects: effects.value + hidden.value }) : hidden;
};

const count = (many: number, one: string, several: string): string => `${String(many)} ${many === 1 ? one : several}`;

/** The same of everybody, in numbers alone. */
export const workCheck = (found: Result<LeftOver>): Check => {
  const name = "work";
  if (!found.ok) return { name, state: "fault", says: found.error.message, next: found.error.next };
  const { deadJobs, unknownEffects } = found.value;
  if (deadJobs + unknownEffects === 0)
    return { name, state: "ok", says: "Nothing gave up, and every outcome is known.", next: null };
  const problems = [
    ...(deadJobs === 0 ? [] : [`${count(deadJobs, "piece of work", "pieces of work")} gave up`]),
    ...(unknownEffects === 0
      ? []
      : [
          `a crash hid what became of ${count(unknownEffects, "effect", "effects")} in the last ${String(SHOWN_DAYS)} days`,
        ]),
  ];
  const says = problems.join("; ");
  return {
    name,
    state: "warning",
    says: `${says.charAt(0).toUpperCase()}${says.slice(1)}.`,
    next:
      deadJobs === 0
        ? "Look whether it happened, before you ask for it again: `./moltbot outbox --state unknown`, `./moltbot audit`."
        : "`./moltbot jobs --dead` says why; `./moltbot jobs retry ID` takes it up again.",
  };
};
