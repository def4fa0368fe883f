import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createClient, readPublicKey, signRequest, signedTransport } from "./index.ts";
import type { SigningKeyPair } from "./index.ts";

const webCrypto = globalThis.crypto;
const { subtle } = webCrypto;
const NOW = 1_763_800_000_999;
const ED25519 = { name: "Ed25519" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };
const keysOf = async (kind: typeof ED25519 | typeof P256): Promise<SigningKeyPair> =>
  (await subtle.generateKey(kind, true, ["sign", "verify"])) as SigningKeyPair; // both kinds come in pairs

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
/** Answers everything with a list, and keeps what came. */
const listen = async (): Promise<{ readonly origin: string; readonly seen: Seen[] }> => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url: `http://${headers.host ?? ""}${url}`, headers, body });
      response.writeHead(200).end("[]");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { origin: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`, seen };
};

/** Checks a signature as RFC 9421, 3.2 says, by the platform alone. */
const isGood = async ({ method, url, headers }: Seen, { publicKey }: SigningKeyPair): Promise<boolean> => {
  const described = String(headers["signature-input"]).replace(/^sig=/, "");
  const names = [...(/^\(([^)]*)\)/.exec(described)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name);
  const valueOf = (name: string): string =>
    name === "@method" ? method : name === "@target-uri" ? url : String(headers[name]);
  const base = [...names.map((name) => `"${name}": ${valueOf(name)}`), `"@signature-params": ${described}`].join("\n");
  const signature = Buffer.from(/^sig=:([^:]+):$/.exec(String(headers["signature"]))?.[1] ?? "", "base64");
  const algorithm = publicKey.algorithm.name === "Ed25519" ? ED25519 : { name: "ECDSA", hash: "SHA-256" };
  return subtle.verify(algorithm, publicKey, signature, Buffer.from(base));
};

describe("signedTransport", () => {
  it.each([
    ["Ed25519", ED25519],
    ["P-256", P256],
  ])("signs what is sent, anew each time (%s)", async (_, kind) => {
    const { origin, seen } = await listen();
    const keys = await keysOf(kind);
    const transport = signedTransport({ origin, token: "mb_x", keys, webCrypto, now: () => NOW });
    expect(transport.address).toBe(origin);
    const client = createClient({ transport });
    expect((await client.call("agents.list", {})).ok).toBe(true);
    expect((await client.call("conversations.list", { limit: 5 })).ok).toBe(true);
    await client.call("agents.create", { name: "ünter" } as never);
    expect(seen).toHaveLength(3);
    for (const one of seen) {
      expect([one.url, await isGood(one, keys)]).toEqual([one.url, true]);
      expect(one.headers.authorization).toBe("Bearer mb_x");
      expect(one.headers["signature-input"]).toMatch(
        /^sig=\("@method" "@target-uri" "authorization"( "content-digest")?\);created=1763800000;nonce="[\w-]{22}";keyid="[\w-]{43}"$/,
      );
    }
    const [first, second, third] = seen;
    expect(
      new Set(seen.map(({ headers }) => /nonce="([^"]+)"/.exec(String(headers["signature-input"]))?.[1])).size,
    ).toBe(3);
    expect([first?.headers["content-digest"], second?.url]).toEqual([undefined, `${origin}/v2/conversations?limit=5`]);
    const digest = Buffer.from(await subtle.digest("SHA-256", Buffer.from(third?.body ?? ""))).toString("base64");
    expect(third?.headers["content-digest"]).toBe(`sha-256=:${digest}:`);
    expect(third?.headers["signature-input"]).toContain('"content-digest"');
    expect(await isGood({ ...(third as Seen), method: "PUT" }, keys)).toBe(false);
  });

  it("signs with nothing but the two kinds of keys that tokens take", async () => {
    const keys = (await subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
      "sign",
      "verify",
    ])) as SigningKeyPair; // they come in pairs
    const subject = { method: "GET", url: "https://molt.example/", authorization: "Bearer x", body: null, now: NOW };
    await expect(signRequest(webCrypto, keys, subject)).rejects.toThrow("Ed25519 or a P-256");
  });
});

describe("readPublicKey", () => {
  const pem = async (key: CryptoKey): Promise<string> => {
    const lines = Buffer.from(await subtle.exportKey("spki", key))
      .toString("base64")
      .replace(/.{64}/g, "$&\n");
    return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
  };
  it.each([
    ["Ed25519", ED25519],
    ["P-256", P256],
  ])("reads JWK and PEM alike (%s), and no more of a JWK than the key", async (_, kind) => {
    const { publicKey } = await keysOf(kind);
    const jwk = await subtle.exportKey("jwk", publicKey);
    const { kty, crv, x, y } = jwk;
    const key = y === undefined ? { kty, crv, x } : { kty, crv, x, y };
    expect(await readPublicKey(webCrypto, JSON.stringify(jwk))).toEqual(key);
    expect(await readPublicKey(webCrypto, await pem(publicKey))).toEqual(key);
  });

  it("takes no private key and no other kind", async () => {
    const { privateKey } = await keysOf(ED25519);
    const own = JSON.stringify(await subtle.exportKey("jwk", privateKey));
    const other = (await subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
      "sign",
      "verify",
    ])) as SigningKeyPair; // they come in pairs
    const secret = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(await subtle.exportKey("pkcs8", privateKey)).toString("base64")}\n-----END PRIVATE KEY-----\n`;
    const broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    const strange = ['{"kty":"oct","k":"AAAA"}', '{"kty":"EC","crv":"P-256","x":"A"}', "[]", "null", "", "words"];
    for (const text of [own, await pem(other.publicKey), secret, broken, ...strange])
      expect([text, await readPublicKey(webCrypto, text)]).toEqual([text, undefined]);
  });
});
