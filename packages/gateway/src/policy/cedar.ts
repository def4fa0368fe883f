import type * as Library from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyRequest } from "./request.ts";

export type Cedar = typeof Library;

/** Policies that are ready to be asked: by name, the text of each. */
export type PolicySet = Readonly<Record<string, string>>;

/**
 * Asks a policy set one question and gives the names of those that decide; throws when there is no answer, also when a
 * policy of the set could not be evaluated.
 */
export type Ask = (request: PolicyRequest) => readonly string[];

let loading: Promise<Cedar> | undefined;

/** Loads the library, once, when the first policy is read: a house without one does not pay for it. */
export const loadCedar = async (): Promise<Cedar> => {
  loading ??= import("@cedar-policy/cedar-wasm/nodejs");
  try {
    return await loading;
  } catch (cause) {
    loading = undefined;
    throw cause;
  }
};

/** The library keeps what it parsed under a name and never lets go, so names are used again. */
const SLOTS = 4;
const holders: (symbol | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
let next = 0;

const slotName = (slot: number): string => `slot-${slot}`;

/** Parses a set once; again only when so many others came in between that its place was taken. */
export const prepare = (cedar: Cedar, set: PolicySet): Ask => {
  const me = Symbol("policy set");
  const place = (): string => {
    const held = holders.indexOf(me);
    if (held >= 0) return slotName(held);
    const slot = next;
    next = (next + 1) % SLOTS;
    holders[slot] = undefined;
    const parsed = cedar.preparsePolicySet(slotName(slot), { staticPolicies: { ...set } });
    if (parsed.type === "failure") throw new Error("the policy set cannot be parsed");
    holders[slot] = me;
    return slotName(slot);
  };
  place();
  return (request) => {
    const answer = cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: place() });
    if (answer.type === "failure") throw new Error("the question cannot be answered");
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) throw new Error("a policy cannot be evaluated");
    if (decision === "allow") return [];
    if (diagnostics.reason.length === 0) throw new Error("a refusal without a reason");
    return diagnostics.reason;
  };
};
