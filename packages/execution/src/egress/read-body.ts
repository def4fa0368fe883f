import { pipeline } from "node:stream";
import type { Readable, Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { moltbotError } from "@moltbot/contracts";
import { EgressFault } from "./egress-fault.ts";
import { errorOf } from "./exchange.ts";
import type { Incoming } from "./exchange.ts";
import type { Target } from "./parse-target.ts";

/** What we say we accept, and all that we undo. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br";

const flush = { flush: constants.Z_SYNC_FLUSH };
const DECODERS: Readonly<Record<string, () => Transform>> = Object.freeze({
  gzip: () => createGunzip(flush),
  "x-gzip": () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress(),
});

const decoded = (incoming: Incoming, target: Target): Readable => {
  const encoding = (incoming.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") return incoming.body;
  // Only one layer: a stack of them is a bomb or a mistake.
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  if (decoder === undefined) {
    throw new EgressFault(
      moltbotError("FETCH_FAILED", {
        host: target.authority,
        problem: "the answer is encoded in a way that is not accepted",
      }),
    );
  }
  return pipeline(incoming.body, decoder, () => undefined);
};

/** The body, decompressed, in pieces; throws an `EgressFault` at the first byte past `maxBytes`, however small it was on the wire. */
export async function* readBody(
  incoming: Incoming,
  target: Target,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of decoded(incoming, target) as AsyncIterable<Uint8Array>) {
      // byte streams: no encoding is set on them
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        incoming.failed("RESPONSE_TOO_LARGE");
        throw new EgressFault(moltbotError("RESPONSE_TOO_LARGE", { limit: maxBytes }));
      }
      yield chunk;
    }
  } catch (thrown) {
    const error = errorOf(thrown, target, signal);
    incoming.failed(error.code);
    throw new EgressFault(error);
  } finally {
    incoming.body.on("error", () => undefined).destroy();
  }
}
