import { createHmac, createPublicKey } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import type { Identified, SignedRequest } from "@moltbot/contracts";
import type { Identity, Weakening } from "./identity.ts";
import { createSignedRequests } from "./signed-requests.ts";
import { OF_SIGNATURES, createSpentProofs } from "./spent-proofs.ts";
import { ORIGIN } from "./testing/device.ts";
import { asRequest, createSigner, digestOf } from "./testing/signer.ts";
import type { SignatureWish, TestSigner } from "./testing/signer.ts";
import { codeOf, createWorld, must, testSignatures } from "./testing/world.ts";
import type { World } from "./testing/world.ts";

const ADDRESS = "10.0.0.1";
const WISH = { name: "script", role: "member", days: 1, scopes: null, integrity: "authority" } as const;
const SEND = "/v2/messages?x=1";
const BODY = '{"text":"hello"}';
const BASE = ["@method", "@target-uri", "authorization", "content-digest"];

let world: World;
let identity: Identity;
let machine: TestSigner;
let thief: TestSigner;
let token: string;
let tokenId: string;
beforeEach(async () => {
  world = await createWorld();
  identity = world.identity;
  machine = await createSigner(world.clock);
  thief = await createSigner(world.clock);
  const made = must(await identity.createToken(world.owner, { ...WISH, key: machine.key }));
  ({ token, id: tokenId } = made);
});

const asks = async (request?: SignedRequest, by: Identity = identity): Promise<string> =>
  codeOf(await by.byToken(token, ADDRESS, request));
const signed = (wish?: SignatureWish, by: TestSigner = machine): SignedRequest =>
  by.request("POST", SEND, token, BODY, wish);
const problemOf = async (request?: SignedRequest): Promise<string> => {
  const answer = await identity.byToken(token, ADDRESS, request);
  expect(codeOf(answer)).toBe("SIGNATURE_INVALID");
  return answer.ok ? "" : String(answer.error.context["problem"]);
};
const withHeader = (request: SignedRequest, name: string, values?: readonly string[]): SignedRequest => ({
  ...request,
  headers: { ...request.headers, [name]: values },
});
const headerOf = ({ headers }: SignedRequest, name: string): string => headers[name]?.[0] ?? "";
const recorded = (): readonly unknown[] => world.recorded.filter(({ event }) => event === "signature:refused");

describe("a token that is bound to a key", () => {
  it.each(["ed25519", "p-256"] as const)(
    "is somebody's with a request signed by that key (%s), strongly",
    async (kind) => {
      const signer = await createSigner(world.clock, kind);
      const made = must(await identity.createToken(world.owner, { ...WISH, key: signer.key }));
      for (const alg of [null, kind === "p-256" ? '"ecdsa-p256-sha256"' : '"ed25519"']) {
        const request = signer.request("GET", "/v2/agents", made.token, undefined, { parameters: { alg } });
        const who: Identified = must(await identity.byToken(made.token, ADDRESS, request));
        expect(who.principal.id).toBe(world.owner.id);
        expect(who.proof).toMatchObject({ kind: "token", id: made.id, strong: true });
        expect(codeOf(await identity.stillGood(who))).toBe("ok");
      }
      expect(recorded()).toEqual([]);
    },
  );

  it("is listed with the thumbprint of its key, and made on record with it", async () => {
    await identity.createToken(world.owner, WISH);
    expect(must(await identity.listTokens(world.owner)).map(({ thumbprint }) => thumbprint)).toEqual([
      machine.thumbprint,
      null,
    ]);
    expect(JSON.stringify(must(await identity.listTokens(world.owner)))).not.toMatch(/verifier|principal/);
    expect(world.recorded.find(({ event }) => event === "token:created")?.fields).toMatchObject({
      thumbprint: machine.thumbprint,
    });
  });

  it("is not made with a key that is no point of its curve", async () => {
    const key = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) } as const;
    expect(codeOf(await identity.createToken(world.owner, { ...WISH, key }))).toBe("REQUEST_INVALID");
    expect(world.store.tokens).toHaveLength(1);
  });

  it("makes no token that needs no signature", async () => {
    const { proof } = must(await identity.byToken(token, ADDRESS, signed()));
    expect(codeOf(await identity.createToken(world.owner, WISH, proof))).toBe("SCOPE_INSUFFICIENT");
    expect(codeOf(await identity.createToken(world.owner, { ...WISH, key: thief.key }, proof))).toBe("ok");
    const bearer = must(await identity.createToken(world.owner, WISH));
    const weak = must(await identity.byToken(bearer.token, ADDRESS)).proof;
    expect(weak.strong).toBe(false);
    expect(codeOf(await identity.createToken(world.owner, WISH, weak))).toBe("ok");
  });

  it("ends like every other: revoked, it opens nothing, signed or not", async () => {
    const who = must(await identity.byToken(token, ADDRESS, signed()));
    must(await identity.revokeToken(world.owner, who.proof.id as never));
    expect(await asks(signed())).toBe("TOKEN_INVALID");
    expect(codeOf(await identity.stillGood(who))).toBe("NOT_SIGNED_IN");
  });
});

describe("a stolen token without its key", () => {
  it("is worth nothing, and whoever tries is on record, once a minute for each way", async () => {
    expect(await asks()).toBe("SIGNATURE_INVALID");
    expect(await asks(asRequest("GET", `${ORIGIN}/`, { authorization: `Bearer ${token}` }, false))).toBe(
      "SIGNATURE_INVALID",
    );
    expect(await asks(signed(undefined, thief))).toBe("SIGNATURE_INVALID");
    const asMachine = { keyid: `"${machine.thumbprint}"` };
    for (const attempt of [1, 2, 3]) {
      const request = signed({ parameters: asMachine, signer: thief.privateKey });
      expect([attempt, await asks(request)]).toEqual([attempt, "SIGNATURE_INVALID"]);
    }
    const fields = { tokenId, principalId: world.owner.id };
    expect(recorded()).toMatchObject([
      { fields: { ...fields, problem: "there is none" }, details: { address: ADDRESS } },
      { fields: { ...fields, problem: "the header Signature-Input is missing" } },
      { fields: { ...fields, problem: "keyid is not the thumbprint (RFC 7638) of the token's key" } },
      { fields: { ...fields, problem: "it is not the key's over this request" } },
    ]);
    world.clock.pass(60_000);
    expect(await asks()).toBe("SIGNATURE_INVALID");
    expect(recorded()).toHaveLength(5);
  });

  it("neither fills the log with words of its own nor keeps anything else from it", async () => {
    for (let n = 0; n < 30; n += 1)
      expect(await asks(signed({ parameters: { [`p${n}`]: "1" } }))).toBe("SIGNATURE_INVALID");
    expect(recorded()).toHaveLength(1);
    const request = signed();
    expect([await asks(request), await asks(request)]).toEqual(["ok", "SIGNATURE_REPLAYED"]);
    expect(recorded()).toHaveLength(2);
    await asks(signed({ covered: [...BASE, "words-of-a-thief"] }));
    expect(JSON.stringify(recorded())).not.toContain("thief");
  });

  it("does not get by in the second in which its machine was remembered", async () => {
    expect(await asks(signed())).toBe("ok");
    expect(await asks()).toBe("SIGNATURE_INVALID");
    expect(await asks(signed(undefined, thief))).toBe("SIGNATURE_INVALID");
  });
});

describe("a signed request that is caught on its way", () => {
  it("is good once, and the second time on record", async () => {
    const request = signed();
    expect(await asks(request)).toBe("ok");
    expect(await asks(request)).toBe("SIGNATURE_REPLAYED");
    world.clock.pass(59_000);
    expect(await asks(request)).toBe("SIGNATURE_REPLAYED");
    expect(recorded()).toMatchObject([{ fields: { tokenId, problem: "SIGNATURE_REPLAYED" } }]);
    const both = await Promise.all([asks(signed()), asks(signed())]);
    expect(both).toEqual(["ok", "ok"]);
    const twice = signed();
    expect((await Promise.all([asks(twice), asks(twice)])).toSorted()).toEqual(["SIGNATURE_REPLAYED", "ok"]);
  });

  it("is not good again under another token of the same key", async () => {
    const other = must(await identity.createToken(world.owner, { ...WISH, key: machine.key }));
    const request = signed();
    expect(
      codeOf(
        await identity.byToken(other.token, ADDRESS, withHeader(request, "authorization", [`Bearer ${other.token}`])),
      ),
    ).toBe("SIGNATURE_INVALID");
  });

  it("is not good after the gateway started again, when nobody remembers it", async () => {
    const request = signed();
    expect(await asks(request)).toBe("ok");
    world.clock.pass(1_000);
    expect(await asks(request, world.again())).toBe("SIGNATURE_INVALID");
  });

  it.each([
    ["another path", (one: SignedRequest) => ({ ...one, url: `${ORIGIN}/v2/agents` })],
    ["another query", (one: SignedRequest) => ({ ...one, url: `${ORIGIN}/v2/messages?x=2` })],
    ["another host", (one: SignedRequest) => ({ ...one, url: `https://evil.example${SEND}` })],
    ["no TLS", (one: SignedRequest) => ({ ...one, url: one.url.replace("https", "http") })],
    ["another method", (one: SignedRequest) => ({ ...one, method: "PUT" })],
    ["another digest", (one: SignedRequest) => withHeader(one, "content-digest", [digestOf("{}")])],
    ["no digest", (one: SignedRequest) => withHeader(one, "content-digest")],
    ["no digest and no body", (one: SignedRequest) => ({ ...withHeader(one, "content-digest"), hasBody: false })],
    ["its body taken away", (one: SignedRequest) => ({ ...one, hasBody: false })],
    ["two digests", (one: SignedRequest) => withHeader(one, "content-digest", [digestOf(BODY), digestOf("{}")])],
    [
      "two signature headers",
      (one: SignedRequest) => withHeader(one, "signature", [headerOf(one, "signature"), "x=:AAAA:"]),
    ],
    ["no signature", (one: SignedRequest) => withHeader(one, "signature")],
    ["no input", (one: SignedRequest) => withHeader(one, "signature-input")],
    [
      "a second signature",
      (one: SignedRequest) => withHeader(one, "signature", [`${headerOf(one, "signature")}, x=:AAAA:`]),
    ],
    ["an endless header", (one: SignedRequest) => withHeader(one, "signature-input", ["x".repeat(5_000)])],
    [
      "a component taken out of what it says it covers",
      (one: SignedRequest) =>
        withHeader(one, "signature-input", [headerOf(one, "signature-input").replace('"@target-uri" ', "")]),
    ],
    [
      "a later time",
      (one: SignedRequest) =>
        withHeader(one, "signature-input", [
          headerOf(one, "signature-input").replace(/created=(\d+)/, (_, at) => `created=${Number(at) + 1}`),
        ]),
    ],
  ] as const)("with %s is refused", async (_, change) => {
    expect(await asks(change(signed()))).toBe("SIGNATURE_INVALID");
    expect(await asks(signed())).toBe("ok");
  });
});

describe("a signature that its own key made carelessly", () => {
  const now = (): number => Math.floor(Date.parse(world.clock.now()) / 1000);
  it.each([
    ["@method", ["@target-uri", "authorization", "content-digest"]],
    ["@target-uri", ["@method", "authorization", "content-digest"]],
    ["authorization", ["@method", "@target-uri", "content-digest"]],
    ["content-digest", ["@method", "@target-uri", "authorization"]],
  ])("does not do without %s", async (missing, covered) => {
    expect(await problemOf(signed({ covered }))).toBe(`it does not cover ${missing}`);
  });

  it.each([
    ["an unknown parameter", { tag: '"app"' }, "a parameter that nobody here knows"],
    ["no nonce", { nonce: null }, "nonce is not"],
    ["a short nonce", { nonce: '"x"' }, "nonce is not"],
    ["a nonce that is no text", { nonce: "12345678" }, "nonce is not"],
    ["no keyid", { keyid: null }, "keyid is not"],
    ["no time", { created: null }, "created is missing"],
    ["a time in quotes", { created: '"1"' }, "created is missing"],
    ["a time with a fraction", { created: "1.5" }, "created is missing"],
    ["an end in the past", { expires: "1" }, "its time (expires) is up"],
    ["an end that is no time", { expires: '"never"' }, "its time (expires) is up"],
    ["hmac", { alg: '"hmac-sha256"' }, "alg is not ed25519"],
    ["another curve's algorithm", { alg: '"ecdsa-p256-sha256"' }, "alg is not ed25519"],
  ])("with %s is refused", async (_, parameters, problem) => {
    expect(await problemOf(signed({ parameters }))).toContain(problem);
  });

  it("is good for a minute before its time and after it, and no longer", async () => {
    world.clock.pass(3_600_000);
    const at = (seconds: number): SignedRequest => signed({ parameters: { created: String(now() + seconds) } });
    expect([
      await asks(at(-60)),
      await asks(at(60)),
      await asks(signed({ parameters: { expires: String(now() + 1) } })),
    ]).toEqual(["ok", "ok", "ok"]);
    expect([await problemOf(at(-61)), await problemOf(at(61))]).toEqual([
      "created is more than a minute off",
      "created is more than a minute off",
    ]);
  });

  it("covers nothing that the request does not have, nor itself, nor very much", async () => {
    expect(await problemOf(signed({ covered: [...BASE, "x-absent"] }))).toContain("does not have");
    expect(await problemOf(signed({ covered: [...BASE, "@status"] }))).toContain("does not have");
    expect(await problemOf(signed({ covered: [...BASE, "signature"] }))).toContain("covers signature");
    const many = Array.from({ length: 40 }, (_, index) => `x-${index}`);
    expect(await problemOf(signed({ covered: [...BASE, ...many] }))).toContain("too many");
  });

  it("brings no body where none is read", async () => {
    expect(await problemOf(machine.request("GET", "/v2/agents", token, BODY))).toBe("a GET has no body to sign");
  });

  it("may name the digest of no body, when it is the right one", async () => {
    const request = { ...machine.request("POST", SEND, token, ""), hasBody: false };
    expect(await asks(request)).toBe("ok");
    expect(await asks({ ...machine.request("POST", SEND, token, BODY), hasBody: false })).toBe("SIGNATURE_INVALID");
  });
});

describe("a symmetric signature with the public key as its secret", () => {
  it("is none, whatever it says of itself", async () => {
    const spki = createPublicKey({ key: { ...machine.key }, format: "jwk" }).export({ format: "pem", type: "spki" });
    for (const alg of ['"hmac-sha256"', '"ed25519"', null]) {
      const request = signed({ parameters: { alg } });
      const input = headerOf(request, "signature-input").replace("sig=", "");
      const text = `"@method": POST\n"@target-uri": ${ORIGIN}${SEND}\n"authorization": Bearer ${token}\n"content-digest": ${digestOf(BODY)}\n"@signature-params": ${input}`;
      for (const secret of [spki, Buffer.from(machine.key.x, "base64url")]) {
        const forged = createHmac("sha256", secret).update(text).digest("base64");
        expect(await asks(withHeader(request, "signature", [`sig=:${forged}:`]))).toBe("SIGNATURE_INVALID");
      }
    }
  });
});

describe("the body of a signed request", () => {
  it("is the one whose digest was signed, or it is refused and on record", async () => {
    const who = must(await identity.byToken(token, ADDRESS, signed()));
    const held = async (digest: string | null, body: string): Promise<string> =>
      codeOf(await identity.checkBody(who, digest, Buffer.from(body), ADDRESS));
    expect(await held(digestOf(BODY), BODY)).toBe("ok");
    expect(await held(null, "")).toBe("ok");
    expect(await held(digestOf(BODY), `${BODY} `)).toBe("SIGNATURE_INVALID");
    expect(await held(digestOf(BODY), "")).toBe("SIGNATURE_INVALID");
    expect(await held(null, BODY)).toBe("SIGNATURE_INVALID");
    expect(await held("sha-256=1", BODY)).toBe("SIGNATURE_INVALID");
    expect(recorded()).toMatchObject([
      { fields: { tokenId, problem: "the body is not the one that Content-Digest names" } },
      { fields: { problem: "there is a body and no Content-Digest" } },
      { fields: { problem: "the sha-256 of Content-Digest is no 32 bytes" } },
    ]);
  });
});

describe("nonces", () => {
  it("are remembered until no signature with them can be good, and not without end", () => {
    const spent = createSpentProofs(world.clock, OF_SIGNATURES);
    for (let n = 0; n < 20_000; n += 1) expect(spent.spend("key", `nonce-${n}`).ok).toBe(true);
    expect(codeOf(spent.spend("key", "nonce-0"))).toBe("SIGNATURE_REPLAYED");
    expect(codeOf(spent.spend("key", "one more"))).toBe("SIGNATURE_INVALID");
    expect(codeOf(spent.spend("other", "nonce-0"))).toBe("ok");
    world.clock.pass(121_000);
    expect(codeOf(spent.spend("key", "one more"))).toBe("ok");
  });
});

describe("any change of what is covered", () => {
  /** Changes one character somewhere in a text. */
  const spoiled = (text: string, at: number, to: string): string => {
    const index = at % Math.max(1, text.length);
    return text.slice(0, index) + to + text.slice(index + 1);
  };
  it.each(["ed25519", "p-256"] as const)("is refused (%s)", async (kind) => {
    const signer = await createSigner(world.clock, kind);
    const requests = createSignedRequests(
      { clock: world.clock, crypto: world.options.crypto, signatures: testSignatures },
      createSpentProofs(world.clock, OF_SIGNATURES),
    );
    const place = fc.constantFrom(
      "method",
      "url",
      "authorization",
      "content-digest",
      "x-extra",
      "signature-input",
      "signature",
    );
    const letter = fc.stringMatching(/^[!-~]$/);
    fc.assert(
      fc.property(place, fc.nat(2_000), letter, (where, at, to) => {
        const message = {
          method: "POST",
          url: `${ORIGIN}${SEND}`,
          token,
          body: BODY,
          headers: { "x-extra": "some words" },
        };
        const covered = ["@method", "@target-uri", "authorization", "content-digest", "x-extra"];
        const request = asRequest("POST", message.url, signer.headers(message, { covered }), true);
        const changed: SignedRequest =
          where === "method" || where === "url"
            ? { ...request, [where]: spoiled(request[where], at, to) }
            : withHeader(request, where, [spoiled(headerOf(request, where), at, to)]);
        fc.pre(JSON.stringify(changed) !== JSON.stringify(request));
        const before = requests.check(changed, signer);
        // What is the same signature in other letters (base64 has some) is that signature, and it is spent.
        if (before.ok) {
          expect(where).toMatch(/^signature/);
          expect(codeOf(requests.check(request, signer))).toBe("SIGNATURE_REPLAYED");
        } else {
          expect(before.error.code).toBe("SIGNATURE_INVALID");
          expect(codeOf(requests.check(request, signer))).toBe("ok");
        }
      }),
      { numRuns: 600 },
    );
  });
});

describe("unplug: without each control its attack succeeds", () => {
  const weakened = (weakening: Weakening): Identity => world.again(weakening);
  const options = (): Parameters<typeof createSignedRequests>[0] => ({
    clock: world.clock,
    crypto: world.options.crypto,
    signatures: testSignatures,
  });
  const forgetful = { spend: () => ok(undefined) };

  it("without the memory of nonces a caught request is good again", async () => {
    const weak = weakened({ spentSignatures: forgetful });
    const request = signed();
    expect([await asks(request, weak), await asks(request, weak)]).toEqual(["ok", "ok"]);
  });

  it("without the check a token alone is enough", async () => {
    const real = createSignedRequests(options(), forgetful);
    const weak = weakened({ signed: { ...real, check: () => ok(0) } });
    expect(await asks(undefined, weak)).toBe("ok");
  });

  it("without the key's word a thief's signature is as good", async () => {
    const signatures = { ...testSignatures, verify: () => true };
    const weak = weakened({ signed: createSignedRequests({ ...options(), signatures }, forgetful) });
    const forged = signed({ parameters: { keyid: `"${machine.thumbprint}"` }, signer: thief.privateKey });
    expect(await asks(forged, weak)).toBe("ok");
    expect(await asks({ ...forged, url: `${ORIGIN}/v2/agents` }, weak)).toBe("ok");
  });

  it("without the look at the body it may be another one", async () => {
    const real = createSignedRequests(options(), forgetful);
    const weak = weakened({ signed: { ...real, checkBody: () => ok(undefined) } });
    const who = must(await weak.byToken(token, ADDRESS, signed()));
    expect(codeOf(await weak.checkBody(who, digestOf(BODY), Buffer.from("{}"), ADDRESS))).toBe("ok");
  });
});
