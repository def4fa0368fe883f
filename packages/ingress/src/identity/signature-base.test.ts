/** The examples of RFC 9421, appendix B, as they stand there, through what reads requests here. */
import { describe, expect, it } from "vitest";
import { DeviceKey } from "@moltbot/contracts";
import { componentsOfRequest, signatureBase } from "./signature-base.ts";
import type { ValueOf } from "./signature-base.ts";
import { readContentDigest, readMessageSignature } from "./signature-fields.ts";
import { asRequest } from "./testing/signer.ts";
import { must, testCrypto, testSignatures } from "./testing/world.ts";

const BODY = '{"hello": "world"}';
/** B.2: the test-request. */
const REQUEST = {
  host: "example.com",
  date: "Tue, 20 Apr 2021 02:07:55 GMT",
  "content-type": "application/json",
  "content-digest":
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
  "content-length": "18",
};
/** B.2: the test-response, whose signature covers a status, which no request has. */
const RESPONSE: Readonly<Record<string, string>> = {
  "@status": "200",
  "content-type": "application/json",
  "content-digest":
    "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:",
  "content-length": "23",
};
/** B.1.4. */
const ED25519 = DeviceKey.parse({ kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" });
/** B.1.3. */
const P256 = DeviceKey.parse({
  kty: "EC",
  crv: "P-256",
  x: "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
  y: "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0",
});

const verify = (key: DeviceKey, input: string, signature: string, valueOf: ValueOf): [string, boolean] => {
  const read = must(readMessageSignature(input, signature));
  const base = signatureBase(read.components, read.described, valueOf);
  const text = "text" in base ? base.text : base.missing;
  return [text, testSignatures.verify(key, text, read.bytes)];
};
const ofRequest = componentsOfRequest(asRequest("POST", "https://example.com/foo?param=Value&Pet=dog", REQUEST, true));

describe("RFC 9421", () => {
  it("B.2.6: a request signed with Ed25519", () => {
    const [text, good] = verify(
      ED25519,
      'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
      ofRequest,
    );
    expect(text).toBe(
      `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
    );
    expect(good).toBe(true);
  });

  it("B.2.4: a response signed with ECDSA on P-256", () => {
    const [, good] = verify(
      P256,
      'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
      "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:",
      (component) => RESPONSE[component] ?? null,
    );
    expect(good).toBe(true);
  });

  it("2.2 and 2.1: derives components of a request as the examples say, and nothing that it does not have", () => {
    const of = componentsOfRequest(
      asRequest(
        "GET",
        "https://www.example.com/path?param=value&foo=bar%20",
        { "x-ows": "  spaced\t", "x-no": "" },
        false,
      ),
    );
    expect(["@method", "@target-uri", "@authority", "@scheme", "@path", "@query", "x-ows", "x-no"].map(of)).toEqual([
      "GET",
      "https://www.example.com/path?param=value&foo=bar%20",
      "www.example.com",
      "https",
      "/path",
      "?param=value&foo=bar%20",
      "spaced",
      "",
    ]);
    expect(
      ["@status", "@request-target", "@query-param", "x-absent", "X-Ows", "toString", "__proto__"].map(of),
    ).toEqual(Array.from({ length: 7 }, () => null));
    const bare = componentsOfRequest(asRequest("GET", "https://www.example.com/", {}, false));
    expect(bare("@query")).toBe("?");
    expect(componentsOfRequest(asRequest("GET", "no address", {}, false))("@path")).toBeNull();
    const twice = componentsOfRequest({ method: "GET", url: "", headers: { cache: ["a ", " b"] }, hasBody: false });
    expect(twice("cache")).toBe("a, b");
  });
});

describe("what cannot be one line of a base", () => {
  it("is not covered", () => {
    expect(signatureBase(["x"], "()", () => 'a\n"@method": GET')).toEqual({ missing: "x" });
    expect(signatureBase(["x"], "()", () => "ümlaut")).toEqual({ missing: "x" });
  });
});

describe("Signature-Input and Signature", () => {
  const good = 'sig=("@method");created=1';
  it.each([
    ["no dictionary", "(((", "sig=:AAAA:", "no dictionary"],
    ["nothing", "", "sig=:AAAA:", "empty"],
    ["two inputs", `${good}, other=("@method")`, "sig=:AAAA:", "more than one"],
    ["two signatures", good, "sig=:AAAA:, other=:AAAA:", "more than one"],
    ["another label", good, "other=:AAAA:", "different"],
    ["an input that is no list", 'sig="@method"', "sig=:AAAA:", "lists no components"],
    ["a signature that is no bytes", good, 'sig="AAAA"', "no byte sequence"],
    ["a component that is no string", "sig=(method)", "sig=:AAAA:", "no string"],
    ["a component with parameters", 'sig=("@method";req)', "sig=:AAAA:", "has parameters"],
    ["a component twice", 'sig=("@method" "@method")', "sig=:AAAA:", "stands twice"],
  ])("with %s are refused", (_, input, signature, problem) => {
    const read = readMessageSignature(input, signature);
    expect(read.ok ? "read" : read.error).toMatchObject({
      code: "SIGNATURE_INVALID",
      context: { problem: expect.stringContaining(problem) as string },
    });
  });
});

describe("Content-Digest", () => {
  it("is one sha-256 (RFC 9530)", () => {
    // RFC 9530, appendix B.1.
    const read = readContentDigest("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    expect(must(read)).toBe(testCrypto.hash(BODY));
  });
  it.each([
    REQUEST["content-digest"],
    "sha-256=:AAAA:",
    "sha-256=1",
    "sha-256",
    "",
    "(((",
    "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:, sha-512=:AAAA:",
  ])("that says %j is refused", (field) => {
    expect(readContentDigest(field).ok).toBe(false);
  });
});
