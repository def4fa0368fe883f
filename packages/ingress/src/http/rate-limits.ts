import type { IncomingMessage } from "node:http";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { OPERATIONS, done, err, moltbotError } from "@moltbot/contracts";
import type { ErrorCode, MoltbotError, OperationName, Principal, Result } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { keyOf } from "./credential-key.ts";
import type { Credential } from "./credentials.ts";
import { createHotAddresses } from "./hot-addresses.ts";
import { classOf } from "./operation-class.ts";
import { rateHeaders } from "./rate-headers.ts";
import type { Budget } from "./rate-headers.ts";

export interface RateLimits {
  /** Requests in a second of all tokens and sessions of one principal together; of its local socket once more. Fewer than four count as four. */
  readonly perPrincipal: number;
  /** Requests in a second of one address without a good credential. */
  readonly unauthenticated: number;
  /** Requests in a second of one address for the web app's files and the public documents. */
  readonly files: number;
  /** Bytes in a minute, to and fro, of all tokens and sessions of one principal together. */
  readonly bytesPerMinute: number;
}
export const DEFAULT_RATE_LIMITS: RateLimits = Object.freeze({
  perPrincipal: 600,
  unauthenticated: 20,
  files: 300,
  bytesPerMinute: 1_073_741_824,
});

/**
 * How many credentials it takes to use up what their principal may ask: one token or session gets a quarter. A lent or stolen token
 * that floods leaves its person three quarters, and a quarter of a common limit is still far above what a page or a program asks.
 */
export const SHARES = 4;
/** Stops a second that one credential has in reserve, of each kind: more than a hand can press, too few to be a flood. */
export const STOPS = 10;
const MINUTE = 60;
/** Of what a principal may ask in a minute, the part that may change something, and the part that may commit to something. */
const CHANGES = 2;
const EFFECTS = 10;
/** Of what a principal may ask in a second, the part that one credential, and all of them, may have running at a time. */
const AT_ONCE_OF_ONE = 8;
const AT_ONCE = 2;
/** How many times its budget an address may be refused in a second before it floods: then strangers there are not looked at any more. */
const FLOOD = 10;
/** Of what an address may ask in a second, the part it may go on asking while it is locked out, before it floods. */
const DEAF = 4;
/** Tries to sign in, to pair or to refresh in a minute, for each request in a second that an address may make. */
const SIGN_INS = 6;

/** What says that a credential is good no longer, and not only that it cannot be told just now. */
const NO_GOOD: ReadonlySet<string> = new Set<ErrorCode>(["TOKEN_INVALID", "NOT_SIGNED_IN"]);

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

/** Somebody whose credential was verified. */
export interface Caller {
  readonly principal: Pick<Principal, "id">;
  readonly credential: Credential;
}

/** What a caller asks for, where that is known: then its class, its bytes and how long it runs are counted too. */
export interface Asked {
  readonly arrival: Arrival;
  /** The operation's name; null where each frame that follows names its own. */
  readonly operation: string | null;
}

type Limiter = (key: string) => Promise<Result<void>>;

/** What is counted; RATE_LIMITED when a budget is used up. A key is forgotten when the time it is counted for is over. */
export interface RateLimiters {
  /** A request of somebody known, from the budget of the credential and then from the principal's; the local socket has its own alone. */
  readonly caller: (caller: Caller, asked?: Asked) => Promise<Result<void>>;
  /**
   * A stop of somebody who may stop: from a bucket that nothing else empties, one for each credential and kind of stop, and
   * when that is empty from the budgets of every other request.
   */
  readonly stop: (caller: Caller, stop: StopName, asked?: Asked) => Promise<Result<void>>;
  /** A request of an address without a good credential. */
  readonly stranger: Limiter;
  /** A try to become somebody: to sign in, to pair, to refresh. Wrong credentials of others at the address do not use it up. */
  readonly signIn: (arrival: Arrival) => Promise<Result<void>>;
  readonly files: Limiter;
  /** Counts a refusal against the address and gives what to answer. Far past the budget the address is hot: see `turnedAway`. */
  readonly refused: (arrival: Arrival, error: MoltbotError, credential?: Credential) => Promise<MoltbotError>;
  /**
   * Why a request is not even looked at: its address is hot, and it brings no credential that was good before. This is asked before
   * anything else, so that a flood of guesses costs next to nothing.
   */
  readonly turnedAway: (request: IncomingMessage, arrival: Arrival) => MoltbotError | undefined;
}

/** What is known of an answer that goes on being made. */
export interface AnswerWatch {
  /** Adds headers to the answer. */
  tell(arrival: Arrival, headers: Readonly<Record<string, string>>): void;
  /** Runs when the answer is over, with the bytes that went to and fro; false, and never, for what has none of its own, such as a frame. */
  after(arrival: Arrival, run: (bytes: number) => void): boolean;
}
const NOBODY_WATCHES: AnswerWatch = { tell: () => undefined, after: () => false };

interface Counted {
  readonly result: Result<void>;
  readonly budget: Budget;
}
type Counting = (key: string, points?: number) => Promise<Counted>;

const counting = (name: string, points: number, seconds = 1, unit?: Budget["unit"]): Counting => {
  const memory = new RateLimiterMemory({ points, duration: seconds, keyPrefix: name });
  const budgetOf = (left: number, wait: number): Budget => ({
    name,
    quota: points,
    window: seconds,
    remaining: Math.max(0, left),
    reset: Math.max(1, Math.ceil(wait / 1000)),
    unit,
  });
  return async (key, taken = 1) => {
    try {
      const counted = await memory.consume(key, taken);
      return { result: done, budget: budgetOf(counted.remainingPoints, counted.msBeforeNext) };
    } catch (rejection) {
      // The library rejects with its result; anything else is a failure, and a limiter that fails lets nobody pass.
      const budget = budgetOf(0, rejection instanceof RateLimiterRes ? rejection.msBeforeNext : seconds * 1000);
      const { quota: limit, window, reset: retryAfter } = budget;
      return { result: err(moltbotError("RATE_LIMITED", { limit, window, retryAfter })), budget };
    }
  };
};

/** How many of one key run at a time. */
const createRunning = (most: number) => {
  const running = new Map<string, number>();
  return {
    isFull: (key: string): boolean => (running.get(key) ?? 0) >= most,
    enter(key: string): () => void {
      running.set(key, (running.get(key) ?? 0) + 1);
      return () => {
        const left = (running.get(key) ?? 1) - 1;
        if (left === 0) running.delete(key);
        else running.set(key, left);
      };
    },
    most,
  };
};

/** One budget for each kind of caller; one caller's flood leaves the others served. */
export const createRateLimits = (
  wish: Omit<RateLimits, "bytesPerMinute"> & Partial<RateLimits>,
  watch: AnswerWatch = NOBODY_WATCHES,
): RateLimiters => {
  const limits = { ...DEFAULT_RATE_LIMITS, ...wish };
  const whole = Math.max(SHARES, limits.perPrincipal);
  const credentials = counting("credential", Math.floor(whole / SHARES));
  const principals = counting("person", whole);
  const local = counting("local", whole);
  const stops = counting("stop", STOPS);
  const changes = counting("changes", (whole * MINUTE) / CHANGES, MINUTE);
  const effects = counting("effects", (whole * MINUTE) / EFFECTS, MINUTE);
  const bytesOfOne = counting("credential-bytes", Math.floor(limits.bytesPerMinute / SHARES), MINUTE, "content-bytes");
  const bytes = counting("person-bytes", limits.bytesPerMinute, MINUTE, "content-bytes");
  const strangers = counting("address", limits.unauthenticated);
  const floods = counting("flood", limits.unauthenticated * FLOOD);
  const deaf = counting("deaf", Math.max(1, Math.floor(limits.unauthenticated / DEAF)));
  const signIns = counting("sign-in", limits.unauthenticated * SIGN_INS, MINUTE);
  const files = counting("files", limits.files);
  const ofOne = createRunning(Math.max(2 * SHARES, Math.floor(whole / AT_ONCE_OF_ONE)));
  const ofAll = createRunning(Math.max(4 * SHARES, Math.floor(whole / AT_ONCE)));
  const hot = createHotAddresses();

  /** Takes from one budget after the other until one is used up, and says in the answer what is left of each. */
  const take = async (
    arrival: Arrival | undefined,
    ...budgets: readonly (() => Promise<Counted>)[]
  ): Promise<Result<void>> => {
    const seen: Budget[] = [];
    let last: Result<void> = done;
    for (const budget of budgets) {
      const counted = await budget();
      seen.push(counted.budget);
      last = counted.result;
      if (!last.ok) break;
    }
    if (arrival !== undefined) watch.tell(arrival, rateHeaders(seen));
    return last;
  };

  /** Takes a place among what runs, and counts the bytes when it is over. */
  const run = (key: string, principal: string, arrival: Arrival): Result<void> => {
    const full = [
      { running: ofOne, of: key },
      { running: ofAll, of: principal },
    ].find(({ running, of }) => running.isFull(of));
    if (full !== undefined)
      return err(moltbotError("RATE_LIMITED", { limit: full.running.most, window: 1, retryAfter: 1 }));
    const leave: (() => void)[] = [];
    const watched = watch.after(arrival, (moved) => {
      leave.forEach((end) => end());
      // What the request said of its own size was counted when it came.
      const more = Math.max(0, moved - arrival.bytes);
      void bytesOfOne(key, more);
      void bytes(principal, more);
    });
    if (watched) leave.push(ofOne.enter(key), ofAll.enter(principal));
    return done;
  };

  const caller: RateLimiters["caller"] = async ({ principal, credential }, asked) => {
    const { arrival, operation } = asked ?? {};
    // The owner's own processes: nothing that others use up may keep them out.
    if (credential.kind === "local") return take(arrival, () => local(principal.id));
    hot.remember(keyOf(credential));
    const kind = classOf(operation ?? null);
    const counted = await take(
      arrival,
      // The credential first: what is refused there must not use up what the principal's others may ask.
      () => credentials(keyOf(credential)),
      () => principals(principal.id),
      ...(kind === "read" ? [] : [() => changes(principal.id)]),
      ...(kind === "effect" ? [() => effects(principal.id)] : []),
      ...(arrival === undefined
        ? []
        : [() => bytesOfOne(keyOf(credential), arrival.bytes), () => bytes(principal.id, arrival.bytes)]),
    );
    return counted.ok && arrival !== undefined ? run(keyOf(credential), principal.id, arrival) : counted;
  };
  const only =
    (budget: Counting): Limiter =>
    async (key) =>
      (await budget(key)).result;
  return {
    caller,
    async stop(who, stop, asked) {
      const counted = await take(asked?.arrival, () => stops(`${stop} ${keyOf(who.credential)}`));
      return counted.ok ? counted : caller(who, asked);
    },
    stranger: only(strangers),
    files: only(files),
    signIn: async (arrival) => take(arrival, () => signIns(arrival.address)),
    async refused(arrival, error, credential) {
      if (credential !== undefined && NO_GOOD.has(error.code)) hot.forget(keyOf(credential));
      const kind = credential?.kind ?? "none";
      const counted = await take(arrival, () => strangers(arrival.address));
      // A lockout says more than the rate: it tells how long. Whoever goes on all the same is refused whatever they bring anyway.
      const isLocked = error.code === "LOCKED_OUT";
      const told = isLocked || counted.ok ? error : counted.error;
      if (told === error && !isLocked) return told;
      const stillCalm = await (isLocked ? deaf : floods)(`${kind} ${arrival.address}`);
      if (!stillCalm.result.ok) hot.heat(arrival.address, kind, told);
      return told;
    },
    turnedAway: (request, arrival) => (arrival.local ? undefined : hot.turnedAway(request, arrival)),
  };
};
