import type { DeviceKey } from "@moltbot/contracts";

export const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
export const WITH_P256 = { name: "ECDSA", hash: "SHA-256" } as const;

export type Bytes = Uint8Array<ArrayBuffer>;

/** As much of the platform's WebCrypto as a device needs; it is handed in, in browsers and programs alike: `globalThis.crypto`. */
export interface WebCrypto {
  readonly subtle: {
    generateKey(algorithm: typeof P256, extractable: boolean, usages: ["sign", "verify"]): Promise<DeviceKeyPair>;
    exportKey(format: "jwk", key: CryptoKey): Promise<{ readonly x?: string; readonly y?: string }>;
    digest(algorithm: "SHA-256", bytes: Bytes): Promise<ArrayBuffer>;
    sign(algorithm: typeof WITH_P256, key: CryptoKey, bytes: Bytes): Promise<ArrayBuffer>;
  };
  getRandomValues(bytes: Bytes): Bytes;
}

/** A device's key: what signs never leaves the browser's or the program's own keeping. */
export interface DeviceKeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** A new key (ECDSA P-256) whose private part nobody can take out, this program included; it can be kept in IndexedDB as it is. */
export const createDeviceKey = ({ subtle }: WebCrypto): Promise<DeviceKeyPair> =>
  subtle.generateKey(P256, false, ["sign", "verify"]);

export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
export const encode = (text: string): Bytes => new TextEncoder().encode(text);

/** The public part, as a proof carries it and as pairing takes it (RFC 7517). */
export const publicKeyOf = async ({ subtle }: WebCrypto, { publicKey }: DeviceKeyPair): Promise<DeviceKey> => {
  const { x = "", y = "" } = await subtle.exportKey("jwk", publicKey);
  return { kty: "EC", crv: "P-256", x, y };
};

/** What a proof is made for. */
export interface ProofSubject {
  readonly method: string;
  /** Scheme, host and path; a query is left out. */
  readonly url: string;
  readonly accessToken: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A DPoP proof (RFC 9449, 4.2), good once and for this request alone. */
export const makeProof = async (
  web: WebCrypto,
  keys: DeviceKeyPair,
  { method, url, accessToken, now }: ProofSubject,
): Promise<string> => {
  const { origin, pathname } = new URL(url);
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: await publicKeyOf(web, keys) };
  const ath =
    accessToken === null
      ? {}
      : { ath: base64url(new Uint8Array(await web.subtle.digest("SHA-256", encode(accessToken)))) };
  const claims = {
    jti: base64url(web.getRandomValues(new Uint8Array(16))),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(now / 1000),
    ...ath,
  };
  const signed = [header, claims].map((part) => base64url(encode(JSON.stringify(part)))).join(".");
  const signature = await web.subtle.sign(WITH_P256, keys.privateKey, encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
};
