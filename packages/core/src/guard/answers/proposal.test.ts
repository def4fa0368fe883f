import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApprovalId, Digest, ToolName } from "@moltbot/contracts";
import type {
  Approval,
  Constraint,
  JsonObject,
  ManifestFacts,
  Proposal,
  ResolvedResource,
  ToolCall,
} from "@moltbot/contracts";
import { firstUnmet } from "../constraints/index.ts";
import { criticalArguments } from "../critical-arguments.ts";
import { nearestGrant } from "../nearest-grant.ts";
import { callOf, manifestOf, OTHER_AGENT, OWNER } from "../testing/house.ts";
import { after, idText, START } from "../testing/ports.ts";
import { visibleValue } from "../visible-text.ts";
import { proposalFor } from "./proposal.ts";

let serial = 0;

/** The question about a call as it was asked, and allowed once. */
const allowedOnce = (
  call: ToolCall,
  manifest: ManifestFacts,
  resources: readonly ResolvedResource[] = [],
  change: Partial<Approval> = {},
): Approval => {
  serial += 1;
  return {
    id: ApprovalId.parse(idText(0x900_000 + serial)),
    conversationId: call.conversationId,
    turnId: call.turnId,
    callId: call.id,
    agentId: call.agentId,
    digest: Digest.parse("d".repeat(64)),
    question: {
      consequence: "",
      why: "",
      rule: `${manifest.effect}.unconstrained`,
      tool: manifest.name,
      effect: manifest.effect,
      arguments: Object.entries(call.arguments).map(([name, value]) => ({
        name,
        value: visibleValue(value),
        critical: criticalArguments(manifest, call.arguments).includes(name),
        origin: "model",
      })),
      leaves: null,
      undo: manifest.undo,
      scopes: ["once", "task", "conversation", "always"],
      preview: null,
      sources: [],
      agentChain: call.agentChain,
      grant: nearestGrant(call, manifest, resources).constraints,
      proposal: null,
      stepUp: false,
    },
    label: call.label,
    state: "consumed",
    createdAt: START,
    expiresAt: after(900_000),
    answeredBy: OWNER.id,
    answeredAt: after(1_000),
    scope: "once",
    reason: null,
    edited: null,
    ...change,
  };
};

const pathOf = (given: JsonObject): readonly ResolvedResource[] =>
  typeof given["path"] === "string" ? [{ argument: "path", kind: "path", value: given["path"], refusal: null }] : [];
const hostOf = ({ url }: JsonObject): readonly ResolvedResource[] =>
  typeof url === "string"
    ? [{ argument: "url", kind: "host", value: `${new URL(url).hostname}:443`, refusal: null }]
    : [];
const nothing = (): readonly ResolvedResource[] => [];

const withRoles = (tool: string, roles: NonNullable<ManifestFacts["roles"]>): ManifestFacts => ({
  ...manifestOf(tool),
  roles,
});
const ORDER = withRoles("order.place", { to: "recipient", amount: "amount" });
const APPEND = withRoles("file.append", { path: "path" });

/** The proposal for the last of these argument sets, when all others were allowed once before. */
const proposed = (
  manifest: ManifestFacts,
  sets: readonly JsonObject[],
  resolve: (given: JsonObject) => readonly ResolvedResource[] = nothing,
): Proposal | null => {
  const calls = sets.map((given) => callOf(manifest.name, given));
  const last = calls.at(-1);
  if (last === undefined) throw new Error("a proposal needs a call");
  const before = calls.slice(0, -1).map((call) => allowedOnce(call, manifest, resolve(call.arguments)));
  return proposalFor(last, manifest, resolve(last.arguments), before);
};

const orders = (...amounts: readonly number[]) => amounts.map((amount) => ({ to: "shop", amount }));
const files = (...paths: readonly string[]) => paths.map((path) => ({ path, text: "x" }));
const many = (length: number) => Array.from({ length }, (_, i) => i);

describe("the rule proposed for a question that keeps coming", () => {
  it("is not offered before the third answer", () => {
    expect(proposed(ORDER, orders(5, 5, 5))).toBeNull();
    expect(proposed(ORDER, orders(5, 5, 5, 5))).toEqual({
      constraints: [
        { kind: "equals", argument: "amount", value: 5 },
        { kind: "equals", argument: "to", value: "shop" },
      ],
      seen: 3,
    });
  });

  it("lists the values that were seen, each once", () => {
    expect(proposed(ORDER, orders(7, 5, 5, 9))?.constraints[0]).toEqual({
      kind: "one-of",
      argument: "amount",
      values: [5, 7, 9],
    });
  });

  it("bounds amounts by the highest once they are too many for a list", () => {
    expect(proposed(ORDER, orders(...many(11)))?.constraints[0]).toEqual({
      kind: "at-most",
      argument: "amount",
      limit: 10,
    });
    expect(proposed(ORDER, orders(...many(11), -1))).toBeNull();
    expect(proposed(manifestOf("order.place"), orders(...many(11)))).toBeNull();
  });

  it("names the hosts of a fetch, whatever the addresses", () => {
    const urls = ["https://a.test/1", "https://a.test/2", "https://b.test/3", "https://a.test/4"];
    expect(
      proposed(
        manifestOf("web.fetch"),
        urls.map((url) => ({ url })),
        hostOf,
      ),
    ).toEqual({ constraints: [{ kind: "host-in", argument: "url", hosts: ["a.test:443", "b.test:443"] }], seen: 3 });
    const strewn = many(11).map((i) => ({ url: `https://h${i}.test/` }));
    expect(proposed(manifestOf("web.fetch"), strewn, hostOf)).toBeNull();
  });

  it("takes the deepest common folder, and never the whole workspace", () => {
    const inDiary = many(11).map((i) => `notes/diary/${i}.txt`);
    expect(proposed(APPEND, files(...inDiary), pathOf)?.constraints).toEqual([
      { kind: "path-within", argument: "path", root: "notes/diary" },
    ]);
    expect(proposed(APPEND, files("notes/a/b.txt", ...inDiary), pathOf)?.constraints).toEqual([
      { kind: "path-within", argument: "path", root: "notes" },
    ]);
    expect(proposed(APPEND, files("todo.txt", ...inDiary), pathOf)).toBeNull();
    expect(proposed(APPEND, files("other/a.txt", ...inDiary), pathOf)).toBeNull();
    expect(proposed(APPEND, files("notes/../../x.txt", ...inDiary), pathOf)).toBeNull();
  });

  it("has nothing to say when who is written to varies", () => {
    const mail = withRoles("mail.send", { to: "recipient" });
    expect(
      proposed(
        mail,
        many(11).map((i) => ({ to: `${i}@example.org`, text: "x" })),
      ),
    ).toBeNull();
  });

  it("names canonical recipients where the earlier grants know them", () => {
    const mail = withRoles("mail.send", { to: "recipient" });
    const resolve = ({ to }: JsonObject): readonly ResolvedResource[] => [
      { argument: "to", kind: "recipient", value: JSON.stringify(to).slice(-14, -1), refusal: null },
    ];
    const spellings = many(11).map((i) => ({ to: `${"x".repeat(i)} bob@here.test`, text: "x" }));
    const known: Constraint = { kind: "recipient-in", argument: "to", recipients: ["bob@here.test"] };
    const before = spellings.slice(1).map((given) => {
      const approval = allowedOnce(callOf("mail.send", given), mail, resolve(given));
      return { ...approval, question: { ...approval.question, grant: [known] } };
    });
    const [given = {}] = spellings;
    expect(proposalFor(callOf("mail.send", given), mail, resolve(given), before)).toEqual({
      constraints: [known],
      seen: 10,
    });
  });

  it.each<readonly [string, (approvals: readonly Approval[]) => readonly Approval[]]>([
    [
      "one of them was denied",
      ([first, ...rest]) => (first === undefined ? [] : [{ ...first, state: "denied" }, ...rest]),
    ],
    ["they were of another agent", (all) => all.map((one) => ({ ...one, agentId: OTHER_AGENT }))],
    [
      "they were of another tool",
      (all) => all.map((one) => ({ ...one, question: { ...one.question, tool: ToolName.parse("bank.pay") } })),
    ],
    ["nobody answered", (all) => all.map((one) => ({ ...one, state: "expired", answeredBy: null }))],
    ["they were withdrawn", (all) => all.map((one) => ({ ...one, state: "superseded" }))],
    ["they were allowed for longer", (all) => all.map((one) => ({ ...one, scope: "always" }))],
    ["the tool always asks", (all) => all.map((one) => ({ ...one, question: { ...one.question, scopes: ["once"] } }))],
    [
      "content from outside was in view at one of them",
      ([first, ...rest]) =>
        first === undefined
          ? []
          : [{ ...first, question: { ...first.question, sources: [{ kind: "host", ref: "evil.test" }] } }, ...rest],
    ],
    [
      "one of them was asked in an untrusted context",
      ([first, ...rest]) =>
        first === undefined ? [] : [{ ...first, label: { ...first.label, integrity: "untrusted" } }, ...rest],
    ],
  ])("is not offered when %s", (_, tampered) => {
    const before = orders(5, 6, 7).map((given) => allowedOnce(callOf("order.place", given), ORDER));
    const call = callOf("order.place", { to: "shop", amount: 5 });
    expect(proposalFor(call, ORDER, [], before)).not.toBeNull();
    expect(proposalFor(call, ORDER, [], tampered(before))).toBeNull();
  });

  it("is not offered for a call that was chosen with content from outside in view, or that cannot be shown", () => {
    const before = orders(5, 6, 7).map((given) => allowedOnce(callOf("order.place", given), ORDER));
    expect(proposalFor(callOf("order.place", { to: "shop", amount: 5 }, "untrusted"), ORDER, [], before)).toBeNull();
    expect(proposalFor(callOf("order.place", { to: "sh\u200Bop", amount: 5 }), ORDER, [], before)).toBeNull();
    expect(proposalFor(callOf("order.place", { to: "\ud800", amount: 5 }), ORDER, [], before)).toBeNull();
  });

  it("counts an argument that was left out as a value of its own", () => {
    const remind = manifestOf("reminder.create");
    const sets = [
      { text: "a", minutes: 5 },
      { text: "a", minutes: 5, list: "x" },
      { text: "a", minutes: 5 },
    ];
    expect(proposed(remind, [...sets, { text: "a", minutes: 5 }])?.constraints).toContainEqual({
      kind: "one-of",
      argument: "list",
      values: ["x", null],
    });
  });

  it("offers the tool itself where nothing in it is critical", () => {
    const search = many(4).map((i) => ({ query: `${i}` }));
    expect(proposed(manifestOf("memory.search"), search)).toEqual({ constraints: [], seen: 3 });
  });
});

const anOrder = fc.record({ to: fc.constantFrom("shop", "baker"), amount: fc.integer({ min: 0, max: 40 }) });
const aPath = fc
  .array(fc.constantFrom("a", "b", "c"), { minLength: 0, maxLength: 3 })
  .chain((folders) => fc.integer({ min: 0, max: 30 }).map((i) => ["top", ...folders, `${i}.txt`].join("/")));
const aFile = fc.record({ path: aPath, text: fc.string({ unit: "grapheme-ascii", maxLength: 5 }) });
const aFetch = fc.record({
  url: fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(99)).map(([host, n]) => `https://${host}.test/${n}`),
});

const covered = (
  constraints: readonly Constraint[],
  manifest: ManifestFacts,
  given: JsonObject,
  resources: readonly ResolvedResource[],
): boolean => firstUnmet(constraints, { call: { arguments: given }, manifest, resources, now: START }) === null;

/** Every rule of the same kind that is one step narrower. */
const narrower = (constraint: Constraint): readonly Constraint[] => {
  switch (constraint.kind) {
    case "one-of":
      return constraint.values.length === 1
        ? []
        : constraint.values.map((value) => ({
            ...constraint,
            values: constraint.values.filter((one) => one !== value),
          }));
    case "host-in":
      return constraint.hosts.length === 1
        ? []
        : constraint.hosts.map((host) => ({ ...constraint, hosts: constraint.hosts.filter((one) => one !== host) }));
    case "at-most":
      return [{ ...constraint, limit: constraint.limit - 1 }];
    case "path-within":
      return ["a", "b", "c"].map((folder) => ({ ...constraint, root: `${constraint.root}/${folder}` }));
    default:
      return [];
  }
};

describe("a proposal, whatever was asked before", () => {
  it.each([
    ["orders", ORDER, anOrder, nothing],
    ["files", APPEND, aFile, pathOf],
    ["fetches", manifestOf("web.fetch"), aFetch, hostOf],
  ] as const)(
    "covers every call it was made from, and no narrower rule of its kind does (%s)",
    (_, manifest, one, resolve) => {
      let offered = 0;
      fc.assert(
        fc.property(fc.array<JsonObject>(one, { minLength: 4, maxLength: 40 }), (sets) => {
          const proposal = proposed(manifest, sets, resolve);
          if (proposal === null) return;
          offered += 1;
          const { constraints } = proposal;
          const holds = (rules: readonly Constraint[]) =>
            sets.every((given) => covered(rules, manifest, given, resolve(given)));
          expect(holds(constraints)).toBe(true);
          for (const [at, constraint] of constraints.entries()) {
            for (const less of narrower(constraint)) expect(holds(constraints.with(at, less))).toBe(false);
          }
        }),
        { numRuns: 150 },
      );
      expect(offered).toBeGreaterThan(50);
    },
  );
});
