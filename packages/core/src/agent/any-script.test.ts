import fc from "fast-check";
import { err, moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { runTurn } from "./index.ts";
import { resultOf, waitingFor, world } from "./testing/turn.ts";
import type { Answer } from "./testing/turn.ts";

type Step = Pick<Answer, "text" | "calls" | "finish" | "fails">;

const anyCall = fc.tuple(
  fc.constantFrom("run.it", "ask.it", "fail.it", "no such tool", "flaky.it"),
  fc.constantFrom("{}", '{"a":1}', "{", "[]"),
);
const anyAnswer: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      text: fc.constantFrom("", "hello there"),
      calls: fc.array(anyCall, { maxLength: 4 }),
      finish: fc.constantFrom("stop", "calls", "length", "refused", "none"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { fails: moltbotError("MODEL_UNAVAILABLE", { model: "m", problem: "p" }) },
      { fails: moltbotError("MODEL_TIMEOUT", { model: "m", limit: 1 }) },
    ),
  },
);

describe("whatever the model and the tools do", () => {
  it("a turn ends exactly once, and no call is performed again once it has a result", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAnswer, { maxLength: 8 }), async (answers) => {
        const results = new Map<string, number>();
        const house = world(
          answers,
          (call, times) => {
            if (call.tool === "ask.it" && times < 3) return waitingFor(call);
            if (call.tool === "flaky.it" && times < 2) return err(moltbotError("AUDIT_UNWRITABLE"));
            results.set(call.id, (results.get(call.id) ?? 0) + 1);
            return resultOf(call, "x", call.label, call.tool === "fail.it" ? "failed" : "ok");
          },
          { steps: 6 },
        );
        for (let lease = 0; lease < 60 && house.ends.length === 0; lease += 1) {
          const outcome = await runTurn(house.run());
          const ended = outcome.ok && outcome.value.kind === "ended";
          expect(house.ends.length).toBe(ended ? 1 : 0);
          if (outcome.ok && outcome.value.kind === "waiting") expect(outcome.value.approvals.length).toBeGreaterThan(0);
        }
        expect(house.ends).toHaveLength(1);
        expect([...results.values()].every((times) => times === 1)).toBe(true);
        const shown = house.messages.flatMap(({ parts }) =>
          parts.flatMap((part) => (part.type === "result" ? [part.callId] : [])),
        );
        expect(new Set(shown).size).toBe(shown.length);
        expect([...results.keys()].toSorted()).toEqual(shown.toSorted());
      }),
      { numRuns: 150 },
    );
  });
});
