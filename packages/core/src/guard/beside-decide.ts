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
  ["approval.denied-before", { says: "A person denied the same call earlier in this turn.", stands: "for a question" }],
  ["budget.questions", { says: "This turn had put all the questions it may.", stands: "for a question" }],
]);
