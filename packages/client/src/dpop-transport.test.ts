import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { moltbotError } from "@moltbot/contracts";
import type { DeviceTokens } from "@moltbot/contracts";
import { createClient, createDeviceKey, dpopTransport, pairDevice, publicKeyOf } from "./index.ts";
import type { DeviceKeyPair } from "./index.ts";

const webCrypto = globalThis.crypto;
const START = 1_763_800_000_000;
const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const tokensOf = (n: number, seconds = 600): DeviceTokens =>
  ({
    deviceId: "01900000-0000-7000-8000-000000000001",
    accessToken: `access-${n}`,
    expiresAt: new Date(START + seconds * 1000).toISOString(),
    refreshToken: `refresh-token-number-${n}`,
  }) as DeviceTokens; // brands on constants

/** A gateway that hands out numbered tokens and answers `[]` to everything else. */
const listen = async (): Promise<{ origin: string; seen: Seen[]; refuse: boolean }> => {
  const gateway = { origin: "", seen: [] as Seen[], refuse: false };
  let made = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      gateway.seen.push({ path: request.url ?? "", headers: request.headers, body });
      const pairing = (request.url ?? "").startsWith("/v2/devices");
      if (pairing && gateway.refuse) {
        const { code, message, next, name, context, recoverable } = moltbotError("REFRESH_REUSED");
        const problem = { code, detail: message, next, family: name, context, recoverable };
        return void response.writeHead(401).end(JSON.stringify(problem));
      }
      return void response.writeHead(200).end(JSON.stringify(pairing ? tokensOf((made += 1)) : []));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return Object.assign(gateway, {
    origin: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
  });
};

type Part = Readonly<Record<string, unknown>>;
const parse = (text = ""): Part => JSON.parse(Buffer.from(text, "base64url").toString()) as Part;
/** Reads a proof and checks its signature with the platform alone. */
const open = async (proof: unknown, { publicKey }: DeviceKeyPair): Promise<{ header: Part; claims: Part }> => {
  const [header, claims, signature = ""] = String(proof).split(".");
  const good = await webCrypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" },
    publicKey,
    Buffer.from(signature, "base64url"),
    new TextEncoder().encode(`${header}.${claims}`),
  );
  if (!good) throw new Error("the signature is wrong");
  return { header: parse(header), claims: parse(claims) };
};

describe("a device's transport", () => {
  it("pairs with a proof of its key, which can never be taken out", async () => {
    const gateway = await listen();
    const keys = await createDeviceKey(webCrypto);
    const options = { origin: gateway.origin, keys, webCrypto, now: () => START };
    expect(await pairDevice(options, { code: "ABCD-EFGH", name: "phone" })).toEqual({ ok: true, value: tokensOf(1) });
    const [seen] = gateway.seen;
    const { header, claims } = await open(seen?.headers["dpop"], keys);
    const key = await publicKeyOf(webCrypto, keys);
    expect(header).toEqual({ typ: "dpop+jwt", alg: "ES256", jwk: key });
    expect(claims).toMatchObject({ htm: "POST", htu: `${gateway.origin}/v2/devices`, iat: START / 1000 });
    expect(JSON.parse(seen?.body ?? "")).toEqual({ code: "ABCD-EFGH", name: "phone", key });
    expect(Object.keys(key)).toEqual(["kty", "crv", "x", "y"]);
    await expect(webCrypto.subtle.exportKey("jwk", keys.privateKey)).rejects.toThrow("not extractable");
  });

  it("sends with every request the token and a proof made for it alone, and no cookie", async () => {
    const gateway = await listen();
    const keys = await createDeviceKey(webCrypto);
    const transport = dpopTransport({
      origin: gateway.origin,
      keys,
      webCrypto,
      tokens: tokensOf(7),
      save: async () => undefined,
      now: () => START,
    });
    const client = createClient({ transport });
    await Promise.all([client.call("agents.list", {}), client.call("approvals.list", { state: "pending" })]);
    const proofs = await Promise.all(gateway.seen.map(({ headers }) => open(headers["dpop"], keys)));
    const ath = Buffer.from(await webCrypto.subtle.digest("SHA-256", Buffer.from("access-7"))).toString("base64url");
    expect(gateway.seen.map(({ headers }) => [headers.authorization, headers.cookie])).toEqual([
      ["DPoP access-7", undefined],
      ["DPoP access-7", undefined],
    ]);
    expect(new Set(proofs.map(({ claims }) => `${String(claims["htu"])} ${String(claims["ath"])}`))).toEqual(
      new Set([`${gateway.origin}/v2/agents ${ath}`, `${gateway.origin}/v2/approvals ${ath}`]),
    );
    expect(new Set(proofs.map(({ claims }) => claims["jti"])).size).toBe(2);
  });

  it("replaces tokens once for all that wait, and keeps the new ones before it uses them", async () => {
    const gateway = await listen();
    const keys = await createDeviceKey(webCrypto);
    const order: string[] = [];
    const transport = dpopTransport({
      origin: gateway.origin,
      keys,
      webCrypto,
      tokens: tokensOf(7, 20),
      save: async ({ refreshToken }) => {
        order.push(`${refreshToken} after ${gateway.seen.length}`);
      },
      now: () => START,
    });
    const client = createClient({ transport });
    await Promise.all([1, 2, 3].map(() => client.call("agents.list", {})));
    expect(order).toEqual(["refresh-token-number-1 after 1"]);
    expect(gateway.seen.map(({ path }) => path)).toEqual([
      "/v2/devices/token",
      "/v2/agents",
      "/v2/agents",
      "/v2/agents",
    ]);
    expect(gateway.seen[0]?.body).toBe('{"refreshToken":"refresh-token-number-7"}');
    expect(gateway.seen.slice(1).every(({ headers }) => headers.authorization === "DPoP access-1")).toBe(true);
  });

  it("of two windows that are one device refreshes once, and both go on with what it gave", async () => {
    const gateway = await listen();
    const keys = await createDeviceKey(webCrypto);
    let kept = tokensOf(7, 20);
    let line: Promise<unknown> = Promise.resolve();
    const windows = [1, 2].map(() =>
      createClient({
        transport: dpopTransport({
          origin: gateway.origin,
          keys,
          webCrypto,
          tokens: kept,
          save: async (tokens) => {
            kept = tokens;
          },
          shared: {
            load: async () => kept,
            alone: (work) => {
              const mine = line.then(work);
              line = mine;
              return mine;
            },
          },
          now: () => START,
        }),
      }),
    );
    await Promise.all(windows.map((window) => window.call("agents.list", {})));
    expect(gateway.seen.map(({ path }) => path).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "/v2/agents",
      "/v2/agents",
      "/v2/devices/token",
    ]);
  });

  it("says why it was ended, and that nobody answers", async () => {
    const gateway = await listen();
    gateway.refuse = true;
    const keys = await createDeviceKey(webCrypto);
    const wish = { keys, webCrypto, tokens: tokensOf(7, 20), save: async () => undefined, now: () => START };
    const ended = createClient({ transport: dpopTransport({ origin: gateway.origin, ...wish }) });
    expect(await ended.call("agents.list", {})).toMatchObject({ ok: false, error: { code: "REFRESH_REUSED" } });
    const silent = createClient({ transport: dpopTransport({ origin: "http://127.0.0.1:9", ...wish }) });
    expect(await silent.call("agents.list", {})).toMatchObject({ ok: false, error: { code: "GATEWAY_UNREACHABLE" } });
  });
});
