import type { IncomingMessage } from "node:http";
import { err, moltbotError, ok, roleSuffices } from "@moltbot/contracts";
import type { IdentityPort, MoltbotError, Principal, Result, Role } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { readCredential } from "./credentials.ts";
import type { Credential } from "./credentials.ts";
import type { Controls } from "./gate.ts";
import type { RateLimiters } from "./rate-limits.ts";

export interface Visitor {
  readonly principal: Principal;
  readonly credential: Credential;
}

/** Who asks, or why nobody may. */
export interface Desk {
  /** Verifies the credential, counts the request and compares the role. */
  admit(request: IncomingMessage, arrival: Arrival, required: Role): Promise<Result<Visitor>>;
  /** Counts a request to what needs nobody. */
  admitStranger(arrival: Arrival): Promise<Result<void>>;
  /** Whether the visitor is still who they were: long answers ask again. */
  stillGood(visitor: Visitor, arrival: Arrival): Promise<boolean>;
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
  return {
    async admit(request, arrival, required) {
      const credential = readCredential(request, arrival.local);
      if (!credential.ok) return refuse(credential.error, arrival);
      if (credential.value.kind === "session" && !controls.cookieMaySpeak(request))
        return refuse(moltbotError("REQUEST_ORIGIN_REFUSED"), arrival);
      const principal = await verify(credential.value, arrival.address);
      if (!principal.ok) return refuse(principal.error, arrival);
      const counted = await limits.principal(principal.value.id);
      if (!counted.ok) return counted;
      const { role } = principal.value;
      if (!roleSuffices(role, required)) return err(moltbotError("ROLE_INSUFFICIENT", { required, role }));
      return ok({ principal: principal.value, credential: credential.value });
    },
    admitStranger: async (arrival) => limits.stranger(arrival.address),
    async stillGood(visitor, arrival) {
      const again = await verify(visitor.credential, arrival.address);
      return again.ok || again.error.code === "LOCKED_OUT";
    },
  };
};
