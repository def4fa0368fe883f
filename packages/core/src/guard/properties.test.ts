import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EFFECT_CLASSES, INTEGRITIES, label } from "@moltbot/contracts";
import type {
  Approval,
  Capability,
  CapabilityUsage,
  Constraint,
  DecisionInput,
  JsonObject,
  ResolvedResource,
  ToolCall,
} from "@moltbot/contracts";
import { canonicalText, sameValue } from "./canonical.ts";
import { argumentsProblem } from "./check-arguments.ts";
import { argumentOf } from "./critical-arguments.ts";
import { decide } from "./decide.ts";
import { callDigest } from "./digest.ts";
import { DIGEST, programOf } from "./testing/decisions.ts";
import { AGENT, callOf, capabilityOf, OTHER_AGENT, OWNER } from "./testing/house.ts";
import { MANIFESTS } from "./testing/fake-tools.ts";
import { after, nodeCrypto, START } from "./testing/ports.ts";

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

const NAMES = [
  "query",
  "url",
  "path",
  "text",
  "to",
  "minutes",
  "amount",
  "list",
  "command",
  "argv",
  "network",
] as const;
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
  "exec.run": { argv: ["git", "log"], network: ["example.org"] },
};

const resourcesLike: fc.Arbitrary<readonly ResolvedResource[]> = fc.array(
  fc.record({
    argument: fc.constantFrom("url", "path", "to"),
    kind: fc.constantFrom(
      "host" as const,
      "path" as const,
      "recipient" as const,
      "value" as const,
      "executable" as const,
    ),
    value: fc.oneof(fc.constantFrom("example.org:443", "notes/a.txt", "bob@example.org"), text),
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

/** Limits of every other kind, also such as no schema would let in. */
const limitLike: fc.Arbitrary<Constraint> = fc.oneof(
  fc.record({
    kind: fc.constant("matches" as const),
    argument: fc.constantFrom(...NAMES),
    pattern: fc.oneof(fc.constantFrom("*", "a*", "bob@*", "https://example.org/*"), text),
  }),
  fc.record({
    kind: fc.constant("recipient-in" as const),
    argument: fc.constantFrom(...NAMES),
    recipients: fc.constant(["bob@example.org"]),
  }),
  fc.record({ kind: fc.constant("rate" as const), limit: fc.double(), seconds: fc.double() }),
  fc.record({ kind: fc.constant("count" as const), limit: fc.oneof(fc.double(), fc.nat(5)) }),
  fc.record({
    kind: fc.constant("cost" as const),
    argument: fc.constantFrom(...NAMES),
    limit: fc.oneof(fc.double(), fc.nat(50)),
  }),
  fc.record({ kind: fc.constant("bytes" as const), limit: fc.oneof(fc.double(), fc.nat(100)) }),
  fc.record({
    kind: fc.constant("time-window" as const),
    days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
    from: fc.constantFrom("00:00", "12:00", "23:00", "9"),
    to: fc.constantFrom("00:00", "12:01", "06:00", ""),
    zone: fc.oneof(fc.constantFrom("UTC", "Asia/Kathmandu"), text),
  }),
  fc.record({
    kind: fc.constant("method-in" as const),
    argument: fc.constantFrom(...NAMES),
    methods: fc.constantFrom([], ["GET" as const], ["POST" as const, "GET" as const]),
  }),
  fc.record({
    kind: fc.constant("path-prefix" as const),
    argument: fc.constantFrom(...NAMES),
    prefixes: fc.oneof(fc.constantFrom([], ["/"], ["/a", "/.."]), fc.array(text, { maxLength: 2 })),
  }),
  fc.record({
    kind: fc.constant("program-in" as const),
    argument: fc.constantFrom("argv", "to"),
    programs: fc.oneof(fc.constantFrom([], ["git"], ["npm", "git"]), fc.array(text, { maxLength: 2 })),
  }),
  fc.record({ kind: fc.constant("reversible" as const), atMost: fc.constantFrom("none", "undoable", "irreversible") }),
);

const capabilityLike: fc.Arbitrary<Capability> = fc
  .record({
    tool: fc.constantFrom(...MANIFESTS.map(({ name }) => name)),
    constraints: fc.array(fc.oneof({ weight: 2, arbitrary: constraintLike }, limitLike), { maxLength: 2 }),
    release: fc.constantFrom([], [{ source: "any" as const, to: "public" }]),
    holder: fc.constantFrom(AGENT, AGENT, AGENT, OTHER_AGENT),
    expiresAt: fc.constantFrom(after(1), after(-1), "never" as const),
    // Of an earlier epoch: one of a later epoch comes into force by raising it, and nobody can hold one.
    epoch: fc.constantFrom(1, 1, 1, 0),
  })
  .map(({ tool, constraints, ...change }) => capabilityOf(tool, constraints, change));

const EXAMPLE: ResolvedResource = { argument: "url", kind: "host", value: "example.org:443", refusal: null };

/** What a fitting call points at besides anything else. */
const NEEDED: Readonly<Record<string, readonly ResolvedResource[]>> = {
  "web.fetch": [EXAMPLE],
  "shell.run": programOf("/bin/sh"),
  "exec.run": programOf("git", "example.org:443"),
};

const inputLike: fc.Arbitrary<DecisionInput> = fc
  .record({
    manifest: fc.constantFrom(...MANIFESTS),
    fitting: fc.boolean(),
    given: argumentsLike,
    integrity: fc.constantFrom(...INTEGRITIES),
    resources: resourcesLike,
    capabilities: fc.array(capabilityLike, { maxLength: 5 }),
    stated: fc.array(fc.oneof(text, fc.constantFrom("mail to bob@example.org", "open https://example.org/")), {
      maxLength: 2,
    }),
    mayAsk: fc.boolean(),
    stepUp: fc.boolean(),
    uses: fc.array(fc.record({ count: fc.oneof(fc.nat(5), fc.double()), bytes: fc.nat(100), amount: fc.double() }), {
      maxLength: 5,
    }),
  })
  .map(({ manifest, fitting, given, integrity, uses, ...rest }) => ({
    ...rest,
    // Half of the inputs come near to an allow; without that, the properties would hold for want of anything to allow.
    ...(fitting
      ? {
          capabilities: rest.capabilities.map((held, i) =>
            i % 2 === 0 ? { ...held, tool: manifest.name, permissions: manifest.permissions } : held,
          ),
          resources: [...(NEEDED[manifest.name] ?? []), ...rest.resources.slice(1)],
        }
      : {}),
    manifest,
    problem: argumentsProblem(manifest, fitting ? (FITTING[manifest.name] ?? {}) : given),
    usage: uses.flatMap(({ amount, ...used }, i): CapabilityUsage[] => {
      const capabilityId = rest.capabilities[i]?.id;
      return capabilityId === undefined ? [] : [{ capabilityId, ...used, amounts: { amount }, recent: [START] }];
    }),
    policy: { version: "none", forbidden: [] },
    budgets: [],
    stopped: false,
    turnIsPlanned: false,
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
      "problem",
      "resources",
      "capabilities",
      "usage",
      "approvals",
      "stated",
      "policy",
      "budgets",
      "stopped",
      "mayAsk",
      "stepUp",
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
        // A stranger's limit may be of any shape, and none may take the decision down.
        expect(decide({ ...input, capabilities: more }).rule).not.toBe("guard.failed");
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

  it("never turns a no into a yes by revoking, forbidding, stopping, spending a budget or a clock that runs on", () => {
    const changes: fc.Arbitrary<(input: DecisionInput) => DecisionInput> = fc.oneof(
      fc.nat(5).map((at) => (input: DecisionInput) => ({
        ...input,
        capabilities: input.capabilities.map((held, i) => (i === at ? { ...held, revokedAt: START } : held)),
      })),
      fc.nat(5).map((at) => (input: DecisionInput) => ({
        ...input,
        capabilities: input.capabilities.filter((_, i) => i !== at),
      })),
      fc.constant((input: DecisionInput) => ({ ...input, policy: { version: "1", forbidden: ["x"] } })),
      fc.constant((input: DecisionInput) => ({ ...input, stopped: true })),
      fc.constant((input: DecisionInput) => ({ ...input, budgets: [{ name: "x", limit: 1, used: 1 }] })),
      fc.constant((input: DecisionInput) => ({ ...input, epoch: input.epoch + 1 })),
      fc.constant((input: DecisionInput) => ({ ...input, mayAsk: false })),
      fc.constant((input: DecisionInput) => ({ ...input, stated: [] })),
      fc.constant((input: DecisionInput) => ({
        ...input,
        capabilities: input.capabilities.map((held) => ({ ...held, release: [] })),
      })),
    );
    fc.assert(
      fc.property(inputLike, changes, (input, change) => {
        const changed = decide(change(input));
        expect(changed.kind === "allow" && decide(input).kind !== "allow").toBe(false);
      }),
      RUNS,
    );
  });

  it("says no, whatever is granted or answered, when stopped, forbidden or over budget", () => {
    const yes = (input: DecisionInput): Pick<Approval, keyof DecisionInput["approvals"][number]> => ({
      id: "x" as Approval["id"], // an id that nobody compares
      conversationId: input.call.conversationId,
      turnId: input.call.turnId,
      callId: input.call.id,
      agentId: input.call.agentId,
      digest: input.digest,
      state: "allowed",
      createdAt: START,
      expiresAt: after(1),
      answeredBy: OWNER.id,
      answeredAt: START,
    });
    const halts: readonly Partial<DecisionInput>[] = [
      { stopped: true },
      { policy: { version: "1", forbidden: ["x"] } },
      { budgets: [{ name: "x", limit: 5, used: 5 }] },
    ];
    fc.assert(
      fc.property(inputLike, fc.constantFrom(...halts), (input, halt) => {
        expect(decide({ ...input, approvals: [yes(input)], ...halt }).kind).toBe("deny");
      }),
      RUNS,
    );
  });

  it("never lets handed-on authority do what its root could not", () => {
    let allowed = 0;
    fc.assert(
      fc.property(inputLike, capabilityLike, capabilityLike, (input, rootLike, leafLike) => {
        const { name: tool = rootLike.tool, permissions = [] } = input.manifest ?? {};
        // Near to an allow: limits that name a value name the very one, and nothing has run out.
        const near = (held: Capability): Capability => ({
          ...held,
          expiresAt: "never",
          epoch: 1,
          constraints: held.constraints.map((limit) =>
            limit.kind === "equals" ? { ...limit, value: argumentOf(input.call.arguments, limit.argument) } : limit,
          ),
        });
        const root: Capability = {
          ...near(rootLike),
          tool,
          permissions,
          holder: OTHER_AGENT,
          rights: ["delegate"],
        };
        const leaf: Capability = { ...near(leafLike), tool, permissions, holder: AGENT, parent: root.id };
        const handedOn: DecisionInput = {
          ...input,
          call: { ...input.call, agentChain: [OTHER_AGENT, AGENT] },
          capabilities: [root, leaf],
        };
        if (decide(handedOn).kind !== "allow") return;
        allowed += 1;
        const alone: DecisionInput = {
          ...input,
          call: { ...input.call, agentId: OTHER_AGENT, agentChain: [OTHER_AGENT] },
          capabilities: [{ ...root, rights: ["use"] }],
        };
        expect(decide(alone).kind).toBe("allow");
      }),
      { ...RUNS, numRuns: 3_000 },
    );
    expect(allowed).toBeGreaterThan(50);
  });

  it("covers every effect class with these inputs", () => {
    expect(new Set(MANIFESTS.map(({ effect }) => effect))).toEqual(new Set(EFFECT_CLASSES));
  });
});

describe("two values", () => {
  const small = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(0, -0, 1, "1", "", "a", "\ud800", true, null, Number.NaN, Number.POSITIVE_INFINITY),
      fc.array(tie("value"), { maxLength: 2 }),
      fc
        .array(fc.tuple(fc.constantFrom("a", "b", "__proto__", "\udc00", "toString"), tie("value")), { maxLength: 2 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  })).value;

  it("are the same exactly when their canonical texts are", () => {
    let same = 0;
    fc.assert(
      fc.property(fc.oneof(small, hostileJson), fc.oneof(small, hostileJson), (a, b) => {
        const [one, other] = [canonicalText(a), canonicalText(b)];
        expect(sameValue(a, b)).toBe(one !== null && one === other);
        expect(sameValue(a, structuredClone(a))).toBe(one !== null);
        if (sameValue(a, b)) same += 1;
      }),
      { ...RUNS, numRuns: 3_000 },
    );
    expect(same).toBeGreaterThan(25);
  });

  it("are not the same when they run in circles or deeper than anybody can follow", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(sameValue(circle, { self: circle })).toBe(false);
    const deep = (): unknown => JSON.parse(`${"[".repeat(60_000)}${"]".repeat(60_000)}`);
    expect(sameValue(deep(), deep())).toBe(false);
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
