import type { IncomingMessage } from "node:http";
import type { Result, SignedRequest } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { hasBody } from "./gate.ts";

/** SIGNATURE_INVALID for a body that is not the one that was signed. */
export type BodyCheck = (body: Uint8Array) => Promise<Result<void>>;

/** What holds the body of an admitted request against its signature; undefined where nothing was signed. */
export type BodyCheckOf = (request: IncomingMessage) => BodyCheck | undefined;

/** What a signature must have been made for: this request, at the address that its (already checked) Host names, to the last byte. */
export const signedRequest = (request: IncomingMessage, arrival: Arrival): SignedRequest => ({
  method: request.method ?? "",
  url: `${arrival.secure ? "https" : "http"}://${request.headers.host ?? ""}${request.url ?? ""}`,
  // Read where there is a signature to check: most requests have none.
  get headers() {
    return request.headersDistinct;
  },
  hasBody: hasBody(request),
});

/** The digest that the request names of its body; admission has seen that there is one at most. */
export const contentDigestOf = ({ headersDistinct }: IncomingMessage): string | null =>
  headersDistinct["content-digest"]?.[0] ?? null;
