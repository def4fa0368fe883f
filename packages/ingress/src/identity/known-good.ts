const MOST = 1_000;

/**
 * Verifiers of tokens that were good lately. While an address is locked out these alone are looked up: whoever brings one of them
 * holds the token, so serving it tells a guesser nothing, and guesses cannot lock a program out that is at work.
 */
export interface KnownGood {
  has(verifier: string): boolean;
  add(verifier: string): void;
  remove(verifier: string): void;
}

/** Memory is bounded; the one used least lately goes first. */
export const createKnownGood = (): KnownGood => {
  const verifiers = new Set<string>();
  return {
    has: (verifier) => verifiers.has(verifier),
    add(verifier) {
      verifiers.delete(verifier);
      const [oldest] = verifiers;
      if (verifiers.size >= MOST && oldest !== undefined) verifiers.delete(oldest);
      verifiers.add(verifier);
    },
    remove: (verifier) => void verifiers.delete(verifier),
  };
};
