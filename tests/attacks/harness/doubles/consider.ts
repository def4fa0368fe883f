/** A plan stays open: neither an alarm nor a person's no ends the asking. */
import { ok } from "@moltbot/contracts";
import type { Approval } from "@moltbot/contracts";
import { consider as closing } from "../../../../packages/core/src/guard/consider.ts";

export * from "../../../../packages/core/src/guard/consider.ts";

const open = ({ question: { beyondPlan: _beyondPlan, ...question }, ...rest }: Approval): Approval => ({
  ...rest,
  question,
});

export const consider: typeof closing = (ports, considered, scope, asked, stated) => {
  const { approvals } = ports.store;
  const ofTurn: typeof approvals.ofTurn = async (by, turnId) => {
    const found = await approvals.ofTurn(by, turnId);
    return found.ok ? ok(found.value.map(open)) : found;
  };
  const { alarmed: _alarmed, ...call } = asked;
  const store = { ...ports.store, approvals: { ...approvals, ofTurn } };
  return closing({ ...ports, store }, considered, scope, call, stated);
};
