import type { IncomingMessage } from "node:http";
import type { SignedRequest } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { hasBody } from "./gate.ts";

/** What a signature must have been made for: this request, at the address that its (already checked) Host names, to the last byte. */
export const signedRequest = (request: IncomingMessage, arrival: Arrival): SignedRequest => ({
  method: request.method ?? "",
  url: `${arrival.secure ? "https" : "http"}://${request.headers.host ?? ""}${request.url ?? ""}`,
  headers: request.headersDistinct,
  hasBody: hasBody(request),
});

/** The digest that the request names of its body; admission has seen that there is one at most. */
export const contentDigestOf = ({ headersDistinct }: IncomingMessage): string | null =>
  headersDistinct["content-digest"]?.[0] ?? null;
