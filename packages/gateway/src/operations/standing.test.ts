import { NEVER_LEFT_OUT, OPERATIONS, OPERATION_NAMES, ROLES, proofCovers, roleSuffices } from "@moltbot/contracts";
import type { OperationName, OperationPattern, Role } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allowedTo, beyond } from "./standing.ts";

const NOUNS = [...new Set(OPERATION_NAMES.map((name) => name.split(".")[0] ?? ""))];
const pattern: fc.Arbitrary<OperationPattern> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...OPERATION_NAMES) },
  { weight: 3, arbitrary: fc.constantFrom(...NOUNS).map((noun) => `${noun}.*`) },
  { weight: 1, arbitrary: fc.constantFrom("*", "events.stream", "nothing.here") },
);
const patterns = fc.array(pattern, { maxLength: 12 });
const role = fc.constantFrom(...ROLES);
const without = (names: ReadonlySet<string>): string[] =>
  [...names].filter((name) => !NEVER_LEFT_OUT.some((always) => always === name));
const plain = (base: Role) => allowedTo({ role: base, covers: null });

describe("a role of the house's own", () => {
  it("never widens: whatever it names, it lets do nothing that its base does not", () => {
    fc.assert(
      fc.property(role, patterns, (base, covers) => {
        const base_ = plain(base);
        for (const name of allowedTo({ role: base, covers })) expect(base_.has(name)).toBe(true);
      }),
    );
  });

  it("lets do, operation by operation, what the listener lets through: both say the same", () => {
    fc.assert(
      fc.property(role, patterns, fc.constantFrom(...OPERATION_NAMES), (base, covers, name: OperationName) => {
        const { role: required } = OPERATIONS[name];
        fc.pre(required !== null && !NEVER_LEFT_OUT.some((always) => always === name));
        const through =
          roleSuffices(base, required ?? "owner") && proofCovers({ scopes: null, roleCovers: covers }, name);
        expect(allowedTo({ role: base, covers }).has(name)).toBe(through);
      }),
    );
  });

  it("grows with what it names alone: more patterns never let do less, and a narrower one is within a wider one", () => {
    fc.assert(
      fc.property(role, patterns, patterns, (base, some, more) => {
        const wide = { role: base, covers: [...some, ...more] };
        expect(beyond({ role: base, covers: some }, wide)).toBeUndefined();
        expect(beyond({ role: base, covers: some }, { role: base, covers: null })).toBeUndefined();
      }),
    );
  });

  it("with every pattern lets do what its base does, and with none what locks nobody in", () => {
    for (const base of ROLES) {
      expect(allowedTo({ role: base, covers: ["*"] })).toEqual(plain(base));
      expect(without(allowedTo({ role: base, covers: [] }))).toEqual([]);
      expect(allowedTo({ role: base, covers: [] }).has("people.remove")).toBe(true);
    }
  });

  it("names the stream of events like an operation", () => {
    expect(without(allowedTo({ role: "viewer", covers: ["events.stream"] }))).toEqual(["events.stream"]);
  });
});

describe("what one standing lets do beyond another", () => {
  it("is nothing exactly where everything of the one is of the other", () => {
    fc.assert(
      fc.property(role, patterns, role, patterns, (one, ones, other, others) => {
        const [a, b] = [
          { role: one, covers: ones },
          { role: other, covers: others },
        ];
        const more = beyond(a, b);
        expect(more === undefined).toBe([...allowedTo(a)].every((name) => allowedTo(b).has(name)));
        if (more !== undefined) expect([allowedTo(a).has(more), allowedTo(b).has(more)]).toEqual([true, false]);
      }),
    );
  });
});
