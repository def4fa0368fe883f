import type { AuditPort } from "@moltbot/contracts";
import type { JobHandler, JobHandlers } from "./job-handler.ts";

/** Signs the state of the log, so that what stood in it by then can be held against it. */
const auditHead = (audit: Pick<AuditPort, "head">): JobHandler => ({
  housekeeping: true,
  run: () => audit.head(),
});

/** The handlers of the house; the other rooms' own come with `others`. */
export const houseHandlers = (
  audit: Pick<AuditPort, "head">,
  others: readonly (readonly [kind: string, handler: JobHandler])[],
): JobHandlers => new Map([["audit:head", auditHead(audit)], ...others]);
