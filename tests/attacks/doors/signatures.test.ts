/** What somebody between a machine and its gateway, or somebody who kept what was sent, makes of signed requests. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { readPublicKey, signRequest } from "@moltbot/client";
import type { SigningKeyPair } from "@moltbot/client";
import { err, moltbotError } from "@moltbot/contracts";
import type { SignedRequest } from "@moltbot/contracts";
import { buildIdentity } from "../../../packages/ingress/src/identity/identity.ts";
import type { Identity } from "../../../packages/ingress/src/identity/identity.ts";
import { ORIGIN, createDevice, pair } from "../../../packages/ingress/src/identity/testing/device.ts";
import { asRequest, createSigner } from "../../../packages/ingress/src/identity/testing/signer.ts";
import type { SignatureWish, TestSigner } from "../../../packages/ingress/src/identity/testing/signer.ts";
import { codeOf, createWorld, must } from "../../../packages/ingress/src/identity/testing/world.ts";
import type { World } from "../../../packages/ingress/src/identity/testing/world.ts";

const ADDRESS = "10.0.0.1";
const WISH = { name: "script", role: "member", days: 1, scopes: null, integrity: "authority" } as const;
const SEND = "/v2/messages?a=1&b=2";
const BODY = '{"text":"hello"}';

let world: World;
let identity: Identity;
let machine: TestSigner;
let token: string;
beforeEach(async () => {
  world = await createWorld();
  identity = world.identity;
  machine = await createSigner(world.clock);
  ({ token } = must(await identity.createToken(world.owner, { ...WISH, key: machine.key })));
});

const asks = async (request: SignedRequest, by: Identity = identity): Promise<string> =>
  codeOf(await by.byToken(token, ADDRESS, request));
const signed = (wish?: SignatureWish): SignedRequest => machine.request("POST", SEND, token, BODY, wish);
const secondsNow = (): number => Math.floor(Date.parse(world.clock.now()) / 1000);

describe("a request that was used before the gateway restarted", () => {
  it.each([-60, -30, -2, 0, 1, 2, 5, 10, 30, 59])(
    "is not used again, its machine's clock being off by %i s",
    async (off) => {
      world.clock.pass(70_000);
      const caught = signed({ parameters: { created: String(secondsNow() + off) } });
      expect(await asks(caught)).toBe("ok");
      world.clock.pass(2_000);
      const restarted = world.again();
      const again: string[] = [];
      for (let passed = 0; passed <= 130; passed += 1) {
        again.push(await asks(caught, restarted));
        world.clock.pass(1_000);
      }
      expect([off, again.filter((code) => code === "ok")]).toEqual([off, []]);
    },
  );
});

describe("a device's proof that was used before the gateway restarted", () => {
  it.each([-60, -30, -2, 1, 2, 5, 30, 59])("is not used again, its clock being off by %i s", async (off) => {
    const phone = await createDevice(world.clock);
    const { accessToken } = await pair(identity, world.owner, phone);
    world.clock.pass(70_000);
    const claims = { iat: secondsNow() + off };
    const caught = await phone.proof("POST", "/v2/agents", accessToken, { claims });
    const use = async (by: Identity): Promise<string> => codeOf(await by.byDevice(accessToken, caught, ADDRESS));
    expect(await use(identity)).toBe("ok");
    world.clock.pass(2_000);
    const restarted = world.again();
    const again: string[] = [];
    for (let passed = 0; passed <= 130; passed += 5) {
      again.push(await use(restarted));
      world.clock.pass(5_000);
    }
    expect([off, again.filter((code) => code === "ok")]).toEqual([off, []]);
    const later = { claims: { iat: secondsNow() + Math.max(off, 0) } };
    const fresh = await phone.proof("POST", "/v2/agents", accessToken, later);
    expect(codeOf(await restarted.byDevice(accessToken, fresh, ADDRESS))).toBe("ok");
  });
});

describe("a machine whose clock is ahead", () => {
  it("is not let in where that cannot be kept, and one whose clock is right needs nothing kept", async () => {
    const down = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a test" }));
    const repository = { ...world.options.repository, touchToken: async () => down };
    const house = buildIdentity({ ...world.options, repository }, {});
    expect(await asks(signed({ parameters: { created: String(secondsNow() + 5) } }), house)).toBe(down.error.code);
    expect(await asks(signed(), house)).toBe("ok");
  });
});

describe("what a machine signs beside the address and the body", () => {
  it("is an Idempotency-Key too, by the client that we ship", async () => {
    const keys = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as SigningKeyPair; // it comes in pairs
    const key = await readPublicKey(crypto, JSON.stringify(await crypto.subtle.exportKey("jwk", keys.publicKey)));
    if (key === undefined) throw new Error("it is a public key");
    const bound = must(await identity.createToken(world.owner, { ...WISH, key }));
    const headers = await signRequest(crypto, keys, {
      method: "POST",
      url: `${ORIGIN}${SEND}`,
      authorization: `Bearer ${bound.token}`,
      body: BODY,
      headers: { "idempotency-key": "of-this-request" },
      now: secondsNow() * 1000,
    });
    const ask = async (sent: Readonly<Record<string, string>>): Promise<string> =>
      codeOf(await identity.byToken(bound.token, ADDRESS, asRequest("POST", `${ORIGIN}${SEND}`, sent, true)));
    expect(await ask({ ...headers, "idempotency-key": "of-another-request" })).toBe("SIGNATURE_INVALID");
    expect(await ask(headers)).toBe("ok");
  });
});

describe("unplug: without what is kept of a clock that is ahead", () => {
  it("a caught request is good once more after a restart", async () => {
    const caught = signed({ parameters: { created: String(secondsNow() + 30) } });
    expect(await asks(caught)).toBe("ok");
    const kept = world.store.tokens[0];
    if (kept === undefined) throw new Error("there is a token");
    await world.options.repository.touchToken(kept.id, world.clock.now());
    world.clock.pass(2_000);
    expect(await asks(caught, world.again())).toBe("ok");
  });
});

describe("a header that was not signed", () => {
  it.each([["idempotency-key", "an-earlier-request"]])("does not change what is done: %s", async (name, value) => {
    const request = signed();
    expect(await asks({ ...request, headers: { ...request.headers, [name]: [value] } })).toBe("SIGNATURE_INVALID");
    const url = request.url;
    const covered = ["@method", "@target-uri", "authorization", "content-digest", name];
    const whole = machine.headers({ method: "POST", url, token, body: BODY, headers: { [name]: value } }, { covered });
    expect(await asks(asRequest("POST", url, { ...whole, [name]: "another-request" }, true))).toBe("SIGNATURE_INVALID");
    const { [name]: _, ...without } = whole;
    expect(await asks(asRequest("POST", url, without, true))).toBe("SIGNATURE_INVALID");
    expect(await asks(asRequest("POST", url, whole, true))).toBe("ok");
  });
});

/** Ways to change one thing about a request after it was signed. */
const changes: readonly ((request: SignedRequest, text: string) => SignedRequest)[] = [
  (request) => ({ ...request, method: request.method.toLowerCase() }),
  (request) => ({ ...request, url: request.url.replace("a=1&b=2", "b=2&a=1") }),
  (request) => ({ ...request, url: request.url.replace("a=1", "%61=1") }),
  (request) => ({ ...request, url: request.url.replace("/v2/", "/v2/./") }),
  (request) => ({ ...request, url: request.url.replace("http:", "https:") }),
  (request, text) => ({ ...request, url: `${request.url}&${encodeURIComponent(text)}` }),
  ...["authorization", "content-digest", "signature", "signature-input"].flatMap((name) => [
    (request: SignedRequest, text: string): SignedRequest => ({
      ...request,
      headers: { ...request.headers, [name]: [...(request.headers[name] ?? []), text] },
    }),
    (request: SignedRequest, text: string): SignedRequest => ({
      ...request,
      headers: { ...request.headers, [name]: [`${request.headers[name]?.[0] ?? ""}, ${text}`] },
    }),
    (request: SignedRequest): SignedRequest => ({ ...request, headers: { ...request.headers, [name]: undefined } }),
    (request: SignedRequest): SignedRequest => ({
      ...request,
      headers: {
        ...request.headers,
        [name]: [`${request.headers[name]?.[0] ?? ""}, ${request.headers[name]?.[0] ?? ""}x`],
      },
    }),
  ]),
  (request) => ({
    ...request,
    headers: {
      ...request.headers,
      signature: [String(request.headers["signature"]?.[0]).replaceAll("sig=", "other=")],
    },
  }),
  (request) => ({
    ...request,
    headers: {
      ...request.headers,
      "signature-input": [`sig=("@method"), ${String(request.headers["signature-input"]?.[0])}`],
      signature: [`sig=:AAAA:, ${String(request.headers["signature"]?.[0])}`],
    },
  }),
];

describe("a request that was changed on its way", () => {
  it("is refused, whatever was changed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...changes),
        fc.string({ minLength: 1, maxLength: 20 }),
        async (change, text) => {
          const request = signed();
          const changed = change(request, text);
          const same = JSON.stringify(changed) === JSON.stringify(request);
          expect(await asks(changed)).toMatch(same ? /ok/ : /SIGNATURE_INVALID|ok/);
          if (!same && (await asks(request)) === "SIGNATURE_REPLAYED")
            // Read in one strict spelling: what reads the same is the same request, and was used up.
            expect(changed.url).toBe(request.url);
        },
      ),
      { numRuns: 300 },
    );
  });
});
