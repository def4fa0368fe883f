import fc from "fast-check";
import { EFFECT_CLASSES, JsonObject } from "@moltbot/contracts";
import type { PolicyFacts, PolicyOverlay } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { POLICY_FAILED, createPolicyReader } from "./index.ts";
import { requestOf } from "./request.ts";
import { loadCedar } from "./cedar.ts";
import { POLICY_SCHEMA } from "./schema.ts";
import { facts, hash } from "./testing/facts.ts";

const reader = createPolicyReader({ hash });

const read = async (text: string): Promise<PolicyOverlay> => {
  const overlay = await reader.read(text);
  if (!overlay.ok) throw new Error(overlay.error.message);
  return overlay.value;
};
const forbidWhen = (condition: string): string =>
  `@id("no") forbid(principal, action, resource) when { ${condition} };`;
const forbids = async (condition: string, wish: Parameters<typeof facts>[0] = {}): Promise<boolean> =>
  (await read(forbidWhen(condition))).forbids(facts(wish)).length > 0;

describe("a policy", () => {
  it("forbids what it names, by its id or its line, and nothing else", async () => {
    const overlay = await read(
      '// mail\n@id("no-mail")\nforbid(principal, action == Action::"send", resource == Tool::"mail.send");\n\nforbid(principal, action, resource) when { context.untrusted };',
    );
    expect(overlay.forbids(facts())).toEqual(["no-mail"]);
    expect(overlay.forbids(facts({ tool: "chat.send" }))).toEqual([]);
    expect(overlay.forbids(facts({ tool: "chat.send", untrusted: true }))).toEqual(["the policy at line 5"]);
    expect(overlay.forbids(facts({ untrusted: true }))).toEqual(["no-mail", "the policy at line 5"]);
  });

  it("of many keeps each name with its own words", async () => {
    const text = Array.from(
      { length: 24 },
      (_, n) => `@id("n${n}") forbid(principal, action, resource == Tool::"tool.t${n}");`,
    ).join("\n");
    const overlay = await read(text);
    for (let n = 0; n < 24; n += 1) expect(overlay.forbids(facts({ tool: `tool.t${n}` }))).toEqual([`n${n}`]);
  });

  it.each([
    ['context.effect == "send"', {}],
    ['context.tool == "mail.send" && context.title == "Send a mail"', {}],
    ['context.arguments.hasTag("to") && context.arguments.getTag("to") like "*@example.org"', {}],
    ['context.arguments.hasTag("n") && context.arguments.getTag("n") == "5"', { arguments: { n: 5 } }],
    [
      'context.arguments.hasTag("o") && context.arguments.getTag("o") == "{\\"a\\":[true,null],\\"b\\":1}"',
      { arguments: { o: { b: 1, a: [true, null] } } },
    ],
    ['context.hosts.contains("mail.example.org:465")', {}],
    ['context.recipients.containsAny(["bob@example.org", "eve@example.org"])', {}],
    [
      'context.paths.contains("notes/a.md")',
      { resources: [{ argument: "path", kind: "path", value: "notes/a.md", refusal: null }] },
    ],
    ['context.permissions.contains("message:send")', {}],
    ["context.bytes > 10", {}],
    ['context.undo == "irreversible"', {}],
    ["context.hour == 12 && context.weekday == 0", {}],
    ["context.hour == 23 && context.weekday == 1", { at: Date.UTC(2026, 10, 23, 23, 59) }],
    ["context.agentChain > 1", { chain: [3, 4] }],
    ['context.agents.contains(Agent::"01930000-0000-7000-8000-000000000004")', { chain: [3, 4] }],
    ['context.conversation == Conversation::"01930000-0000-7000-8000-000000000005"', {}],
    ['context.person == Person::"01930000-0000-7000-8000-000000000001"', {}],
    ['principal == Agent::"01930000-0000-7000-8000-000000000003"', {}],
  ] as const)("may speak of %s", async (condition, wish) => {
    expect(await forbids(condition, wish)).toBe(true);
    expect(await forbids(`!(${condition})`, wish)).toBe(false);
  });

  it("may name every effect class as an action", async () => {
    for (const effect of EFFECT_CLASSES) {
      const overlay = await read(`@id("no") forbid(principal, action == Action::"${effect}", resource);`);
      for (const other of EFFECT_CLASSES)
        expect(overlay.forbids(facts({ effect: other })).length > 0).toBe(effect === other);
    }
  });

  it("is asked in words that its own schema accepts, whatever the call", async () => {
    const cedar = await loadCedar();
    const policies = { staticPolicies: "forbid(principal, action, resource);" };
    const json = fc.dictionary(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.jsonValue({ maxDepth: 2, stringUnit: "grapheme" }),
      { maxKeys: 4 },
    );
    fc.assert(
      fc.property(json, fc.constantFrom(...EFFECT_CLASSES), fc.boolean(), (given, effect, untrusted) => {
        const request = requestOf(
          facts({ arguments: JsonObject.parse(JSON.parse(JSON.stringify(given))), effect, untrusted }),
        );
        if (request === null) throw new Error("a small call is judged");
        const answer = cedar.isAuthorized({ ...request, policies, schema: POLICY_SCHEMA, validateRequest: true });
        expect(answer.type).toBe("success");
      }),
      { numRuns: 60 },
    );
  });

  it("has the hash of its text as its version, and no version is none", async () => {
    const text = forbidWhen("context.untrusted");
    expect((await read(text)).version).toBe(hash(text));
    expect((await read(`${text}\n`)).version).not.toBe(hash(text));
    for (const empty of ["", " \n\t"]) {
      const none = await read(empty);
      expect(none.version).toBe("none");
      expect(none.forbids(facts({ untrusted: true }))).toEqual([]);
    }
  });

  it("takes away and never gives: a permit counts for nothing, and is said to", async () => {
    const text = 'permit(principal, action, resource);\n@id("no") forbid(principal, action, resource);';
    expect((await read(text)).forbids(facts())).toEqual(["no"]);
    const [note, ...others] = await reader.check(text);
    expect(note).toMatchObject({ line: 1, column: 1 });
    expect(note?.problem).toMatch(/^Note: .*permit has no effect/);
    expect(others).toEqual([]);
    const onlyPermit = 'permit(principal == Agent::"x", action, resource);';
    expect((await read(onlyPermit)).forbids(facts())).toEqual([]);
    expect((await reader.check(onlyPermit)).map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/permit has no effect/),
      expect.stringMatching(/nothing in it forbids/),
    ]);
    expect((await read("// nothing yet")).forbids(facts())).toEqual([]);
  });

  it("answers the same question from memory, and forgets nothing that decides", async () => {
    const overlay = await read(
      [
        forbidWhen("context.untrusted"),
        '@id("late") forbid(principal, action, resource) when { context.hour >= 22 };',
        '@id("eve") forbid(principal, action, resource) when { context.arguments.hasTag("to") && context.arguments.getTag("to") like "eve*" };',
      ].join("\n"),
    );
    const ask = (wish: Parameters<typeof facts>[0]): readonly string[] => overlay.forbids(facts(wish));
    for (let round = 0; round < 3; round += 1) {
      expect(ask({ call: round + 20 })).toEqual([]);
      expect(ask({ call: round + 20, at: Date.UTC(2026, 10, 22, 12, 59, 59, 999) })).toEqual([]);
      expect(ask({ call: round + 20, at: Date.UTC(2026, 10, 22, 22) })).toEqual(["late"]);
      expect(ask({ call: round + 20, untrusted: true })).toEqual(["no"]);
      expect(ask({ call: round + 20, arguments: { to: "eve@example.org" } })).toEqual(["eve"]);
    }
    for (let n = 0; n < 1_100; n += 1) ask({ arguments: { to: `${n}@example.org` } });
    expect(ask({ arguments: { to: "eve@example.org" } })).toEqual(["eve"]);
  });

  it("stays the one it is when many others were read and asked after it", async () => {
    const first = await read('@id("first") forbid(principal, action, resource == Tool::"mail.send");');
    const others = await Promise.all(
      Array.from({ length: 9 }, (_, n) =>
        read(`@id("other-${n}") forbid(principal, action, resource == Tool::"o.n${n}");`),
      ),
    );
    others.forEach((other, n) => expect(other.forbids(facts({ tool: `o.n${n}` }))).toEqual([`other-${n}`]));
    expect(first.forbids(facts({ arguments: { to: "new" } }))).toEqual(["first"]);
    expect(first.forbids(facts({ tool: "o.n3" }))).toEqual([]);
  });
});

describe("a policy that cannot be evaluated", () => {
  const overflowing =
    '@id("sum") forbid(principal, action, resource) when { context.bytes * 9223372036854775807 > 5 };';

  it("forbids, whatever else it says", async () => {
    expect((await read(overflowing)).forbids(facts())).toEqual([POLICY_FAILED]);
    expect((await read(`${overflowing}\npermit(principal, action, resource);`)).forbids(facts())).toEqual([
      POLICY_FAILED,
    ]);
  });

  it("unplug: with an evaluation fault that counted as silence, the call would pass", async () => {
    const cedar = await loadCedar();
    const request = requestOf(facts());
    if (request === null) throw new Error("a small call is judged");
    const answer = cedar.isAuthorized({
      ...request,
      policies: { staticPolicies: `${overflowing} permit(principal, action, resource);` },
    });
    expect(answer).toMatchObject({ type: "success", response: { decision: "allow" } });
  });

  it.each([
    ["a text that is not well-formed", { to: "\uD800" }],
    ["a name that is not well-formed", { "\uDC00": "x" }],
    ["more than a policy can look at", { to: `${"x".repeat(300_000)}evil` }],
  ])("forbids a call with %s", async (_name, given) => {
    const overlay = await read(forbidWhen("context.untrusted"));
    expect(overlay.forbids(facts({ arguments: given }))).toEqual([POLICY_FAILED]);
    expect(overlay.forbids(facts())).toEqual([]);
  });

  it("forbids a call whose facts make it throw", async () => {
    const overlay = await read(forbidWhen("context.untrusted"));
    const broken = { ...facts(), manifest: undefined } as unknown as PolicyFacts; // what no caller may hand in
    expect(overlay.forbids(broken)).toEqual([POLICY_FAILED]);
  });
});

describe("a text that is no policy", () => {
  it.each([
    ["forbid(principal, action, resource", 1, 35, /unexpected end of input/],
    ['\n\n  forbid(principal == Foo::"x", action, resource);', 3, 23, /unrecognized entity type `Foo`/],
    ['// é😀\nforbid(principal, action == Action::"sned", resource);', 2, 29, /sned/],
    [`${forbidWhen("context.untrusted")}\n${forbidWhen("context.hsot")}`, 2, undefined, /hsot.*not found/],
    [forbidWhen('context.hour == "noon"'), 1, undefined, /not compatible/],
    [forbidWhen("context.bytes"), 1, undefined, /./],
    [forbidWhen('context.arguments.getTag("to") == "x"'), 1, undefined, /tag/],
    ["forbid(principal == ?principal, action, resource);", 1, undefined, /template/],
    ["allow everything", 1, undefined, /./],
  ])("is refused with its place: %s", async (text, line, column, problem) => {
    const refused = await reader.read(text);
    expect(refused).toMatchObject({ ok: false, error: { code: "POLICY_INVALID", context: { line } } });
    expect(!refused.ok && refused.error.message).toMatch(problem);
    expect(!refused.ok && refused.error.message).not.toMatch(/policy\d/);
    const [first] = await reader.check(text);
    if (column !== undefined) expect(first).toMatchObject({ line, column });
    expect(first?.problem).toMatch(problem);
  });

  it("is told every fault, and a good one none", async () => {
    expect(await reader.check(`${forbidWhen("context.a")}\n${forbidWhen("context.b")}`)).toHaveLength(2);
    expect(await reader.check(forbidWhen("context.untrusted"))).toEqual([]);
    expect(await reader.check("")).toEqual([]);
  });

  it.each([
    ["brackets", `${"(".repeat(3_000)}true${")".repeat(3_000)}`],
    ["records", `${"{a:".repeat(3_000)}1${"}".repeat(3_000)} == 1`],
    ["conditions", `${"context.untrusted && ".repeat(5_000)}true`],
    ["choices", `${"if context.untrusted then true else ".repeat(5_000)}true`],
    ["sums", `${"1 + ".repeat(5_000)}1 > 2`],
    ["dots", `context${".a".repeat(5_000)}`],
    ["clauses", `true } ${"when { context.untrusted } ".repeat(5_000)} when { true`],
  ])(
    "is refused before it breaks the library, when it is too deep in %s, and others go on",
    async (_name, condition) => {
      expect(await reader.read(forbidWhen(condition))).toMatchObject({ ok: false, error: { code: "POLICY_INVALID" } });
      expect(await forbids("!context.untrusted")).toBe(true);
    },
  );

  it.each([
    ["brackets", `${"(".repeat(12)}context.untrusted${")".repeat(12)}`],
    ["conditions", `${"context.untrusted || ".repeat(98)}context.untrusted`],
    [
      "a long set",
      `[${Array.from({ length: 3_000 }, (_, n) => `"host${n}.example:443"`).join(",")}].containsAny(context.hosts)`,
    ],
    [
      "all of it at once",
      `${"context.untrusted && (".repeat(12)}${'(context.hosts.contains("a && ( b")) || '.repeat(80)}true${")".repeat(12)}`,
    ],
  ])("is taken and evaluated as deep as is allowed: %s", async (_name, condition) => {
    expect((await read(forbidWhen(condition))).forbids(facts()).includes(POLICY_FAILED)).toBe(false);
  });

  it("takes a long policy of many statements", async () => {
    const text = Array.from({ length: 700 }, (_, n) => `forbid(principal, action, resource == Tool::"t.n${n}");`).join(
      "\n",
    );
    expect((await read(text)).forbids(facts({ tool: "t.n699" }))).toEqual(["the policy at line 700"]);
  });
});
