import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Identified, IdentityPort, Proof, Result } from "@moltbot/contracts";
import { coverAlike } from "./role-cover.ts";

/** Looks up again whoever a verifier (or a device's id) stands for; null when it opens nothing any more. */
export type LookUp = (key: string) => Promise<Result<Identified | null>>;

/** Remembers under which key a proof is found again. A proof that was not made here is nobody's. */
export interface Holders {
  readonly remember: (who: Identified, kind: Proof["kind"], key: string) => Identified;
}

/**
 * Whoever was identified, asked after later: their records alone decide, never what was true at the time. Another role counts as
 * somebody else, so that an answer that goes on does not outlive what it was begun with.
 */
export const createHolders = (
  lookUps: () => Readonly<Record<Proof["kind"], LookUp>>,
): Holders & Pick<IdentityPort, "stillGood"> => {
  const keys = new WeakMap<Proof, { readonly kind: Proof["kind"]; readonly key: string }>();
  return {
    remember(who, kind, key) {
      keys.set(who.proof, { kind, key });
      return who;
    },
    async stillGood({ principal, proof }) {
      const held = keys.get(proof);
      if (held === undefined) return err(moltbotError("NOT_SIGNED_IN"));
      const found = await lookUps()[held.kind](held.key);
      if (!found.ok) return found;
      const now = found.value;
      const same =
        now !== null &&
        now.principal.id === principal.id &&
        now.principal.tenantId === principal.tenantId &&
        now.principal.role === principal.role &&
        coverAlike(now.proof.roleCovers, proof.roleCovers);
      return same ? ok(undefined) : err(moltbotError("NOT_SIGNED_IN"));
    },
  };
};
