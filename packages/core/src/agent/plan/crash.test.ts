import { err, moltbotError, ok } from "@moltbot/contracts";
import type { CallId, Message } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runTurn } from "../index.ts";
import { MAIL, callsIn, commit, planWorld, step } from "../testing/plans.ts";
import { resultOf, waitingFor } from "../testing/turn.ts";

const TOOLS = ["mail.search", "mail.send", "file.append", "web.fetch", "money.pay"] as const;

interface Drawn {
  readonly tool: (typeof TOOLS)[number];
  readonly from: readonly number[];
  readonly after: readonly number[];
  readonly fate: "runs" | "asks" | "fails";
}
const anyPlan: fc.Arbitrary<readonly Drawn[]> = fc.array(
  fc.record({
    tool: fc.constantFrom(...TOOLS),
    from: fc.array(fc.nat(6), { maxLength: 2 }),
    after: fc.array(fc.nat(6), { maxLength: 1 }),
    fate: fc.constantFrom("runs" as const, "runs" as const, "asks" as const, "fails" as const),
  }),
  { minLength: 1, maxLength: 7 },
);
const anyDeath = fc.constantFrom("no" as const, "no" as const, "before" as const, "after" as const);
const earlierThan = (at: number, numbers: readonly number[]) => numbers.map((n) => n + 1).filter((n) => n <= at);

describe("a turn with a plan whose house dies again and again", () => {
  it("issues nothing twice, runs nothing twice, loses no step and keeps the order of consequences", async () => {
    await fc.assert(
      fc.asyncProperty(anyPlan, fc.array(anyDeath, { minLength: 40, maxLength: 40 }), async (drawn, dies) => {
        const steps = drawn.map(({ tool, from, after }, at) => {
          const refs = earlierThan(at, from);
          return step(tool, refs.length === 0 ? { n: at } : { n: at, text: { $from: refs } }, earlierThan(at, after));
        });
        const ran: number[] = [];
        const answered = new Set<CallId>();
        const done = new Map<CallId, ReturnType<typeof resultOf>>();
        const house = planWorld(
          [{ calls: [commit(...steps)] }],
          (call, _times, hold) => {
            // As the spine does: a call that ran before a crash has its outcome on record.
            const before = done.get(call.id);
            if (before !== undefined) return before;
            const at = Number(call.arguments["n"]);
            const fate = drawn[at]?.fate;
            if (fate === "asks" && !answered.has(call.id)) return waitingFor(call);
            if (hold) return ok({ kind: "held" });
            ran.push(at);
            const result = resultOf(call, `r${String(at)}`, MAIL, fate === "fails" ? "failed" : "ok");
            done.set(call.id, result);
            return result;
          },
          { limits: { viewMessages: 500 } },
        );
        let appends = 0;
        const died = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "died" }));
        // The house may die before a message is durable, and after: then it is there, and whoever appended it never hears of it.
        const run = () => {
          const plain = house.run();
          const dying = async (message: Message, made: number) => {
            appends += 1;
            const isPlan = message.parts.some(({ type }) => type === "plan");
            if (dies[appends] === "before" && !isPlan) return died;
            const appended = await house.ports.append(message, made);
            return dies[appends] === "after" ? died : appended;
          };
          return { ...plain, ports: { ...house.ports, append: dying } };
        };
        for (let lease = 0; lease < 90 && house.ends.length === 0; lease += 1) {
          const outcome = await runTurn(run());
          if (outcome.ok && outcome.value.kind === "waiting") {
            expect(outcome.value.approvals.length).toBeGreaterThan(0);
            const open = outcome.value.approvals[lease % outcome.value.approvals.length];
            if (open !== undefined) answered.add(open.callId);
          }
        }
        expect(house.ends).toEqual([{ state: "done", code: null }]);
        const issued = callsIn(house.messages).map(({ planned }) => planned?.step);
        expect(new Set(issued).size).toBe(issued.length);
        expect(new Set(ran).size).toBe(ran.length);
        const isLost = (at: number): boolean => {
          const needs = [...earlierThan(at, drawn[at]?.from ?? []), ...earlierThan(at, drawn[at]?.after ?? [])];
          return needs.some((n) => drawn[n - 1]?.fate === "fails" || isLost(n - 1));
        };
        expect(ran.toSorted((a, b) => a - b)).toEqual(drawn.map((_, at) => at).filter((at) => !isLost(at)));
        const consequential = ran.filter((at) => !["mail.search", "web.fetch"].includes(drawn[at]?.tool ?? ""));
        expect(consequential).toEqual(consequential.toSorted((a, b) => a - b));
        expect(house.committedPlans.length).toBe(1);
      }),
      { numRuns: 120 },
    );
  });
});
