import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTarget } from "./parse-target.ts";

const codeOf = (url: string): string => {
  const parsed = parseTarget(url);
  return parsed.ok ? (parsed.value.refusal ?? "ok") : parsed.error.code;
};

describe("parseTarget", () => {
  it.each([
    [
      "https://example.org/page?q=1#part",
      {
        host: "example.org",
        port: 443,
        authority: "example.org:443",
        origin: "https://example.org",
        path: "/page?q=1",
      },
    ],
    [
      "http://EXAMPLE.org",
      { host: "example.org", port: 80, authority: "example.org:80", origin: "http://example.org", path: "/" },
    ],
    [
      "https://example.org:8443/",
      { host: "example.org", port: 8443, authority: "example.org:8443", origin: "https://example.org:8443" },
    ],
    ["https://bücher.example/", { host: "xn--bcher-kva.example", authority: "xn--bcher-kva.example:443" }],
    ["http://8.8.8.8/", { host: "8.8.8.8", range: "public", refusal: null }],
    ["http://[2606:4700::1]:8080/", { host: "2606:4700::1", authority: "[2606:4700::1]:8080", refusal: null }],
  ])("takes %s apart", (url, expected) => {
    const parsed = parseTarget(url);
    expect(parsed.ok && parsed.value).toMatchObject(expected);
  });

  it.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://169.254.169.254/latest/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.0.0.1/",
    "http://localhost:3000/",
    "http://LOCALHOST/",
    "http://a.localhost/",
    "http://127。0。0。1/",
    "http://127.0.0.1./",
  ])("refuses %s without dialling", (url) => {
    expect(codeOf(url)).toBe("ADDRESS_REFUSED");
  });

  it.each([
    "",
    "example.org",
    "//example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http:example.org",
    "http:/example.org",
    "http:///example.org",
    "http://",
    "http://user@example.org/",
    "http://user:pass@example.org/",
    "http://@example.org/",
    "http://:@example.org/",
    "http://example.org:0/",
    "http://example.org:99999/",
    "http://example.org./",
    "http://localhost./",
    "http://a..b/",
    "http://example.org\\@127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http://exa\tmple.org/",
    "http://example.org/\n",
    " http://example.org/",
    "http://example.org/\u0000",
    "http://example.org/\u00a0",
    "http://exam ple.org/",
    "http://134744072/",
    "http://0x08080808/",
    "http://8.8.2056/",
    "http://８.8.8.8/",
    "http://[fe80::1%25eth0]/",
    "http://[::1/",
    "http://-a.org/",
    "http://${host}/",
    "http://*/",
    `http://${"a".repeat(64)}.org/`,
    `http://${"abc.".repeat(64)}org/`,
    `http://example.org/${"a".repeat(5000)}`,
    "http://127.0.0.1:80%09example.org/",
  ])("finds no address in %j", (url) => {
    expect(codeOf(url)).toBe("URL_INVALID");
  });

  it("knows one spelling for a host, whatever is written, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ validSchemes: ["http", "https"], withFragments: true, withQueryParameters: true }),
          fc.string(),
          fc.string().map((s) => `http://${s}`),
        ),
        (url) => {
          const parsed = parseTarget(url);
          if (!parsed.ok) return;
          expect(parsed.value.origin).toBe(new URL(url).origin);
          const again = parseTarget(parsed.value.origin + parsed.value.path);
          expect(again.ok && again.value.authority).toBe(parsed.value.authority);
        },
      ),
    );
  });
});
