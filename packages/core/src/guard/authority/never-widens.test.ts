import { afterEach, describe, expect, it, vi } from "vitest";
import type { Capability } from "@moltbot/contracts";
import { runCases } from "../testing/authority-cases.ts";
import type * as Cases from "../testing/authority-cases.ts";
import * as shipped from "./index.ts";
import type { Authority } from "./index.ts";

const CASES = 4_000;
const STEP = 400;
const SLOW = { timeout: 60_000 };
const EXPECTED = [
  "canonical: different",
  "canonical: equal",
  "decide: allow",
  "decide: ask",
  "decide: deny",
  "delegate: allowed a call",
  "delegate: covered a call",
  "delegate: handed on",
  "delegate: handed on twice",
  "delegate: refused, CAPABILITY_WIDENS",
  "meet: allowed a call",
  "meet: nothing left",
  "meet: something left",
  "token: allowed a call",
  "token: opened with 3 caveats",
];

describe("a seeded sample of the guard's soak", () => {
  it("breaks no promise, and sees all there is to see", SLOW, () => {
    const { broken, seen } = runCases(0, CASES);
    expect(broken).toEqual([]);
    expect(Object.keys(seen)).toEqual(expect.arrayContaining(EXPECTED));
  });
});

describe("unplug: the cases notice", () => {
  afterEach(() => {
    vi.doUnmock("../capability-match.ts");
    vi.doUnmock("../canonical.ts");
    vi.doUnmock("../decide.ts");
    vi.resetModules();
  });

  /** Whether the cases find that promise broken; they stop where they do. */
  const noticed = (promise: string, run: (first: number, cases: number) => Cases.Tally): boolean => {
    for (let first = 0; first < CASES; first += STEP) {
      if (run(first, STEP).broken.some((fault) => fault.startsWith(promise))) return true;
    }
    return false;
  };
  const noticedWithout = (part: Partial<Cases.Room>, promise: string): boolean =>
    noticed(promise, (first, cases) => runCases(first, cases, { ...shipped, ...part }));

  const unlimited = (authority: Authority | null): Authority | null =>
    authority === null ? null : { ...authority, constraints: [] };

  it("a meet that takes one side", SLOW, () => {
    const oneSide: typeof shipped.meet = (a, b) => (shipped.meet(a, b) === null ? null : a);
    expect(noticedWithout({ meet: oneSide }, "meet commutes")).toBe(true);
  });

  it("a meet that drops limits", SLOW, () => {
    const meet: typeof shipped.meet = (a, b) => shipped.meet(unlimited(a), unlimited(b));
    expect(noticedWithout({ meet }, "a meet is within both")).toBe(true);
  });

  it("a meet that leaves nothing", SLOW, () => {
    expect(noticedWithout({ meet: () => null }, "a meet forbids nothing that both allow")).toBe(true);
  });

  it("a delegation that drops the parent's limits", SLOW, () => {
    const delegate: typeof shipped.delegate = (parent, wish, facts) =>
      shipped.delegate({ ...parent, constraints: [] }, wish, facts);
    expect(noticedWithout({ delegate }, "what is handed on is within what was held")).toBe(true);
  });

  it("a token that opens without its caveats", SLOW, () => {
    const wide = (capability: Capability): Capability => ({
      ...capability,
      constraints: [],
      reach: { kind: "always" },
    });
    const openToken: typeof shipped.openToken = (crypto, token, facts) => {
      const opened = shipped.openToken(crypto, token, facts);
      if (!opened.ok) return opened;
      return { ok: true, value: { ...opened.value, capability: wide(opened.value.capability) } };
    };
    expect(noticedWithout({ openToken }, "a narrowed token allows nothing that its capability forbids")).toBe(true);
  });

  /** The cases over a guard with one of its own files replaced. */
  const noticedReplacing = async (file: string, double: object, promise: string): Promise<boolean> => {
    vi.resetModules();
    vi.doMock(file, async (importOriginal) => ({ ...(await importOriginal<object>()), ...double }));
    const cases: typeof Cases = await import("../testing/authority-cases.ts");
    return noticed(promise, cases.runCases);
  };

  it("a guard that takes the word of an agent which wrote a limit while handing it on", SLOW, async () => {
    expect(
      await noticedReplacing(
        "../capability-match.ts",
        { rootOf: (capability: Capability) => capability },
        "nothing is allowed through a delegation that would be asked without",
      ),
    ).toBe(true);
  });

  it("a canonical form that depends on the order of keys", SLOW, async () => {
    expect(
      await noticedReplacing(
        "../canonical.ts",
        {
          canonicalText: (value: unknown) => JSON.stringify(value) ?? null,
        },
        "equal bytes exactly for equal calls",
      ),
    ).toBe(true);
  });

  it("a decision that throws", SLOW, async () => {
    expect(
      await noticedReplacing(
        "../decide.ts",
        {
          decide: () => {
            throw new TypeError("broken on purpose");
          },
        },
        "nothing throws",
      ),
    ).toBe(true);
  });
});
