import type { IncomingMessage } from "node:http";
import { done, err, moltbotError, ok, roleSuffices } from "@moltbot/contracts";
import type { IdentityPort, MoltbotError, Principal, Result, Role } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { readCredential } from "./credentials.ts";
import type { Credential } from "./credentials.ts";
import type { Controls } from "./gate.ts";
import { stopAt } from "./rate-limits.ts";
import type { RateLimiters, StopName } from "./rate-limits.ts";

export interface Visitor {
  readonly principal: Principal;
  readonly credential: Credential;
}

/** What a request is admitted to. */
interface Entry {
  readonly required: Role;
  /** Whether it opens a way to change things, although its method changes nothing. */
  readonly changes?: boolean;
}

/** Who asks, or why nobody may. */
export interface Desk {
  /** Verifies the credential, counts the request and compares the role; a stop by who may stop is counted apart. */
  admit(request: IncomingMessage, arrival: Arrival, entry: Entry): Promise<Result<Visitor>>;
  /** The same for a further request of somebody already inside: the credential is verified anew. */
  admitAgain(
    credential: Credential,
    arrival: Arrival,
    required: Role,
    stop: StopName | undefined,
  ): Promise<Result<Visitor>>;
  /** Counts a request to what needs nobody. */
  admitStranger(arrival: Arrival): Promise<Result<void>>;
  /**
   * Whether the visitor is still who they were: long answers ask again. NOT_SIGNED_IN when not; LOCKED_OUT while the
   * credential cannot be told from a guess, for a revoked token must not live on behind somebody's wrong ones.
   */
  stillGood(visitor: Visitor, arrival: Arrival): Promise<Result<void>>;
}

export const createDesk = (identity: IdentityPort, limits: RateLimiters, controls: Controls): Desk => {
  const verify = async (credential: Credential, address: string): Promise<Result<Principal>> => {
    switch (credential.kind) {
      case "local":
        return identity.local();
      case "token":
        return identity.byToken(credential.text, address);
      case "session":
        return identity.bySession(credential.cookie, address);
      case "none":
        return err(moltbotError("NOT_SIGNED_IN"));
    }
  };
  const refuse = async (error: MoltbotError, arrival: Arrival): Promise<Result<never>> => {
    const counted = await limits.stranger(arrival.address);
    // A lockout says more than the rate: it tells how long.
    return counted.ok || error.code === "LOCKED_OUT" ? err(error) : counted;
  };
  const admitAgain: Desk["admitAgain"] = async (credential, arrival, required, stop) => {
    const principal = await verify(credential, arrival.address);
    if (!principal.ok) return refuse(principal.error, arrival);
    const visitor: Visitor = { principal: principal.value, credential };
    const { role } = visitor.principal;
    const suffices = roleSuffices(role, required);
    // A stop by who may not stop comes from the common budget: the word alone must not open a second one.
    const counted = await (stop !== undefined && suffices ? limits.stop(visitor, stop) : limits.caller(visitor));
    if (!counted.ok) return counted;
    return suffices ? ok(visitor) : err(moltbotError("ROLE_INSUFFICIENT", { required, role }));
  };
  return {
    admitAgain,
    async admit(request, arrival, { required, changes }) {
      const credential = readCredential(request, arrival.local);
      if (!credential.ok) return refuse(credential.error, arrival);
      if (credential.value.kind === "session" && !controls.cookieMaySpeak(request, changes))
        return refuse(moltbotError("REQUEST_ORIGIN_REFUSED"), arrival);
      return admitAgain(credential.value, arrival, required, stopAt(request.method, arrival.path));
    },
    admitStranger: async (arrival) => limits.stranger(arrival.address),
    async stillGood({ credential, principal }, arrival) {
      const again = await verify(credential, arrival.address);
      if (again.ok && again.value.id === principal.id) return done;
      return !again.ok && again.error.code === "LOCKED_OUT" ? again : err(moltbotError("NOT_SIGNED_IN"));
    },
  };
};
