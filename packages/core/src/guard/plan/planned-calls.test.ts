import { describe, expect, it } from "vitest";
import { ContactId, Handle, moltbotError } from "@moltbot/contracts";
import type { Capability, DecisionInput, JsonObject, Label, Plan, Question, ToolCall } from "@moltbot/contracts";
import { decide, decideAsThen } from "../decide.ts";
import { explain } from "../past/explain.ts";
import { replay } from "../past/replay.ts";
import { hostOf, inputOf, recipientOf, say } from "../testing/decisions.ts";
import { buildHouse, callOf, capabilityOf, OTHER_TURN, OWNER, SCOPE, STRANGER } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { issuedOf, MAIL, OWN, PAGE, PLANNING, planOf, stepOf, wishOf } from "../testing/plans.ts";
import { START } from "../testing/ports.ts";

const ZOE = "zoe@example.org";
const HANDLE = Handle.parse("h0123456789ab");
const SEARCH = stepOf("memory.search", { query: "the menu" });
const TELL = stepOf("mail.send", { to: ZOE, text: { $from: [1] } });
const PLAN = planOf([SEARCH, TELL]);
const KNOWING = recipientOf(ZOE, [OWNER.id]);
const NAMING = ["Look for the menu and send it to zoe@example.org."];
const granted = (...constraints: Capability["constraints"]) => [capabilityOf("mail.send", constraints)];

/** What the guard says of the second step, with what the first one brought in. */
const told = (from: Label, change: Partial<DecisionInput> = {}, plan: Plan = PLAN, given: JsonObject = {}) =>
  inputOf(issuedOf(plan, 2, { to: ZOE, text: "soup", ...given }, [{ ref: 1, label: from }]), {
    plan: { plan, takenBy: null },
    turnIsPlanned: true,
    resources: [KNOWING],
    capabilities: granted(),
    ...change,
  });
const verdict = (input: DecisionInput): string => say(decide(input));
const questionOf = (input: DecisionInput): Question => {
  const decided = decide(input);
  if (decided.kind !== "ask") throw new Error(`it does not ask: ${decided.rule}`);
  return decided.question;
};
const RUNS = "allow send.capability";

describe("a message that a plan fixed", () => {
  it("goes out unasked with a text by reference, where whoever gets it may know it", () => {
    expect(verdict(told(PAGE))).toBe(RUNS);
    expect(verdict(told(MAIL))).toBe(RUNS);
  });

  it("still needs a grant of the tool", () => {
    expect(verdict(told(PAGE, { capabilities: [] }))).toBe("ask send.untrusted-context");
  });

  it("is looked at as in a clean context where nothing came from outside", () => {
    expect(verdict(told(OWN, { resources: [recipientOf(ZOE, [STRANGER.id])] }))).toBe(RUNS);
    expect(verdict(told(OWN, { capabilities: [] }))).toBe("ask send.no-capability");
  });

  it("is not taken for clean on the word of its own label", () => {
    const input = told(MAIL, { resources: [recipientOf(ZOE, [STRANGER.id])] });
    expect(verdict({ ...input, call: { ...input.call, label: OWN } })).toBe("ask send.untrusted-content");
  });

  it("asks where the recipient itself was read outside, and says where", () => {
    const plan = planOf([SEARCH, stepOf("mail.send", { to: { $from: [1, HANDLE], ask: "who?" }, text: "hi" })]);
    const call = issuedOf(plan, 2, { to: ZOE, text: "hi" }, [
      { ref: 1, label: PAGE },
      { ref: HANDLE, label: MAIL },
    ]);
    const input = told(PAGE, { call, plan: { plan, takenBy: null } });
    expect(verdict(input)).toBe("ask send.untrusted-context");
    const { why, arguments: shown, sources } = questionOf(input);
    expect(why).toBe(
      "A detail that decides where this goes was read in content from outside, and nothing of yours fixes it. Of this planned " +
        "step, “to” comes from step 1 of the plan (memory.search) and content kept aside before (h0123456789ab).",
    );
    expect(shown).toEqual([
      { name: "to", value: ZOE, critical: true, origin: "untrusted", sources: [...PAGE.sources, ...MAIL.sources] },
      { name: "text", value: "hi", critical: false, origin: "planned" },
    ]);
    expect(sources).toEqual([...PAGE.sources, ...MAIL.sources]);
  });

  it("runs where a grant bounds the recipient that was read", () => {
    const plan = planOf([SEARCH, stepOf("mail.send", { to: { $from: [1] }, text: "hi" })]);
    const bounding = granted({ kind: "recipient-in", argument: "to", recipients: [ZOE] });
    expect(verdict(told(PAGE, { plan: { plan, takenBy: null }, capabilities: bounding }, plan, { text: "hi" }))).toBe(
      RUNS,
    );
  });

  it("asks where it brings a link that the owner did not write, and runs where they did", () => {
    const linked = { text: "see https://menu.test/today" };
    expect(verdict(told(PAGE, {}, PLAN, linked))).toBe("ask send.untrusted-link");
    expect(verdict(told(PAGE, { stated: ["Look at https://menu.test/today for me"] }, PLAN, linked))).toBe(RUNS);
    expect(verdict(told(PAGE, { stated: ["Look at https://menu.test/ for me"] }, PLAN, linked))).toBe(
      "ask send.untrusted-link",
    );
    const fixed = granted({ kind: "equals", argument: "text", value: linked.text });
    expect(verdict(told(PAGE, { capabilities: fixed }, PLAN, linked))).toBe(RUNS);
  });

  it("may hold any link that stands in its plan", () => {
    const plan = planOf([SEARCH, stepOf("mail.send", { to: ZOE, text: "see https://menu.test/" })]);
    const input = told(PAGE, { plan: { plan, takenBy: null } }, plan, { text: "see https://menu.test/" });
    expect(verdict({ ...input, call: { ...input.call, label: PAGE } })).toBe(RUNS);
  });
});

describe("release by the owner's own message", () => {
  const far = { resources: [recipientOf(ZOE, [STRANGER.id])] };
  const ASKS = "ask send.untrusted-content";

  it("lets a planned call pass on what the message names, to whom it names", () => {
    expect(verdict(told(MAIL, far))).toBe(ASKS);
    expect(verdict(told(MAIL, { ...far, stated: NAMING }))).toBe(RUNS);
    expect(verdict(told(MAIL, { ...far, stated: ["Look for THE MENU and send it to zoe@example.org."] }))).toBe(RUNS);
  });

  it("says why it asks otherwise", () => {
    expect(questionOf(told(MAIL, far)).why).toContain("It passes on what was read, which only others may know.");
  });

  it("lets a contact be named by name", () => {
    const directory = [{ name: "Zoe Miller", address: ZOE }];
    const stated = ["Look for the menu for Zoe Miller."];
    expect(verdict(told(MAIL, { ...far, stated, directory }))).toBe(RUNS);
    expect(verdict(told(MAIL, { ...far, stated: ["Look for the menu."], directory }))).toBe(ASKS);
  });

  it("does not reach a call that is not planned", () => {
    const input = told(MAIL, { ...far, stated: NAMING });
    expect(verdict({ ...input, call: { ...input.call, turnId: OTHER_TURN }, turnIsPlanned: false })).toBe(ASKS);
  });

  it.each([
    ["a source without texts", [stepOf("reminder.create", { minutes: 5 }), TELL], [{ ref: 1, label: MAIL }]],
    [
      "a source that was itself looked up",
      [stepOf("memory.search", { query: { $from: [HANDLE] } }), TELL],
      [{ ref: 1, label: MAIL }],
    ],
    [
      "a source with a text deep inside that is not named",
      [stepOf("memory.search", { query: "the menu", more: { a: ["secret"] } }), TELL],
      [{ ref: 1, label: MAIL }],
    ],
  ] as const)("needs a name: %s", (_, steps, from) => {
    const plan = planOf(steps);
    const call = issuedOf(plan, 2, { to: ZOE, text: "soup" }, from);
    expect(verdict(told(MAIL, { ...far, stated: NAMING, call, plan: { plan, takenBy: null } }, plan))).toBe(ASKS);
  });

  it("reaches no value that was kept from somebody by more than what was named", () => {
    const input = told(MAIL, { ...far, stated: NAMING });
    const values = { ...input.call.values, text: { ...MAIL, readers: [] } };
    expect(verdict({ ...input, call: { ...input.call, values } })).toBe(ASKS);
  });

  it("needs every recipient as a literal", () => {
    const plan = planOf([SEARCH, stepOf("mail.send", { to: { $from: [1] }, text: { $from: [1] } })]);
    const bounding = granted({ kind: "recipient-in", argument: "to", recipients: [ZOE] });
    const input = told(MAIL, { ...far, stated: NAMING, plan: { plan, takenBy: null }, capabilities: bounding }, plan);
    expect(verdict(input)).toBe(ASKS);
  });
});

describe("beside a plan", () => {
  const besides = (change: Partial<DecisionInput> = {}, of: Label = PAGE) =>
    inputOf(
      { ...callOf("mail.send", { to: ZOE, text: "hi" }), label: of },
      { turnIsPlanned: true, stated: [`Send it to ${ZOE}.`], resources: [KNOWING], capabilities: granted(), ...change },
    );

  it("a message asks once content from outside is in view, also to a stated recipient", () => {
    expect(verdict(besides())).toBe("ask send.off-plan");
    expect(verdict(besides({ turnIsPlanned: false }))).toBe(RUNS);
    expect(verdict(besides({}, OWN))).toBe(RUNS);
    expect(questionOf(besides()).scopes).toEqual(["once", "task"]);
  });

  it("asks too where nobody says whether there is a plan", () => {
    const { turnIsPlanned: _, ...input } = besides();
    expect(verdict(input)).toBe("ask send.off-plan");
  });

  it("a message runs that a grant leaves nothing open in, and the nearest grant is such", () => {
    const decided = decide(besides());
    if (decided.kind !== "ask" || decided.nearest === null) throw new Error("it offers no grant");
    expect(decided.nearest.constraints.map((one) => ("argument" in one ? one.argument : ""))).toEqual(["to", "text"]);
    expect(verdict(besides({ capabilities: granted(...decided.nearest.constraints) }))).toBe(RUNS);
  });

  it("the nearest grant of a message with a link fixes its text, that of a clean one does not", () => {
    const linked = decide(told(PAGE, {}, PLAN, { text: "see evil.test" }));
    const clean = decide(told(PAGE, { capabilities: [] }));
    const fixed = (of: typeof linked) => (of.kind === "allow" ? [] : (of.nearest?.constraints ?? []));
    expect(fixed(linked)).toHaveLength(2);
    expect(fixed(clean)).toHaveLength(1);
  });
});

describe("the directory", () => {
  const directory = [{ name: "Zoe", address: "zoe@example.org" }];
  const toZoe = (stated: readonly string[], change: Partial<DecisionInput> = {}, to = ZOE) =>
    inputOf(
      { ...callOf("mail.send", { to, text: "hi" }), label: PAGE },
      { stated, directory, resources: [KNOWING], capabilities: granted(), ...change },
    );

  it("endorses a recipient whom the owner names", () => {
    expect(verdict(toZoe(["Please send it to Zoe."]))).toBe(RUNS);
    expect(verdict(toZoe(["Please send it to Zoe."], {}, "zoe@Example.org"))).toBe(RUNS);
  });

  it("endorses nobody by itself, and no other spelling", () => {
    expect(verdict(toZoe([]))).toBe("ask send.untrusted-context");
    expect(verdict(toZoe(["Zoe wrote to me."]))).toBe("ask send.untrusted-context");
    expect(verdict(toZoe(["Please send it to Zoe."], {}, "Zoe@example.org"))).toBe("ask send.untrusted-context");
    expect(verdict(toZoe(["Please send it to Zoe."], { directory: [] }))).toBe("ask send.untrusted-context");
  });

  it("is the origin that the card shows", () => {
    const { arguments: shown } = questionOf(toZoe(["Please send it to Zoe."], { capabilities: [] }));
    expect(shown[0]).toMatchObject({ name: "to", origin: "directory" });
  });
});

describe("other effects in a planned turn", () => {
  const FETCH = planOf([SEARCH, stepOf("web.fetch", { url: "www.example.org" })]);
  const fetching = (stated: readonly string[], plan = FETCH, from?: ToolCall["planned"]) =>
    inputOf(
      {
        ...issuedOf(plan, 2, { url: "www.example.org" }, from?.from),
        label: PAGE,
      },
      {
        plan: { plan, takenBy: null },
        turnIsPlanned: true,
        stated,
        resources: [hostOf("www.example.org:443")],
        capabilities: [capabilityOf("web.fetch", [])],
      },
    );

  it("take a host for known that the owner wrote, also where it is no clear order but the plan's literal", () => {
    expect(verdict(fetching(["What about www.example.org, is it any good?"]))).toBe("allow fetch.capability");
    expect(verdict(fetching([]))).toBe("ask fetch.untrusted-context");
    expect(verdict(fetching(["What about www.example.org.evil.test?"]))).toBe("ask fetch.untrusted-context");
  });

  it("ask for a host that was read outside, although the owner wrote one", () => {
    const plan = planOf([SEARCH, stepOf("web.fetch", { url: { $from: [1] } })]);
    const input = fetching(["What about www.example.org?"], plan, {
      planId: plan.id,
      step: 2,
      from: [{ ref: 1, label: PAGE }],
    });
    expect(verdict(input)).toBe("ask fetch.untrusted-context");
    expect(questionOf(input).why).toContain("The address was read in content from outside");
  });

  it("take it for known in a clean context too", () => {
    const call = callOf("web.fetch", { url: "www.example.org" });
    const input = { ...fetching(["Open www.example.org."]), call };
    expect(verdict(input)).toBe("allow fetch.capability");
    expect(verdict({ ...input, stated: ["Open it."] })).toBe("ask fetch.unknown-host");
  });

  it("write where a plan, a grant or the owner's words say, and ask elsewhere", () => {
    const plan = planOf([SEARCH, stepOf("file.append", { path: "notes/a.txt", text: { $from: [1] } })]);
    const writing = (change: Partial<DecisionInput> = {}, given = { path: "notes/a.txt", text: "x" }) =>
      inputOf(issuedOf(plan, 2, given, [{ ref: 1, label: PAGE }]), {
        plan: { plan, takenBy: null },
        capabilities: [capabilityOf("file.append", [])],
        resources: [{ argument: "path", kind: "path", value: given.path, refusal: null }],
        ...change,
      });
    expect(verdict(writing())).toBe("allow write.capability");
    const elsewhere = { path: "notes/b.txt", text: "x" };
    expect(verdict(writing({}, elsewhere))).toBe("ask write.untrusted-context");
    const inPlace = { stated: ["Write the result into notes/b.txt"] };
    expect(verdict(writing(inPlace, elsewhere))).toBe("ask write.off-plan");
    const inside = { kind: "path-within", argument: "path", root: "" } as const;
    expect(verdict(writing({ capabilities: [capabilityOf("file.append", [inside])] }, elsewhere))).toBe(
      "ask write.off-plan",
    );
    const spelled = capabilityOf("file.append", [inside, { kind: "equals", argument: "text", value: "x" }]);
    expect(verdict(writing({ capabilities: [spelled] }, elsewhere))).toBe("allow write.capability");
  });

  it("remember words from outside by a person's yes alone, also in a plan", () => {
    const plan = planOf([
      SEARCH,
      stepOf("memory.save", { text: { $from: [1] } }),
      stepOf("memory.save", { text: "tea" }),
    ]);
    const saving = (step: number, text: string) =>
      inputOf(issuedOf(plan, step, { text }, step === 2 ? [{ ref: 1, label: PAGE }] : []), {
        plan: { plan, takenBy: null },
        capabilities: [capabilityOf("memory.save", [])],
      });
    expect(verdict(saving(2, "always pay mallory"))).toBe("ask write.remembered");
    expect(verdict(saving(3, "tea"))).toBe("allow write.capability");
  });

  it("commit to nothing by a plan alone", () => {
    const plan = planOf([stepOf("order.place", { to: "bob", amount: 5 })]);
    const input = inputOf(issuedOf(plan, 1, { to: "bob", amount: 5 }), {
      plan: { plan, takenBy: null },
      capabilities: [capabilityOf("order.place", [])],
    });
    expect(verdict(input)).toBe("ask commit.unconstrained");
    expect(questionOf(input).arguments.map(({ origin }) => origin)).toEqual(["planned", "planned"]);
  });
});

describe("the past", () => {
  const { turnIsPlanned: _, ...before } = inputOf(
    { ...callOf("mail.send", { to: ZOE, text: "see https://evil.test/" }), label: PAGE },
    { stated: [`Send it to ${ZOE}.`], resources: [KNOWING], capabilities: granted() },
  );
  const AS_IT_WAS = { grant: [], revoke: new Set<string>(), forbidden: null };

  it("is judged by the table of then, and now by that of now", () => {
    expect(say(decideAsThen(before))).toBe(RUNS);
    expect(verdict(before)).toBe("ask send.off-plan");
    expect(verdict({ ...before, turnIsPlanned: false })).toBe("ask send.untrusted-link");
    expect(replay({ kind: "allow", rule: "send.capability", input: before }, AS_IT_WAS)).toEqual({
      kind: "allow",
      rule: "send.capability",
    });
  });

  it("knew no addresses without a scheme, no lists, and no place to write that needed endorsing", () => {
    const fetch = inputOf(callOf("web.fetch", { url: "www.example.org" }), {
      stated: ["Open www.example.org."],
      resources: [hostOf("www.example.org:443")],
      capabilities: [capabilityOf("web.fetch", [])],
    });
    const { turnIsPlanned: __, ...then } = fetch;
    expect(say(decideAsThen(then))).toBe("ask fetch.unknown-host");
    const write = inputOf(callOf("file.append", { path: "a.txt", text: "x" }, "untrusted"), {
      capabilities: [capabilityOf("file.append", [])],
    });
    const { turnIsPlanned: ___, ...wrote } = write;
    expect(say(decideAsThen(wrote))).toBe("allow write.capability");
    expect(say(decideAsThen(write))).toBe("ask write.untrusted-context");
  });

  it("is replayed with its plan as it was, also when it comes back from the record", () => {
    const stored = JSON.parse(JSON.stringify(told(PAGE))) as DecisionInput; // as the database gives it back
    expect(replay({ kind: "allow", rule: "send.capability", input: stored }, AS_IT_WAS)).toEqual({
      kind: "allow",
      rule: "send.capability",
    });
    const taken = { kind: "deny", rule: "plan.step-taken", input: stored } as const;
    expect(replay(taken, AS_IT_WAS)).toEqual({ kind: "deny", rule: "plan.step-taken" });
  });

  it.each(["send.off-plan", "send.untrusted-link", "write.untrusted-context", "plan.step-taken"])(
    "explains %s in words",
    (rule) => {
      const input = told(PAGE);
      const { call, now: at } = input;
      const { turnId, conversationId, agentId } = call;
      const id = "01930000-0000-7000-8000-000000000001" as Parameters<typeof explain>[0]["id"]; // a decision's id
      const explained = explain({
        id,
        callId: call.id,
        turnId,
        conversationId,
        agentId,
        at,
        kind: "ask",
        rule,
        code: null,
        input,
      });
      expect(explained.says).not.toContain(rule);
      expect(explained.arguments.map(({ origin }) => origin)).toEqual(["planned", "untrusted"]);
    },
  );
});

/** Commits the plan in a house and gives its second step as a call. */
const committedIn = async (house: House, ...steps: Plan["steps"]): Promise<Plan> => {
  const plan = await house.guard.commitPlan(SCOPE, PLANNING, wishOf(...steps), OWN);
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value;
};
const second = (plan: Plan, given: JsonObject = {}): ToolCall =>
  issuedOf(plan, 2, { to: ZOE, text: "soup", ...given }, [{ ref: 1, label: PAGE }]);

describe("a planned call on its way", () => {
  it("runs once, and its step with it", async () => {
    const house = buildHouse();
    house.grant(...granted());
    const plan = await committedIn(house, SEARCH, TELL);
    const call = second(plan);
    expect(await house.attempt(call)).toBe("ran");
    expect([...house.rows.steps]).toEqual([[`${plan.id} 2`, call.id]]);
    expect(await house.attempt(second(plan))).toBe("asked");
    expect(house.world).toHaveLength(1);
  });

  it("is refused where another call takes its step between the look and the transaction's end", async () => {
    const house = buildHouse();
    house.grant(...granted());
    const plan = await committedIn(house, SEARCH, TELL);
    const atomically = house.store.atomically.bind(house.store);
    house.store.atomically = (work, durable) =>
      atomically(
        (inner) =>
          work({
            ...inner,
            plans: {
              ...inner.plans,
              take: () => Promise.resolve({ ok: false, error: moltbotError("CONFLICT", { kind: "plan step" }) }),
            },
          }),
        durable,
      );
    expect(await house.attempt(second(plan))).toBe("CONFLICT");
    expect(house.world).toHaveLength(0);
    expect(house.audit.events.at(-1)).toMatchObject({ event: "tool:refused", fields: { rule: "plan.step-taken" } });
  });

  it("does not run where the store cannot say whether the step is taken", async () => {
    for (let operation = 1; operation < 30; operation += 1) {
      const house = buildHouse();
      house.grant(...granted());
      const plan = await committedIn(house, SEARCH, TELL);
      house.store.failAt(operation, moltbotError("DATABASE_UNAVAILABLE", { problem: "full" }));
      const outcome = await house.attempt(second(plan));
      expect([outcome, house.world.length]).toEqual(outcome === "ran" ? ["ran", 1] : ["DATABASE_UNAVAILABLE", 0]);
    }
  });

  it("counts as unplanned where its plan is not kept any more", async () => {
    const house = buildHouse();
    house.grant(...granted());
    const plan = await committedIn(house, SEARCH, TELL);
    house.rows.plans.clear();
    expect(await house.attempt(second(plan))).toBe("asked");
  });

  it("runs as a person changed it, and takes the step", async () => {
    const house = buildHouse();
    const plan = await committedIn(house, SEARCH, TELL);
    const call = second(plan);
    const approval = await house.parked(call);
    expect(approval.question.arguments.map(({ sources }) => sources?.length)).toEqual([undefined, 1]);
    const changed = { to: "ann@example.org", text: "soup" };
    const answered = await house.answer(approval, { arguments: changed });
    expect(answered.ok && answered.value.question.arguments).toMatchObject([
      { name: "to", origin: "stated" },
      { name: "text", origin: "untrusted", sources: PAGE.sources },
    ]);
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toEqual([{ tool: "mail.send", arguments: changed }]);
    expect(house.rows.steps.get(`${plan.id} 2`)).toBe(call.id);
  });

  it("may be granted for longer from its card, which is proven by the plan and labels of the recorded call", async () => {
    const house = buildHouse();
    const plan = await committedIn(house, SEARCH, TELL);
    const call = second(plan);
    const approval = await house.parked(call);
    expect(await house.answer(approval, { scope: "task" })).toMatchObject({ ok: true });
    expect(house.rows.capabilities.size).toBe(1);
  });

  it("is bound with its plan and its labels: another claim is another call", async () => {
    const house = buildHouse();
    const plan = await committedIn(house, SEARCH, TELL);
    const call = second(plan);
    await house.answer(await house.parked(call));
    const { planned: _, ...unclaimed } = call;
    expect(await house.attempt(unclaimed)).toBe("asked");
    expect(await house.attempt({ ...call, values: { to: OWN, text: OWN } })).toBe("asked");
    expect(house.world).toHaveLength(0);
  });

  it("has the owner's directory looked up for its recipients, and no more than a hundred", async () => {
    const house = buildHouse();
    house.grant(...granted());
    const id = ContactId.parse("01930000-0000-7000-8000-00000000c0de");
    house.rows.contacts.set(id, {
      id,
      ownerId: OWNER.id,
      kind: "person",
      name: "Zoe",
      address: ZOE,
      confirmedAt: START,
    });
    house.tools.resolving = () => ({ ok: true, value: [KNOWING] });
    const call = callOf("mail.send", { to: ZOE, text: "hi" }, "untrusted");
    expect(await house.attempt(call, ["Please send it to Zoe."])).toBe("ran");
  });

  it.each([
    ["Zoe", "asked"],
    [" ZOE ", "asked"],
    ["Zora", "ran"],
  ])("takes a name that stands for two addresses for neither: beside %s", async (name, expected) => {
    const house = buildHouse();
    house.grant(...granted());
    for (const [n, contact] of [
      { name: "Zoe", address: ZOE },
      { name, address: "eve@evil.test" },
    ].entries()) {
      const id = ContactId.parse(`01930000-0000-7000-8000-00000000c0d${String(n)}`);
      house.rows.contacts.set(id, { id, ownerId: OWNER.id, kind: "person", confirmedAt: START, ...contact });
    }
    house.tools.resolving = () => ({ ok: true, value: [KNOWING] });
    const call = callOf("mail.send", { to: ZOE, text: "hi" }, "untrusted");
    expect(await house.attempt(call, ["Please send it to Zoe."])).toBe(expected);
  });
});
