import type { Instant, TokenId } from "../ids.ts";
import type { OperationInput, OperationName, OperationOutput } from "../operations/registry.ts";
import type { Principal, Role } from "../principal.ts";
import type { Result } from "../result.ts";
import type { DomainEvent } from "../event.ts";

/** Who asks, and how it is traced. */
export interface RequestContext {
  readonly principal: Principal;
  readonly traceId: string;
  /** Through which door it came; the local socket is the owner's own terminal. */
  readonly surface: "local" | "token" | "session" | "none";
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

/** Tokens, sessions and sign-in links → a verified principal. */
export interface IdentityPort {
  /** A bearer token's principal; TOKEN_INVALID, or LOCKED_OUT after too many wrong ones from `address`. */
  byToken(token: string, address: string): Promise<Result<Principal>>;
  /** A session cookie's principal; NOT_SIGNED_IN otherwise. */
  bySession(cookie: string, address: string): Promise<Result<Principal>>;
  /** The owner, for the local socket that only this user's processes can open. */
  local(): Promise<Result<Principal>>;
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
    wish: { readonly name: string; readonly role: Role; readonly days: number },
  ): Promise<Result<{ readonly id: TokenId; readonly token: string; readonly expiresAt: Instant }>>;
}
