import { ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalId,
  CallId,
  Constraint,
  DecisionRecord,
  GrantPreview,
  JsonObject,
  Principal,
  ResolvedResource,
  Result,
} from "@moltbot/contracts";
import { bounds } from "../capability-match.ts";
import { firstUnmet } from "../constraints/index.ts";
import type { GuardPorts } from "../guard-ports.ts";
import { visitDecisions } from "../past/visit-decisions.ts";
import { visibleLine, visibleValue } from "../visible-text.ts";
import { shownCall } from "./call-on-card.ts";
import { limitsProblem } from "./constraints.ts";
import { questionOf } from "./rights.ts";

const EXAMPLES = 5;
const NAME_LENGTH = 100;
/** How many recorded decisions are looked at, the newest. */
const NEWEST = 5_000;
const PAGE = 100;

type Example = GrantPreview["examples"][number];

const wasWords = ({ kind, rule }: DecisionRecord): string => {
  switch (kind) {
    case "allow":
      return rule === "approved" ? "allowed by an answer" : "allowed by a grant";
    case "ask":
      return "asked";
    case "deny":
      return "denied";
  }
};

/** Whether a call starts a program and the limits name every host that it may reach. */
const isBoundProgram = (resources: readonly ResolvedResource[], constraints: readonly Constraint[]): boolean =>
  resources.some(({ kind }) => kind === "executable") &&
  resources.every(({ kind, argument }) => kind !== "host" || bounds({ constraints }, argument, "host-in"));

/** Whether a grant with these limits, unused so far, would have let it pass; what nothing can allow stays refused. */
const wouldPass = ({ input, at }: DecisionRecord, constraints: readonly Constraint[]): boolean => {
  const { call, manifest, problem, resources, policy } = input;
  if (manifest === undefined || problem !== null || policy.forbidden.length > 0) return false;
  if (resources.some(({ refusal }) => refusal !== null)) return false;
  if (manifest.effect === "execute" && !isBoundProgram(resources, constraints)) return false;
  return firstUnmet(constraints, { call, manifest, resources, now: at }) === null;
};

const visibleArguments = (given: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [visibleLine(name, NAME_LENGTH), visibleValue(value)]),
  );

const exampleOf = (record: DecisionRecord): Example => ({
  callId: record.callId,
  at: record.at,
  arguments: visibleArguments(record.input.call.arguments),
  was: wasWords(record),
});

/** What the limits would have let pass among the newest decisions; each call counts once, as it was decided last. */
const pastOf = async (
  ports: GuardPorts,
  scope: AccessScope,
  approval: Approval,
  constraints: readonly Constraint[],
): Promise<Result<Pick<GrantPreview, "considered" | "allowed" | "examples">>> => {
  const filter = { agentId: approval.agentId, tool: approval.question.tool };
  const calls = new Set<CallId>();
  const examples: Example[] = [];
  let allowed = 0;
  let seen = 0;
  const consider = (record: DecisionRecord): void => {
    calls.add(record.callId);
    if (!wouldPass(record, constraints)) return;
    allowed += 1;
    if (examples.length < EXAMPLES) examples.push(exampleOf(record));
  };
  const read = await visitDecisions(
    (before, limit) => ports.store.decisions.newest(scope, filter, before, limit),
    PAGE,
    (record) => {
      // The call on the card is no past.
      if (record.callId === approval.callId) return true;
      if (!calls.has(record.callId)) consider(record);
      seen += 1;
      return seen < NEWEST;
    },
  );
  return read.ok ? ok({ considered: calls.size, allowed, examples }) : read;
};

/**
 * Whether these limits may become the grant of a wider answer, and which of the recorded calls of that tool and agent they
 * would have allowed. For those who may answer the question; it changes nothing.
 */
export const previewGrant = async (
  ports: GuardPorts,
  by: Principal,
  id: ApprovalId,
  constraints: readonly Constraint[],
): Promise<Result<GrantPreview>> => {
  const scope = ownScope(by);
  const approval = await questionOf(ports, scope, by, id);
  if (!approval.ok) return approval;
  const seen = await shownCall(ports, scope, approval.value);
  if (!seen.ok) return seen;
  const problem =
    seen.value === null
      ? "the call is no longer the one that the question shows"
      : limitsProblem(constraints, seen.value, ports.clock.now());
  const past = await pastOf(ports, scope, approval.value, constraints);
  return past.ok ? ok({ fits: problem === null, problem, ...past.value }) : past;
};
