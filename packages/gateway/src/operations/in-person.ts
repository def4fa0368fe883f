import { err, moltbotError, ok } from "@moltbot/contracts";
import type { RequestContext, Result } from "@moltbot/contracts";

/**
 * What makes a way in (a session, a device, another person) is the whole person, with every role and for ever: a token, which may be
 * for less and can be revoked, never makes one that outlives it. SCOPE_INSUFFICIENT with what was tried.
 */
export const inPerson = ({ proof }: RequestContext, operation: string): Result<void> =>
  proof === undefined || proof.kind === "token"
    ? err(moltbotError("SCOPE_INSUFFICIENT", { operation }))
    : ok(undefined);
