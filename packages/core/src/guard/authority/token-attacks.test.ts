import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CapabilityId, ToolName } from "@moltbot/contracts";
import type { Capability, CryptoPort, Result } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { aCapability, chanceOf } from "../testing/generate-authority.ts";
import { after, idText, nodeCrypto, START } from "../testing/ports.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { issueToken, narrowToken, openToken } from "./token.ts";
import type { OpenedToken } from "./token.ts";
import type { Caveat } from "./token-text.ts";

const tool = { name: "mail.send", given: { to: ["a"] }, kind: "recipient", argument: "to" } as const;
const GRANT: Partial<Capability> = {
  tool: ToolName.parse("mail.send"),
  permissions: ["message:send"],
  constraints: [],
  release: [],
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: "never",
  epoch: 1,
  issuedAt: START,
  revokedAt: null,
};
const MINE = aCapability(chanceOf(1), tool, { ...GRANT, id: CapabilityId.parse(idText(0x7ab)) });
/** What the thief wants: a second grant, of the same holder, that no token of the thief's is for. */
const THEIRS = { ...MINE, id: CapabilityId.parse(idText(0x7ac)) };
const NOW = { now: START, epoch: 1 };

const macWith = (key: string, bytes: string): string => nodeCrypto.macWith(key, bytes);

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

const TO_BOB: Caveat = { kind: "constraint", constraint: { kind: "equals", argument: "to", value: "bob" } };
const TWICE: Caveat = { kind: "constraint", constraint: { kind: "count", limit: 2 } };
const SOON: Caveat = { kind: "expires", at: after(1_000) };
const CAVEATS = [TO_BOB, TWICE, SOON] as const;

const issued = must(issueToken(nodeCrypto, MINE, [], NOW));
const links = CAVEATS.reduce<readonly string[]>(
  (tokens, caveat) => [...tokens, must(narrowToken(macWith, tokens.at(-1) ?? issued, caveat))],
  [issued],
);
/** What the thief holds: the token after its last caveat. */
const HELD = links.at(-1) ?? issued;

const open = (token: string, crypto: CryptoPort = nodeCrypto): Result<OpenedToken> =>
  openToken(crypto, token, {
    find: (id) => [MINE, THEIRS].find((capability) => capability.id === id),
    ...NOW,
  });

interface Body {
  capabilityId: string;
  caveats: unknown[];
  [field: string]: unknown;
}

const partsOf = (token: string): readonly [Body, string] => {
  const [, body = "", signature = ""] = token.split(".");
  return [JSON.parse(fromBase64url(body) ?? "{}") as Body, signature]; // a token of ours
};
const join = (text: string, signature: string): string => `mbt1.${toBase64url(text)}.${signature}`;

/** The token with its body changed and its signature left as it was. */
const forged = (change: (body: Body) => unknown, token = HELD): string => {
  const [body, signature] = partsOf(token);
  return join(canonicalText(change(body)) ?? "", signature);
};
const signatureOf = (token: string): string => partsOf(token)[1];
const bodyText = (token: string): string => fromBase64url(token.split(".")[1] ?? "") ?? "";
const withCaveats = (change: (caveats: unknown[]) => unknown[]) =>
  forged((body) => ({ ...body, caveats: change(body.caveats) }));

/** What the thief tries on the chain; without the check of the signature, each opens to more than the thief was given. */
const CHAIN: Readonly<Record<string, () => string>> = {
  "drops the first caveat": () => withCaveats((caveats) => caveats.slice(1)),
  "drops the last caveat": () => withCaveats((caveats) => caveats.slice(0, -1)),
  "drops a caveat in the middle": () => withCaveats((caveats) => caveats.toSpliced(1, 1)),
  "drops every caveat": () => withCaveats(() => []),
  "changes a caveat": () =>
    withCaveats((caveats) => [
      { kind: "constraint", constraint: { kind: "equals", argument: "to", value: "eve" } },
      ...caveats.slice(1),
    ]),
  "raises a limit": () =>
    withCaveats((caveats) => caveats.with(1, { kind: "constraint", constraint: { kind: "count", limit: 200 } })),
  "puts off the end": () => withCaveats((caveats) => caveats.with(2, { kind: "expires", at: after(9_000_000) })),
  "names another capability": () => forged((body) => ({ ...body, capabilityId: THEIRS.id })),
  "dates the token later": () => forged((body) => ({ ...body, issuedAt: after(1) })),
  "gives it another nonce": () => forged((body) => ({ ...body, nonce: "A".repeat(22) })),
  "cuts the chain and keeps the last signature": () => join(bodyText(links[1] ?? ""), signatureOf(HELD)),
  "keeps the chain and takes an earlier body": () => join(bodyText(issued), signatureOf(HELD)),
  "takes the signature of another token": () =>
    join(bodyText(issued), signatureOf(must(issueToken(nodeCrypto, THEIRS, [], NOW)))),
  "signs with another key": () => {
    const own = {
      ...nodeCrypto,
      mac: (purpose: string, bytes: string | Uint8Array) => nodeCrypto.mac(`thief ${purpose}`, bytes),
    };
    return must(issueToken(own, THEIRS, [], NOW));
  },
  "takes a key that is used for something else": () => {
    const own = {
      ...nodeCrypto,
      mac: (_purpose: string, bytes: string | Uint8Array) => nodeCrypto.mac("session", bytes),
    };
    return must(issueToken(own, THEIRS, [], NOW));
  },
  "signs the root with a link of a chain": () => {
    const own = {
      ...nodeCrypto,
      mac: (_purpose: string, bytes: string | Uint8Array) => nodeCrypto.macWith(signatureOf(HELD), String(bytes)),
    };
    return must(issueToken(own, THEIRS, [], NOW));
  },
  "sends no signature worth the name": () => join(bodyText(issued), "0".repeat(64)),
};

/** What changes the chain and not what it allows. */
const IDLE: Readonly<Record<string, () => string>> = {
  "turns the caveats round": () => withCaveats((caveats) => caveats.toReversed()),
  "repeats a caveat": () => withCaveats((caveats) => [...caveats, caveats[0]]),
};

const raw = (change: (text: string) => string): string => join(change(bodyText(HELD)), signatureOf(HELD));

/** What is no token at all, or not the one spelling of it: refused whatever its signature says. */
const SPELLINGS: Readonly<Record<string, () => string>> = {
  "adds a caveat of an unknown kind": () => withCaveats((caveats) => [...caveats, { kind: "planet" }]),
  "adds a field": () => forged((body) => ({ ...body, admin: true })),
  "adds a field to a caveat": () => withCaveats((caveats) => caveats.with(1, { ...TWICE, note: "x" })),
  "adds a field to a constraint": () =>
    withCaveats((caveats) => caveats.with(1, { kind: "constraint", constraint: { kind: "count", limit: 2, of: 1 } })),
  "leaves a field out": () => forged(({ nonce: _dropped, ...body }) => body),
  "puts spaces into the body": () => raw((text) => text.replace(":", ": ")),
  "repeats a key": () => raw((text) => text.replace("{", `{"epoch":1,`)),
  "hides a key behind __proto__": () => raw((text) => text.replace("{", `{"__proto__":{"epoch":1},`)),
  "hides a constraint behind __proto__": () =>
    raw((text) => text.replace(`"limit":2`, `"limit":2,"__proto__":{"limit":9}`)),
  "hides a constructor": () => raw((text) => text.replace("{", `{"constructor":{"prototype":{}},`)),
  "spells a letter as an escape": () => raw((text) => text.replace("bob", "\\u0062ob")),
  "spells a number otherwise": () => raw((text) => text.replace(`"limit":2`, `"limit":2.0`)),
  "writes a look-alike key": () => raw((text) => text.replace("epoch", "еpoch")),
  "writes a lone surrogate": () => raw((text) => text.replace("bob", "\\ud800")),
  "writes a mark of byte order": () => raw((text) => `\uFEFF${text}`),
  "writes a negative epoch": () => raw((text) => text.replace(`"epoch":1`, `"epoch":-1`)),
  "writes an epoch that is no number": () => raw((text) => text.replace(`"epoch":1`, `"epoch":"1"`)),
  "writes a nonce of nothing": () => forged((body) => ({ ...body, nonce: "" })),
  "writes an id of another form": () =>
    forged((body) => ({ ...body, capabilityId: String(body.capabilityId).toUpperCase() })),
  "writes caveats that are no list": () => forged((body) => ({ ...body, caveats: {} as unknown as unknown[] })),
  "writes a list for a body": () => join("[]", signatureOf(HELD)),
  "writes null for a body": () => join("null", signatureOf(HELD)),
  "writes a caveat that is null": () => withCaveats(() => [null]),
  "writes a caveat that is a text": () => withCaveats(() => ["tool"]),
  "writes permissions that are no list": () => withCaveats(() => [{ kind: "permissions", permissions: "all" }]),
  "writes permissions that are no texts": () => withCaveats(() => [{ kind: "permissions", permissions: [1] }]),
  "writes a holder that is none": () => withCaveats(() => [{ kind: "holder-is", holder: "me" }]),
  "writes a tool that is none": () => withCaveats(() => [{ kind: "tool", tool: "Mail Send" }]),
  "writes a reach that is none": () => withCaveats(() => [{ kind: "reach", reach: { kind: "planet" } }]),
  "writes an end that is none": () => withCaveats(() => [{ kind: "expires", at: "2026-11-22" }]),
  "writes more caveats than there may be": () => withCaveats(() => Array.from({ length: 65 }, () => TWICE)),
  "writes the signature in capitals": () => HELD.replace(signatureOf(HELD), signatureOf(HELD).toUpperCase()),
  "cuts the signature": () => HELD.slice(0, -1),
  "adds to the signature": () => `${HELD}0`,
  "adds a part": () => `${HELD}.00`,
  "adds a line": () => `${HELD}\n`,
  "pads the body": () => HELD.replace(/\.(?=[0-9a-f]{64}$)/, "=."),
  "changes the unused bits of the body": () => {
    const text = join(`${bodyText(HELD)}`, signatureOf(HELD));
    const [version = "", body = "", signature = ""] = text.split(".");
    return `${version}.${body.slice(0, -1)}${body.endsWith("A") ? "B" : "_"}.${signature}`;
  },
  "names another version": () => HELD.replace("mbt1", "mbt2"),
  "sends nothing": () => "",
  "sends dots": () => "...",
  "sends ten kilobytes of noise": () => `mbt1.${"QUFB".repeat(2_500)}.${"a".repeat(64)}`,
  "sends ten kilobytes of brackets": () => join("[".repeat(5_000) + "]".repeat(5_000), "a".repeat(64)),
  "nests a value ten thousand deep": () =>
    raw((text) => text.replace(`"bob"`, `${"[".repeat(5_000)}${"]".repeat(5_000)}`)),
  "sends more than a token may hold": () => `mbt1.${"A".repeat(20_000)}.${"a".repeat(64)}`,
};

const BLIND: CryptoPort = { ...nodeCrypto, equal: () => true };

describe("a thief with a narrowed token", () => {
  it("holds a token that opens to what it was narrowed to", () => {
    expect(must(open(HELD)).capability).toMatchObject({ id: MINE.id, expiresAt: after(1_000) });
    expect(must(open(HELD)).capability.constraints).toHaveLength(2);
  });

  it.each(Object.entries({ ...CHAIN, ...IDLE, ...SPELLINGS }))("gets nothing who %s", (_what, attack) => {
    const token = attack();
    expect(token).not.toBe(HELD);
    const result = open(token);
    expect(result.ok ? result.value : result.error.code).toBe("CAPABILITY_TOKEN_INVALID");
  });

  it.each(Object.entries(SPELLINGS))("gets nothing who %s, even where every signature passes", (_what, attack) => {
    const result = open(attack(), BLIND);
    expect(result.ok ? result.value : result.error.code).toBe("CAPABILITY_TOKEN_INVALID");
  });

  it("signs a caveat of an unknown kind as a holder can, and gets nothing", () => {
    const text = canonicalText({ kind: "planet" }) ?? "";
    const [body, signature] = partsOf(HELD);
    const signed = canonicalText({ ...body, caveats: [...body.caveats, { kind: "planet" }] }) ?? "";
    expect(open(join(signed, nodeCrypto.macWith(signature, text))).ok).toBe(false);
  });

  it("gets nothing by changing any one character", () => {
    fc.assert(
      fc.property(
        fc.nat(HELD.length - 1),
        fc.constantFrom("A", "a", "0", "_", "-", ".", "é", "\u202E"),
        (at, letter) => {
          fc.pre(HELD.charAt(at) !== letter);
          expect(open(HELD.slice(0, at) + letter + HELD.slice(at + 1)).ok).toBe(false);
        },
      ),
      { numRuns: 500, seed: 20_261_122 },
    );
  });

  it("gets nothing by sending anything at all", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string(),
          fc.json().map((text) => join(text, "a".repeat(64))),
        ),
        (given) => {
          const result = open(given as string); // what a stranger may send
          expect(result.ok ? "open" : result.error.code).toBe("CAPABILITY_TOKEN_INVALID");
        },
      ),
      { numRuns: 500, seed: 20_261_122 },
    );
  });

  it("never hears a part of the token back", () => {
    for (const attack of [...Object.values(CHAIN), ...Object.values(SPELLINGS)]) {
      const result = open(attack());
      expect(JSON.stringify(result)).not.toContain("bob");
    }
  });

  it("has each signature compared in constant time", () => {
    let compared = 0;
    const watching = {
      ...nodeCrypto,
      equal: (a: string, b: string) => {
        compared += 1;
        return nodeCrypto.equal(a, b);
      },
    };
    expect(open(HELD, watching).ok).toBe(true);
    for (const attack of Object.values(CHAIN)) expect(open(attack(), watching).ok).toBe(false);
    expect(compared).toBe(1 + Object.keys(CHAIN).length);
  });
});

describe("unplug: without the check of the signature", () => {
  it.each(Object.entries(CHAIN))("the thief gets in who %s", (_what, attack) => {
    expect(open(attack()).ok).toBe(false);
    const opened = must(open(attack(), BLIND));
    expect([MINE.id, THEIRS.id]).toContain(opened.capability.id);
  });

  it.each(Object.entries(IDLE))("nothing is won by who %s", (_what, attack) => {
    expect(must(open(attack(), BLIND)).capability).toEqual(must(open(HELD)).capability);
  });

  it("the thief gets the whole grant back, and another one", () => {
    const whole = must(
      open(
        withCaveats(() => []),
        BLIND,
      ),
    ).capability;
    expect(whole).toMatchObject({ constraints: [], expiresAt: "never" });
    const other = forged((body) => ({ ...body, capabilityId: THEIRS.id, caveats: [] }));
    expect(must(open(other, BLIND)).capability.id).toBe(THEIRS.id);
  });

  it("a token made of nothing opens", () => {
    const body = {
      capabilityId: THEIRS.id,
      caveats: [],
      epoch: 1,
      holder: THEIRS.holder,
      issuedAt: START,
      nonce: "A".repeat(16),
    };
    const token = join(canonicalText(body) ?? "", "f".repeat(64));
    expect(open(token).ok).toBe(false);
    expect(must(open(token, BLIND)).capability.id).toBe(THEIRS.id);
  });
});

describe("unplug: with a chain that does not depend on its caveats", () => {
  it("a dropped caveat is not noticed", () => {
    const forgetful: CryptoPort = { ...nodeCrypto, macWith: (key) => key };
    const token = must(narrowToken((key) => key, must(issueToken(forgetful, MINE, [], NOW)), TO_BOB));
    const dropped = forged((body) => ({ ...body, caveats: [] }), token);
    expect(must(open(dropped, forgetful)).capability.constraints).toEqual([]);
    const kept = must(narrowToken(macWith, issued, TO_BOB));
    expect(open(forged((body) => ({ ...body, caveats: [] }), kept)).ok).toBe(false);
  });
});
