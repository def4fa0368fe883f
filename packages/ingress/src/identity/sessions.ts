import { SessionId, done, err, moltbotError, ok } from "@moltbot/contracts";
import type { IdentityPort, Principal } from "@moltbot/contracts";
import { SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";

const SESSION_LENGTH = 30 * 86_400_000;
const CODE_LENGTH = 10 * 60_000;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Wrong proofs are counted for the person they were given for, wherever they came from. */
const proofsOf = ({ id }: Principal): string => `person:${id}`;

/** One-time codes, and the sessions they open. */
export const createSessions = (
  counter: Counter,
): Pick<IdentityPort, "bySession" | "createSignInCode" | "signIn" | "signOut" | "prove"> => {
  const { repository, crypto, clock, ids, cache, verifierOf, later, usable, record, locked, refuse } = counter;
  /** The last wrong cookie: a forgotten tab that repeats one is not a guesser. */
  let lastWrong = { address: "", verifier: "" };

  return {
    async bySession(cookie, address) {
      const refused = moltbotError("NOT_SIGNED_IN");
      const verifier = verifierOf("session", cookie);
      const remembered = cache.find(verifier);
      if (remembered !== undefined) return ok(remembered);
      const generation = cache.generation();
      const found = SECRET.test(cookie) ? await repository.sessionByVerifier(verifier) : ok(null);
      if (!found.ok) return found;
      if (found.value === null) {
        if (lastWrong.address === address && lastWrong.verifier === verifier) return err(refused);
        lastWrong = { address, verifier };
        return refuse(address, refused, "session");
      }
      if (!usable(found.value)) return err(refused);
      cache.keep(generation, verifier, found.value.id, found.value.principal, found.value.expiresAt);
      return ok(found.value.principal);
    },

    async createSignInCode(principal, { strong }) {
      const code = crypto.randomText(SECRET_BYTES);
      const expiresAt = later(CODE_LENGTH);
      const recorded = await record({ event: "link:created", actor: principal.id, fields: { expiresAt, strong } });
      if (!recorded.ok) return recorded;
      const kept = await repository.createSignInLink({
        verifier: verifierOf("sign-in", code),
        principalId: principal.id,
        strong,
        expiresAt,
        usedAt: null,
      });
      return kept.ok ? ok({ code, expiresAt }) : kept;
    },

    async signIn(code, address) {
      const lock = locked(address);
      if (lock !== undefined) return lock;
      const used = await repository.useSignInLink(verifierOf("sign-in", code), clock.now(), "any");
      if (!used.ok) return used;
      const principal = used.value;
      if (principal === null) return refuse(address, moltbotError("SIGN_IN_LINK_INVALID"), "sign-in");
      const cookie = crypto.randomText(SECRET_BYTES);
      const id = ids.next(SessionId);
      const expiresAt = later(SESSION_LENGTH);
      const recorded = await record({
        event: "session:opened",
        actor: principal.id,
        fields: { sessionId: id, expiresAt },
        details: { address },
        subject: `person:${principal.id}`,
      });
      if (!recorded.ok) return recorded;
      const verifier = verifierOf("session", cookie);
      const kept = await repository.createSession({
        id,
        principal,
        verifier,
        createdAt: clock.now(),
        expiresAt,
        revokedAt: null,
      });
      return kept.ok ? ok({ cookie, principal, expiresAt }) : kept;
    },

    async prove(principal, code) {
      const counted = proofsOf(principal);
      const lock = locked(counted);
      if (lock !== undefined) return lock;
      // Whoever stole a token can have codes made with it: only one from the machine itself says more than the token does.
      const used = await repository.useSignInLink(verifierOf("sign-in", code), clock.now(), "strong");
      if (!used.ok) return used;
      // A code of somebody else is spent too: it was in the wrong hands.
      if (used.value?.id !== principal.id || used.value.tenantId !== principal.tenantId)
        return refuse(counted, moltbotError("SIGN_IN_LINK_INVALID"), "sign-in");
      return record({ event: "proof:accepted", actor: principal.id, fields: { principalId: principal.id } });
    },

    async signOut(cookie) {
      const found = await repository.sessionByVerifier(verifierOf("session", cookie));
      if (!found.ok) return found;
      if (found.value === null || found.value.revokedAt !== null) return done;
      const { id, principal } = found.value;
      const revoked = await repository.revokeSession(id, clock.now());
      cache.forget(id);
      if (!revoked.ok) return revoked;
      return record({ event: "session:ended", actor: principal.id, fields: { sessionId: id } });
    },
  };
};
