import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { OPERATIONS, done, err, moltbotError } from "@moltbot/contracts";
import type { OperationName, Principal, Result } from "@moltbot/contracts";
import type { Credential } from "./credentials.ts";

/** Requests in one second. */
export interface RateLimits {
  /** Of all tokens and sessions of one principal together; of its local socket once more. Fewer than four count as four. */
  readonly perPrincipal: number;
  /** Of one address without a good credential. */
  readonly unauthenticated: number;
  /** Of one address for the web app's files and the public documents. */
  readonly files: number;
}
export const DEFAULT_RATE_LIMITS: RateLimits = Object.freeze({ perPrincipal: 600, unauthenticated: 20, files: 300 });

/**
 * How many credentials it takes to use up what their principal may ask: one token or session gets a quarter. A lent or stolen token
 * that floods leaves its person three quarters, and a quarter of a common limit is still far above what a page or a program asks.
 */
export const SHARES = 4;
/** Stops a second that one credential has in reserve, of each kind: more than a hand can press, too few to be a flood. */
export const STOPS = 10;

/** What must get through when nothing else does. */
export type StopName = Extract<OperationName, "system.stop" | "turns.stop">;
const STOP_NAMES: readonly StopName[] = ["system.stop", "turns.stop"];

/** The stop of that name; undefined for every other operation. */
export const stopNamed = (operation: string): StopName | undefined => STOP_NAMES.find((name) => name === operation);

const STOP_PATHS = STOP_NAMES.map((name) => {
  const { method, path } = OPERATIONS[name];
  return { name, method, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`) };
});
/** The stop at that path. A path written in another way is no stop here, only a request that is counted like any other. */
export const stopAt = (method: string | undefined, path: string): StopName | undefined =>
  STOP_PATHS.find((stop) => stop.method === method && stop.pattern.test(path))?.name;

/** Tells one token, session or the local socket from another. It may hold a secret: it is a key in memory, never shown or kept. */
export const keyOf = (credential: Credential): string => {
  switch (credential.kind) {
    case "token":
      return `token ${credential.text}`;
    case "session":
      return `session ${credential.cookie}`;
    case "local":
    case "none":
      return credential.kind;
  }
};

/** Somebody whose credential was verified. */
export interface Caller {
  readonly principal: Pick<Principal, "id">;
  readonly credential: Credential;
}

type Limiter = (key: string) => Promise<Result<void>>;

/** What is counted; RATE_LIMITED when a budget is used up. A key is forgotten a second after it first came. */
export interface RateLimiters {
  /** A request of somebody known, from the budget of the credential and then from the principal's; the local socket has its own alone. */
  readonly caller: (caller: Caller) => Promise<Result<void>>;
  /**
   * A stop of somebody who may stop: from a bucket that nothing else empties, one for each credential and kind of stop, and
   * when that is empty from the budgets of every other request.
   */
  readonly stop: (caller: Caller, stop: StopName) => Promise<Result<void>>;
  readonly stranger: Limiter;
  readonly files: Limiter;
}

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
export const createRateLimits = (limits: RateLimits): RateLimiters => {
  const whole = Math.max(SHARES, limits.perPrincipal);
  const credentials = limiter(Math.floor(whole / SHARES), "credential");
  const principals = limiter(whole, "principal");
  const local = limiter(whole, "local");
  const stops = limiter(STOPS, "stop");
  const caller: RateLimiters["caller"] = async ({ principal, credential }) => {
    if (credential.kind === "local") return local(principal.id);
    // The credential first: what is refused there must not use up what the principal's others may ask.
    const counted = await credentials(keyOf(credential));
    return counted.ok ? principals(principal.id) : counted;
  };
  return {
    caller,
    async stop(who, stop) {
      const counted = await stops(`${stop} ${keyOf(who.credential)}`);
      return counted.ok ? counted : caller(who);
    },
    stranger: limiter(limits.unauthenticated, "stranger"),
    files: limiter(limits.files, "files"),
  };
};
