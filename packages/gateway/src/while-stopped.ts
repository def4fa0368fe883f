import { err, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Result } from "@moltbot/contracts";
import type { House } from "./house.ts";

/** What everybody is told who wants something while everything is stopped. */
export const whileStopped = async (
  house: Pick<House, "store" | "clock">,
  scope: AccessScope,
): Promise<Result<never>> => {
  const current = await house.store.stops.current(scope);
  // A stop that could not be written down yet holds all the same.
  const since = current.ok && current.value !== null ? current.value.at : house.clock.now();
  return err(moltbotError("EVERYTHING_STOPPED", { since }));
};
