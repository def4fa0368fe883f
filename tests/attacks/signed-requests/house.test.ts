/** A machine client whose token is bound to a key, in a whole house; and whoever stole what it sends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, readPublicKey, signRequest, signedTransport } from "@moltbot/client";
import type { Client, SigningKeyPair } from "@moltbot/client";
import { mustOpen, mustRefuse } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { followStream } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { must, startAttackHouse } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";
import { bearer, world } from "../advisories/visitor.ts";

const webCrypto = globalThis.crypto;
const KINDS = { Ed25519: { name: "Ed25519" }, "P-256": { name: "ECDSA", namedCurve: "P-256" } } as const;
const JSON_BODY = { "content-type": "application/json" };
type Headers = Readonly<Record<string, string>>;

describe.each(["Ed25519", "P-256"] as const)("a token bound to a key (%s)", { timeout: 90_000 }, (kind) => {
  let house: AttackHouse;
  let keys: SigningKeyPair;
  let thief: SigningKeyPair;
  let token: string;
  let tokenId: string;
  let client: Client;
  const newKeys = async (): Promise<SigningKeyPair> =>
    (await webCrypto.subtle.generateKey(KINDS[kind], false, ["sign", "verify"])) as SigningKeyPair; // both kinds come in pairs
  const headersOf = (
    method: string,
    path: string,
    body: string | null = null,
    by = keys,
    now = Date.now(),
  ): Promise<Headers> =>
    signRequest(webCrypto, by, {
      method,
      url: `${house.gateway.url}${path}`,
      authorization: `Bearer ${token}`,
      body,
      now,
    });
  const get = async (path: string, headers: Headers): Promise<number> =>
    (await house.http({ method: "GET", path, headers })).status;

  beforeAll(async () => {
    house = await startAttackHouse();
    [keys, thief] = [await newKeys(), await newKeys()];
    const text = JSON.stringify(await webCrypto.subtle.exportKey("jwk", keys.publicKey));
    const key = await readPublicKey(webCrypto, text);
    if (key === undefined) throw new Error("it is a public key");
    ({ token, id: tokenId } = must(await house.client.call("tokens.create", { name: "machine", role: "owner", key })));
    client = createClient({ transport: signedTransport({ origin: house.gateway.url, token, keys, webCrypto }) });
    // A signature from before the gateway began, to the second, is none.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  it("works by every door for the machine that has the key", async () => {
    const [agent] = must(await client.call("agents.list", {}));
    expect(agent?.id).toBe(house.agent.id);
    must(await client.call("agents.create", { name: "made by a machine", model: "default" }));
    const events = await followStream(house.port, "/v2/events", await headersOf("GET", "/v2/events"));
    expect(events.status).toBe(200);
    events.leave();
    const socket = await mustOpen({ port: house.port, headers: await headersOf("GET", "/v2/socket") });
    expect(await socket.ask("1", "agents.list")).toMatchObject({ ok: true });
    socket.leave();
    expect(await get("/openai/v1/models", await headersOf("GET", "/openai/v1/models"))).toBe(200);
    const listed = must(await client.call("tokens.list", {})).find(({ id }) => id === tokenId);
    expect(listed?.thumbprint).toMatch(/^[\w-]{43}$/);
  });

  it("is worth nothing to whoever has all that it ever sent, and they are on record", async () => {
    const before = await world(house);
    const body = JSON.stringify({ name: "of a thief", model: "default" });
    const caught = await headersOf("GET", "/v2/agents");
    expect(await get("/v2/agents", caught)).toBe(200);
    const attempts: readonly [string, string, Headers, string | null][] = [
      ["GET", "/v2/agents", bearer(token), null],
      ["GET", "/v2/agents", caught, null],
      ["GET", "/v2/people", await headersOf("GET", "/v2/agents"), null],
      ["GET", "/v2/agents", await headersOf("GET", "/v2/agents", null, thief), null],
      ["GET", "/v2/agents", await headersOf("GET", "/v2/agents", null, keys, Date.now() - 120_000), null],
      ["GET", "/v2/agents", await headersOf("GET", "/v2/agents", null, keys, Date.now() + 120_000), null],
      ["GET", "/v2/events", bearer(token), null],
      ["GET", "/openai/v1/models", bearer(token), null],
      ["POST", "/v2/agents", await headersOf("POST", "/v2/agents", "{}"), body],
      ["POST", "/v2/agents", await headersOf("POST", "/v2/agents"), body],
    ];
    for (const [method, path, headers, sends] of attempts) {
      const answer = await house.http({
        method,
        path,
        headers: sends === null ? headers : { ...headers, ...JSON_BODY },
        ...(sends === null ? {} : { body: sends }),
      });
      expect([method, path, answer.status, answer.text]).toEqual([
        method,
        path,
        401,
        expect.stringMatching(/SIGNATURE_(INVALID|REPLAYED)/) as string,
      ]);
    }
    for (const headers of [bearer(token), caught])
      expect((await mustRefuse({ port: house.port, headers })).status).toBe(401);
    expect(await world(house)).toEqual(before);
    const problems = must(await house.client.call("audit.list", { limit: 200 }))
      .filter(({ event }) => event === "signature:refused")
      .map(({ fields }) => fields["problem"]);
    expect(problems).toEqual(
      expect.arrayContaining([
        "SIGNATURE_REPLAYED",
        "it is not the key's over this request",
        "the body is not the one that Content-Digest names",
        "the header Signature-Input is missing",
      ]),
    );
    must(await client.call("agents.list", {}));
  });

  it("is over at once when it is revoked, on open sockets too", async () => {
    const socket = await mustOpen({ port: house.port, headers: await headersOf("GET", "/v2/socket") });
    must(await house.client.call("tokens.revoke", { tokenId }));
    await socket.closed;
    expect(await get("/v2/agents", await headersOf("GET", "/v2/agents"))).toBe(401);
  });
});
