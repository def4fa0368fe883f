import { ok } from "@moltbot/contracts";
import type { Capability, Principal, Result, ResumeReport, RESUME_GRANTS } from "@moltbot/contracts";
import { peopleOf } from "./keep-house.ts";
import { held } from "./stop-everything.ts";
import type { HaltPorts } from "./stop-everything.ts";

/**
 * Goes on after a stop and says what was held. It is recorded before anything moves; reminders that came due fire late. A stop
 * that comes meanwhile wins: EVERYTHING_STOPPED.
 */
export const resumeEverything = async (
  ports: HaltPorts,
  by: Principal,
  grants: (typeof RESUME_GRANTS)[number],
): Promise<Result<ResumeReport>> => {
  const { house, guard, secrets } = ports;
  const waiting = await held(house, by);
  const resumed = await guard.resume(by, grants);
  // Also after a stop that lay in memory alone: the guard says that none was written down, and lets go.
  if (!house.halted()) {
    secrets.resumeLending();
    house.wake();
    ports.wakeReminders();
    ports.work.wake();
  }
  if (!resumed.ok) return resumed;
  const audience = await peopleOf(house.store, by, "everybody");
  house.events.publish("system:resumed", { tenantId: by.tenantId, audience }, { stop: resumed.value.stop });
  const own = (all: readonly Capability[]): readonly Capability[] => all.filter(({ issuedBy }) => issuedBy === by.id);
  return ok({
    stop: resumed.value.stop,
    turnsReleased: waiting.turns,
    remindersReleased: waiting.reminders,
    remindersLate: waiting.late,
    // What others granted came back or ended with it, and is theirs to see.
    capabilitiesRestored: own(resumed.value.capabilitiesRestored),
    capabilitiesEnded: own(resumed.value.capabilitiesEnded),
  });
};
