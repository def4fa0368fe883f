import { err, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  DecisionInput,
  JsonObject,
  ResolvedResource,
  Result,
  ToolCall,
  ToolManifest,
} from "@moltbot/contracts";
import { ownCopy } from "../canonical.ts";
import type { GuardPorts } from "../guard-ports.ts";
import { findTarget, loadDecision } from "../load-decision.ts";

/** A call as it stands today: its tool, what it points at now, and all that a decision about it would look at. */
export interface SeenCall {
  readonly call: ToolCall;
  readonly manifest: ToolManifest;
  readonly resources: readonly ResolvedResource[];
  readonly input: DecisionInput;
}

/** Where the values of a call came from is no part of the card that anybody could change; it comes from the recorded decision. */
const originsOf = async (
  { store }: Pick<GuardPorts, "store">,
  scope: AccessScope,
  { callId }: Approval,
): Promise<Result<Pick<ToolCall, "values" | "planned">>> => {
  const decisions = await store.decisions.ofCall(scope, callId);
  if (!decisions.ok) return decisions;
  const { values, planned } = decisions.value.at(-1)?.input.call ?? {};
  return ok({ ...(values === undefined ? {} : { values }), ...(planned === undefined ? {} : { planned }) });
};

/** The call that a question is about, with these arguments. */
export const callWith = async (
  ports: Pick<GuardPorts, "store">,
  scope: AccessScope,
  approval: Approval,
  given: JsonObject,
): Promise<Result<ToolCall>> => {
  const turn = await ports.store.turns.find(scope, approval.turnId);
  if (!turn.ok) return turn;
  const origins = await originsOf(ports, scope, approval);
  if (!origins.ok) return origins;
  const { agentChain, tool } = approval.question;
  return ok({
    id: approval.callId,
    turnId: approval.turnId,
    conversationId: approval.conversationId,
    agentId: approval.agentId,
    authority: turn.value.authority,
    agentChain,
    tool,
    arguments: given,
    label: approval.label,
    ...origins.value,
  });
};

/** Looks at a call again; null when it is none of the approval's digest: something drifted, or was never shown. */
const seenAs = async (
  ports: GuardPorts,
  scope: AccessScope,
  approval: Approval,
  call: ToolCall,
): Promise<Result<SeenCall | null>> => {
  const target = await findTarget(ports, scope, call);
  const { manifest, problem, resources, unresolved } = target;
  if (manifest === undefined || problem !== null || unresolved !== null) return ok(null);
  const input = await loadDecision(ports, ports.store, scope, call, target, []);
  if (!input.ok) return err(input.error);
  return ok(input.value.digest === approval.digest ? { call, manifest, resources, input: input.value } : null);
};

/**
 * The call exactly as the card shows it, rebuilt from what the person saw, resolved anew, and proven by the question's
 * digest. Null when that fails: what was asked about has drifted, or holds something that the card could not show.
 */
export const shownCall = async (
  ports: GuardPorts,
  scope: AccessScope,
  approval: Approval,
): Promise<Result<SeenCall | null>> => {
  const shown = Object.fromEntries(approval.question.arguments.map(({ name, value }) => [name, value]));
  const call = await callWith(ports, scope, approval, shown);
  return call.ok ? seenAs(ports, scope, approval, call.value) : err(call.error);
};

/**
 * The call that was asked about, also where the card could not show all of it: then it comes from the recorded decision and
 * is proven by the same digest. Null when it has drifted.
 */
export const askedCall = async (
  ports: GuardPorts,
  scope: AccessScope,
  approval: Approval,
): Promise<Result<SeenCall | null>> => {
  const shown = await shownCall(ports, scope, approval);
  if (!shown.ok || shown.value !== null) return shown;
  const decisions = await ports.store.decisions.ofCall(scope, approval.callId);
  if (!decisions.ok) return err(decisions.error);
  const recorded = decisions.value.find(({ input }) => input.digest === approval.digest);
  const call = recorded === undefined ? null : ownCopy(recorded.input.call);
  return call === null ? ok(null) : seenAs(ports, scope, approval, call);
};
