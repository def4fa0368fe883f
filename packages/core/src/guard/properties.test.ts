import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Digest, EFFECT_CLASSES, INTEGRITIES, label } from "@moltbot/contracts";
import type { Capability, Constraint, DecisionInput, JsonObject, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { canonicalText } from "./canonical.ts";
import { decide } from "./decide.ts";
import { callDigest } from "./digest.ts";
import { AGENT, callOf, capabilityOf, OTHER_AGENT, OWNER } from "./testing/house.ts";
import { MANIFESTS } from "./testing/fake-tools.ts";
import { after, nodeCrypto, START } from "./testing/ports.ts";

const DIGEST = Digest.parse("c".repeat(64));
const HOSTILE = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "\u202E",
  "\ud800",
  "",
  "../..",
  "5",
];
const text = fc.oneof(fc.string(), fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" }));

/** JSON as a stranger may send it: parsed text, so that keys such as `__proto__` are the object's own. */
const hostileJson = fc
  .oneof(fc.jsonValue(), fc.dictionary(text, fc.jsonValue()))
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject[string]); // JSON gives JSON back

const NAMES = ["query", "url", "path", "text", "to", "minutes", "amount", "list", "command"] as const;
const VALUES = ["a", "bob@example.org", "https://example.org/", "notes/a.txt", 1, 5, 50] as const;
const argumentsLike: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .subarray([...NAMES])
    .chain((names) =>
      fc
        .array(fc.constantFrom(...VALUES), { minLength: names.length, maxLength: names.length })
        .map((values) => Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]))),
    ),
  fc.dictionary(text, hostileJson).map((value) => JSON.parse(JSON.stringify(value)) as JsonObject), // JSON gives JSON back
);

const FITTING: Readonly<Record<string, JsonObject>> = {
  "memory.search": { query: "a" },
  "web.fetch": { url: "https://example.org/" },
  "file.append": { path: "notes/a.txt", text: "a" },
  "note.burn": { path: "a" },
  "note.mark": { path: "a" },
  "mail.send": { to: "bob@example.org", text: "a" },
  "post.plain": { to: "a", text: "a" },
  "reminder.create": { text: "a", minutes: 5 },
  "bank.pay": { to: "a", amount: 5 },
  "order.place": { to: "a", amount: 5 },
  "shell.run": { command: "a" },
};

const resourcesLike: fc.Arbitrary<readonly ResolvedResource[]> = fc.array(
  fc.record({
    argument: fc.constantFrom("url", "path", "to"),
    kind: fc.constantFrom("host" as const, "path" as const, "value" as const),
    value: fc.oneof(fc.constantFrom("example.org:443", "notes/a.txt"), text),
    refusal: fc.oneof(
      { weight: 9, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom("ADDRESS_REFUSED", "__proto__") },
    ),
  }),
  { maxLength: 2 },
);

const constraintLike: fc.Arbitrary<Constraint> = fc.oneof(
  fc.record({
    kind: fc.constant("equals" as const),
    argument: fc.constantFrom(...NAMES),
    value: fc.oneof(fc.constantFrom(...VALUES, null), hostileJson),
  }),
  fc.record({ kind: fc.constant("at-most" as const), argument: fc.constantFrom(...NAMES), limit: fc.double() }),
  fc.record({
    kind: fc.constant("host-in" as const),
    argument: fc.constantFrom(...NAMES),
    hosts: fc.constant(["example.org:443"]),
  }),
  fc.record({
    kind: fc.constant("path-within" as const),
    argument: fc.constantFrom(...NAMES),
    root: fc.constantFrom("", "notes", ".."),
  }),
);

const capabilityLike: fc.Arbitrary<Capability> = fc
  .record({
    tool: fc.constantFrom(...MANIFESTS.map(({ name }) => name)),
    constraints: fc.array(constraintLike, { maxLength: 2 }),
    holder: fc.constantFrom(AGENT, AGENT, AGENT, OTHER_AGENT),
    expiresAt: fc.constantFrom(after(1), after(-1), "never" as const),
    epoch: fc.constantFrom(1, 1, 1, 2),
  })
  .map(({ tool, constraints, ...change }) => capabilityOf(tool, constraints, change));

const EXAMPLE: ResolvedResource = { argument: "url", kind: "host", value: "example.org:443", refusal: null };

const inputLike: fc.Arbitrary<DecisionInput> = fc
  .record({
    manifest: fc.constantFrom(...MANIFESTS),
    fitting: fc.boolean(),
    given: argumentsLike,
    integrity: fc.constantFrom(...INTEGRITIES),
    resources: resourcesLike,
    capabilities: fc.array(capabilityLike, { maxLength: 5 }),
    stated: fc.array(text, { maxLength: 2 }),
  })
  .map(({ manifest, fitting, given, integrity, ...rest }) => ({
    ...rest,
    // Half of the inputs come near to an allow; without that, the properties would hold for want of anything to allow.
    ...(fitting
      ? {
          capabilities: rest.capabilities.map((held, i) =>
            i % 2 === 0 ? { ...held, tool: manifest.name, permissions: manifest.permissions } : held,
          ),
          resources: manifest.effect === "fetch" ? [EXAMPLE, ...rest.resources.slice(1)] : rest.resources.slice(1),
        }
      : {}),
    manifest,
    call: callOf(manifest.name, fitting ? (FITTING[manifest.name] ?? {}) : given, integrity),
    approvals: [],
    epoch: 1,
    now: START,
    digest: DIGEST,
  }));

const RUNS = { numRuns: 500, seed: 20_261_122 };

describe("decide, over random inputs", () => {
  it("always answers one of three, in plain data, and never throws", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(inputLike, (input) => {
        const verdict = decide(input);
        seen.add(verdict.kind);
        expect(structuredClone(verdict)).toEqual(verdict);
        expect(verdict.rule).toMatch(/^[a-z.-]+$/);
      }),
      RUNS,
    );
    expect([...seen].toSorted()).toEqual(["allow", "ask", "deny"]);
  });

  it("refuses garbage of any shape in any field", () => {
    const garbage = fc.oneof(hostileJson, fc.anything());
    const fields = [
      "call",
      "manifest",
      "resources",
      "capabilities",
      "approvals",
      "stated",
      "epoch",
      "now",
      "digest",
    ] as const;
    fc.assert(
      fc.property(inputLike, fc.constantFrom(...fields), garbage, (input, field, value) => {
        const verdict = decide({ ...input, capabilities: [], [field]: value } as DecisionInput); // garbage on purpose
        expect(verdict.kind).not.toBe("allow");
      }),
      RUNS,
    );
  });

  it("gives the same answer to the same input, and changes nothing in it", () => {
    fc.assert(
      fc.property(inputLike, (input) => {
        const { manifest, ...data } = input;
        const copy = { ...structuredClone(data), manifest };
        const first = decide(input);
        expect(decide(copy)).toEqual(first);
        expect(decide(input)).toEqual(first);
        expect({ ...data, manifest }).toEqual(copy);
      }),
      RUNS,
    );
  });

  it("never refuses or asks for more because of one more capability", () => {
    const rank = { deny: 0, ask: 1, allow: 2 } as const;
    fc.assert(
      fc.property(inputLike, capabilityLike, fc.nat(5), (input, extra, at) => {
        const more = [...input.capabilities.slice(0, at), extra, ...input.capabilities.slice(at)];
        expect(rank[decide({ ...input, capabilities: more }).kind]).toBeGreaterThanOrEqual(rank[decide(input).kind]);
      }),
      RUNS,
    );
  });

  it("allows nothing without a capability or an approval", () => {
    fc.assert(
      fc.property(inputLike, (input) => decide({ ...input, capabilities: [] }).kind !== "allow"),
      RUNS,
    );
  });

  it("never allows more in an untrusted context than in a clean one", () => {
    fc.assert(
      fc.property(inputLike, (input) => {
        const withLabel = (integrity: "authority" | "untrusted") =>
          decide({ ...input, call: { ...input.call, label: label(integrity, [OWNER.id]) } }).kind;
        expect(withLabel("untrusted") === "allow" && withLabel("authority") !== "allow").toBe(false);
      }),
      RUNS,
    );
  });

  it("covers every effect class with these inputs", () => {
    expect(new Set(MANIFESTS.map(({ effect }) => effect))).toEqual(new Set(EFFECT_CLASSES));
  });
});

describe("the digest of a call", () => {
  const base = callOf("memory.search", {});
  const withArguments = (given: JsonObject): ToolCall => ({ ...base, arguments: given });
  /** Equal as JSON values: RFC 8259 knows no -0. */
  const same = (a: unknown, b: unknown): boolean => {
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const [keys, others] = [Object.keys(a).toSorted(), Object.keys(b).toSorted()];
    return (
      keys.length === others.length &&
      keys.every(
        (key, i) =>
          key === others[i] &&
          same(Object.getOwnPropertyDescriptor(a, key)?.value, Object.getOwnPropertyDescriptor(b, key)?.value),
      )
    );
  };

  it("is equal exactly when the calls are equal", () => {
    const small = fc
      .dictionary(
        fc.constantFrom("a", "b", "__proto__"),
        fc.constantFrom(1, "1", null, true, "true", [], {}, [1], ["1"], "", 0),
        { maxKeys: 2 },
      )
      .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject); // JSON gives JSON back
    fc.assert(
      fc.property(fc.oneof(small, argumentsLike), fc.oneof(small, argumentsLike), (a, b) => {
        fc.pre(canonicalText(a) !== null && canonicalText(b) !== null);
        expect(callDigest(nodeCrypto, withArguments(a)) === callDigest(nodeCrypto, withArguments(b))).toBe(same(a, b));
        const turned = Object.fromEntries(Object.entries(a).toReversed());
        expect(callDigest(nodeCrypto, withArguments(turned))).toBe(callDigest(nodeCrypto, withArguments(a)));
      }),
      RUNS,
    );
  });
});
