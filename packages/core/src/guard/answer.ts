import { done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalAnswer,
  ApprovalId,
  Capability,
  Principal,
  Repositories,
  Result,
} from "@moltbot/contracts";
import { callRecord } from "./call-record.ts";
import { editedCall } from "./answers/edit.ts";
import type { EditedCall } from "./answers/edit.ts";
import { isOpen, questionOf } from "./answers/rights.ts";
import { stepUp } from "./answers/step-up.ts";
import { canonicalText } from "./canonical.ts";
import { grantFromAnswer } from "./grant-from-answer.ts";
import type { GuardPorts, Surface } from "./guard-ports.ts";
import { isNotStopped } from "./halt/index.ts";
import { approvalIds, keyedDigest, record, subjectOf } from "./record.ts";

/** An answer that was judged and may come into force. */
interface Judged {
  readonly scope: AccessScope;
  readonly by: Principal;
  readonly given: ApprovalAnswer;
  readonly approval: Approval;
  readonly edited: EditedCall | null;
  readonly capability: Capability | null;
}

/** Parts that contradict each other are refused, not ignored: whoever sent them believes that they count. */
const contradiction = ({ answer, scope, ...given }: ApprovalAnswer): Result<void> => {
  if (answer === "deny" && given.arguments !== undefined) {
    return err(
      moltbotError("APPROVAL_EDIT_INVALID", { path: "arguments", problem: "only an allowed call is changed" }),
    );
  }
  if (answer === "allow" && given.stop === true) {
    return err(moltbotError("CAPABILITY_INVALID", { problem: "an answer that allows cannot stop the turn" }));
  }
  const limited = given.constraints !== undefined || given.expires !== undefined;
  return limited && (answer === "deny" || scope === "once")
    ? err(moltbotError("CAPABILITY_INVALID", { problem: "limits and expiry belong to an answer that grants" }))
    : done;
};

const editOf = (ports: GuardPorts, scope: AccessScope, approval: Approval, given: ApprovalAnswer) =>
  given.arguments === undefined ? ok(null) : editedCall(ports, scope, approval, given.arguments);

/** Everything that is judged before anything is recorded. The proof comes last: a code is not spent on an answer that fails. */
const judge = async (
  ports: GuardPorts,
  by: Principal,
  id: ApprovalId,
  given: ApprovalAnswer,
  surface: Surface,
): Promise<Result<Judged>> => {
  const scope = ownScope(by);
  const found = await questionOf(ports, scope, by, id);
  if (!found.ok) return err(found.error);
  const approval = found.value;
  const open = isOpen(ports, approval);
  if (!open.ok) return err(open.error);
  const sound = contradiction(given);
  if (!sound.ok) return err(sound.error);
  if (given.answer === "deny") return ok({ scope, by, given, approval, edited: null, capability: null });
  const going = await isNotStopped(ports, ports.store, scope);
  if (!going.ok) return err(going.error);
  const edited = await editOf(ports, scope, approval, given);
  if (!edited.ok) return err(edited.error);
  const capability = await grantFromAnswer(ports, scope, by, approval, given, edited.value);
  if (!capability.ok) return err(capability.error);
  // A grant outlives the answer: whoever stole a token must not make one.
  const lasting = ports.settings.stepUp && given.scope !== "once";
  if (lasting || (edited.value?.question ?? approval.question).stepUp) {
    const proven = await stepUp(ports, by, approval, surface, given.proof);
    if (!proven.ok) return err(proven.error);
  }
  return ok({ scope, by, given, approval, edited: edited.value, capability: capability.value });
};

const wordsOf = ({ given, edited }: Judged): Readonly<Record<string, string>> => ({
  ...(given.reason === undefined ? {} : { reason: given.reason }),
  ...(edited === null
    ? {}
    : {
        arguments: canonicalText(edited.before) ?? "not canonical",
        edited: canonicalText(edited.call.arguments) ?? "not canonical",
      }),
});

const recordAnswer = (ports: GuardPorts, judged: Judged) => {
  const { by, approval, given, edited } = judged;
  return record(ports, {
    event: "approval:answered",
    actor: by.id,
    fields: {
      ...approvalIds(approval),
      answer: given.answer,
      scope: given.scope,
      edited: edited !== null,
      stop: given.stop === true,
      ...(edited === null ? {} : { digest: keyedDigest(ports.crypto, edited.input.digest) }),
    },
    details: wordsOf(judged),
    subject: subjectOf(approval),
  });
};

const recordGrant = (ports: GuardPorts, { by, approval }: Judged, capability: Capability) =>
  record(ports, {
    event: "capability:granted",
    actor: by.id,
    fields: {
      ...approvalIds(approval),
      capabilityId: capability.id,
      reach: capability.reach.kind,
      expiresAt: capability.expiresAt,
      epoch: capability.epoch,
    },
    details: { constraints: canonicalText(capability.constraints) ?? "not canonical", reason: capability.reason },
    subject: subjectOf(approval),
  });

/** Whether the world is still the one the answer was judged in: no stop came between, and no epoch. */
const stillStands = async (
  ports: GuardPorts,
  repositories: Repositories,
  { scope, given, capability }: Judged,
): Promise<Result<void>> => {
  if (given.answer === "deny") return done;
  const going = await isNotStopped(ports, repositories, scope);
  if (!going.ok || capability === null) return going;
  const epoch = await repositories.capabilities.epoch(scope);
  if (!epoch.ok) return err(epoch.error);
  return epoch.value === capability.epoch
    ? done
    : err(moltbotError("CAPABILITY_INVALID", { problem: "everything was revoked meanwhile" }));
};

const moveApproval = (ports: GuardPorts, repositories: Repositories, judged: Judged): Promise<Result<Approval>> => {
  const { scope, by, given, approval, edited } = judged;
  const change = { answeredBy: by.id, answeredAt: ports.clock.now(), scope: given.scope, reason: given.reason ?? null };
  const edit =
    edited === null ? {} : { edited: edited.call.arguments, digest: edited.input.digest, question: edited.question };
  const to = given.answer === "allow" ? "allowed" : "denied";
  return repositories.approvals.move(scope, approval.id, "pending", to, { ...change, ...edit });
};

/** Answer, changed call and grant come into force together or not at all. */
const takeEffect = (ports: GuardPorts, judged: Judged) =>
  ports.store.atomically<Approval>(async (repositories) => {
    const { scope, edited, capability } = judged;
    const stands = await stillStands(ports, repositories, judged);
    if (!stands.ok) return err(stands.error);
    const moved = await moveApproval(ports, repositories, judged);
    if (!moved.ok) return moved;
    if (edited !== null) {
      const replaced = await repositories.calls.edit(scope, callRecord(ports, edited.call, "asked"));
      if (!replaced.ok) return err(replaced.error);
    }
    if (capability === null) return moved;
    const created = await repositories.capabilities.create(scope, capability);
    return created.ok ? moved : err(created.error);
  });

/**
 * A person's answer: judged, recorded durably, and only then in force, together with the changed call and the capability that
 * a wider scope grants. The first answer wins. It wakes nobody and stops no turn: that is the caller's part.
 */
export const answer = async (
  ports: GuardPorts,
  by: Principal,
  id: ApprovalId,
  given: ApprovalAnswer,
  surface: Surface,
): Promise<Result<Approval>> => {
  const judged = await judge(ports, by, id, given, surface);
  if (!judged.ok) return err(judged.error);
  const { approval, capability } = judged.value;
  const recorded = await recordAnswer(ports, judged.value);
  if (!recorded.ok) return err(recorded.error);
  if (capability !== null) {
    const granted = await recordGrant(ports, judged.value, capability);
    if (!granted.ok) return err(granted.error);
  }
  // The record took time: what expired meanwhile stays expired.
  const still = isOpen(ports, approval);
  const effective = still.ok ? await takeEffect(ports, judged.value) : err(still.error);
  if (effective.ok) return effective;
  // Another gateway or the clock was first: the log says that this recorded answer never came into force.
  await record(ports, {
    event: "approval:answer-void",
    actor: by.id,
    fields: { ...approvalIds(approval), code: effective.error.code, capabilityId: capability?.id ?? null },
  });
  return effective;
};
