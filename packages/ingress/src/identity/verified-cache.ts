import type { ClockPort, Identified, Instant, PrincipalId } from "@moltbot/contracts";

/** Whatever somebody changes about a person without saying so here is felt within a second. */
const LIFETIME = 900;
const MOST = 1_000;

interface Entry {
  readonly id: string;
  readonly who: Identified;
  readonly expiresAt: Instant;
  readonly until: number;
}

/** Remembers by verifier, for less than a second, whom the store confirmed; revoking forgets at once. */
export interface VerifiedCache {
  find(verifier: string): Identified | undefined;
  /** A number to hand back to `keep`: what was read before a revocation must not be kept after it. */
  readonly generation: () => number;
  keep(generation: number, verifier: string, id: string, who: Identified, expiresAt: Instant): void;
  /** Forgets the token, session or device of this id. */
  forget(id: string): void;
  /** Forgets everything of a person. */
  forgetPerson(id: PrincipalId): void;
  forgetEverybody(): void;
}

export const createVerifiedCache = (clock: ClockPort): VerifiedCache => {
  const entries = new Map<string, Entry>();
  let generation = 0;
  const forgetWhere = (gone: (entry: Entry) => boolean): void => {
    generation += 1;
    for (const [verifier, entry] of entries) if (gone(entry)) entries.delete(verifier);
  };
  return {
    generation: () => generation,
    find(verifier) {
      const entry = entries.get(verifier);
      if (entry === undefined) return undefined;
      if (clock.monotonic() < entry.until && clock.now() < entry.expiresAt) return entry.who;
      entries.delete(verifier);
      return undefined;
    },
    keep(readAt, verifier, id, who, expiresAt) {
      if (readAt !== generation) return;
      const [oldest] = entries.keys();
      if (entries.size >= MOST && oldest !== undefined) entries.delete(oldest);
      entries.set(verifier, { id, who, expiresAt, until: clock.monotonic() + LIFETIME });
    },
    forget: (id) => forgetWhere((entry) => entry.id === id),
    forgetPerson: (id) => forgetWhere((entry) => entry.who.principal.id === id),
    forgetEverybody: () => forgetWhere(() => true),
  };
};
