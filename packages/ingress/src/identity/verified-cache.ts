import type { ClockPort, Instant, Principal } from "@moltbot/contracts";

const LIFETIME = 5_000;
const MOST = 1_000;

interface Entry {
  readonly id: string;
  readonly principal: Principal;
  readonly expiresAt: Instant;
  readonly until: number;
}

/** Remembers by verifier, for five seconds, whom the store confirmed; revoking forgets at once. */
export interface VerifiedCache {
  find(verifier: string): Principal | undefined;
  /** A number to hand back to `keep`: what was read before a revocation must not be kept after it. */
  readonly generation: () => number;
  keep(generation: number, verifier: string, id: string, principal: Principal, expiresAt: Instant): void;
  /** Forgets the token or session of this id. */
  forget(id: string): void;
}

export const createVerifiedCache = (clock: ClockPort): VerifiedCache => {
  const entries = new Map<string, Entry>();
  let generation = 0;
  return {
    generation: () => generation,
    find(verifier) {
      const entry = entries.get(verifier);
      if (entry === undefined) return undefined;
      if (clock.monotonic() < entry.until && clock.now() < entry.expiresAt) return entry.principal;
      entries.delete(verifier);
      return undefined;
    },
    keep(readAt, verifier, id, principal, expiresAt) {
      if (readAt !== generation) return;
      const [oldest] = entries.keys();
      if (entries.size >= MOST && oldest !== undefined) entries.delete(oldest);
      entries.set(verifier, { id, principal, expiresAt, until: clock.monotonic() + LIFETIME });
    },
    forget(id) {
      generation += 1;
      for (const [verifier, entry] of entries) if (entry.id === id) entries.delete(verifier);
    },
  };
};
