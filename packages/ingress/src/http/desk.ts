import type { IncomingMessage } from "node:http";
import { NEVER_LEFT_OUT, covers, done, err, moltbotError, ok, proofCovers, roleSuffices } from "@moltbot/contracts";
import type { Identified, IdentityPort, MoltbotError, Proof, Result, Role } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { admittedAs } from "./admitted-as.ts";
import { readCredential } from "./credentials.ts";
import type { Credential } from "./credentials.ts";
import { dpopRequest } from "./dpop-request.ts";
import type { Controls } from "./gate.ts";
import { stopAt } from "./rate-limits.ts";
import type { RateLimiters, StopName } from "./rate-limits.ts";
import { contentDigestOf, signedRequest } from "./signed-request.ts";
import type { BodyCheck, BodyCheckOf } from "./signed-request.ts";

/** Somebody whose credential was verified. What was good once is in its place a question after whoever it showed. */
export interface Visitor extends Identified {
  readonly credential: Credential;
}

/** What a request is admitted to. */
export interface Entry {
  /** The operation, as scopes of tokens name it; null where each frame that follows names its own. */
  readonly operation: string | null;
  readonly required: Role;
  /** Whether it opens a way to change things, although its method changes nothing. */
  readonly changes?: boolean;
  /** Whether a ticket in the address may open it. */
  readonly tickets?: boolean;
}

/** Who asks, or why nobody may. */
export interface Desk {
  /** Verifies the credential, counts the request and compares role and scopes; a stop by who may stop is counted apart. */
  admit(request: IncomingMessage, arrival: Arrival, entry: Entry): Promise<Result<Visitor>>;
  readonly bodyCheck: BodyCheckOf;
  /** The same for a further request of somebody already inside: the credential is verified anew. */
  admitAgain(
    visitor: Visitor,
    arrival: Arrival,
    entry: Pick<Entry, "operation" | "required">,
    stop: StopName | undefined,
  ): Promise<Result<Visitor>>;
  /** Counts a request to what needs nobody. */
  admitStranger(arrival: Arrival): Promise<Result<void>>;
  /** Counts a try to become somebody: to sign in, to pair or to refresh. */
  admitSignIn(arrival: Arrival): Promise<Result<void>>;
  /** Whether the visitor is still who they were: long answers ask again. NOT_SIGNED_IN when not. */
  stillGood(visitor: Visitor): Promise<Result<void>>;
}

/** What counts for this operation; whoever leaves is held to their role by the handler, which sees whom it is about. */
const asked = ({ scopes, ...proof }: Proof, operation: string): Pick<Proof, "scopes" | "roleCovers"> =>
  NEVER_LEFT_OUT.some((name) => name === operation) || proof.roleCovers === undefined
    ? { scopes }
    : { scopes, roleCovers: proof.roleCovers };

/** Why this one may not, although it is known who they are. */
const refusalOf = (
  { principal: { role }, proof }: Identified,
  { operation, required }: Pick<Entry, "operation" | "required">,
): MoltbotError | undefined => {
  if (!roleSuffices(role, required)) return moltbotError("ROLE_INSUFFICIENT", { required, role });
  if (operation === null || proofCovers(asked(proof, operation), operation)) return undefined;
  const { scopes } = proof;
  return scopes !== null && !covers(scopes, operation)
    ? moltbotError("SCOPE_INSUFFICIENT", { operation })
    : moltbotError("ROLE_LEAVES_OUT", { operation });
};

const nobody = err(moltbotError("NOT_SIGNED_IN"));

export const createDesk = (identity: IdentityPort, limits: RateLimiters, controls: Controls): Desk => {
  const bodyChecks = new WeakMap<IncomingMessage, BodyCheck>();
  const stillThem = async (who: Identified): Promise<Result<Identified>> => {
    const good = await identity.stillGood(who);
    return good.ok ? ok(who) : good;
  };
  const verify = async (
    credential: Credential,
    arrival: Arrival,
    request: IncomingMessage | undefined,
  ): Promise<Result<Identified>> => {
    const { address } = arrival;
    switch (credential.kind) {
      case "local":
        return identity.local();
      case "token":
        return identity.byToken(credential.text, address, request && signedRequest(request, arrival));
      case "session":
        return identity.bySession(credential.cookie, address);
      case "device":
        return request === undefined
          ? nobody
          : identity.byDevice(credential.text, dpopRequest(request, arrival, credential.proof), address);
      case "ticket":
        return identity.byTicket(credential.text, address);
      case "known":
        return stillThem(credential.who);
      case "none":
        return nobody;
    }
  };
  const refuse = async (error: MoltbotError, arrival: Arrival, credential?: Credential): Promise<Result<never>> =>
    err(await limits.refused(arrival, error, credential));
  const enter = async (
    credential: Credential,
    arrival: Arrival,
    entry: Pick<Entry, "operation" | "required">,
    stop: StopName | undefined,
    request?: IncomingMessage,
  ): Promise<Result<Visitor>> => {
    const found = await verify(credential, arrival, request);
    if (!found.ok) return refuse(found.error, arrival, credential);
    const { principal, proof } = found.value;
    const visitor: Visitor = { principal, proof, credential: admittedAs(credential, found.value) };
    const refusal = refusalOf(visitor, entry);
    // A stop by who may not stop comes from the common budget: the word alone must not open a second one.
    const asked = { arrival, operation: entry.operation };
    const counted = await (stop !== undefined && refusal === undefined
      ? limits.stop(visitor, stop, asked)
      : limits.caller(visitor, asked));
    if (!counted.ok) return counted;
    return refusal === undefined ? ok(visitor) : err(refusal);
  };
  return {
    admitAgain: ({ credential }, arrival, entry, stop) => enter(credential, arrival, entry, stop),
    async admit(request, arrival, entry) {
      const credential = readCredential(request, arrival.local, entry.tickets);
      if (!credential.ok) return refuse(credential.error, arrival);
      if (credential.value.kind === "session" && !controls.cookieMaySpeak(request, entry.changes))
        return refuse(moltbotError("REQUEST_ORIGIN_REFUSED"), arrival);
      const entered = await enter(credential.value, arrival, entry, stopAt(request.method, arrival.path), request);
      if (!entered.ok || credential.value.kind !== "token" || !entered.value.proof.strong) return entered;
      const who = entered.value;
      bodyChecks.set(request, (body) => identity.checkBody(who, contentDigestOf(request), body, arrival.address));
      return entered;
    },
    bodyCheck: (request) => bodyChecks.get(request),
    admitStranger: async (arrival) => limits.stranger(arrival.address),
    admitSignIn: async (arrival) => limits.signIn(arrival),
    async stillGood({ principal, proof }) {
      const good = await identity.stillGood({ principal, proof });
      return good.ok ? done : nobody;
    },
  };
};
