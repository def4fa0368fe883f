import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { DeviceKey, millisecondsOf } from "@moltbot/contracts";
import type { ClockPort, SignedRequest } from "@moltbot/contracts";
import { thumbprintOf } from "../dpop-proofs.ts";
import { ORIGIN } from "./device.ts";

let count = 0;

/** What a test may change about a signature before it is made. */
export interface SignatureWish {
  readonly covered?: readonly string[];
  /** In place of parameters, or beside them; null leaves one out. As they stand in the header. */
  readonly parameters?: Readonly<Record<string, string | null>>;
  readonly label?: string;
  readonly signer?: KeyObject;
}

export interface Message {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A program with a key of its own, as RFC 9421 wants it to speak. */
export interface TestSigner {
  readonly key: DeviceKey;
  readonly thumbprint: string;
  readonly privateKey: KeyObject;
  /** The headers of the signed message. */
  headers(message: Message, wish?: SignatureWish): Readonly<Record<string, string>>;
  /** The same as it comes in. */
  request(method: string, path: string, token: string, body?: string, wish?: SignatureWish): SignedRequest;
}

export const digestOf = (body: string): string => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;

export const signWith = (privateKey: KeyObject, text: string): string =>
  (privateKey.asymmetricKeyType === "ed25519"
    ? sign(null, Buffer.from(text), privateKey)
    : sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" })
  ).toString("base64");

/** Written apart from what checks it: a text of its own, put together by hand. */
export const createSigner = async (
  clock: Pick<ClockPort, "now">,
  kind: "ed25519" | "p-256" | { readonly jwk: Record<string, string> } = "ed25519",
): Promise<TestSigner> => {
  const privateKey =
    kind === "ed25519"
      ? generateKeyPairSync("ed25519").privateKey
      : kind === "p-256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
        : createPrivateKey({ key: kind.jwk, format: "jwk" });
  const { d: _, ...open } = privateKey.export({ format: "jwk" });
  const key = DeviceKey.parse(open);
  const thumbprint = await thumbprintOf(key);
  const signer: TestSigner = {
    key,
    thumbprint,
    privateKey,
    headers({ method, url, token, body, headers = {} }, wish = {}) {
      const own: Record<string, string> = {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-digest": digestOf(body) }),
        ...headers,
      };
      const covered = wish.covered ?? [
        "@method",
        "@target-uri",
        "authorization",
        ...(own["content-digest"] === undefined ? [] : ["content-digest"]),
      ];
      const parameters: Record<string, string | null> = {
        created: String(Math.floor(millisecondsOf(clock.now()) / 1000)),
        nonce: `"nonce-number-${(count += 1)}"`,
        keyid: `"${thumbprint}"`,
        ...wish.parameters,
      };
      const described = `(${covered.map((name) => `"${name}"`).join(" ")})${Object.entries(parameters)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `;${name}=${String(value)}`)
        .join("")}`;
      const valueOf = (name: string): string =>
        name === "@method" ? method : name === "@target-uri" ? url : (own[name] ?? "");
      const base = [...covered.map((name) => `"${name}": ${valueOf(name)}`), `"@signature-params": ${described}`];
      const label = wish.label ?? "sig";
      return {
        ...own,
        "signature-input": `${label}=${described}`,
        signature: `${label}=:${signWith(wish.signer ?? privateKey, base.join("\n"))}:`,
      };
    },
    request(method, path, token, body, wish) {
      const url = `${ORIGIN}${path}`;
      const headers = signer.headers({ method, url, token, ...(body === undefined ? {} : { body }) }, wish);
      return asRequest(method, url, headers, body !== undefined);
    },
  };
  return signer;
};

export const asRequest = (
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  hasBody: boolean,
): SignedRequest => ({
  method,
  url,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  hasBody,
});
