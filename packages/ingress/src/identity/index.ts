/**
 * Who asks: it turns a token (with a signature of the request where it is bound to a key), a session cookie, a device's access token with a proof of its key, a ticket, a one-time code or the
 * local socket into a verified principal and how it was shown, or refuses. It stores keyed verifiers only, never what a person
 * holds; it decides about identity, not about what that identity may do. The HTTP room asks it on every request; the gateway's
 * handlers create and revoke through it.
 *
 * Lockout: wrong credentials are counted by address and kind, and by person for proofs; ten within five minutes lock that, longer
 * each time. All processes of a machine share the loopback address, so a lockout must not keep its owner out: sessions, devices,
 * tickets, the local socket and tokens that were good lately stay served. A token that nobody used here yet waits with the guesses.
 */
export { createIdentity } from "./identity.ts";
export type { Identity } from "./identity.ts";
export type { IdentityOptions } from "./counter.ts";
