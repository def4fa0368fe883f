import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONNECT, GREETING, socksTo } from "../test-support/gate-world.ts";
import { readRequest, REPLIES } from "./read-request.ts";

const HTTPS = [443 >> 8, 443 & 255];
const refusedSocks = { kind: "refused", reply: REPLIES.socks.refused };

describe("what a program asks of the gate", () => {
  it.each([
    ["by CONNECT", Buffer.from(CONNECT("example.org:443")), false, "example.org:443"],
    ["by SOCKS with a name", socksTo("example.org", 443), true, "example.org:443"],
    ["by SOCKS with an IPv4 address", Buffer.from([5, 1, 0, 1, 93, 184, 216, 34, ...HTTPS]), true, "93.184.216.34:443"],
    [
      "by SOCKS with an IPv6 address",
      Buffer.from([5, 1, 0, 4, 0x26, 6, 0x28, 0, 2, 0x20, 0, 1, 2, 0x48, 0x18, 0x93, 0x25, 0xc8, 0x19, 0x46, ...HTTPS]),
      true,
      "[2606:2800:0220:0001:0248:1893:25c8:1946]:443",
    ],
  ])(
    "is read %s, waited for until all of it has come, and what stands behind it is left",
    (_how, whole, greeted, place) => {
      for (let length = 0; length < whole.length; length += 1)
        expect(readRequest(whole.subarray(0, length), greeted)).toEqual({ kind: "more" });
      const asked = readRequest(Buffer.concat([whole, Buffer.from("hello")]), greeted);
      expect(asked).toMatchObject({ kind: "asked", place, used: whole.length });
    },
  );

  it("begins in SOCKS with a greeting, which is answered once all the ways to log in have come", () => {
    const greeting = Buffer.from([5, 3, 2, 1, 0]);
    for (let length = 0; length < greeting.length; length += 1)
      expect(readRequest(greeting.subarray(0, length), false)).toEqual({ kind: "more" });
    expect(readRequest(Buffer.concat([greeting, socksTo("example.org", 443)]), false)).toEqual({
      kind: "greeted",
      reply: Buffer.from([5, 0]),
      used: greeting.length,
    });
  });

  it.each([
    ["a name without a letter", socksTo("", 443)],
    ["a kind of address that does not exist", Buffer.from([5, 1, 0, 2, 1, 1, 1, 1, ...HTTPS])],
    ["a reserved byte that says something", Buffer.from([5, 1, 7, 1, 93, 184, 216, 34, ...HTTPS])],
    ["datagrams", Buffer.from([5, 3, 0, 1, 93, 184, 216, 34, ...HTTPS])],
    ["a path in the name", socksTo("example.org/path", 443)],
    ["a user in the name", socksTo("me@example.org", 443)],
  ])("is refused in SOCKS with %s", (_what, bytes) => {
    expect(readRequest(bytes, true)).toEqual(refusedSocks);
  });

  it("is refused in SOCKS without a way in that needs no password, also where no way is named at all", () => {
    for (const greeting of [Buffer.from([5, 0]), Buffer.from([5, 2, 1, 2])])
      expect(readRequest(greeting, false)).toEqual({ kind: "refused", reply: Buffer.from([5, 255]) });
  });

  it("is refused where its head is too long, with an end or without one", () => {
    const head = `CONNECT example.org:443 HTTP/1.1\r\nX-Long: ${"x".repeat(9_000)}`;
    for (const bytes of [head, `${head}\r\n\r\n`])
      expect(readRequest(Buffer.from(bytes), false)).toEqual({ kind: "refused", reply: REPLIES.http.refused });
  });

  it("is never more than it could say, whatever bytes come", () => {
    const begun = fc.constantFrom(Buffer.alloc(0), GREETING, Buffer.from([5, 1, 0]), Buffer.from("CONNECT "));
    fc.assert(
      fc.property(begun, fc.uint8Array({ maxLength: 300 }), fc.boolean(), (start, noise, greeted) => {
        const bytes = Buffer.concat([start, noise]);
        const asked = readRequest(bytes, greeted);
        if (asked.kind !== "asked") return;
        expect(asked.place).toMatch(/^[^\s/?#@]+:\d{1,5}$/);
        expect(asked.used).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });
});
