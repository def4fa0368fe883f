import { instantOf, millisecondsOf } from "@moltbot/contracts";
import type { ClockPort, IdentityRepository } from "@moltbot/contracts";
import { DAY } from "./counter.ts";

const MOST = 1_000;
/** A token that lay unused for longer is no program at work. */
const LATELY = 30 * DAY;
/** Guesses come by the thousand: records that cannot be read are not asked for each of them. */
const RECALL_PAUSE = 1_000;

/**
 * Verifiers of tokens that were good lately. While an address is locked out these alone are looked up: whoever brings one of them
 * holds the token, so serving it tells a guesser nothing, and guesses cannot lock a program out that is at work.
 */
export interface KnownGood {
  /** What was not seen since the start is asked of the records, once for all of them. */
  has(verifier: string): Promise<boolean>;
  add(verifier: string): void;
  remove(verifier: string): void;
}

/** Memory is bounded; the one used least lately goes first. */
export const createKnownGood = (
  { tokensUsed }: Pick<IdentityRepository, "tokensUsed">,
  clock: Pick<ClockPort, "now" | "monotonic">,
): KnownGood => {
  let verifiers = new Set<string>();
  let recalled: Promise<void> | undefined;
  let askAgainAt = 0;
  const recall = async (): Promise<void> => {
    const now = clock.now();
    const used = await tokensUsed(instantOf(millisecondsOf(now) - LATELY), now, MOST);
    if (!used.ok) {
      recalled = undefined;
      askAgainAt = clock.monotonic() + RECALL_PAUSE;
      return;
    }
    const seen = [...verifiers];
    const earlier = used.value.filter((verifier) => !verifiers.has(verifier)).toReversed();
    verifiers = new Set([...earlier, ...seen].slice(-MOST));
  };
  return {
    async has(verifier) {
      if (verifiers.has(verifier)) return true;
      if (recalled === undefined && clock.monotonic() < askAgainAt) return false;
      recalled ??= recall();
      await recalled;
      return verifiers.has(verifier);
    },
    add(verifier) {
      verifiers.delete(verifier);
      const [oldest] = verifiers;
      if (verifiers.size >= MOST && oldest !== undefined) verifiers.delete(oldest);
      verifiers.add(verifier);
    },
    remove: (verifier) => void verifiers.delete(verifier),
  };
};
