import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { label, speakersOf } from "@moltbot/contracts";
import type { Capability, DecisionInput, ResolvedResource, Source, ToolCall } from "@moltbot/contracts";
import { decide } from "./decide.ts";
import { inputOf, say } from "./testing/decisions.ts";
import { callOf, capabilityOf, manifestOf, OTHER_AGENT, OWNER } from "./testing/house.ts";
import { OWN } from "./testing/plans.ts";

const WRITE = { path: "sum/README.md", text: "hi" };
const REPO: Source = { kind: "host", ref: "repo.example:443" };
const PAGE: Source = { kind: "host", ref: "page.example:443" };
const REMEMBERED: Source = { kind: "memory", ref: "m1" };
const FETCHED: Source = { kind: "tool", ref: "web.fetch" };
/** Ways in, which never count. */
const WAYS: readonly Source[] = [
  { kind: "file", ref: "sum/README.md" },
  { kind: "tool", ref: "exec.run" },
  { kind: "message", ref: "today" },
];

const within: Capability["constraints"][number] = { kind: "path-within", argument: "path", root: "" };
const placeOf = (origin?: readonly Source[], change: Partial<ResolvedResource> = {}): ResolvedResource => ({
  argument: "path",
  kind: "path",
  value: WRITE.path,
  identity: "1:2:3",
  refusal: null,
  ...(origin === undefined ? {} : { origin }),
  ...change,
});
const host: ResolvedResource = { argument: "path", kind: "host", value: "repo.example:443", refusal: null };

/** An agent with its starting grant changes a file, with these in view. */
const changing = (
  inView: readonly Source[],
  resources: readonly ResolvedResource[],
  change: Partial<DecisionInput> = {},
  call: Partial<ToolCall> = {},
): DecisionInput =>
  inputOf(
    { ...callOf("file.append", WRITE), label: label("untrusted", [OWNER.id], inView), ...call },
    { resources, capabilities: [capabilityOf("file.append", [within])], ...change },
  );
const judged = (...given: Parameters<typeof changing>): string => say(decide(changing(...given)));
const [ALLOWED, ASKED] = ["allow write.capability", "ask write.off-plan"];

describe("those who made a file", () => {
  it("go on with it unasked, and nobody else does", () => {
    expect(judged([REPO, ...WAYS], [placeOf([REPO])])).toBe(ALLOWED);
    expect(judged([REPO], [placeOf([PAGE, REPO])])).toBe(ALLOWED);
    expect(judged([REPO, PAGE], [placeOf([REPO])])).toBe(ASKED);
    expect(judged([REPO, REMEMBERED], [placeOf([REPO])])).toBe(ASKED);
    expect(judged([REPO], [placeOf([])])).toBe(ASKED);
  });

  it("are compared by kind and by the whole name", () => {
    for (const other of [
      { kind: "memory", ref: REPO.ref },
      { kind: "host", ref: "repo.example:8443" },
      { kind: "host", ref: "REPO.example:443" },
      { kind: "host", ref: "repo.example:443 " },
    ] as const)
      expect(judged([other], [placeOf([REPO])])).toBe(ASKED);
  });

  it("are no page of the same host: whoever may write there is somebody else", () => {
    for (const ref of ["web.fetch", "http.get", "http.request", "web.search", "mail.read", "execs.run"])
      expect(judged([REPO, { kind: "tool", ref }], [placeOf([REPO])])).toBe(ASKED);
    for (const ref of ["exec.run", "exec.output", "file.read", "memory.search", "calc", "clock.now", "contact.find"])
      expect(judged([REPO, { kind: "tool", ref }], [placeOf([REPO])])).toBe(ALLOWED);
  });

  it("have no hand in the owner's file, in one that nobody knows and in a new one", () => {
    expect(judged([REPO], [placeOf()])).toBe(ASKED);
    expect(judged([REPO], [placeOf(undefined, { identity: "absent" })])).toBe(ASKED);
    expect(judged([], [placeOf()])).toBe(ASKED);
  });

  it("change no other file beside it, and reach nothing but files", () => {
    expect(judged([REPO], [placeOf([REPO]), placeOf([REPO], { value: "sum/b.md" })])).toBe(ALLOWED);
    expect(judged([REPO], [placeOf([REPO]), placeOf(undefined, { value: "mine.md" })])).toBe(ASKED);
    expect(judged([REPO], [placeOf([REPO]), placeOf([PAGE], { value: "page.md" })])).toBe(ASKED);
    expect(judged([REPO], [placeOf([REPO]), host])).toBe(ASKED);
    expect(judged([REPO], [placeOf([REPO]), { ...host, origin: [REPO] }])).toBe(ASKED);
  });

  it("do not go on where a detector saw orders, or beyond a plan", () => {
    expect(judged([REPO], [placeOf([REPO])], {}, { alarmed: true })).toBe(ASKED);
    expect(judged([REPO], [placeOf([REPO])], {}, { alarmed: false })).toBe(ALLOWED);
    expect(judged([REPO], [placeOf([REPO])], { turnIsPlanned: true })).toBe(ASKED);
  });

  it("count by what a value was made of, too", () => {
    const values = { path: OWN, text: label("untrusted", [OWNER.id], [PAGE]) };
    expect(judged([REPO], [placeOf([REPO])], {}, { values })).toBe(ASKED);
    expect(judged([REPO], [placeOf([REPO, PAGE])], {}, { values })).toBe(ALLOWED);
    expect(judged([], [placeOf([REPO])], {}, { values, label: OWN })).toBe(ASKED);
  });

  it("need the grant that writing needs, and nothing that runs later passes", () => {
    expect(judged([REPO], [placeOf([REPO])], { capabilities: [] })).toBe("ask write.no-capability");
    const elsewhere = { capabilities: [capabilityOf("file.append", [{ ...within, root: "other" }])] };
    expect(judged([REPO], [placeOf([REPO])], elsewhere)).toBe("ask write.no-capability");
    const open = { capabilities: [capabilityOf("file.append", [])] };
    expect(judged([REPO], [placeOf([REPO])], open)).toBe("ask write.untrusted-context");
    for (const runs of [{ value: "sum/package.json" }, { value: "sum/.git/hooks/x" }, { executable: true }])
      expect(judged([REPO], [placeOf([REPO], runs)])).toBe("ask write.runs-later");
    const refused = [placeOf([REPO], { refusal: "PATH_OUTSIDE_WORKSPACE" })];
    expect(decide(changing([REPO], refused)).kind).toBe("deny");
  });

  it("go on with nothing but a file's content that can be undone", () => {
    const as = (change: Partial<NonNullable<DecisionInput["manifest"]>>) => {
      const manifest = { ...manifestOf("file.append"), ...change };
      const capabilities = [capabilityOf("file.append", [within], { permissions: manifest.permissions })];
      return say(decide({ ...changing([REPO], [placeOf([REPO])]), manifest, capabilities }));
    };
    expect(as({})).toBe(ALLOWED);
    expect(as({ undo: "none" })).toBe("ask write.not-undoable");
    expect(as({ undo: "irreversible" })).toBe("ask write.not-undoable");
    expect(as({ permissions: ["memory:write"] })).toBe("ask write.remembered");
    expect(as({ permissions: ["fs:write", "exec:keep"] })).toBe(ASKED);
  });
});

describe("what is moved is in no argument", () => {
  const MOVE = { path: "sum/a.md", text: "mine.md" };
  const manifest = {
    ...manifestOf("file.append"),
    critical: ["path", "text"],
    roles: { path: "path", text: "path" } as const,
  };
  const to: Capability["constraints"][number] = { kind: "path-within", argument: "text", root: "" };
  const exact: Capability["constraints"][number] = { kind: "equals", argument: "text", value: MOVE.text };
  const moving = (
    coming: Partial<ResolvedResource>,
    constraints: Capability["constraints"] = [within, to],
    change: Partial<DecisionInput> = {},
    inView = label("untrusted", [OWNER.id], [REPO]),
  ): string => {
    const resources = [
      placeOf(),
      placeOf(undefined, { argument: "text", value: MOVE.text, identity: "absent", ...coming }),
    ];
    const call = { ...callOf("file.append", MOVE), label: inView };
    const capabilities = [capabilityOf("file.append", constraints)];
    return say(decide({ ...inputOf(call, { resources, capabilities, ...change }), manifest }));
  };

  it("so with content from outside in view it comes under a name that the owner chose, or not unasked", () => {
    expect(moving({ outside: true })).toBe(ASKED);
    expect(moving({ outside: true }, [within, { ...to, root: "mine.md" }])).toBe(ASKED);
    expect(moving({ outside: true }, [within, exact])).toBe(ALLOWED);
    expect(moving({ outside: true }, [within, to], { stated: ["Write it into mine.md"] })).toBe(ALLOWED);
    expect(moving({ outside: true }, [within, to], { stated: ["Write it into other.md"] })).toBe(ASKED);
  });

  it("unplug: without its mark, what content from outside made takes an owner's place unasked", () => {
    expect(moving({})).toBe(ALLOWED);
  });
});

const source: fc.Arbitrary<Source> = fc.oneof(
  fc.constantFrom(REPO, PAGE, REMEMBERED, ...WAYS, FETCHED),
  fc.record({
    kind: fc.constantFrom("host" as const, "memory" as const, "file" as const, "model" as const),
    ref: fc.constantFrom("a", "b", REPO.ref, "unknown", ""),
  }),
);
const sources = fc.array(source, { maxLength: 3 });
const resource: fc.Arbitrary<ResolvedResource> = fc
  .record({
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constant("path" as const) },
      fc.constantFrom("host" as const, "value" as const),
    ),
    value: fc.constantFrom("a.md", "sum/b.md"),
    origin: fc.option(fc.oneof(sources, fc.constant([REPO, PAGE, REMEMBERED])), { nil: undefined, freq: 6 }),
  })
  .map(({ kind, value, origin }) => placeOf(origin, { kind, value }));
const circumstances = fc.record({
  inView: sources,
  ofText: fc.option(sources, { freq: 3 }),
  resources: fc.array(resource, { minLength: 1, maxLength: 3 }),
  alarmed: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  planned: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
});
type Circumstances = typeof circumstances extends fc.Arbitrary<infer T> ? T : never;

const inputFrom = ({ inView, ofText, resources, alarmed, planned }: Circumstances): DecisionInput =>
  changing(
    inView,
    resources,
    { turnIsPlanned: planned },
    {
      alarmed,
      ...(ofText === null ? {} : { values: { path: OWN, text: label("untrusted", [OWNER.id], ofText) } }),
    },
  );
const isAllowed = (input: DecisionInput): boolean => decide(input).kind === "allow";
const same = (a: Source, b: Source): boolean => a.kind === b.kind && a.ref === b.ref;
const RUNS = { numRuns: 2_000, seed: 20_261_123 };

describe("who made a file, over random views and files", () => {
  it("allows exactly where every file is known and everybody in view had a part in each", () => {
    const seen = { allowed: 0, asked: 0 };
    fc.assert(
      fc.property(circumstances, (given) => {
        const speakers = speakersOf([...given.inView, ...(given.ofText ?? [])]);
        const may =
          !given.alarmed &&
          !given.planned &&
          given.resources.every(
            ({ kind, origin }) =>
              kind === "path" && origin !== undefined && speakers.every((one) => origin.some((by) => same(one, by))),
          );
        expect(isAllowed(inputFrom(given))).toBe(may);
        seen[may ? "allowed" : "asked"] += 1;
      }),
      RUNS,
    );
    expect(Math.min(seen.allowed, seen.asked)).toBeGreaterThan(100);
  });

  it("never turns a question into an allow by one more in view, and never the other way by one more who made it", () => {
    let allowed = 0;
    fc.assert(
      fc.property(circumstances, source, fc.nat(2), (given, one, at) => {
        const before = isAllowed(inputFrom(given));
        allowed += Number(before);
        const view = inputFrom({ ...given, inView: [...given.inView, one] });
        const text = inputFrom({ ...given, ofText: [...(given.ofText ?? given.inView), one] });
        expect([isAllowed(view), isAllowed(text)].some((after) => after && !before)).toBe(false);
        const resources = given.resources.map((each, i) =>
          i === at && each.origin !== undefined ? { ...each, origin: [...each.origin, one] } : each,
        );
        expect(before && !isAllowed(inputFrom({ ...given, resources }))).toBe(false);
      }),
      RUNS,
    );
    expect(allowed).toBeGreaterThan(100);
  });

  it("never allows by one more file, nor where what one was made of is no longer known", () => {
    fc.assert(
      fc.property(circumstances, resource, fc.nat(2), (given, extra, at) => {
        const before = isAllowed(inputFrom(given));
        const more = inputFrom({ ...given, resources: [...given.resources, extra] });
        expect(isAllowed(more) && !before).toBe(false);
        const resources = given.resources.map((each, i) => (i === at % given.resources.length ? placeOf() : each));
        expect(isAllowed(inputFrom({ ...given, resources }))).toBe(false);
      }),
      RUNS,
    );
  });

  it("gives an agent down a chain nothing that the first one does not hold", () => {
    fc.assert(
      fc.property(circumstances, (given) => {
        // Where the path itself is the owner's, no grant need fix it.
        const input = inputFrom({ ...given, ofText: null });
        const root = capabilityOf("file.append", [within], { holder: OTHER_AGENT, rights: ["delegate"] });
        const leaf = capabilityOf("file.append", [within], { parent: root.id });
        const chained = { ...input, call: { ...input.call, agentChain: [OTHER_AGENT, input.call.agentId] } };
        expect(isAllowed({ ...chained, capabilities: [root, leaf] })).toBe(isAllowed(input));
        expect(isAllowed({ ...chained, capabilities: [{ ...root, constraints: [] }, leaf] })).toBe(false);
        expect(isAllowed({ ...chained, capabilities: [leaf] })).toBe(false);
      }),
      { ...RUNS, numRuns: 300 },
    );
  });
});

describe("unplug: what keeps a file among those who made it", () => {
  const without = async (file: string, double: (original: object) => object): Promise<typeof decide> => {
    vi.resetModules();
    vi.doMock(file, async (importOriginal) => {
      const original = await importOriginal<object>();
      return { ...original, ...double(original) };
    });
    return (await import("./decide.ts")).decide;
  };
  afterEach(() => {
    vi.doUnmock("./makers.ts");
    vi.doUnmock("@moltbot/contracts");
    vi.resetModules();
  });

  const PAGE_ON_REPO = changing([REPO, PAGE], [placeOf([REPO])]);
  const ON_THE_OWNERS = changing([REPO], [placeOf()]);

  it("without it, a page changes what a repository made, and a repository what the owner did", async () => {
    const weaker = await without("./makers.ts", () => ({ staysAmongItsMakers: () => true }));
    for (const input of [PAGE_ON_REPO, ON_THE_OWNERS])
      expect([say(decide(input)), say(weaker(input))]).toEqual([ASKED, ALLOWED]);
  });

  it("without a look at who is in view, a page changes what a repository made", async () => {
    const weaker = await without("@moltbot/contracts", () => ({ speakersOf: () => [] }));
    expect([say(decide(PAGE_ON_REPO)), say(weaker(PAGE_ON_REPO))]).toEqual([ASKED, ALLOWED]);
    expect(say(weaker(ON_THE_OWNERS))).toBe(ASKED);
  });
});
