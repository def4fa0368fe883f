import { sendByFetch } from "./fetch-transport.ts";
import { signRequest } from "./request-signature.ts";
import type { SigningCrypto, SigningKeyPair } from "./request-signature.ts";
import type { Transport } from "./transport.ts";

export interface SignedOptions {
  /** Scheme and host of the gateway, without a path and as `new URL(…).origin` writes it: signatures are made for it. */
  readonly origin: string;
  /** A token that was made with the public key. */
  readonly token: string;
  readonly keys: SigningKeyPair;
  readonly webCrypto: SigningCrypto;
  /** Milliseconds since 1970; the machine's clock unless told. */
  readonly now?: () => number;
}

/** As fetch writes an address, so that what is signed is what is sent. */
const asSent = (address: string): string => {
  const { origin, pathname, search } = new URL(address);
  return origin + pathname + search;
};

/** The transport of a machine client: each request is signed with its key (RFC 9421), and a copy of what it sends is worth nothing. */
export const signedTransport = ({ origin, token, keys, webCrypto, now = Date.now }: SignedOptions): Transport => ({
  address: origin,
  async send(request) {
    const headers = await signRequest(webCrypto, keys, {
      method: request.method,
      url: asSent(origin + request.path),
      authorization: `Bearer ${token}`,
      body: request.body,
      now: now(),
    });
    return sendByFetch(origin, request, headers, "omit");
  },
});
