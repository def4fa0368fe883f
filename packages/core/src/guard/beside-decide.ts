/** What becomes of a refusal beside `decide` when the past is replayed. */
interface Beside {
  readonly says: string;
  /** `always`: the decision was never asked, or something came after it. `for a question`: it stands where a question would be put. */
  readonly stands: "always" | "for a question";
}

/** The refusals that the guard makes beside `decide`, by their rule: `decide` alone cannot give them again. */
export const BESIDE_DECIDE: ReadonlyMap<string, Beside> = new Map<string, Beside>([
  ["resource.unresolved", { says: "What an argument points at could not be told.", stands: "always" }],
  ["guard.failed", { says: "The decision could not be made, so it was refused.", stands: "always" }],
  ["permit.stale", { says: "It was allowed, and something changed before it could run.", stands: "always" }],
  ["plan.step-taken", { says: "Another call had taken that step of the plan.", stands: "always" }],
  ["signal.canary", { says: "One of your canaries stood in its arguments.", stands: "always" }],
  [
    "plan.closed",
    {
      says: "The turn had a plan, and an alarm or a no had shown that no more should be asked.",
      stands: "for a question",
    },
  ],
  ["approval.denied-before", { says: "A person denied the same call earlier in this turn.", stands: "for a question" }],
  ["budget.questions", { says: "This turn had put all the questions it may.", stands: "for a question" }],
]);
