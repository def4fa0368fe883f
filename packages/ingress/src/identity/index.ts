/**
 * Who asks: it turns a token, a session cookie, a one-time code or the local socket into a verified principal, or refuses. It stores
 * keyed verifiers only, never what a person holds; it decides about identity, not about what that identity may do. The HTTP room asks
 * it on every request; the gateway's handlers create and revoke tokens through it.
 *
 * Lockout: ten wrong credentials from one address within five minutes lock that address, longer each time, for tokens and sign-in
 * codes, good ones too: all processes of a machine share the loopback address, and telling a good token apart during a lockout would
 * go on answering the guesser. Sessions and the local socket stay served, so a process that guesses cannot lock the owner out.
 */
export { createIdentity } from "./identity.ts";
export type { Identity } from "./identity.ts";
export type { IdentityOptions } from "./counter.ts";
