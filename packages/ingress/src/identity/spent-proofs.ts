import { done, err, moltbotError } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";

/** A proof is good from a minute before its time to a minute after it; what is older than that is refused for its time. */
export const PROOF_TOLERANCE = 60;
const REMEMBERED = (2 * PROOF_TOLERANCE + 1) * 1000;
/** Proofs of one key within that time; a device's requests are limited far below it. */
const MOST_OF_ONE = 20_000;
const MOST = 200_000;

/** How a kind of proof is refused. */
interface Words {
  readonly replayed: "PROOF_REPLAYED" | "SIGNATURE_REPLAYED";
  readonly invalid: "PROOF_INVALID" | "SIGNATURE_INVALID";
}
const OF_PROOFS: Words = { replayed: "PROOF_REPLAYED", invalid: "PROOF_INVALID" };
export const OF_SIGNATURES: Words = { replayed: "SIGNATURE_REPLAYED", invalid: "SIGNATURE_INVALID" };

/** Which proofs or signatures were used, for as long as they could be good. */
export interface SpentProofs {
  /** PROOF_REPLAYED (or SIGNATURE_REPLAYED) for one that was used before; a memory that is full takes no more. */
  spend(thumbprint: string, id: string): Result<void>;
}

export const createSpentProofs = (clock: Pick<ClockPort, "monotonic">, words: Words = OF_PROOFS): SpentProofs => {
  /** In the order in which they are forgotten. */
  const spent = new Map<string, { readonly thumbprint: string; readonly until: number }>();
  const counts = new Map<string, number>();
  const forget = (now: number): void => {
    for (const [key, { thumbprint, until }] of spent) {
      if (until > now) return;
      spent.delete(key);
      const left = (counts.get(thumbprint) ?? 1) - 1;
      if (left === 0) counts.delete(thumbprint);
      else counts.set(thumbprint, left);
    }
  };
  return {
    spend(thumbprint, id) {
      const now = clock.monotonic();
      forget(now);
      const key = `${thumbprint} ${id}`;
      if (spent.has(key)) return err(moltbotError(words.replayed));
      const count = counts.get(thumbprint) ?? 0;
      if (count >= MOST_OF_ONE || spent.size >= MOST)
        return err(moltbotError(words.invalid, { problem: "there were too many within two minutes" }));
      spent.set(key, { thumbprint, until: now + REMEMBERED });
      counts.set(thumbprint, count + 1);
      return done;
    },
  };
};
