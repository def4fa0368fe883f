import type { Approval, Message } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { callMessage, plan, planMessage, resultMessage, step, stepCall } from "../testing/plans.ts";
import { approval } from "../testing/samples.ts";
import { planProgress } from "./plan-progress.ts";

const states = (messages: readonly Message[], approvals: readonly Approval[] = [], of = plan()): readonly string[] =>
  planProgress(of, messages, approvals).map(({ state }) => state);
const asked = (n: number, wish: Partial<Approval> = {}): Approval => approval(n, { callId: stepCall(n), ...wish });

describe("the steps of a plan", () => {
  it("are not begun, begin, wait for the person, are done", () => {
    expect(states([planMessage()])).toEqual(["open", "open", "open"]);
    expect(states([planMessage(), callMessage(1, 3)])).toEqual(["begun", "open", "open"]);
    const read = [planMessage(), callMessage(1, 3), resultMessage(1, 4), callMessage(2, 5)];
    expect(states(read, [asked(2)])).toEqual(["done", "waiting", "open"]);
    expect(states(read, [asked(2, { state: "consumed" })])).toEqual(["done", "begun", "open"]);
    expect(states([...read, resultMessage(2, 6)], [asked(2, { state: "consumed" })])).toEqual(["done", "done", "open"]);
  });

  it("are held while an earlier one waits for the person", () => {
    expect(states([callMessage(1, 3), callMessage(2, 4)], [asked(1)])).toEqual(["waiting", "held", "open"]);
  });

  it("never run when what they need was refused, failed or is unknown, however far down", () => {
    for (const status of ["refused", "failed", "unknown"] as const)
      expect(states([callMessage(1, 3), resultMessage(1, 4, { status })])).toEqual([status, "never", "never"]);
    expect(states([callMessage(1, 3)], [asked(1, { state: "denied" })])).toEqual(["refused", "never", "never"]);
    const apart = plan([step("a", {}), step("b", {})]);
    expect(states([callMessage(1, 3), resultMessage(1, 4, { status: "failed" })], [], apart)).toEqual([
      "failed",
      "open",
    ]);
  });

  it("take no call and no result of another plan", () => {
    const other = plan(undefined, { id: "00000000-0000-7000-8000-000000000599" as never });
    expect(states([callMessage(1, 3), resultMessage(1, 4)], [], other)).toEqual(["open", "open", "open"]);
  });

  it("say that their record was removed, and not that nothing happened", () => {
    const gone: Message = { ...callMessage(2, 5), parts: [{ type: "text", text: "[Removed]" }], state: "removed" };
    expect(states([callMessage(1, 3), resultMessage(1, 4), gone])).toEqual(["done", "removed", "removed"]);
    expect(states([callMessage(1, 3), gone])).toEqual(["removed", "removed", "removed"]);
  });

  it("take the newest of several questions about one call", () => {
    const [first, second] = [asked(1, { state: "superseded" }), { ...asked(2), callId: stepCall(1) }];
    expect(states([callMessage(1, 1)], [second, first])).toEqual(["waiting", "open", "open"]);
  });
});
