import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** Requests in one second. */
export interface RateLimits {
  /** Of one principal. */
  readonly perPrincipal: number;
  /** Of one address without a good credential. */
  readonly unauthenticated: number;
  /** Of one address for the web app's files and the public documents. */
  readonly files: number;
}
export const DEFAULT_RATE_LIMITS: RateLimits = Object.freeze({ perPrincipal: 600, unauthenticated: 20, files: 300 });

type Limiter = (key: string) => Promise<Result<void>>;

const limiter = (points: number, keyPrefix: string): Limiter => {
  const memory = new RateLimiterMemory({ points, duration: 1, keyPrefix });
  return async (key) => {
    try {
      await memory.consume(key);
      return done;
    } catch (rejection) {
      // The library rejects with its result; anything else is a failure, and a limiter that fails lets nobody pass.
      const wait = rejection instanceof RateLimiterRes ? rejection.msBeforeNext : 1000;
      return err(
        moltbotError("RATE_LIMITED", { limit: points, window: 1, retryAfter: Math.max(1, Math.ceil(wait / 1000)) }),
      );
    }
  };
};

/** One budget for each kind of caller; one caller's flood leaves the others served. */
export const createRateLimits = (
  limits: RateLimits,
): { readonly principal: Limiter; readonly stranger: Limiter; readonly files: Limiter } => ({
  principal: limiter(limits.perPrincipal, "principal"),
  stranger: limiter(limits.unauthenticated, "stranger"),
  files: limiter(limits.files, "files"),
});
export type RateLimiters = ReturnType<typeof createRateLimits>;
