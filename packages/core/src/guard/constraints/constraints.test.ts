import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantOf } from "@moltbot/contracts";
import type { CapabilityUsage, Constraint, Instant, JsonObject, ResolvedResource, Undo } from "@moltbot/contracts";
import { capabilityOf } from "../testing/house.ts";
import { after, START } from "../testing/ports.ts";
import { constraintHolds, firstUnmet } from "./index.ts";
import type { CallFacts } from "./index.ts";
import { fitsPattern } from "./values.ts";

const facts = (given: JsonObject, change: Partial<CallFacts> = {}): CallFacts => ({
  call: { arguments: given },
  manifest: { undo: "none", effect: "read" },
  resources: [],
  now: START,
  ...change,
});
const used = (change: Partial<CapabilityUsage> = {}): CapabilityUsage => ({
  capabilityId: capabilityOf("order.place", []).id,
  count: 0,
  bytes: 0,
  amounts: {},
  recent: [],
  ...change,
});
const holds = (constraint: Constraint, given: JsonObject = {}, change: Partial<CallFacts> = {}) =>
  constraintHolds(constraint, facts(given, change));

describe("a pattern", () => {
  it.each([
    ["abc", "abc", true],
    ["abc", "ab", false],
    ["abc", "*", true],
    ["", "*", true],
    ["abc", "a*", true],
    ["abc", "*c", true],
    ["abc", "a*c", true],
    ["ac", "a*c", true],
    ["a", "a*a", false],
    ["aba", "a*a", true],
    ["a.c", "a?c", false],
    ["a?c", "a?c", true],
    ["a.b.c", "a*b*c", true],
    ["a.c.b", "a*b*c", false],
    ["abab", "*ab*ab*", true],
    ["ab", "*ab*ab*", false],
    ["https://example.org/x", "https://example.org/*", true],
    ["https://example.org.evil.test/x", "https://example.org/*", false],
    ["(a+)+$", "(a+)+$", true],
    ["aaaa", "(a+)+$", false],
    ["A", "a", false],
  ])("%j against %j: %s", (text, pattern, expected) => {
    expect(fitsPattern(text, pattern)).toBe(expected);
  });

  it("says what a slow and certain reading of it says", () => {
    const slow = (text: string, pattern: string): boolean => {
      if (pattern === "") return text === "";
      if (pattern.startsWith("*")) {
        return Array.from({ length: text.length + 1 }, (_, i) => text.slice(i)).some((rest) =>
          slow(rest, pattern.slice(1)),
        );
      }
      return text.charAt(0) === pattern.charAt(0) && text !== "" && slow(text.slice(1), pattern.slice(1));
    };
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), letters, (text, pattern) => {
        expect(fitsPattern(text, pattern)).toBe(slow(text, pattern));
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });

  it("holds for no unseen character, no number and no absent argument", () => {
    const any: Constraint = { kind: "matches", argument: "to", pattern: "bob*" };
    expect(holds(any, { to: "bobby" })).toBe(true);
    expect(holds(any, { to: "bob\u200Bby" })).toBe(false);
    expect(holds(any, { to: "bob\u202Eyb" })).toBe(false);
    expect(holds(any, { to: "bob\ud800" })).toBe(false);
    expect(holds({ kind: "matches", argument: "to", pattern: "5" }, { to: 5 })).toBe(false);
    expect(holds({ kind: "matches", argument: "to", pattern: "*" }, {})).toBe(false);
  });
});

describe("methods and paths", () => {
  const reads: Constraint = { kind: "method-in", argument: "method", methods: ["GET", "HEAD"] };
  const notes: Constraint = { kind: "path-prefix", argument: "url", prefixes: ["/v1/notes", "/v1/lists"] };

  it("are among those named, exactly as they are written", () => {
    expect(holds(reads, { method: "GET" })).toBe(true);
    for (const method of ["POST", "get", "GET ", null, ["GET"], { valueOf: "GET" }])
      expect(holds(reads, { method })).toBe(false);
    expect(holds(reads, {})).toBe(false);
  });

  it("lie under a prefix, in the one spelling that every server reads alike", () => {
    for (const url of ["https://e.org/v1/notes", "https://e.org/v1/notes/7?x=1", "http://f.org/v1/lists#a"])
      expect(holds(notes, { url })).toBe(true);
    for (const url of [
      "https://e.org/v1/notes2",
      "https://e.org/v1",
      "https://e.org/v1/notes/../admin",
      "https://e.org/v1/notes/%2e%2e/admin",
      "https://e.org/v1/notes/..%2fadmin",
      "https://e.org/admin?/v1/notes",
      "https://e.org/admin#/v1/notes",
      "https://e.org\\v1\\notes",
      "/v1/notes",
      5,
      ["https://e.org/v1/notes"],
    ])
      expect(holds(notes, { url })).toBe(false);
    expect(holds(notes, {})).toBe(false);
    expect(holds({ ...notes, prefixes: ["v1"] }, { url: "https://e.org/v1" })).toBe(false);
  });
});

describe("programs", () => {
  const started = (...values: readonly string[]): readonly ResolvedResource[] =>
    values.map((value) => ({ argument: "argv", kind: "executable", value, refusal: null }));
  const tools: Constraint = { kind: "program-in", argument: "argv", programs: ["git", "/usr/bin/npm"] };

  it("are all among those named, as they are started and not as they are written", () => {
    expect(holds(tools, { argv: ["x"] }, { resources: started("git") })).toBe(true);
    expect(holds(tools, {}, { resources: started("git", "/usr/bin/npm") })).toBe(true);
    expect(holds(tools, {}, { resources: started("git", "sh") })).toBe(false);
    for (const other of ["GIT", "git ", "./git", "/usr/bin/git", "npm", "gi\u0442", "git\u200B", ""])
      expect(holds(tools, { argv: ["git"] }, { resources: started(other) })).toBe(false);
  });

  it("are none where nothing is started, by that argument or at all", () => {
    expect(holds(tools, { argv: ["git"] })).toBe(false);
    expect(holds(tools, {}, { resources: started("git").map((one) => ({ ...one, kind: "value" as const })) })).toBe(
      false,
    );
    expect(holds(tools, {}, { resources: started("git").map((one) => ({ ...one, argument: "cwd" })) })).toBe(false);
    expect(holds({ ...tools, programs: [""] }, {}, { resources: started("") })).toBe(false);
  });
});

describe("the hosts of a program", () => {
  const run = { undo: "none", effect: "execute" } as const;
  const only: Constraint = { kind: "host-in", argument: "network", hosts: ["a.test:443", "b.test:443"] };
  const reaching = (...hosts: readonly string[]): readonly ResolvedResource[] =>
    hosts.map((value) => ({ argument: "network", kind: "host", value, refusal: null }));

  it("are all among those named", () => {
    const of = (...hosts: readonly string[]) =>
      holds(only, { network: [...hosts] }, { manifest: run, resources: reaching(...hosts) });
    expect(of("a.test:443")).toBe(true);
    expect(of("a.test:443", "b.test:443")).toBe(true);
    expect(of("a.test:443", "evil.test:443")).toBe(false);
    expect(of("a.test:8443")).toBe(false);
  });

  it("are kept to by a program that reaches none, and by nothing else that names none", () => {
    for (const given of [{}, { network: [] }, { network: null }])
      expect(holds(only, given, { manifest: run })).toBe(true);
    for (const effect of ["read", "fetch", "write", "send", "commit"] as const)
      expect(holds(only, {}, { manifest: { undo: "none", effect } })).toBe(false);
    // What the list means nobody could tell; and a host that another argument names is none of these.
    expect(holds(only, { network: ["a.test"] }, { manifest: run })).toBe(false);
    const elsewhere = reaching("evil.test:443").map((one) => ({ ...one, argument: "argv" }));
    expect(holds(only, {}, { manifest: run, resources: elsewhere })).toBe(false);
  });
});

describe("a folder", () => {
  const paths = (...values: readonly string[]): readonly ResolvedResource[] =>
    values.map((value) => ({ argument: "path", kind: "path", value, refusal: null }));
  const slowly = (path: string, root: string): boolean => {
    const isPlain = (one: string) =>
      one.split("/").every((step) => step !== "" && step !== "." && step !== ".." && !/[\\:\0]/.test(step));
    return isPlain(path) && (root === "" || (isPlain(root) && (path === root || path.startsWith(`${root}/`))));
  };

  it("holds what a slow and certain reading says, of every path together", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "..", ".", "/", "/", "\\", ":", "\0", "\n", " "), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), text, (values, root) => {
        const within: Constraint = { kind: "path-within", argument: "path", root };
        expect(holds(within, {}, { resources: paths(...values) })).toBe(values.every((path) => slowly(path, root)));
      }),
      { numRuns: 3_000, seed: 7 },
    );
  });
});

describe("recipients", () => {
  const to = (...values: readonly string[]): readonly ResolvedResource[] =>
    values.map((value) => ({ argument: "to", kind: "recipient", value, refusal: null }));
  const inBook: Constraint = {
    kind: "recipient-in",
    argument: "to",
    recipients: ["bob@example.org", "amy@example.org"],
  };

  it("are all among those named, as they resolve and not as they are written", () => {
    expect(holds(inBook, { to: "Bob" }, { resources: to("bob@example.org") })).toBe(true);
    expect(holds(inBook, {}, { resources: to("bob@example.org", "amy@example.org") })).toBe(true);
    expect(holds(inBook, {}, { resources: to("bob@example.org", "eve@evil.test") })).toBe(false);
    expect(holds(inBook, { to: "bob@example.org" }, { resources: [] })).toBe(false);
    expect(
      holds(
        inBook,
        {},
        { resources: [{ argument: "cc", kind: "recipient", value: "bob@example.org", refusal: null }] },
      ),
    ).toBe(false);
    expect(
      holds(inBook, {}, { resources: [{ argument: "to", kind: "value", value: "bob@example.org", refusal: null }] }),
    ).toBe(false);
  });
});

describe("a count", () => {
  const three: Constraint = { kind: "count", limit: 3 };
  it.each<readonly [string, CapabilityUsage | undefined, boolean]>([
    ["never used", undefined, true],
    ["used twice", used({ count: 2 }), true],
    ["used three times", used({ count: 3 }), false],
    ["a count that is none", used({ count: Number.NaN }), false],
    ["a negative count", used({ count: -9 }), false],
  ])("%s: %s", (_, usage, expected) => {
    expect(holds(three, {}, { usage })).toBe(expected);
  });
});

describe("a rate", () => {
  const twoPerMinute: Constraint = { kind: "rate", limit: 2, seconds: 60 };
  const at = (...milliseconds: readonly number[]) =>
    used({ count: 9, recent: [...milliseconds.map(after), after(-3_600_000)] });

  it.each<readonly [string, CapabilityUsage | undefined, boolean]>([
    ["never used", undefined, true],
    ["used once within it", at(-1), true],
    ["used twice within it", at(-1, -59_999), false],
    ["used a minute ago to the millisecond", at(-1, -60_000), true],
    ["used in the future, by a clock set back", at(1, 2), false],
    ["used at a time that cannot be read", used({ count: 9, recent: ["x", "", after(-99_000)] as Instant[] }), false],
  ])("%s: %s", (_, usage, expected) => {
    expect(holds(twoPerMinute, {}, { usage })).toBe(expected);
  });

  it("counts what was forgotten as within, when all that is remembered is", () => {
    const busy = used({ count: 5_000, recent: Array.from({ length: 1_000 }, () => after(-1)) });
    expect(holds({ kind: "rate", limit: 2_000, seconds: 60 }, {}, { usage: busy })).toBe(false);
    expect(holds({ kind: "rate", limit: 6_000, seconds: 60 }, {}, { usage: busy })).toBe(true);
  });

  it("holds over no span that cannot be counted", () => {
    for (const seconds of [Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(holds({ kind: "rate", limit: 2, seconds })).toBe(false);
    }
  });
});

describe("a cost", () => {
  const ten: Constraint = { kind: "cost", argument: "amount", limit: 10 };
  it.each<readonly [string, JsonObject, CapabilityUsage | undefined, boolean]>([
    ["never used", { amount: 10 }, undefined, true],
    ["over it at once", { amount: 10.01 }, undefined, false],
    ["together at the limit", { amount: 4 }, used({ amounts: { amount: 6 } }), true],
    ["together over it", { amount: 4.01 }, used({ amounts: { amount: 6 } }), false],
    ["another argument's sum", { amount: 4 }, used({ amounts: { tip: 60 } }), true],
    ["a negative amount, to make room", { amount: -1 }, used({ amounts: { amount: 6 } }), false],
    ["no amount", {}, undefined, false],
    ["a text", { amount: "5" }, undefined, false],
    ["not a number", { amount: Number.NaN }, undefined, false],
    ["endless", { amount: Number.POSITIVE_INFINITY }, undefined, false],
    ["a negative sum", { amount: 11 }, used({ amounts: { amount: -6 } }), false],
    ["an inherited sum", { toString: 5 } as unknown as JsonObject, used(), false],
  ])("%s", (_, given, usage, expected) => {
    expect(holds(ten, given, { usage })).toBe(expected);
  });
});

describe("bytes", () => {
  it("counts canonical arguments in UTF-8, with what was used before", () => {
    const given = { text: "é€😀" }; // {"text":"…"}: 11 bytes around 2 + 3 + 4
    expect(holds({ kind: "bytes", limit: 20 }, given)).toBe(true);
    expect(holds({ kind: "bytes", limit: 19 }, given)).toBe(false);
    expect(holds({ kind: "bytes", limit: 25 }, given, { usage: used({ bytes: 5 }) })).toBe(true);
    expect(holds({ kind: "bytes", limit: 24 }, given, { usage: used({ bytes: 5 }) })).toBe(false);
    expect(holds({ kind: "bytes", limit: 99 }, { text: "\ud800" })).toBe(false);
  });
});

describe("a time window", () => {
  const at = (text: string) => ({ now: instantOf(Date.parse(text)) });
  const window = (days: readonly number[], from: string, to: string, zone: string): Constraint => ({
    kind: "time-window",
    days,
    from,
    to,
    zone,
  });
  const office = window([1, 2, 3, 4, 5], "09:00", "17:00", "Europe/Berlin");
  const night = window([5], "22:00", "06:00", "UTC");

  it.each<readonly [string, Constraint, string, boolean]>([
    ["at its first minute", office, "2026-11-23T08:00:00.000Z", true],
    ["a millisecond before", office, "2026-11-23T07:59:59.999Z", false],
    ["in its last millisecond", office, "2026-11-23T15:59:59.999Z", true],
    ["when it has ended", office, "2026-11-23T16:00:00.000Z", false],
    ["on a Sunday", office, "2026-11-22T12:00:00.000Z", false],
    ["in summer, an hour earlier", office, "2026-07-20T07:00:00.000Z", true],
    ["Friday night", night, "2026-11-20T23:00:00.000Z", true],
    ["Saturday morning, the same night", night, "2026-11-21T05:59:59.000Z", true],
    ["Saturday at six", night, "2026-11-21T06:00:00.000Z", false],
    ["Friday morning, the night before", night, "2026-11-20T05:00:00.000Z", false],
    ["Saturday night", night, "2026-11-21T23:00:00.000Z", false],
    ["Sunday morning after a Saturday", window([6], "23:00", "01:00", "UTC"), "2026-11-22T00:30:00.000Z", true],
    ["midnight", window([0], "00:00", "00:01", "UTC"), "2026-11-22T00:00:00.000Z", true],
    ["a window as long as nothing", window([0], "09:00", "09:00", "UTC"), "2026-11-22T09:00:00.000Z", false],
    [
      "an unknown zone",
      window([0, 1, 2, 3, 4, 5, 6], "00:00", "23:59", "Mars/Base"),
      "2026-11-22T09:00:00.000Z",
      false,
    ],
    ["no zone", window([0, 1, 2, 3, 4, 5, 6], "00:00", "23:59", ""), "2026-11-22T09:00:00.000Z", false],
    ["hours that are none", window([0], "0:00", "23:59", "UTC"), "2026-11-22T09:00:00.000Z", false],
  ])("%s", (_, constraint, now, expected) => {
    expect(holds(constraint, {}, at(now))).toBe(expected);
    expect(holds(constraint, {}, at(now))).toBe(expected);
  });

  it("holds at no time that cannot be read", () => {
    expect(holds(window([0, 1, 2, 3, 4, 5, 6], "00:00", "23:59", "UTC"), {}, { now: "soon" as Instant })).toBe(false);
  });

  it("forgets zones rather than keeping names without end", () => {
    for (let i = 0; i < 600; i += 1) expect(holds(window([0], "00:00", "23:59", `No/Such${i}`))).toBe(false);
    expect(holds(window([0], "12:00", "12:01", "UTC"))).toBe(true);
  });
});

describe("reversibility", () => {
  it.each<readonly [Undo, Undo, boolean]>([
    ["none", "none", true],
    ["undoable", "none", false],
    ["irreversible", "none", false],
    ["none", "undoable", true],
    ["undoable", "undoable", true],
    ["irreversible", "undoable", false],
    ["irreversible", "irreversible", true],
    ["gone" as Undo, "irreversible", false],
    ["none", "gone" as Undo, false],
  ])("a tool that is %s, at most %s: %s", (undo, atMost, expected) => {
    expect(holds({ kind: "reversible", atMost }, {}, { manifest: { undo, effect: "write" } })).toBe(expected);
  });
});

describe("all limits of a grant", () => {
  it("name the first that does not hold, and null when all do", () => {
    const one: Constraint = { kind: "count", limit: 1 };
    const two: Constraint = { kind: "equals", argument: "to", value: "bob" };
    const three: Constraint = { kind: "at-most", argument: "amount", limit: 5 };
    expect(firstUnmet([one, two, three], facts({ to: "eve", amount: 9 }))).toBe(two);
    expect(firstUnmet([one, two, three], facts({ to: "bob", amount: 9 }))).toBe(three);
    expect(firstUnmet([one, two, three], facts({ to: "bob", amount: 5 }))).toBeNull();
    expect(firstUnmet([], facts({}))).toBeNull();
  });

  it.each(["nice", "__proto__", "constructor", "toString", ""])("never hold for the kind %j", (kind) => {
    expect(holds({ kind, argument: "to", value: null } as unknown as Constraint)).toBe(false);
  });

  it("take no endless number for one that is at most something", () => {
    expect(holds({ kind: "at-most", argument: "n", limit: 5 }, { n: Number.NEGATIVE_INFINITY })).toBe(false);
  });
});
