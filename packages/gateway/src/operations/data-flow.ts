import { err, instantOf, millisecondsOf, moltbotError, roleSuffices } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import { dayOf, firstOf } from "../budgets.ts";
import { reportFlows } from "../egress/index.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "flows.report">;

/** Which host received what kind of data: everybody their own; whoever keeps the house of everybody together, without whose it was. */
export const dataFlowOperations = ({ house, auditDetails }: OperationPorts): Handlers => ({
  "flows.report": async ({ principal }, { days, of }) => {
    if (of === "house" && !roleSuffices(principal.role, "admin"))
      return err(moltbotError("ROLE_INSUFFICIENT", { required: "admin", role: principal.role }));
    const since = instantOf(firstOf(dayOf(millisecondsOf(house.clock.now())) - days + 1));
    return reportFlows(
      { query: (...asked) => house.audit.query(...asked), detailsOf: (records) => auditDetails.detailsOf(records) },
      { since, of: of === "me" ? principal.id : null, by: principal.id },
    );
  },
});
