import { CapabilityId, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalAnswer,
  Capability,
  CapabilityReach,
  Principal,
  Result,
  Scope,
} from "@moltbot/contracts";
import { shownCall } from "./answers/call-on-card.ts";
import type { SeenCall } from "./answers/call-on-card.ts";
import { limitsProblem } from "./answers/constraints.ts";
import type { EditedCall } from "./answers/edit.ts";
import { expiryOf } from "./expiry.ts";
import type { GuardPorts } from "./guard-ports.ts";

/** How many days a grant lasts that says nothing else. Renewal is another question. */
const GRANT_DAYS = 90;

const reachOf = (scope: Exclude<Scope, "once">, approval: Approval): CapabilityReach => {
  switch (scope) {
    case "task":
      return { kind: "task", turnId: approval.turnId };
    case "conversation":
      return { kind: "conversation", conversationId: approval.conversationId };
    case "always":
      return { kind: "always" };
  }
};

const invalid = (problem: string) => err(moltbotError("CAPABILITY_INVALID", { problem }));

/** What the grant must fit: the call as the person changed it, or else exactly what the card shows, and nothing unseen. */
const seenCall = (
  ports: GuardPorts,
  scope: AccessScope,
  approval: Approval,
  edited: EditedCall | null,
): Promise<Result<SeenCall | null>> =>
  edited === null ? shownCall(ports, scope, approval) : Promise.resolve(ok(edited));

/**
 * The capability that a wider answer grants; null when it grants none. Its limits are the person's, or those on the card, and
 * are proven to fit the call just seen: that call is rebuilt from what the person saw, resolved anew and must give the
 * question's digest, so nothing unseen is ever granted. CAPABILITY_INVALID otherwise.
 */
export const grantFromAnswer = async (
  ports: GuardPorts,
  scope: AccessScope,
  by: Principal,
  approval: Approval,
  given: ApprovalAnswer,
  edited: EditedCall | null,
): Promise<Result<Capability | null>> => {
  if (given.answer === "deny" || given.scope === "once") return ok(null);
  const question = edited?.question ?? approval.question;
  if (!question.scopes.includes(given.scope)) return invalid(`this question cannot be answered for "${given.scope}"`);
  const seen = await seenCall(ports, scope, approval, edited);
  if (!seen.ok) return err(seen.error);
  if (seen.value === null) return invalid("the call is no longer the one that the question shows");
  const { manifest, input } = seen.value;
  const now = ports.clock.now();
  const constraints = given.constraints ?? question.grant;
  const problem = limitsProblem(constraints, seen.value, now);
  if (problem !== null) return invalid(problem);
  return ok({
    id: ports.ids.next(CapabilityId),
    tenantId: by.tenantId,
    holder: approval.agentId,
    tool: manifest.name,
    permissions: [...manifest.permissions],
    constraints: [...constraints],
    rights: ["use"],
    reach: reachOf(given.scope, approval),
    expiresAt: expiryOf(given.expires ?? GRANT_DAYS, now),
    parent: null,
    epoch: input.epoch,
    issuedBy: by.id,
    issuedAt: now,
    revokedAt: null,
    reason: given.reason ?? `Answer to the question ${approval.id}`,
  });
};
