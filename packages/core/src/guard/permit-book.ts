import { err, millisecondsOf, moltbotError, ok, PermitId } from "@moltbot/contracts";
import type {
  ClockPort,
  CryptoPort,
  Digest,
  IdPort,
  Instant,
  Permit,
  PermitRedeemer,
  Redeemed,
  ToolCall,
} from "@moltbot/contracts";
import { callDigest } from "./digest.ts";

/** A permit not redeemed within this time is stale, in milliseconds. */
export const PERMIT_AGE = 30_000;

/**
 * Mints permits for the guard and redeems them for execution. `raiseEpoch` makes every earlier permit stale; `halt` makes all
 * stale until `release`, without waiting for anything that could fail. A release names the halts it knows of, so that it never
 * lifts one that came meanwhile.
 */
export interface PermitBook extends PermitRedeemer {
  mint(call: ToolCall, epoch: number, redeemed?: Partial<Redeemed>): Permit;
  raiseEpoch(epoch: number): void;
  halt(): void;
  /** How often it was halted. */
  halts(): number;
  /** False, and nothing is released, when it was halted again since `known` was read. */
  release(known: number): boolean;
  halted(): boolean;
}

interface Entry {
  readonly digest: Digest;
  readonly epoch: number;
  readonly redeemed: Redeemed;
  readonly monotonic: number;
  readonly at: Instant;
  spent: boolean;
}

/**
 * A permit's worth is its object identity: the book knows the objects it made and nothing else, so a copy, a forgery, a
 * proxy or a text read back is an unknown object. The first presentation spends it, also a failed one.
 */
export const createPermitBook = (ports: {
  readonly clock: ClockPort;
  readonly crypto: CryptoPort;
  readonly ids: IdPort;
}): PermitBook => {
  const entries = new WeakMap<object, Entry>();
  let current = 0;
  let halted = false;
  let halts = 0;

  const raiseEpoch = (epoch: number): void => {
    current = Math.max(current, epoch);
  };

  const isFresh = (entry: Entry): boolean => {
    const age = ports.clock.monotonic() - entry.monotonic;
    const aged = millisecondsOf(ports.clock.now()) - millisecondsOf(entry.at);
    return !halted && age >= 0 && age <= PERMIT_AGE && aged <= PERMIT_AGE && entry.epoch >= current;
  };

  return Object.freeze({
    raiseEpoch,
    halt: (): void => {
      halted = true;
      halts += 1;
    },
    halts: () => halts,
    release: (known: number): boolean => {
      if (known !== halts) return false;
      halted = false;
      return true;
    },
    halted: () => halted,
    mint: (call: ToolCall, epoch: number, { bounds = [], resources = [] }: Partial<Redeemed> = {}): Permit => {
      raiseEpoch(epoch);
      const permit = Object.freeze({ id: ports.ids.next(PermitId) }) as Permit; // the brand exists in types alone: this is where permits are made
      const entry = {
        monotonic: ports.clock.monotonic(),
        at: ports.clock.now(),
        epoch,
        redeemed: { bounds, resources },
        spent: false,
      };
      entries.set(permit, { ...entry, digest: callDigest(ports.crypto, call) });
      return permit;
    },
    redeem: (permit: Permit, call: ToolCall) => {
      const entry = entries.get(permit);
      if (entry === undefined) return err(moltbotError("PERMIT_INVALID"));
      if (entry.spent) return err(moltbotError("PERMIT_SPENT"));
      entry.spent = true;
      if (!isFresh(entry)) return err(moltbotError("PERMIT_STALE"));
      return ports.crypto.equal(entry.digest, callDigest(ports.crypto, call))
        ? ok(entry.redeemed)
        : err(moltbotError("PERMIT_INVALID"));
    },
  });
};
