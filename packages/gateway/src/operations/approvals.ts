import { done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  Approval,
  ApprovalAnswer,
  ApprovalId,
  Capability,
  OperationHandlers,
  OperationOutput,
  RequestContext,
  Result,
  TurnId,
} from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";
import { stopTurn } from "./stop-turn.ts";

type Handlers = Pick<
  OperationHandlers,
  | "approvals.list"
  | "approvals.get"
  | "approvals.answer"
  | "approvals.answers"
  | "approvals.preview"
  | "approvals.measures"
  | "capabilities.list"
  | "capabilities.grant"
  | "capabilities.revoke"
>;

/** A person's answer: given, told to whoever watches, and its turn stopped where they said so. */
const give = async (
  { house, guard, workers }: OperationPorts,
  { principal, surface }: RequestContext,
  approvalId: ApprovalId,
  answer: ApprovalAnswer,
): Promise<Result<Approval>> => {
  const scope = ownScope(principal);
  const answered = await guard.answer(principal, approvalId, answer, surface);
  if (!answered.ok) return answered;
  const { conversationId, turnId, state } = answered.value;
  house.events.publish(
    "approval:answered",
    { tenantId: scope.tenantId, audience: [principal.id] },
    { conversationId, approvalId, state },
  );
  if (answer.answer === "deny" && answer.stop === true) {
    const stopped = await stopTurn({ house, workers }, scope, turnId);
    if (!stopped.ok) return stopped;
  }
  return answered;
};

/** Takes up a turn that may have waited for the answer; one that ended stays ended. */
const goOn = async (
  { house }: OperationPorts,
  { principal }: RequestContext,
  turnId: TurnId,
): Promise<Result<void>> => {
  const resumed = await house.store.turns.resume(ownScope(principal), turnId);
  if (!resumed.ok) return resumed;
  house.wake();
  return done;
};

const answerOne = async (
  ports: OperationPorts,
  context: RequestContext,
  approvalId: ApprovalId,
  answer: ApprovalAnswer,
): Promise<Result<Approval>> => {
  const answered = await give(ports, context, approvalId, answer);
  if (!answered.ok) return answered;
  const resumed = await goOn(ports, context, answered.value.turnId);
  return resumed.ok ? answered : resumed;
};

type Answered = OperationOutput<"approvals.answers">[number];

/** The questions of a task on one card: all are answered before their turn goes on. Each answer stands alone: whatever becomes of one, the others count. */
const answerEach = async (
  ports: OperationPorts,
  context: RequestContext,
  answers: readonly (ApprovalAnswer & { readonly approvalId: ApprovalId })[],
): Promise<readonly Answered[]> => {
  const answered: Answered[] = [];
  const turns = new Set<TurnId>();
  for (const { approvalId, ...answer } of answers) {
    const one = await give(ports, context, approvalId, answer).catch((cause: unknown): Result<Approval> => {
      ports.house.log.error("an answer failed in a way the program does not know", {
        approvalId,
        problem: String(cause),
      });
      return { ok: false, error: moltbotError("INTERNAL", { traceId: context.traceId }) };
    });
    if (one.ok) turns.add(one.value.turnId);
    answered.push(
      one.ok
        ? { approvalId, approval: one.value, code: null, problem: null }
        : { approvalId, approval: null, code: one.error.code, problem: `${one.error.message} ${one.error.next}` },
    );
  }
  for (const turnId of turns) {
    const resumed = await goOn(ports, context, turnId);
    // The answers count; the sweep takes up what they were for.
    if (!resumed.ok) ports.house.log.error("an answered turn cannot be taken up", { turnId, code: resumed.error.code });
  }
  return answered;
};

export const approvalOperations = (ports: OperationPorts): Handlers => {
  const { house, guard } = ports;
  const inForce = ({ revokedAt, epoch, expiresAt }: Capability, current: number): boolean =>
    revokedAt === null && epoch === current && (expiresAt === "never" || expiresAt > house.clock.now());
  return {
    "approvals.list": ({ principal }, { state, limit }) =>
      house.store.approvals.list(ownScope(principal), state, limit),
    "approvals.get": ({ principal }, { approvalId }) => house.store.approvals.find(ownScope(principal), approvalId),
    "approvals.answer": (context, { approvalId, ...answer }) => answerOne(ports, context, approvalId, answer),
    "approvals.answers": async (context, { answers }) => ok(await answerEach(ports, context, answers)),
    "approvals.preview": ({ principal }, { approvalId, constraints }) =>
      guard.preview(principal, approvalId, constraints),
    "approvals.measures": ({ principal }, { days }) => guard.measures(principal, days),
    "capabilities.list": async ({ principal }) => {
      const scope = ownScope(principal);
      const epoch = await house.store.capabilities.epoch(scope);
      if (!epoch.ok) return epoch;
      const all = await house.store.capabilities.list(scope);
      return all.ok ? ok(all.value.filter((capability) => inForce(capability, epoch.value))) : all;
    },
    "capabilities.grant": ({ principal }, wish) => guard.grant(principal, wish),
    "capabilities.revoke": async ({ principal }, { capabilityId }) => {
      const scope = ownScope(principal);
      const all = await house.store.capabilities.list(scope);
      if (!all.ok) return all;
      if (all.value.every(({ id }) => id !== capabilityId))
        return err(moltbotError("NOT_FOUND", { kind: "capability" }));
      const recorded = await house.audit.record({
        event: "capability:revoked",
        actor: principal.id,
        fields: { capabilityId },
      });
      return recorded.ok ? house.store.capabilities.revoke(scope, capabilityId, house.clock.now()) : recorded;
    },
  };
};
