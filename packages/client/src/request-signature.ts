import type { DeviceKey } from "@moltbot/contracts";
import { P256, WITH_P256, base64url, encode } from "./device-key.ts";
import type { Bytes } from "./device-key.ts";

const ED25519 = { name: "Ed25519" } as const;
const PEM = /^-----BEGIN PUBLIC KEY-----([\sA-Za-z0-9+/=]+)-----END PUBLIC KEY-----\s*$/;

interface Jwk {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly d?: string;
}

/** As much of the platform's WebCrypto as signing needs; it is handed in: `globalThis.crypto`. */
export interface SigningCrypto {
  readonly subtle: {
    importKey(
      format: "spki",
      bytes: Bytes,
      algorithm: typeof P256 | typeof ED25519,
      extractable: true,
      usages: ["verify"],
    ): Promise<CryptoKey>;
    exportKey(format: "jwk", key: CryptoKey): Promise<Jwk>;
    digest(algorithm: "SHA-256", bytes: Bytes): Promise<ArrayBuffer>;
    sign(algorithm: typeof WITH_P256 | typeof ED25519, key: CryptoKey, bytes: Bytes): Promise<ArrayBuffer>;
  };
  getRandomValues(bytes: Bytes): Bytes;
}

/** What signs a machine's requests: an Ed25519 or P-256 key of its own. */
export interface SigningKeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** A public key as a token takes it; undefined for every other kind, and for one that has its private part with it. */
const asPublicKey = ({ kty, crv, x, y, d }: Jwk): DeviceKey | undefined => {
  if (d !== undefined || x === undefined) return undefined;
  if (kty === "OKP" && crv === "Ed25519") return { kty, crv, x };
  return kty === "EC" && crv === "P-256" && y !== undefined ? { kty, crv, x, y } : undefined;
};

const fromJwk = (text: string): DeviceKey | undefined => {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null ? asPublicKey(read) : undefined;
  } catch {
    return undefined;
  }
};

/** A public key from a file's text: a JWK (RFC 7517) or PEM ("BEGIN PUBLIC KEY"), Ed25519 or P-256; undefined for anything else. */
export const readPublicKey = async ({ subtle }: SigningCrypto, text: string): Promise<DeviceKey | undefined> => {
  const encoded = PEM.exec(text.trim())?.[1]?.replace(/\s/g, "");
  if (encoded === undefined) return fromJwk(text);
  for (const kind of [ED25519, P256]) {
    try {
      const der = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
      return asPublicKey(await subtle.exportKey("jwk", await subtle.importKey("spki", der, kind, true, ["verify"])));
    } catch {
      continue; // it is a key of the other kind, or none
    }
  }
  return undefined;
};

/** RFC 7638: the members in this order, without a space. */
const thumbprintOf = async ({ subtle }: SigningCrypto, publicKey: CryptoKey): Promise<string> => {
  const key = asPublicKey(await subtle.exportKey("jwk", publicKey));
  if (key === undefined) throw new TypeError("requests are signed with an Ed25519 or a P-256 key");
  const { kty, crv, x } = key;
  const members = kty === "EC" ? { crv, kty, x, y: key.y } : { crv, kty, x };
  return base64url(new Uint8Array(await subtle.digest("SHA-256", encode(JSON.stringify(members)))));
};

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** What a signature is made for. */
export interface SignatureSubject {
  readonly method: string;
  /** Scheme, host, path and query, exactly as they are asked for. */
  readonly url: string;
  readonly authorization: string;
  readonly body: string | null;
  /** More headers to sign, by their lower-case names: an `idempotency-key` has to be. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The headers that sign a request (RFC 9421), good once and for this request alone. */
export const signRequest = async (
  web: SigningCrypto,
  { publicKey, privateKey }: SigningKeyPair,
  { method, url, authorization, body, headers = {}, now }: SignatureSubject,
): Promise<Readonly<Record<string, string>>> => {
  const digest = body === null ? null : `sha-256=:${base64(await web.subtle.digest("SHA-256", encode(body)))}:`;
  const covered: readonly (readonly [string, string])[] = [
    ["@method", method],
    ["@target-uri", url],
    ["authorization", authorization],
    ...(digest === null ? [] : [["content-digest", digest] as const]),
    ...Object.entries(headers),
  ];
  const nonce = base64url(web.getRandomValues(new Uint8Array(16)));
  const names = covered.map(([name]) => `"${name}"`).join(" ");
  const keyid = await thumbprintOf(web, publicKey);
  const described = `(${names});created=${Math.floor(now / 1000)};nonce="${nonce}";keyid="${keyid}"`;
  const lines = covered.map(([name, value]) => `"${name}": ${value}`);
  const base = [...lines, `"@signature-params": ${described}`].join("\n");
  const algorithm = privateKey.algorithm.name === "Ed25519" ? ED25519 : WITH_P256;
  const signature = await web.subtle.sign(algorithm, privateKey, encode(base));
  return {
    ...headers,
    authorization,
    ...(digest === null ? {} : { "content-digest": digest }),
    "signature-input": `sig=${described}`,
    signature: `sig=:${base64(signature)}:`,
  };
};
