import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readArrival } from "./arrival.ts";
import { createProxies } from "./proxies.ts";

/** A request as far as its way is concerned. */
const request = (remote: string, headers: Readonly<Record<string, string>> = {}): IncomingMessage =>
  ({ url: "/", headers, socket: { remoteAddress: remote } }) as unknown as IncomingMessage; // all that is read of one
const addressOf = (declared: readonly string[], remote: string, way?: string, scheme?: string): string =>
  readArrival(
    request(remote, {
      ...(way === undefined ? {} : { "x-forwarded-for": way }),
      ...(scheme === undefined ? {} : { "x-forwarded-proto": scheme }),
    }),
    false,
    () => "0".repeat(32),
    createProxies(declared),
  ).address;

describe("who asks, behind a declared proxy", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["6.6.6.6, 192.0.2.7", "192.0.2.7"],
    ["127.0.0.1, 192.0.2.7", "192.0.2.7"],
    ["192.0.2.7, 10.0.0.2", "192.0.2.7"],
    ["6.6.6.6,192.0.2.7,10.0.0.2,10.0.0.9", "192.0.2.7"],
    ["192.0.2.7:4711", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["[2001:db8:1:2::7]:4711", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::7", "2001:db8:1:2::/64"],
    ["10.0.0.2", "10.0.0.2"],
    ["", "10.0.0.1"],
    ["unknown", "10.0.0.1"],
    ["192.0.2.7, _hidden", "10.0.0.1"],
    ["192.0.2.7, , 10.0.0.2", "10.0.0.2"],
    ["localhost", "10.0.0.1"],
    ["1.2.3", "10.0.0.1"],
  ])("is the right-most address that is no proxy: %j is %s", (way, expected) => {
    expect(addressOf(["10.0.0.0/24"], "10.0.0.1", way)).toBe(expected);
    expect(addressOf(["10.0.0.0/24"], "::ffff:10.0.0.1", way)).toBe(expected);
  });

  it("is whoever the proxy saw, whatever was written to the left of it", () => {
    const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.constant("10.0.0.5"));
    fc.assert(
      fc.property(fc.array(hop, { maxLength: 30 }), (before) => {
        expect(addressOf(["10.0.0.0/24"], "10.0.0.1", [...before, "192.0.2.7"].join(","))).toBe("192.0.2.7");
      }),
    );
  });

  it("is told by a proxy of this link, too, whichever interface it came through", () => {
    expect(addressOf(["fe80::/10"], "fe80::1%eth0", "192.0.2.7")).toBe("192.0.2.7");
    expect(addressOf(["2001:db8::/32"], "fe80::1%eth0", "192.0.2.7")).toBe("fe80:0:0:0::/64");
  });

  it("is the peer itself when nobody, or somebody else, was declared, whatever it says", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.string({ maxLength: 60 }), (claimed, more) => {
        expect(addressOf([], "203.0.113.9", `${claimed}, ${more}`, "https")).toBe("203.0.113.9");
        expect(addressOf(["10.0.0.1", "2001:db8::/32"], "203.0.113.9", `${more},${claimed}`)).toBe("203.0.113.9");
      }),
    );
  });
});

describe("whether it came by TLS", () => {
  const wayOf = (declared: readonly string[], headers: Readonly<Record<string, string>>, encrypted = false) =>
    createProxies(declared).wayOf(request("10.0.0.1", headers), encrypted);
  it("is the last word of the declared proxy alone", () => {
    expect(wayOf(["10.0.0.1"], { "x-forwarded-proto": "https" }).secure).toBe(true);
    expect(wayOf(["10.0.0.1"], { "x-forwarded-proto": "HTTPS" }).secure).toBe(true);
    expect(wayOf(["10.0.0.1"], { "x-forwarded-proto": "http, https" }).secure).toBe(true);
    for (const scheme of ["http", "https, http", "", "wss", "https;"])
      expect(wayOf(["10.0.0.1"], { "x-forwarded-proto": scheme }), scheme).toMatchObject({
        secure: false,
        proxied: true,
      });
    expect(wayOf(["10.0.0.1"], { "x-forwarded-for": "192.0.2.7" })).toMatchObject({ secure: false, proxied: true });
  });

  it("is our own TLS where nobody stands in between", () => {
    expect(wayOf([], { "x-forwarded-proto": "http" }, true)).toMatchObject({ secure: true, proxied: false });
    expect(wayOf([], { "x-forwarded-proto": "https" }, false)).toMatchObject({ secure: false, proxied: false });
    expect(wayOf(["10.0.0.1"], { "x-forwarded-proto": "http" }, true)).toMatchObject({ secure: false, proxied: true });
  });
});
