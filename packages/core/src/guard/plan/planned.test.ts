import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallId, Handle, INTEGRITIES, joinAll, label, PlanId } from "@moltbot/contracts";
import type { ContentRef, DecisionInput, JsonValue, Label, PlanStep } from "@moltbot/contracts";
import { sameValue } from "../canonical.ts";
import { factsOf } from "../facts.ts";
import { inputOf } from "../testing/decisions.ts";
import { AGENT, manifestOf, OTHER_AGENT, OTHER_CONVERSATION, OTHER_TURN, OWNER, STRANGER } from "../testing/house.ts";
import { issuedOf, MAIL, OWN, PAGE, planOf, stepOf } from "../testing/plans.ts";
import { after, idText, START } from "../testing/ports.ts";
import { valueLabels } from "../value-labels.ts";
import { isLiteral, namedStep, plannedStep } from "./planned.ts";

const HANDLE = Handle.parse("h0123456789ab");
const literal: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("a", "b", "c"), fc.string()),
);
const reference = fc
  .uniqueArray(fc.constantFrom<ContentRef>(1, HANDLE), { minLength: 1, maxLength: 2 })
  .map(($from): JsonValue => ({ $from }));
const steps = fc.dictionary(fc.constantFrom("to", "text", "more", "other"), fc.oneof(literal, reference), {
  minKeys: 1,
});

const aLabel: fc.Arbitrary<Label> = fc
  .tuple(
    fc.constantFrom(...INTEGRITIES),
    fc.constantFrom("public" as const, [OWNER.id], [STRANGER.id], [OWNER.id, STRANGER.id]),
    fc.subarray(["a", "b", "c"]),
  )
  .map(([integrity, readers, refs]) =>
    label(
      integrity,
      readers,
      refs.map((ref) => ({ kind: "tool", ref })),
    ),
  );

/** A call that is exactly its step, with something in the place of each reference. */
const held = fc
  .tuple(steps, literal, aLabel, aLabel)
  .map(([args, filling, ofStep, ofHandle]): DecisionInput & { readonly plan: NonNullable<DecisionInput["plan"]> } => {
    const plan = planOf([stepOf("memory.search", { query: "x" }), stepOf("mail.send", args)]);
    const given = Object.fromEntries(
      Object.entries(args).map(([name, value]) => [
        name,
        sameValue(value, args[name]) && isRef(value) ? filling : value,
      ]),
    );
    const call = issuedOf(plan, 2, given, [
      { ref: 1, label: ofStep },
      { ref: HANDLE, label: ofHandle },
    ]);
    return { ...inputOf(call, { manifest: manifestOf("mail.send"), problem: null }), plan: { plan, takenBy: null } };
  });
function isRef(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && "$from" in value;
}

type Held = Parameters<Parameters<typeof held.map>[0]>[0];
const withCall = (input: Held, change: Partial<Held["call"]>): Held => ({
  ...input,
  call: { ...input.call, ...change },
});
const withPlan = (input: Held, change: Partial<Held["plan"]["plan"]>): Held => ({
  ...input,
  plan: { ...input.plan, plan: { ...input.plan.plan, ...change } },
});
const claim = (input: Held) => input.call.planned ?? { planId: input.plan.plan.id, step: 1, from: [] };

/** Each makes another call of it, or another plan. */
const DRIFTS: Readonly<Record<string, (input: Held) => DecisionInput>> = {
  "says nothing": (input) => {
    const { planned: _, ...call } = input.call;
    return { ...input, call };
  },
  "names a plan that is not kept": (input) => {
    const { plan: _, ...rest } = input;
    return rest;
  },
  "names another plan": (input) =>
    withCall(input, { planned: { ...claim(input), planId: PlanId.parse(idText(0xdead)) } }),
  "names another step": (input) => withCall(input, { planned: { ...claim(input), step: 1 } }),
  "names no step": (input) => withCall(input, { planned: { ...claim(input), step: 3 } }),
  "is of another tool": (input) => withCall(input, { tool: "post.plain" }),
  "is of another turn": (input) => withCall(input, { turnId: OTHER_TURN }),
  "is of another conversation": (input) => withCall(input, { conversationId: OTHER_CONVERSATION }),
  "is of another agent": (input) => withCall(input, { agentId: OTHER_AGENT, agentChain: [OTHER_AGENT] }),
  "is handed on": (input) => withCall(input, { agentChain: [OTHER_AGENT, AGENT] }),
  "has a chain that ends elsewhere": (input) => withCall(input, { agentChain: [OTHER_AGENT] }),
  "comes when the plan has run out": (input) => ({ ...input, now: input.plan.plan.expiresAt }),
  "comes long before the plan was made": (input) => withPlan(input, { committedAt: after(3_600_000) }),
  "has an argument beside": (input) =>
    withCall(input, {
      arguments: { ...input.call.arguments, bcc: "eve" },
      values: { ...input.call.values, bcc: OWN },
    }),
  "has an argument less": (input) =>
    withCall(input, { arguments: Object.fromEntries(Object.entries(input.call.arguments).slice(1)) }),
  "is of a step that another call took": (input) => ({
    ...input,
    plan: { ...input.plan, takenBy: CallId.parse(idText(0xbeef)) },
  }),
  "is of a plan made from an untrusted view": (input) => withPlan(input, { label: PAGE }),
  "is of a plan made from a participant's view": (input) =>
    withPlan(input, { label: { ...OWN, integrity: "participant" } }),
};

describe("whether a call is the step of a plan", () => {
  it("is, when it is exactly that, whatever came in the place of references", () => {
    fc.assert(fc.property(held, (input) => plannedStep(input) === input.plan.plan.steps[1]));
  });

  it("still is when this very call took the step before", () => {
    fc.assert(
      fc.property(held, (input) => plannedStep({ ...input, plan: { ...input.plan, takenBy: input.call.id } }) !== null),
    );
  });

  it.each(Object.entries(DRIFTS))("is not when it %s", (_, drift) => {
    fc.assert(fc.property(held, (input) => plannedStep(drift(input)) === null));
  });

  it("is not when any literal is another", () => {
    fc.assert(
      fc.property(held, fc.nat(), literal, (input, which, other) => {
        const step = input.plan.plan.steps[1] ?? stepOf("", {});
        const literals = Object.entries(step.arguments).filter(([name]) => isLiteral(step, name));
        const [name, value] = literals[which % Math.max(1, literals.length)] ?? [];
        fc.pre(name !== undefined && !sameValue(value, other));
        const given = { ...input.call.arguments, [name ?? ""]: other };
        return plannedStep(withCall(input, { arguments: given })) === null;
      }),
    );
  });

  it("is not when a value by reference has no label of its own, or nobody says what it was made of", () => {
    const plan = planOf([
      stepOf("memory.search", { query: "x" }),
      stepOf("mail.send", { to: "bob", text: { $from: [1] } }),
    ]);
    const call = issuedOf(plan, 2, { to: "bob", text: "hi" }, [{ ref: 1, label: PAGE }]);
    const input = inputOf(call, { plan: { plan, takenBy: null } });
    const { values: _, ...bare } = call;
    expect(plannedStep(input)).not.toBeNull();
    expect(plannedStep({ ...input, call: bare })).toBeNull();
    expect(plannedStep({ ...input, call: { ...call, values: { to: OWN } } })).toBeNull();
    expect(plannedStep({ ...input, call: { ...call, planned: { planId: plan.id, step: 2, from: [] } } })).toBeNull();
  });

  it("needs no labels where the step has literals alone", () => {
    const plan = planOf([stepOf("mail.send", { to: "bob", text: "hi" })]);
    const { values: _, ...call } = issuedOf(plan, 1, { to: "bob", text: "hi" });
    expect(plannedStep(inputOf(call, { plan: { plan, takenBy: null } }))).toBe(plan.steps[0]);
  });

  it("takes a reference that cannot be read for no reference and no literal", () => {
    const step = stepOf("mail.send", { to: { $from: "everything" }, text: "hi" });
    const plan = planOf([step]);
    const call = issuedOf(plan, 1, { to: "eve", text: "hi" });
    expect(plannedStep(inputOf(call, { plan: { plan, takenBy: null } }))).toBeNull();
    expect(isLiteral(step, "to")).toBe(false);
  });

  it("is named also when a person changed it, but not by a step beyond the plan", () => {
    const plan = planOf([stepOf("mail.send", { to: "bob", text: "hi" })]);
    const call = issuedOf(plan, 1, { to: "zoe", text: "hi" });
    expect(namedStep({ call, plan: { plan, takenBy: null } })).toBe(plan.steps[0]);
    expect(
      namedStep({ call: { ...call, planned: { planId: plan.id, step: 2, from: [] } }, plan: { plan, takenBy: null } }),
    ).toBeNull();
  });
});

const isWithin = (a: Label, b: Label): boolean =>
  INTEGRITIES.indexOf(a.integrity) <= INTEGRITIES.indexOf(b.integrity) &&
  (b.readers === "public" || (a.readers !== "public" && a.readers.every((one) => b.readers.includes(one))));

describe("the labels of values", () => {
  it("never widen: a value by reference is no more trusted, and no wider known, than any of what it was made of", () => {
    fc.assert(
      fc.property(held, (input) => {
        const step = input.plan.plan.steps[1] ?? stepOf("", {});
        const labels = valueLabels(input, step);
        const from = claim(input).from;
        return Object.entries(step.arguments).every(([name, value]) => {
          if (!isRef(value)) return isWithin(labels.of(name), input.plan.plan.label);
          const refs = JSON.stringify(value);
          return from
            .filter(({ ref }) => refs.includes(String(ref)))
            .every((one) => isWithin(labels.of(name), one.label));
        });
      }),
    );
  });

  it.each(Object.entries(DRIFTS).filter(([name]) => name !== "says nothing"))(
    "of a call that %s are no more trusted than all that was in view, and no argument is fixed by them",
    (_, drift) => {
      fc.assert(
        fc.property(held, aLabel, (before, view) => {
          const input = drift({ ...before, call: { ...before.call, label: view } });
          const facts = factsOf(manifestOf("mail.send"), input);
          return facts.carried().every((name) => isWithin(facts.labelOf(name), view) && !facts.clean(name));
        }),
      );
    },
  );

  it("that a call without a plan brings are believed, and what it leaves out is as it was chosen", () => {
    const { planned: _, ...call } = issuedOf(planOf([stepOf("mail.send", { to: "bob", text: "hi" })]), 1, {
      to: "bob",
      text: "hi",
    });
    const asked = { ...call, label: MAIL };
    const all = valueLabels(inputOf({ ...asked, values: { to: OWN, text: PAGE } }), null);
    expect([all.of("to"), all.of("text"), all.of("cc").integrity]).toEqual([OWN, PAGE, "authority"]);
    const some = valueLabels(inputOf({ ...asked, values: { to: OWN } }), null);
    expect([some.of("to"), some.of("text"), some.of("cc")]).toEqual([OWN, MAIL, MAIL]);
    const none = valueLabels(inputOf({ ...asked, arguments: {}, values: {} }), null);
    expect(none.of("cc")).toEqual(MAIL);
    const { values: __, ...bare } = asked;
    expect(valueLabels(inputOf(bare), null)).toMatchObject({ own: false });
    expect(valueLabels(inputOf(bare), null).of("to")).toEqual(MAIL);
  });

  it("that say more than a broken plan holds only lower what was in view", () => {
    const call = issuedOf(planOf([]), 1, { to: "bob" });
    const input = inputOf({ ...call, tool: "mail.send", label: OWN, values: { to: PAGE } });
    expect(valueLabels(input, null).of("to")).toEqual(joinAll([OWN, PAGE]));
  });

  it("are those of the plan for what a step leaves out", () => {
    const step: PlanStep = stepOf("mail.send", { to: "bob" });
    const plan = planOf([step]);
    const input = inputOf(
      { ...issuedOf(plan, 1, { to: "bob" }), label: MAIL },
      { plan: { plan, takenBy: null }, now: START },
    );
    expect(valueLabels(input, step).of("cc")).toBe(plan.label);
  });
});
