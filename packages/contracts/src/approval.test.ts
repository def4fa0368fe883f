import { describe, expect, it } from "vitest";
import { APPROVAL_STATES, APPROVAL_TRANSITIONS, ApprovalAnswer } from "./index.ts";
import type { ApprovalState } from "./index.ts";

const reachable = (from: ApprovalState): ReadonlySet<ApprovalState> => {
  const seen = new Set<ApprovalState>();
  const visit = (state: ApprovalState): void => {
    for (const next of APPROVAL_TRANSITIONS[state]) {
      if (seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(from);
  return seen;
};

describe("the states of an approval", () => {
  it.each(APPROVAL_STATES)("have no way back to %s", (state) => {
    expect(reachable(state).has(state)).toBe(false);
  });

  it("reach `consumed` from `allowed` alone, and nothing leads from a no to a yes", () => {
    expect(APPROVAL_STATES.filter((state) => APPROVAL_TRANSITIONS[state].includes("consumed"))).toEqual(["allowed"]);
    expect(APPROVAL_STATES.filter((state) => APPROVAL_TRANSITIONS[state].includes("allowed"))).toEqual(["pending"]);
    for (const closed of ["denied", "expired", "cancelled", "superseded"] as const)
      expect([...reachable(closed)]).toEqual([]);
    // A yes that was spent on a call which did not run is gone, not back.
    expect([...reachable("consumed")]).toEqual(["superseded"]);
  });

  it("all come from `pending`", () => {
    expect([...reachable("pending")].toSorted()).toEqual(
      APPROVAL_STATES.filter((state) => state !== "pending").toSorted(),
    );
  });
});

describe("an answer", () => {
  it("holds once when no scope is named, and is never guessed", () => {
    expect(ApprovalAnswer.parse({ answer: "allow" })).toEqual({ answer: "allow", scope: "once" });
    for (const wrong of [
      {},
      { answer: "yes" },
      { answer: "allow", scope: "ever" },
      { answer: "allow", extra: 1 },
      { answer: "deny", reason: "x".repeat(501) },
    ]) {
      expect(ApprovalAnswer.safeParse(wrong).success).toBe(false);
    }
  });
});
