import type { DeviceKey, DeviceTokens } from "../device.ts";
import type { Instant, TokenId } from "../ids.ts";
import type { OperationInput, OperationName, OperationOutput } from "../operations/registry.ts";
import type { OperationPattern, Principal, Proof, Role } from "../principal.ts";
import type { Result } from "../result.ts";
import type { DomainEvent } from "../event.ts";

/** Who asks, and how it is traced. */
export interface RequestContext {
  readonly principal: Principal;
  readonly traceId: string;
  /** Through which door it came; the local socket is the owner's own terminal. */
  readonly surface: "local" | "token" | "session" | "device" | "none";
  /** How the request showed whose it is; absent: not at all. */
  readonly proof?: Proof;
  readonly signal: AbortSignal;
  /** For operations that stream: hands out events while the answer is being made; absent when the caller wants JSON. */
  readonly emit?: (event: DomainEvent) => void;
}

/** One function per operation of the registry: an operation is written once and reached by every surface. */
export type OperationHandlers = {
  readonly [N in OperationName]: (
    context: RequestContext,
    input: OperationInput<N>,
  ) => Promise<Result<OperationOutput<N>>>;
};

/** A verified principal and how it was verified. */
export interface Identified {
  readonly principal: Principal;
  readonly proof: Proof;
}

/** What a request that brings a DPoP proof (RFC 9449) is: the proof is good for this method and this URL alone, once. */
export interface DpopRequest {
  /** The `DPoP` header. */
  readonly proof: string;
  readonly method: string;
  /** Scheme, host and path as the request named them, without query. */
  readonly url: string;
}

/** A request as it came in, for whoever holds its signature (RFC 9421) against it. */
export interface SignedRequest {
  readonly method: string;
  /** Scheme, host, path and query as the request named them. */
  readonly url: string;
  /** Names in lower case; the values of one name in the order in which they came. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  /** Whether bytes follow. */
  readonly hasBody: boolean;
}

/** Tokens, sessions, devices and sign-in links → a verified principal. */
export interface IdentityPort {
  /**
   * A bearer token's principal; TOKEN_INVALID, or LOCKED_OUT after too many wrong ones from `address`. One that is bound to a key needs
   * the request, signed with that key: SIGNATURE_INVALID, or SIGNATURE_REPLAYED for a signature that was seen.
   */
  byToken(token: string, address: string, request?: SignedRequest): Promise<Result<Identified>>;
  /** Whether the body is the one that a signed request's `Content-Digest` (RFC 9530) named; SIGNATURE_INVALID otherwise. */
  checkBody(who: Identified, contentDigest: string | null, body: Uint8Array, address: string): Promise<Result<void>>;
  /** A session cookie's principal; NOT_SIGNED_IN otherwise. */
  bySession(cookie: string, address: string): Promise<Result<Identified>>;
  /** The owner, for the local socket that only this user's processes can open. */
  local(): Promise<Result<Identified>>;
  /** A device's access token with the proof of its key; TOKEN_INVALID, PROOF_INVALID, or PROOF_REPLAYED for one that was seen. */
  byDevice(accessToken: string, request: DpopRequest, address: string): Promise<Result<Identified>>;
  /** A ticket for one event stream or socket, good once and for 30 seconds; whoever it was made for. TICKET_INVALID otherwise. */
  byTicket(ticket: string, address: string): Promise<Result<Identified>>;
  createTicket(who: Identified): Promise<Result<{ readonly ticket: string; readonly expiresAt: Instant }>>;
  /** Whether whoever was identified still is who they were: long answers ask. NOT_SIGNED_IN when not, LOCKED_OUT never. */
  stillGood(who: Identified): Promise<Result<void>>;
  /** A short code that pairs one device, good for ten minutes and once. */
  createPairing(principal: Principal): Promise<Result<{ readonly code: string; readonly expiresAt: Instant }>>;
  /** Spends the code: from now on the key of the proof is this device's. PAIRING_INVALID, PROOF_INVALID or LOCKED_OUT. */
  pairDevice(
    wish: { readonly code: string; readonly name: string; readonly key: DeviceKey },
    request: DpopRequest,
    address: string,
  ): Promise<Result<DeviceTokens>>;
  /**
   * New tokens for a refresh token and a proof of the device's key. One that was used before means that somebody has a copy:
   * REFRESH_REUSED, the device is revoked, and it is on record.
   */
  refreshDevice(refreshToken: string, request: DpopRequest, address: string): Promise<Result<DeviceTokens>>;
  /** A one-time code for a sign-in link, good for ten minutes; `strong`, and so a proof too, only where it was made on the machine itself. */
  createSignInCode(
    principal: Principal,
    wish: { readonly strong: boolean },
  ): Promise<Result<{ readonly code: string; readonly expiresAt: Instant }>>;
  /** Turns a code into a session; the cookie's value is returned once and never stored. */
  signIn(
    code: string,
    address: string,
  ): Promise<Result<{ readonly cookie: string; readonly principal: Principal; readonly expiresAt: Instant }>>;
  signOut(cookie: string): Promise<Result<void>>;
  /** Spends a fresh strong one-time code as proof that this principal is there; SIGN_IN_LINK_INVALID otherwise, and a weak code stays unspent. */
  prove(principal: Principal, code: string): Promise<Result<void>>;
  /** A new token; its text is returned once and never stored. */
  createToken(
    by: Principal,
    wish: {
      readonly name: string;
      readonly role: Role;
      readonly days: number;
      readonly scopes: readonly OperationPattern[] | null;
      readonly integrity: Proof["integrity"];
      /** Without a signature by this key the token is worth nothing; absent or null: whoever has it may use it. */
      readonly key?: DeviceKey | null;
      /** The most model tokens that all it asks for may take in a day of UTC; absent or null: no limit of its own. */
      readonly tokensPerDay?: number | null;
      /** Likewise money, in the currency of the settings. */
      readonly moneyPerDay?: number | null;
    },
  ): Promise<Result<{ readonly id: TokenId; readonly token: string; readonly expiresAt: Instant }>>;
}
