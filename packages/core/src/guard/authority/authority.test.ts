import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConversationId, ToolName, TurnId } from "@moltbot/contracts";
import type { Capability, Constraint, Release } from "@moltbot/contracts";
import { firstUnmet } from "../constraints/index.ts";
import { aCapability, anInput, aTool, chanceOf, conversationOf } from "../testing/generate-authority.ts";
import { after, idText } from "../testing/ports.ts";
import { authorityOf, meet, narrower, oneReach } from "./authority.ts";
import type { Authority } from "./authority.ts";

const RUNS = { numRuns: 1_000, seed: 20_261_122 };
const seeds = fc.integer({ min: 0 });

const chance = chanceOf(1);
const tool = { name: "order.place", given: { to: ["a"], amount: [1] }, kind: "recipient", argument: "to" } as const;
const base = aCapability(chance, tool, {
  tool: ToolName.parse("order.place"),
  permissions: ["b:use", "a:use", "a:use"],
  constraints: [],
  release: [],
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: "never",
  epoch: 1,
});
const of = (change: Partial<Capability>): Authority | null => authorityOf({ ...base, ...change });
const limited = (...constraints: readonly Constraint[]): Authority | null => of({ constraints });
const limitsOf = (authority: Authority | null): readonly Constraint[] | null => authority?.constraints ?? null;
const HERE = ConversationId.parse(idText(20));
const THERE = ConversationId.parse(idText(21));
const [TURN, TURN_THERE] = [TurnId.parse(idText(30)), TurnId.parse(idText(32))];

/** Two or three authorities over the same tool, as any two holders of the same thing may have them. */
const some = (seed: number, count: number): readonly (Authority | null)[] => {
  const one = chanceOf(seed);
  const same = aTool(one);
  return Array.from({ length: count }, () => authorityOf(aCapability(one, same, one.oneIn(4) ? {} : { epoch: 1 })));
};

describe("the meet of two authorities", () => {
  it("does not depend on their order", () => {
    const left = new Set<boolean>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a = null, b = null] = some(seed, 2);
        left.add(meet(a, b) === null);
        expect(meet(a, b)).toEqual(meet(b, a));
      }),
      RUNS,
    );
    expect(left.size).toBe(2);
  });

  it("does not depend on how three are put together", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a = null, b = null, c = null] = some(seed, 3);
        expect(meet(meet(a, b), c)).toEqual(meet(a, meet(b, c)));
      }),
      RUNS,
    );
  });

  it("of an authority with itself is that authority", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a = null] = some(seed, 1);
        expect(meet(a, a)).toEqual(a);
        expect(narrower(a, a)).toBe(true);
      }),
      RUNS,
    );
  });

  it("is within both, and is the greatest such", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a = null, b = null, c = null] = some(seed, 3);
        expect(narrower(meet(a, b), a)).toBe(true);
        expect(narrower(meet(a, b), b)).toBe(true);
        const within = meet(meet(a, b), c);
        expect(narrower(within, meet(a, b))).toBe(true);
      }),
      RUNS,
    );
  });

  it("with nothing is nothing", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a = null] = some(seed, 1);
        expect(meet(a, null)).toBeNull();
        expect(meet(null, a)).toBeNull();
        expect(narrower(null, a)).toBe(true);
      }),
      RUNS,
    );
  });

  it("has limits that hold exactly where the limits of both hold", () => {
    const verdicts = new Set<boolean>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const one = chanceOf(seed);
        const same = aTool(one);
        const [a, b] = [aCapability(one, same), aCapability(one, same, { epoch: 1 })];
        const limits = meet(limitedLike(a), limitedLike(b))?.constraints;
        const { call, manifest, resources, now, usage } = anInput(one, same);
        const facts = { call, manifest, resources, now, usage: usage[0] };
        const holds = [...a.constraints, ...b.constraints].every((limit) => firstUnmet([limit], facts) === null);
        verdicts.add(holds);
        expect(limits !== undefined && firstUnmet(limits, facts) === null).toBe(holds);
      }),
      RUNS,
    );
    expect(verdicts.size).toBe(2);
  });
});

/** The limits of a capability and nothing else of it. */
const limitedLike = ({ constraints }: Capability): Authority | null => of({ constraints });

describe("a meet, part by part", () => {
  it("takes the lower of two limits on the same thing", () => {
    const tighter = meet(
      limited(
        { kind: "at-most", argument: "amount", limit: 10 },
        { kind: "count", limit: 5 },
        { kind: "bytes", limit: 100 },
        { kind: "cost", argument: "amount", limit: 40 },
        { kind: "rate", limit: 9, seconds: 60 },
        { kind: "reversible", atMost: "irreversible" },
      ),
      limited(
        { kind: "at-most", argument: "amount", limit: 20 },
        { kind: "count", limit: 3 },
        { kind: "bytes", limit: 200 },
        { kind: "cost", argument: "amount", limit: 4 },
        { kind: "rate", limit: 2, seconds: 60 },
        { kind: "reversible", atMost: "undoable" },
      ),
    );
    expect(limitsOf(tighter)).toEqual(
      limitsOf(
        limited(
          { kind: "at-most", argument: "amount", limit: 10 },
          { kind: "count", limit: 3 },
          { kind: "bytes", limit: 100 },
          { kind: "cost", argument: "amount", limit: 4 },
          { kind: "rate", limit: 2, seconds: 60 },
          { kind: "reversible", atMost: "undoable" },
        ),
      ),
    );
  });

  it("keeps limits apart that do not bound the same thing", () => {
    const both = meet(
      limited({ kind: "rate", limit: 9, seconds: 60 }, { kind: "matches", argument: "to", pattern: "a*" }),
      limited({ kind: "rate", limit: 20, seconds: 3600 }, { kind: "matches", argument: "to", pattern: "*b" }),
    );
    expect(limitsOf(both)).toHaveLength(4);
  });

  it.each<readonly [string, Constraint, Constraint]>([
    [
      "two exact values",
      { kind: "equals", argument: "to", value: "a" },
      { kind: "equals", argument: "to", value: "b" },
    ],
    [
      "no value in common",
      { kind: "one-of", argument: "to", values: ["a"] },
      { kind: "one-of", argument: "to", values: ["b"] },
    ],
    [
      "no method in common",
      { kind: "method-in", argument: "m", methods: ["GET"] },
      { kind: "method-in", argument: "m", methods: ["POST", "PUT"] },
    ],
    [
      "no program in common",
      { kind: "program-in", argument: "argv", programs: ["git"] },
      { kind: "program-in", argument: "argv", programs: ["npm", "/usr/bin/git"] },
    ],
    [
      "no recipient in common",
      { kind: "recipient-in", argument: "to", recipients: ["a"] },
      { kind: "recipient-in", argument: "to", recipients: ["b"] },
    ],
  ])("is nothing with %s", (_what, one, other) => {
    expect(limited(one)).not.toBeNull();
    expect(meet(limited(one), limited(other))).toBeNull();
    expect(limited(one, other)).toBeNull();
  });

  it("keeps both of two limits on a path, and what two limits on a method share", () => {
    const one = limited(
      { kind: "path-prefix", argument: "u", prefixes: ["/b", "/a"] },
      { kind: "method-in", argument: "m", methods: ["POST", "GET"] },
    );
    const other = limited(
      { kind: "path-prefix", argument: "u", prefixes: ["/a/c"] },
      { kind: "method-in", argument: "m", methods: ["GET"] },
    );
    expect(limitsOf(meet(one, other))).toEqual([
      { kind: "method-in", argument: "m", methods: ["GET"] },
      { kind: "path-prefix", argument: "u", prefixes: ["/a", "/b"] },
      { kind: "path-prefix", argument: "u", prefixes: ["/a/c"] },
    ]);
    expect(meet(one, other)).toEqual(meet(other, one));
    expect(meet(one, one)).toEqual(one);
  });

  it("keeps of limits on hosts without one in common an empty list, which a program that reaches nobody keeps to", () => {
    const one = limited({ kind: "host-in", argument: "network", hosts: ["a:1"] });
    const other = limited({ kind: "host-in", argument: "network", hosts: ["b:1"] });
    const none = limited({ kind: "host-in", argument: "network", hosts: [] });
    expect(meet(one, other)).toEqual(none);
    expect(meet(none, none)).toEqual(none);
    expect(meet(none, one)).toEqual(none);
  });

  it("keeps of two limits on programs what both name, in one order", () => {
    const one = limited({ kind: "program-in", argument: "argv", programs: ["npm", "git", "npm"] });
    const other = limited({ kind: "program-in", argument: "argv", programs: ["ls", "git", "npm"] });
    expect(limitsOf(meet(one, other))).toEqual([{ kind: "program-in", argument: "argv", programs: ["git", "npm"] }]);
    expect(meet(one, other)).toEqual(meet(other, one));
  });

  it("takes a value as one value, however it is spelled", () => {
    const a = limited({ kind: "one-of", argument: "to", values: [{ x: 1, y: [2] }, "b"] });
    const b = limited({ kind: "one-of", argument: "to", values: ["c", { y: [2], x: 1 }] });
    expect(limitsOf(meet(a, b))).toEqual([{ kind: "one-of", argument: "to", values: [{ x: 1, y: [2] }] }]);
  });

  it.each<readonly [string, Constraint]>([
    ["no values", { kind: "one-of", argument: "to", values: [] }],
    ["no methods", { kind: "method-in", argument: "to", methods: [] }],
    ["no prefixes", { kind: "path-prefix", argument: "to", prefixes: [] }],
    ["no programs", { kind: "program-in", argument: "argv", programs: [] }],
    ["no recipients", { kind: "recipient-in", argument: "to", recipients: [] }],
    ["no days", { kind: "time-window", days: [], from: "00:00", to: "01:00", zone: "UTC" }],
    ["a value without canonical form", { kind: "equals", argument: "to", value: "\ud800" }],
    ["such a value among others", { kind: "one-of", argument: "to", values: ["a", "\ud800"] }],
  ])("is nothing for a limit with %s", (_what, constraint) => {
    expect(limited(constraint)).toBeNull();
  });

  it("is nothing between different tools, epochs, conversations, turns, or rights", () => {
    const other = of({ tool: ToolName.parse("mail.send") });
    expect(meet(of({}), other)).toBeNull();
    expect(meet(of({}), of({ epoch: 2 }))).toBeNull();
    const inHere = of({ reach: { kind: "conversation", conversationId: HERE } });
    const inThere = of({ reach: { kind: "conversation", conversationId: THERE } });
    expect(meet(inHere, inThere)).toBeNull();
    const inTurn = of({ reach: { kind: "task", turnId: TURN } });
    expect(meet(inTurn, of({ reach: { kind: "task", turnId: TURN_THERE } }))).toBeNull();
    expect(meet(inHere, inTurn)?.reaches).toHaveLength(2);
    expect(meet(of({ rights: ["use"] }), of({ rights: ["delegate"] }))).toBeNull();
  });

  it("ends with the earlier end, and an end that cannot be read has passed", () => {
    const [soon, late] = [of({ expiresAt: after(1) }), of({ expiresAt: after(2) })];
    expect(meet(soon, late)?.expiresAt).toBe(after(1));
    expect(meet(late, soon)?.expiresAt).toBe(after(1));
    expect(meet(of({}), late)?.expiresAt).toBe(after(2));
    expect(meet(late, of({}))?.expiresAt).toBe(after(2));
    expect(of({ expiresAt: "soon" as Capability["expiresAt"] })).toBeNull(); // what an old row may hold
  });

  it("lets out only what both let out", () => {
    const file: Release = { source: { kind: "file", ref: "a.txt" }, to: "bob" };
    const any: Release = { source: "any", to: "bob" };
    const both = (a: readonly Release[], b: readonly Release[]) =>
      meet(of({ release: a }), of({ release: b }))?.release;
    expect(both([any], [file])).toEqual([file]);
    expect(both([file], [any])).toEqual([file]);
    expect(both([any], [any, file])).toEqual([any]);
    expect(both([file], [{ ...file, to: "eve" }])).toEqual([]);
    expect(both([file], [{ source: { kind: "file", ref: "b.txt" }, to: "bob" }])).toEqual([]);
    expect(both([any], [])).toEqual([]);
    expect(of({ release: [{ source: "any", to: "\ud800" }] })).toBeNull();
  });

  it("counts a capability without release as one that lets nothing out", () => {
    const { release: _none, ...without } = base;
    expect(authorityOf(without)?.release).toEqual([]);
  });

  it("knows no reach beyond those it knows", () => {
    expect(of({ reach: { kind: "planet" } as unknown as Capability["reach"] })).toBeNull(); // what a later version may store
  });
});

describe("several reaches as one", () => {
  it("is everywhere, the only one, or the turn where that belongs to the conversation", () => {
    const here = { kind: "conversation", conversationId: HERE } as const;
    const turn = { kind: "task", turnId: TURN } as const;
    const elsewhere = { kind: "task", turnId: TURN_THERE } as const;
    expect(oneReach([], conversationOf)).toEqual({ kind: "always" });
    expect(oneReach([here], conversationOf)).toEqual(here);
    expect(oneReach([here, turn], conversationOf)).toEqual(turn);
    expect(oneReach([turn, here], conversationOf)).toEqual(turn);
    expect(oneReach([here, elsewhere], conversationOf)).toBeNull();
    expect(oneReach([here, turn], () => undefined)).toBeNull();
    expect(oneReach([here, here], conversationOf)).toBeNull();
  });
});
