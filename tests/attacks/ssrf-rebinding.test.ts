import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, LookupFunction } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { ALL_CONTROLS, createEgressWith } from "../../packages/execution/src/egress/create-egress.ts";
import { isInternal } from "../support/internal-address.ts";
import { startNameServer } from "../support/name-server.ts";
import type { NameRecord, Names } from "../support/name-server.ts";
import { noSmallInternet, playInSmallInternet } from "../support/small-internet.ts";
import type { InternetTry } from "../support/small-internet.ts";

const PUBLIC = "93.184.216.34";
const a = (address: string): NameRecord => ({ type: "A", address });
const aaaa = (address: string): NameRecord => ({ type: "AAAA", address });
const alias = (name: string): NameRecord => ({ type: "CNAME", name });

/** What an attacker's name server says, by name: each list is the answer to the first, second, … question. */
const EVIL: Names = {
  "flips.evil.example": [[a(PUBLIC)], [a("127.0.0.1")]],
  "flips-back.evil.example": [[a("127.0.0.1")], [a(PUBLIC)], [a("127.0.0.1")]],
  "both.evil.example": [[a(PUBLIC), a("127.0.0.1")]],
  "both-turned.evil.example": [[a("10.0.0.8"), a(PUBLIC)]],
  "kinds.evil.example": [[a(PUBLIC), aaaa("::1")]],
  "kinds-turned.evil.example": [[a("127.0.0.1"), aaaa("2606:4700::1111")]],
  "later-kind.evil.example": [[a(PUBLIC)], [a(PUBLIC), aaaa("::ffff:127.0.0.1")]],
  "alias.evil.example": [[alias("gateway.internal"), a("10.1.2.3")]],
  "alias-local.evil.example": [[alias("localhost"), a("127.0.0.1")]],
  "alias-flips.evil.example": [
    [alias("cdn.example"), a(PUBLIC)],
    [alias("localhost"), a("127.0.0.1")],
  ],
  "zero.evil.example": [[a("0.0.0.0")]],
  "zero-six.evil.example": [[aaaa("::")]],
  "mapped.evil.example": [[aaaa("::ffff:127.0.0.1")]],
  "mapped-private.evil.example": [[aaaa("::ffff:192.168.1.1")]],
  "compatible.evil.example": [[aaaa("::127.0.0.1")]],
  "translated.evil.example": [[aaaa("64:ff9b::7f00:1")]],
  "translated-metadata.evil.example": [[aaaa("64:ff9b::a9fe:a9fe")]],
  "translated-local.evil.example": [[aaaa("64:ff9b:1::7f00:1")]],
  "six-to-four.evil.example": [[aaaa("2002:7f00:1::1")]],
  "teredo.evil.example": [[aaaa("2001:0:4136:e378:8000:63bf:80ff:fffe")]],
  "metadata.evil.example": [[a("169.254.169.254")]],
  "metadata-six.evil.example": [[aaaa("fd00:ec2::254")]],
  "shared.evil.example": [[a("100.100.100.200")]],
  "linked.evil.example": [[aaaa("fe80::1")]],
  "lan.evil.example": [[a("172.31.255.255")]],
  "group.evil.example": [[a("239.255.255.250")]],
};
const HONEST: Names = {
  "127.0.0.1.example.org": [[a(PUBLIC)]],
  "localhost.example.org": [[alias("cdn.example"), a("8.8.8.8")]],
  "six.example.org": [[aaaa("2606:4700::1111")]],
  "edge.example.org": [[a("172.32.0.1"), a("192.169.0.1"), a("100.128.0.1"), a("169.253.255.255"), a("11.0.0.1")]],
};
const WAYS = ["send", "fetch", "connect", "socks"] as const;
const trying = (names: Names, times: number): readonly InternetTry[] =>
  WAYS.flatMap((via) =>
    Object.keys(names).flatMap((name) => Array.from({ length: times }, () => ({ via, url: `http://${name}/` }))),
  );

const missing = noSmallInternet();
if (missing !== null) process.emitWarning(`SKIPPED: names that rebind, with the system's own resolver: ${missing}.`);

describe.skipIf(missing !== null)(
  "a name server that rebinds, asked by the system's own resolver",
  { timeout: 90_000 },
  () => {
    it("wins nothing, by no way out and however often it is asked", () => {
      const { outcomes, reached, asked } = playInSmallInternet({ names: EVIL, tries: trying(EVIL, 3) });
      expect(outcomes).toHaveLength(Object.keys(EVIL).length * WAYS.length * 3);
      // It was asked each time, and somebody public was reached: the attack was there.
      expect(asked.filter((line) => line === "A flips.evil.example").length).toBeGreaterThan(4);
      expect(new Set(reached)).toEqual(new Set([PUBLIC]));
    });

    it("leaves honest names be, however much they look like those of this machine", () => {
      const { outcomes, reached } = playInSmallInternet({ names: HONEST, tries: trying(HONEST, 1) });
      expect(outcomes.filter((outcome) => !/^(status 200.*|ok)$/.test(outcome))).toEqual([]);
      expect(reached).toHaveLength(Object.keys(HONEST).length * WAYS.length);
      expect(reached.filter(isInternal)).toEqual([]);
    });

    it("is asked again for a redirect to its own name, and wins nothing by that", () => {
      const { outcomes, reached } = playInSmallInternet({
        names: EVIL,
        redirects: { "flips.evil.example/start": "http://flips.evil.example/inside" },
        tries: [{ via: "send", url: "http://flips.evil.example/start" }],
      });
      expect([outcomes, reached]).toEqual([["ADDRESS_REFUSED"], [PUBLIC]]);
    });

    it.each(WAYS)("unplug: where the name is resolved once more to be dialled, it wins by %s", (via) => {
      const { reached } = playInSmallInternet({
        names: EVIL,
        tries: [{ via, url: "http://flips.evil.example/" }],
        unplug: "resolves-twice",
      });
      expect(reached).toEqual(["127.0.0.1"]);
    });

    it("unplug: where nobody looks at addresses, every one of its ways wins", () => {
      // The second answer is the attacker's; what no route leads to (a link without its interface, a group) is nobody's.
      const names = Object.fromEntries(
        Object.entries(EVIL).filter(([name]) => !/^(linked|group|both|kinds|later-kind|flips-back)/.test(name)),
      );
      const tries = Object.keys(names).flatMap((name): InternetTry[] => [
        { via: "send", url: `http://${name}/` },
        { via: "send", url: `http://${name}/` },
      ]);
      const { outcomes, reached } = playInSmallInternet({ names, tries, unplug: "no-check" });
      expect(outcomes.filter((outcome) => outcome !== "status 200")).toEqual([]);
      const inside = reached.filter((address) => isInternal(address) || address.startsWith("2001:0:"));
      expect(inside.length).toBeGreaterThanOrEqual(Object.keys(names).length);
    });
  },
);

describe("a name server that rebinds, asked by c-ares over the wire", { timeout: 60_000 }, () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** A server that counts who comes, behind every address: nobody else is dialled. */
  const setUp = async (script: () => Names[string], unplug: "resolves-twice" | null = null) => {
    const web = createServer((_request, response) => response.writeHead(200, { connection: "close" }).end("hello"));
    await new Promise<void>((resolve) => void web.listen(0, "127.0.0.1", resolve));
    const { port } = web.address() as AddressInfo; // a TCP server has no other address
    const names = await startNameServer(script);
    const dialled: string[] = [];
    const egress = createEgressWith(
      {
        secrets: {
          lend: async () => expect.fail("no secret is named"),
          lendTo: async () => expect.fail("no secret is named"),
          lendAll: (use) => ({ ok: true, value: use([]) }),
        },
        isCanary: () => false,
        lookup: names.lookup,
        log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      },
      {
        ...ALL_CONTROLS,
        dial: (address) => {
          if (unplug === null) return (dialled.push(address), connect({ host: "127.0.0.1", port }));
          // As a careless client dials: it asks for the name once more.
          const lookup: LookupFunction = (host, _options, answer) =>
            void names.lookup(host).then(([second = ""]) => {
              dialled.push(second);
              answer(null, [{ address: "127.0.0.1", family: 4 }]);
            });
          return connect({ host: "evil.example", port, lookup });
        },
      },
    );
    closing.push(
      async () => void (web.closeAllConnections(), web.close()),
      () => names.close(),
      () => egress.close(),
    );
    const ask = async (): Promise<string> => {
      const answer = await egress.send(
        { kind: "tool", hosts: ["evil.example:80"], granted: [] },
        { method: "GET", url: "http://evil.example/" },
        new AbortController().signal,
      );
      return answer.ok ? "ok" : answer.error.code;
    };
    return { ask, dialled };
  };

  const addresses = `${PUBLIC} 8.8.8.8 2606:4700::1111 127.0.0.1 10.0.0.1 169.254.169.254 0.0.0.0 ::1 ::ffff:127.0.0.1
    ::ffff:a9fe:a9fe 64:ff9b::a00:1 2002:a00:1:: fd12::1 fe80::5 :: 100.64.0.1`.split(/\s+/);
  const record = fc.constantFrom(...addresses).map((address) => (address.includes(":") ? aaaa(address) : a(address)));

  it("wins nothing, whatever it answers in whatever order", async () => {
    let script: Names[string] = [];
    const { ask, dialled } = await setUp(() => script);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        async (given) => {
          script = given;
          for (const _each of given) expect(["ok", "ADDRESS_REFUSED", "HOST_UNRESOLVED"]).toContain(await ask());
          expect(dialled.filter(isInternal)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
    expect(dialled.length).toBeGreaterThan(0);
  });

  it("unplug: where the name is resolved once more to be dialled, it wins", async () => {
    const { ask, dialled } = await setUp(() => [[a(PUBLIC)], [a("127.0.0.1")]], "resolves-twice");
    expect(await ask()).toBe("ok");
    expect(dialled).toEqual(["127.0.0.1"]);
  });
});
