import { millisecondsOf, ok } from "@moltbot/contracts";
import type { DeviceKey, Result, SignedRequest } from "@moltbot/contracts";
import type { Counter } from "./counter.ts";
import { invalidSignature, onlyValue, readContentDigest, readMessageSignature } from "./signature-fields.ts";
import type { MessageSignature } from "./signature-fields.ts";
import { componentsOfRequest, signatureBase } from "./signature-base.ts";
import { PROOF_TOLERANCE } from "./spent-proofs.ts";
import type { SpentProofs } from "./spent-proofs.ts";

/** What every signature covers. */
const COVERED = ["@method", "@target-uri", "authorization"] as const;
/** Headers that decide what is done: where one of them stands it is covered, or somebody on the way could have put it there. */
const DECISIVE = ["content-digest", "idempotency-key"] as const;
/** What stands in the signature's own way says nothing about the request. */
const NEVER = new Set(["signature", "signature-input"]);
const MOST_COMPONENTS = 32;
const PARAMETERS = new Set(["created", "expires", "nonce", "keyid", "alg"]);
/** RFC 9421, 6.2. The key says which one it is; a message that says another one is lying. */
const ALGORITHMS = { EC: "ecdsa-p256-sha256", OKP: "ed25519" } as const;
const NONCE = /^[\x21-\x7e]{8,128}$/;

/** The key that a token is bound to. */
export interface BoundKey {
  readonly key: DeviceKey;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  /** When it was last used before this process began, in seconds since 1970; what was signed until then may have been used. */
  readonly usedUntil?: number;
}

/** Signed requests (RFC 9421) of machine clients. */
export interface SignedRequests {
  /**
   * When it was signed (seconds since 1970): SIGNATURE_INVALID unless by this key, just now and whole; SIGNATURE_REPLAYED for one that
   * was seen. It may lie ahead, by a machine's clock that does: whoever lets it in remembers that, as `usedUntil` of the key.
   */
  check(request: SignedRequest | undefined, bound: BoundKey): Result<number>;
  /** SIGNATURE_INVALID unless the body is the one whose digest the request named. */
  checkBody(contentDigest: string | null, body: Uint8Array): Result<void>;
}

interface Times {
  readonly now: number;
  /** When this process began: what was signed before could have been used before, and nobody would remember. */
  readonly began: number;
}

/** What of the parameters (RFC 9421, 2.3) does not fit, or when it was made and the nonce. */
const onceOf = (
  { parameters }: MessageSignature,
  { key, thumbprint, usedUntil = 0 }: BoundKey,
  { now, began }: Times,
): Result<{ readonly created: number; readonly nonce: string }> => {
  for (const name of parameters.keys())
    if (!PARAMETERS.has(name)) return invalidSignature("it has a parameter that nobody here knows", name);
  const { created, expires, nonce, keyid, alg } = Object.fromEntries(parameters);
  if (keyid !== thumbprint) return invalidSignature("keyid is not the thumbprint (RFC 7638) of the token's key");
  if (alg !== undefined && alg !== ALGORITHMS[key.kty])
    return invalidSignature(`alg is not ${ALGORITHMS[key.kty]}, which is the one of the token's key`);
  if (typeof created !== "number" || !Number.isInteger(created)) return invalidSignature("created is missing");
  if (Math.abs(now - created) > PROOF_TOLERANCE) return invalidSignature("created is more than a minute off");
  if (created < began || created <= usedUntil) return invalidSignature("it was made before the gateway started");
  if (expires !== undefined && (typeof expires !== "number" || expires <= now))
    return invalidSignature("its time (expires) is up");
  return typeof nonce === "string" && NONCE.test(nonce)
    ? ok({ created, nonce })
    : invalidSignature("nonce is not 8 to 128 printable characters");
};

/** What must be covered and is not. */
const uncoveredOf = ({ components }: MessageSignature, { headers }: SignedRequest): string | undefined => {
  const there = DECISIVE.filter((name) => headers[name] !== undefined);
  return [...COVERED, ...there].find((component) => !components.includes(component));
};

export const createSignedRequests = (
  { clock, crypto, signatures }: Pick<Counter, "clock" | "crypto" | "signatures">,
  spent: SpentProofs,
): SignedRequests => {
  const secondsNow = (): number => millisecondsOf(clock.now()) / 1000;
  // What was made in the second in which it began may have been made, and used, before.
  const began = Math.ceil(secondsNow());

  const checkBody: SignedRequests["checkBody"] = (contentDigest, body) => {
    if (contentDigest === null)
      return body.length === 0 ? ok(undefined) : invalidSignature("there is a body and no Content-Digest");
    const digest = readContentDigest(contentDigest);
    if (!digest.ok) return digest;
    return digest.value === crypto.hash(body)
      ? ok(undefined)
      : invalidSignature("the body is not the one that Content-Digest names");
  };

  /** Before the body is there: whether its digest can be held against it at all. */
  const checkDigest = ({ method, headers, hasBody }: SignedRequest): Result<unknown> => {
    // Nobody reads it, so nobody would hold it against its digest.
    if (hasBody && (method === "GET" || method === "HEAD")) return invalidSignature(`a ${method} has no body to sign`);
    const named = headers["content-digest"];
    if (named === undefined) return hasBody ? invalidSignature("there is a body and no Content-Digest") : ok(undefined);
    const field = onlyValue(named, "Content-Digest");
    if (!field.ok) return field;
    return hasBody ? readContentDigest(field.value) : checkBody(field.value, new Uint8Array(0));
  };

  const read = ({ headers }: SignedRequest): Result<MessageSignature> => {
    const input = onlyValue(headers["signature-input"], "Signature-Input");
    if (!input.ok) return input;
    const signature = onlyValue(headers["signature"], "Signature");
    return signature.ok ? readMessageSignature(input.value, signature.value) : signature;
  };

  return {
    checkBody,
    check(request, bound) {
      if (request === undefined) return invalidSignature("there is none");
      const signature = read(request);
      if (!signature.ok) return signature;
      const { components, described, bytes } = signature.value;
      const once = onceOf(signature.value, bound, { now: secondsNow(), began });
      if (!once.ok) return once;
      const uncovered = uncoveredOf(signature.value, request);
      if (uncovered !== undefined) return invalidSignature(`it does not cover ${uncovered}`);
      if (components.length > MOST_COMPONENTS) return invalidSignature("it covers too many components");
      const strange = components.find((component) => NEVER.has(component));
      if (strange !== undefined) return invalidSignature(`it covers ${strange}`);
      const digest = checkDigest(request);
      if (!digest.ok) return digest;
      const base = signatureBase(components, described, componentsOfRequest(request));
      if ("missing" in base)
        return invalidSignature("it covers a component that the request does not have", base.missing);
      if (!signatures.verify(bound.key, base.text, bytes))
        return invalidSignature("it is not the key's over this request");
      const spending = spent.spend(bound.thumbprint, once.value.nonce);
      return spending.ok ? ok(once.value.created) : spending;
    },
  };
};
