import type { JsonObject } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePlan } from "./parse-plan.ts";

const KNOWN = "h0123456789ab";
const parse = (written: JsonObject) => parsePlan(written, (handle) => handle === KNOWN);
const plan = (...steps: readonly JsonObject[]): JsonObject => ({ steps });
const call = (more: JsonObject = {}): JsonObject => ({ tool: "a.b", arguments: {}, ...more });
const from = (reference: JsonObject): JsonObject => call({ arguments: { deep: [{ x: reference }] } });

describe("a plan as a model wrote it", () => {
  it("is read with its literals, references and order", () => {
    const written = plan(call(), call({ arguments: { to: { $from: [1, KNOWN], ask: "who" } }, after: [1] }));
    expect(parse(written)).toEqual({
      ok: true,
      value: {
        goal: "",
        steps: [
          { tool: "a.b", arguments: {}, after: [] },
          { tool: "a.b", arguments: { to: { $from: [1, KNOWN], ask: "who" } }, after: [1] },
        ],
      },
    });
  });

  it.each<readonly [string, JsonObject, number, string]>([
    ["no JSON", { "(unreadable)": true }, 0, "not readable as JSON"],
    ["no steps", {}, 0, "1 to 40 calls"],
    ["an empty plan", plan(), 0, "1 to 40 calls"],
    ["too many steps", plan(...Array.from({ length: 41 }, () => call())), 0, "1 to 40 calls"],
    ["a goal that is no text", { goal: 1, steps: [call()] }, 0, "goal"],
    ["something besides", { steps: [call()], more: 1 }, 0, "besides"],
    ["a step that is no object", { steps: [call(), "x"] }, 2, "`tool`, `arguments` and `after`"],
    ["a step with more", plan(call({ label: "authority" })), 1, "`tool`, `arguments` and `after`"],
    ["no tool", plan({ arguments: {} }), 1, "`tool`"],
    ["arguments that are text", plan(call({ arguments: "{}" })), 1, "`arguments`"],
    ["a wrong after", plan(call({ after: [0] })), 1, "`after`"],
    ["an after that is later", plan(call({ after: [1] })), 1, "`after` names"],
    ["a reference to itself", plan(from({ $from: [1] })), 1, "not an earlier one"],
    ["a reference to a later step", plan(call(), from({ $from: [3] })), 2, "not an earlier one"],
    ["a reference to nothing", plan(call(), from({ $from: [] })), 2, "not of the form"],
    ["a reference with more", plan(call(), from({ $from: [1], next: "pay" })), 2, "not of the form"],
    ["a reference of no kind", plan(call(), from({ $from: [1], ask: "x", as: "mood" })), 2, "not of the form"],
    ["a number without a question", plan(call(), from({ $from: [1], as: "number" })), 2, "without `ask`"],
    ["a handle inside a text", plan(call({ arguments: { text: `see ⟦${KNOWN}⟧` } })), 1, "put {"],
    [
      "too many questions",
      plan(call(), call({ arguments: { x: Array.from({ length: 41 }, () => ({ $from: [1], ask: "?" })) } })),
      2,
      "more than 40",
    ],
  ])("is refused with %s, and told where", (_what, written, step, problem) => {
    const parsed = parse(written);
    expect(parsed).toMatchObject({ ok: false, error: { code: "PLAN_INVALID", context: { step } } });
    expect(!parsed.ok && parsed.error.message).toContain(problem);
  });

  it("is refused with a handle that stands for nothing", () => {
    expect(parse(plan(from({ $from: ["hffffffffffff"] })))).toMatchObject({
      ok: false,
      error: { code: "HANDLE_UNKNOWN", context: { handle: "hffffffffffff" } },
    });
  });

  it("never throws, and says nothing of what was written in an error", () => {
    const hostile = fc.dictionary(
      fc.constantFrom("goal", "steps", "x"),
      fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.dictionary(
            fc.constantFrom("tool", "arguments", "after", "mallory"),
            fc.oneof(fc.constant("mallory"), fc.jsonValue(), fc.constant({ to: { $from: ["mallory"] } })),
          ),
        ),
      ),
    ) as fc.Arbitrary<JsonObject>; // jsonValue makes JSON
    fc.assert(
      fc.property(hostile, (written) => {
        const parsed = parse(written);
        if (!parsed.ok) expect(JSON.stringify(parsed.error)).not.toContain("mallory");
      }),
    );
  });
});
