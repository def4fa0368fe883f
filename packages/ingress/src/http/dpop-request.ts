import type { IncomingMessage } from "node:http";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { DpopRequest, Result } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";

/** What a DPoP proof must have been made for: this method at this address, as the (already checked) Host names it. */
export const dpopRequest = (request: IncomingMessage, arrival: Arrival, proof: string): DpopRequest => ({
  proof,
  method: request.method ?? "",
  url: `${arrival.secure ? "https" : "http"}://${request.headers.host ?? ""}${arrival.path}`,
});

/** The same for a request that brings no access token yet; PROOF_INVALID without a proof. */
export const dpopOf = (request: IncomingMessage, arrival: Arrival): Result<DpopRequest> => {
  const proof = request.headers["dpop"];
  return typeof proof === "string"
    ? ok(dpopRequest(request, arrival, proof))
    : err(moltbotError("PROOF_INVALID", { problem: "the DPoP header is missing" }));
};
