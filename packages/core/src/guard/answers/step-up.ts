import { done, err } from "@moltbot/contracts";
import type { Approval, Principal, Result } from "@moltbot/contracts";
import type { GuardPorts, Surface } from "../guard-ports.ts";
import { approvalIds, record } from "../record.ts";

/**
 * Has the person prove anew who answers. A failed attempt is recorded, without the proof, and the question stays open; when
 * even that cannot be recorded, the answer is refused for that reason.
 */
export const stepUp = async (
  ports: GuardPorts,
  by: Principal,
  approval: Approval,
  surface: Surface,
  proof: string | undefined,
): Promise<Result<void>> => {
  const proven = await ports.stepUp(by, surface, proof);
  if (proven.ok) return done;
  const recorded = await record(ports, {
    event: "approval:step-up-failed",
    actor: by.id,
    fields: { ...approvalIds(approval), surface, code: proven.error.code },
  });
  return err(recorded.ok ? proven.error : recorded.error);
};
