import { done, err, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Repositories, Result } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";

/** EVERYTHING_STOPPED while a stop is in force, here or by another gateway: then nothing is allowed. */
export const isNotStopped = async (
  ports: Pick<GuardPorts, "permits" | "clock">,
  repositories: Pick<Repositories, "stops">,
  scope: AccessScope,
): Promise<Result<void>> => {
  const stop = await repositories.stops.current(scope);
  if (!stop.ok) return err(stop.error);
  if (stop.value === null && !ports.permits.halted()) return done;
  return err(moltbotError("EVERYTHING_STOPPED", { since: stop.value?.at ?? ports.clock.now() }));
};
