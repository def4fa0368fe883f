import { SessionId, done, err, millisecondsOf, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  Identified,
  IdentityPort,
  Instant,
  OperationOutput,
  Principal,
  Proof,
  Result,
  RoleCover,
  StoredSession,
} from "@moltbot/contracts";
import { DAY, SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";
import type { Holders, LookUp } from "./holders.ts";
import { narrowedBy } from "./role-cover.ts";

const SECRET = /^[A-Za-z0-9_-]{43}$/;

export interface Sessions extends Pick<IdentityPort, "bySession" | "signIn" | "signOut"> {
  /** The person's browsers that are signed in; `proof` tells which one asks. */
  listSessions(by: Principal, proof?: Proof): Promise<Result<OperationOutput<"sessions.list">>>;
  /** Signs one of the person's browsers out at once; NOT_FOUND for everybody else's. */
  revokeSession(by: Principal, id: SessionId): Promise<Result<void>>;
}

/** Hears of somebody who was invited and came for the first time. */
export type Arrived = (person: Principal) => void;

const identifiedBy = ({ id, principal, createdAt, roleCovers }: StoredSession & RoleCover): Identified =>
  Object.freeze({
    principal,
    proof: Object.freeze({
      kind: "session",
      id,
      strong: false,
      at: createdAt,
      scopes: null,
      integrity: "authority",
      ...narrowedBy(roleCovers),
    }),
  });

/** What signing in opens: it ends by itself when nobody uses it, and in any case. */
export const createSessions = (
  counter: Counter,
  { remember }: Holders,
  arrived: Arrived,
): { readonly sessions: Sessions; readonly lookUp: LookUp } => {
  const { repository, crypto, clock, ids, cache, lifetimes, verifierOf, later, usable, isStale, note, record } =
    counter;
  const { locked, refuse } = counter;
  /** The last wrong cookie: a forgotten tab that repeats one is not a guesser. */
  let lastWrong = { address: "", verifier: "" };

  /** Until when it may lie unused, which is never later than its end. */
  const idleUntil = (expiresAt: Instant): Instant => {
    const idle = later(lifetimes().idleDays * DAY);
    return idle < expiresAt ? idle : expiresAt;
  };

  const find = async (verifier: string): Promise<Result<Identified | "unknown" | "over">> => {
    const remembered = cache.find(verifier);
    if (remembered !== undefined) return ok(remembered);
    const generation = cache.generation();
    const found = await repository.sessionByVerifier(verifier);
    if (!found.ok) return found;
    if (found.value === null) return ok("unknown");
    const session = found.value;
    if (!usable(session)) return ok("over");
    const who = remember(identifiedBy(session), "session", verifier);
    cache.keep(generation, verifier, session.id, who, session.idleUntil);
    if (isStale(session.lastSeenAt))
      await note("session", repository.touchSession(session.id, clock.now(), idleUntil(session.expiresAt)));
    return ok(who);
  };

  return {
    lookUp: async (verifier) => {
      const found = await find(verifier);
      if (!found.ok) return found;
      return ok(typeof found.value === "object" ? found.value : null);
    },
    sessions: {
      async bySession(cookie, address) {
        const refused = moltbotError("NOT_SIGNED_IN");
        const verifier = verifierOf("session", cookie);
        const found = SECRET.test(cookie) ? await find(verifier) : ok("unknown" as const);
        if (!found.ok) return found;
        if (typeof found.value === "object") return ok(found.value);
        if (found.value === "over") return err(refused);
        if (lastWrong.address === address && lastWrong.verifier === verifier) return err(refused);
        lastWrong = { address, verifier };
        return refuse(address, refused, "session");
      },

      async signIn(code, address) {
        const lock = locked(address, "sign-in");
        if (lock !== undefined) return lock;
        const used = await repository.useSignInLink(verifierOf("sign-in", code), clock.now(), "any");
        if (!used.ok) return used;
        if (used.value === null) return refuse(address, moltbotError("SIGN_IN_LINK_INVALID"), "sign-in");
        const { arrived: first = false, ...principal } = used.value;
        // They are in the house from here on, whatever becomes of the session.
        if (first) arrived(principal);
        const cookie = crypto.randomText(SECRET_BYTES);
        const id = ids.next(SessionId);
        const expiresAt = later(lifetimes().days * DAY);
        const recorded = await record({
          event: "session:opened",
          actor: principal.id,
          fields: { sessionId: id, expiresAt },
          details: { address },
          subject: `person:${principal.id}`,
        });
        if (!recorded.ok) return recorded;
        const kept = await repository.createSession({
          id,
          principal,
          verifier: verifierOf("session", cookie),
          createdAt: clock.now(),
          idleUntil: idleUntil(expiresAt),
          expiresAt,
          revokedAt: null,
          lastSeenAt: null,
        });
        return kept.ok ? ok({ cookie, principal, expiresAt }) : kept;
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

      async listSessions(by, proof) {
        const listed = await repository.listSessions(ownScope(by), clock.now());
        if (!listed.ok) return listed;
        return ok(
          listed.value
            .toSorted((one, other) => millisecondsOf(one.createdAt) - millisecondsOf(other.createdAt))
            .map(({ id, createdAt, lastSeenAt, idleUntil: idle, expiresAt }) => ({
              id,
              createdAt,
              lastSeenAt,
              idleUntil: idle,
              expiresAt,
              current: proof?.kind === "session" && proof.id === id,
            })),
        );
      },

      async revokeSession(by, id) {
        const ended = await repository.endSession(ownScope(by), id, clock.now());
        cache.forget(id);
        if (!ended.ok) return ended;
        return record({ event: "session:ended", actor: by.id, fields: { sessionId: id } });
      },
    },
  };
};
