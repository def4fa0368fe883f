import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentId, CapabilityId, ConversationId, ToolName, TurnId } from "@moltbot/contracts";
import type { Capability, Result } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { aCapability, aCaveat, aTool, chanceOf, conversationOf } from "../testing/generate-authority.ts";
import { after, idText, nodeCrypto, START } from "../testing/ports.ts";
import { authorityOf, narrower } from "./authority.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { issueToken, narrowToken, openToken } from "./token.ts";
import type { OpenedToken, OpenFacts } from "./token.ts";
import type { Caveat } from "./token-text.ts";

/** All that a holder needs to narrow a token. */
const macWith = (key: string, bytes: string): string => nodeCrypto.macWith(key, bytes);

const HERE = ConversationId.parse(idText(20));
const [TURN, TURN_THERE] = [TurnId.parse(idText(30)), TurnId.parse(idText(32))];
const tool = { name: "mail.send", given: { to: ["a"] }, kind: "recipient", argument: "to" } as const;
const CAPABILITY: Capability = aCapability(chanceOf(1), tool, {
  tool: ToolName.parse("mail.send"),
  permissions: ["message:send", "net:connect"],
  constraints: [{ kind: "count", limit: 5 }],
  release: [],
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: after(60_000),
  epoch: 1,
  issuedAt: START,
  revokedAt: null,
});
const NOW = { now: START, epoch: 1 };

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const codeOf = (result: Result<unknown>): string => (result.ok ? "open" : result.error.code);
const issue = (caveats: readonly Caveat[] = [], change: Partial<Capability> = {}): string =>
  must(issueToken(nodeCrypto, { ...CAPABILITY, ...change }, caveats, NOW));
const narrow = (token: string, ...caveats: readonly Caveat[]): string =>
  caveats.reduce((before, caveat) => must(narrowToken(macWith, before, caveat)), token);
const open = (token: string, change: Partial<Capability> = {}, facts: Partial<OpenFacts> = {}): Result<OpenedToken> =>
  openToken(nodeCrypto, token, { find: () => ({ ...CAPABILITY, ...change }), ...NOW, ...facts });

const LIMIT: Caveat = { kind: "constraint", constraint: { kind: "equals", argument: "to", value: "bob@example.org" } };

describe("a token", () => {
  it("opens to the capability that it was issued for", () => {
    const opened = must(open(issue()));
    expect(opened.granted).toEqual(CAPABILITY);
    expect(canonicalText(authorityOf(opened.capability))).toBe(canonicalText(authorityOf(CAPABILITY)));
    expect(opened.capability.id).toBe(CAPABILITY.id);
  });

  it("says its form, and is safe in a header, a URL and a file name", () => {
    expect(issue([LIMIT])).toMatch(/^mbt1\.[A-Za-z0-9_-]+\.[0-9a-f]{64}$/);
  });

  it("is another one each time", () => {
    expect(issue()).not.toBe(issue());
  });

  it("is narrowed without any key of ours, and carries every caveat", () => {
    const caveats: readonly Caveat[] = [
      LIMIT,
      { kind: "constraint", constraint: { kind: "count", limit: 2 } },
      { kind: "expires", at: after(1_000) },
      { kind: "expires", at: after(2_000) },
      { kind: "holder-is", holder: CAPABILITY.holder },
      { kind: "permissions", permissions: ["message:send", "exec:run"] },
      { kind: "reach", reach: { kind: "conversation", conversationId: HERE } },
      { kind: "reach", reach: { kind: "task", turnId: TURN } },
      { kind: "reach", reach: { kind: "always" } },
      { kind: "tool", tool: CAPABILITY.tool },
    ];
    const here = { conversationOf };
    const { capability, granted } = must(open(narrow(issue(), ...caveats), {}, here));
    expect(capability).toEqual({
      ...CAPABILITY,
      permissions: ["message:send"],
      constraints: [
        { kind: "equals", argument: "to", value: "bob@example.org" },
        { kind: "count", limit: 2 },
      ],
      reach: { kind: "task", turnId: TURN },
      expiresAt: after(1_000),
    });
    expect(granted).toEqual(CAPABILITY);
    expect(must(open(issue(caveats), {}, here)).capability).toEqual(capability);
  });

  it.each<readonly [string, readonly Caveat[]]>([
    ["another holder", [{ kind: "holder-is", holder: AgentId.parse(idText(77)) }]],
    ["another tool", [{ kind: "tool", tool: ToolName.parse("web.fetch") }]],
    [
      "two values at once",
      [LIMIT, { kind: "constraint", constraint: { kind: "equals", argument: "to", value: "eve@evil.test" } }],
    ],
    [
      "a conversation and a turn of another one",
      [
        { kind: "reach", reach: { kind: "conversation", conversationId: HERE } },
        { kind: "reach", reach: { kind: "task", turnId: TURN_THERE } },
      ],
    ],
    [
      "two turns",
      [
        { kind: "reach", reach: { kind: "task", turnId: TURN } },
        { kind: "reach", reach: { kind: "task", turnId: TURN_THERE } },
        { kind: "tool", tool: CAPABILITY.tool },
      ],
    ],
  ])("opens nothing when narrowed to %s", (_what, caveats) => {
    expect(codeOf(open(narrow(issue(), ...caveats), {}, { conversationOf }))).toBe("CAPABILITY_TOKEN_INVALID");
  });

  it("opens nothing for a conversation and a turn where turns are not known", () => {
    const both = narrow(
      issue(),
      { kind: "reach", reach: { kind: "conversation", conversationId: HERE } },
      { kind: "reach", reach: { kind: "task", turnId: TURN } },
    );
    expect(codeOf(open(both))).toBe("CAPABILITY_TOKEN_INVALID");
    expect(codeOf(open(both, {}, { conversationOf }))).toBe("open");
  });

  it.each<readonly [string, Partial<Capability>, Partial<OpenFacts>, string]>([
    ["its capability was revoked", { revokedAt: START }, {}, "CAPABILITY_TOKEN_INVALID"],
    ["everything was stopped since", { epoch: 1 }, { epoch: 2 }, "CAPABILITY_TOKEN_INVALID"],
    ["its capability was kept over a stop and it was not", { epoch: 2 }, { epoch: 2 }, "CAPABILITY_TOKEN_INVALID"],
    ["its capability is unknown", {}, { find: () => undefined }, "CAPABILITY_TOKEN_INVALID"],
    ["another capability was found", { id: CapabilityId.parse(idText(78)) }, {}, "CAPABILITY_TOKEN_INVALID"],
    ["its capability went to another", { holder: AgentId.parse(idText(77)) }, {}, "CAPABILITY_TOKEN_INVALID"],
    ["its capability can never hold", { rights: [] }, {}, "CAPABILITY_TOKEN_INVALID"],
    ["it comes from the future", {}, { now: after(-3_600_000) }, "CAPABILITY_TOKEN_INVALID"],
    ["its capability expired this millisecond", {}, { now: after(60_000) }, "CAPABILITY_EXPIRED"],
    ["its capability was shortened since", { expiresAt: START }, {}, "CAPABILITY_EXPIRED"],
  ])("does not open when %s", (_what, change, facts, code) => {
    expect(codeOf(open(issue(), change, facts))).toBe(code);
  });

  it("ends with its own caveat, to the millisecond", () => {
    const token = narrow(issue(), { kind: "expires", at: after(1_000) });
    expect(codeOf(open(token, {}, { now: after(999) }))).toBe("open");
    expect(codeOf(open(token, {}, { now: after(1_000) }))).toBe("CAPABILITY_EXPIRED");
  });

  it("follows its capability when that was narrowed since", () => {
    const since = { constraints: [{ kind: "count", limit: 1 }] } as const;
    expect(must(open(issue(), since)).capability.constraints).toEqual(since.constraints);
  });

  it.each<readonly [string, Partial<Capability>, string]>([
    ["revoked", { revokedAt: START }, "CAPABILITY_TOKEN_INVALID"],
    ["of an earlier epoch", { epoch: 0 }, "CAPABILITY_TOKEN_INVALID"],
    ["of the future", { issuedAt: after(3_600_000) }, "CAPABILITY_TOKEN_INVALID"],
    ["expired", { expiresAt: START }, "CAPABILITY_EXPIRED"],
  ])("is not issued for a capability that is %s", (_what, change, code) => {
    expect(codeOf(issueToken(nodeCrypto, { ...CAPABILITY, ...change }, [], NOW))).toBe(code);
  });

  it("is issued for a capability without end", () => {
    expect(must(open(issue([], { expiresAt: "never" }), { expiresAt: "never" })).capability.expiresAt).toBe("never");
  });
});

describe("narrowing", () => {
  const seeds = fc.integer({ min: 0 });

  it("never widens, whatever is added", () => {
    const opened = new Set<boolean>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const chance = chanceOf(seed);
        const some = aTool(chance);
        const capability = aCapability(chance, some, {
          epoch: 1,
          issuedAt: START,
          revokedAt: null,
          expiresAt: "never",
        });
        const facts = { ...NOW, find: () => capability, conversationOf };
        const caveats = chance.list(4, () => aCaveat(chance, some));
        const token = narrow(must(issueToken(nodeCrypto, capability, [], NOW)), ...caveats);
        const wide = openToken(nodeCrypto, token, facts);
        const tight = openToken(nodeCrypto, narrow(token, aCaveat(chance, some)), facts);
        opened.add(tight.ok);
        if (!tight.ok) return;
        expect(wide.ok).toBe(true);
        // A turn of a conversation is within it, which no meet of reaches can tell.
        const apart = { reach: capability.reach };
        const before = authorityOf({ ...must(wide).capability, ...apart });
        expect(narrower(authorityOf({ ...tight.value.capability, ...apart }), before)).toBe(true);
        expect(narrower(before, authorityOf(capability))).toBe(true);
      }),
      { numRuns: 500, seed: 20_261_122 },
    );
    expect(opened.size).toBe(2);
  });

  it("means the same in any order", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const chance = chanceOf(seed);
        const some = aTool(chance);
        const caveats = chance.list(5, () => aCaveat(chance, some));
        const capability = aCapability(chance, some, {
          epoch: 1,
          issuedAt: START,
          revokedAt: null,
          expiresAt: "never",
        });
        const facts = { ...NOW, find: () => capability, conversationOf };
        const token = must(issueToken(nodeCrypto, capability, [], NOW));
        const there = openToken(nodeCrypto, narrow(token, ...caveats), facts);
        const back = openToken(nodeCrypto, narrow(token, ...caveats.toReversed()), facts);
        expect(there).toEqual(back);
      }),
      { numRuns: 500, seed: 20_261_122 },
    );
  });

  it("stops at sixty-four caveats and at sixteen kilobytes", () => {
    const many = Array.from({ length: 64 }, (): Caveat => ({ kind: "tool", tool: CAPABILITY.tool }));
    const full = narrow(issue(), ...many);
    expect(codeOf(open(full))).toBe("open");
    expect(codeOf(narrowToken(macWith, full, LIMIT))).toBe("CAPABILITY_TOKEN_INVALID");
    expect(codeOf(issueToken(nodeCrypto, CAPABILITY, [...many, LIMIT], NOW))).toBe("CAPABILITY_TOKEN_INVALID");
    const long: Caveat = { kind: "permissions", permissions: ["x".repeat(13_000)] };
    expect(codeOf(narrowToken(macWith, issue(), long))).toBe("CAPABILITY_TOKEN_INVALID");
    expect(codeOf(narrowToken(macWith, issue(), { ...long, permissions: ["x".repeat(9_000)] }))).toBe("open");
  });

  it("refuses what is no token, and what is no caveat", () => {
    const odd = [
      { kind: "planet" },
      { ...LIMIT, more: 1 },
      { kind: "expires", at: "soon" },
      null,
      { kind: "reach" },
      "\ud800",
    ];
    for (const caveat of odd) {
      const given = caveat as unknown as Caveat; // what another program may hand in
      expect(codeOf(narrowToken(macWith, issue(), given))).toBe("CAPABILITY_TOKEN_INVALID");
      expect(codeOf(issueToken(nodeCrypto, CAPABILITY, [given], NOW))).toBe("CAPABILITY_TOKEN_INVALID");
    }
    expect(codeOf(narrowToken(macWith, "mbt1.e30.", LIMIT))).toBe("CAPABILITY_TOKEN_INVALID");
  });
});

describe("base64url", () => {
  it.each([
    ["", ""],
    ["f", "Zg"],
    ["fo", "Zm8"],
    ["foobar", "Zm9vYmFy"],
    ["ü?>~", "w7w_Pn4"],
    ["\uFEFF😀", "77u_8J-YgA"],
  ])("writes %j as RFC 4648 says", (text, encoded) => {
    expect(toBase64url(text)).toBe(encoded);
    expect(fromBase64url(encoded)).toBe(encoded === "" ? null : text);
  });

  it.each(["Zh", "Zg==", "Zg\n", " Zg", "Z", "Zm9v+", "_w", "7aCA", "Zｇ"])(
    "reads no other spelling: %j",
    (encoded) => {
      expect(fromBase64url(encoded)).toBeNull();
    },
  );

  it("gives every text back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        expect(fromBase64url(toBase64url(text))).toBe(text);
      }),
      { numRuns: 300, seed: 20_261_122 },
    );
  });
});
