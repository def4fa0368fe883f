import { err, moltbotError } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";

/** How often it is asked whether whoever listens still may: revoking must be felt within a second. */
const WATCH = 500;

/**
 * Asks again and again whether whoever listens still is who they were, and says when not; gives the function that ends it. A revoked
 * token or an ended session must not go on listening; who cannot be checked must not either.
 */
export const watchListener = (
  stillGood: () => Promise<Result<void>>,
  heartbeat: number | undefined,
  part: (error: MoltbotError) => void,
): (() => void) => {
  const unknown = err(moltbotError("NOT_SIGNED_IN"));
  const check = async (): Promise<void> => {
    const good = await stillGood().catch(() => unknown);
    if (!good.ok) part(good.error);
  };
  const watch = setInterval(() => void check(), Math.min(WATCH, heartbeat ?? WATCH));
  watch.unref();
  return () => clearInterval(watch);
};
