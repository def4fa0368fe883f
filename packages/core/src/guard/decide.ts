import { ERROR_TABLE, moltbotError } from "@moltbot/contracts";
import type {
  Capability,
  DecisionInput,
  ErrorCode,
  ErrorContext,
  MoltbotError,
  NearestGrant,
  ResolvedResource,
  ToolManifest,
  Verdict,
} from "@moltbot/contracts";
import { standingOf } from "./approvals.ts";
import type { Standing } from "./approvals.ts";
import { argumentsProblem } from "./check-arguments.ts";
import { EFFECT_TABLE } from "./effect-table.ts";
import type { Asking, Row } from "./effect-table.ts";
import { nearestGrant } from "./nearest-grant.ts";
import { questionFor } from "./question.ts";
import { visibleLine } from "./visible-text.ts";

type Deny = Extract<Verdict, { kind: "deny" }>;

/** A refusal as plain data. */
export const refusal = (rule: string, error: MoltbotError, nearest: NearestGrant | null = null): Deny => ({
  kind: "deny",
  rule,
  error,
  nearest,
});

const deny = (rule: string, code: ErrorCode, context: ErrorContext, nearest: NearestGrant | null = null): Deny =>
  refusal(rule, moltbotError(code, context), nearest);

/** A model may name anything; only a short, visible form of it goes into an error. */
const toolWords = (tool: string): string => visibleLine(tool, 80);

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);

const denyResource = (tool: string, resource: ResolvedResource, code: string): Deny =>
  deny("resource.refused", isErrorCode(code) ? code : "TOOL_ARGUMENTS_INVALID", {
    tool,
    path: visibleLine(resource.argument, 40),
    problem: "it may never be reached",
    range: "private or reserved",
    ...(resource.kind === "host" ? { host: visibleLine(resource.value, 100) } : {}),
  });

const ANSWERED = {
  denied: ["approval.denied", "APPROVAL_DENIED"],
  cancelled: ["approval.cancelled", "TURN_STOPPED"],
  silent: ["approval.silent", "APPROVAL_EXPIRED"],
  spent: ["approval.spent", "PERMIT_SPENT"],
} as const satisfies Record<Exclude<Standing["kind"], "none" | "approved">, readonly [string, ErrorCode]>;

/** What is refused whatever anybody granted or approved. */
const neverAllowed = (input: DecisionInput, manifest: ToolManifest): Deny | null => {
  const tool = manifest.name;
  const problem = argumentsProblem(manifest, input.call.arguments);
  if (problem !== null) return deny("tool.arguments-invalid", "TOOL_ARGUMENTS_INVALID", { tool, ...problem });
  for (const resource of input.resources) {
    if (resource.refusal !== null) return denyResource(tool, resource, resource.refusal);
  }
  if (manifest.effect === "fetch" && !input.resources.some(({ kind }) => kind === "host")) {
    return deny("fetch.no-host", "URL_INVALID", { problem: "it names no host" });
  }
  return null;
};

/** The capability that a row accepts, or what it asks. */
const judgeRow = (
  input: DecisionInput,
  manifest: ToolManifest,
  { requirement, condition }: Row,
): Capability | Asking => {
  if (condition !== undefined && !condition.holds(manifest)) return condition;
  return input.capabilities.find((held) => requirement.satisfiedBy(held, { input, manifest })) ?? requirement;
};

const judge = (input: DecisionInput): Verdict => {
  const { call, manifest, digest } = input;
  // 1. What is refused whatever is granted.
  if (manifest === undefined || manifest.name !== call.tool) {
    return deny("tool.unknown", "TOOL_UNKNOWN", { tool: toolWords(call.tool) });
  }
  const never = neverAllowed(input, manifest);
  if (never !== null) return never;
  const rows = EFFECT_TABLE[manifest.effect];
  if (rows === "refused") return deny("execute.no-sandbox", "SANDBOX_UNAVAILABLE", { problem: "tools have none yet" });

  // 2. What a person said about this very call.
  const nearest = nearestGrant(call, manifest, input.resources);
  const standing = standingOf(input);
  if (standing.kind === "approved") {
    return { kind: "allow", rule: "approved", digest, because: { kind: "approval", approval: standing.approval } };
  }
  if (standing.kind === "denied" || standing.kind === "cancelled" || standing.kind === "silent") {
    const [rule, code] = ANSWERED[standing.kind];
    return deny(rule, code, { tool: manifest.name }, nearest);
  }

  // 3. What the table of effects says.
  const row = call.label.integrity === "authority" ? rows.clean : rows.untrusted;
  const judged = judgeRow(input, manifest, row);
  if ("id" in judged) {
    const because = { kind: "capability", capabilityId: judged.id } as const;
    return { kind: "allow", rule: `${manifest.effect}.capability`, digest, because };
  }
  if (standing.kind === "spent") {
    const [rule, code] = ANSWERED.spent;
    return deny(rule, code, { tool: manifest.name }, nearest);
  }
  return { kind: "ask", rule: judged.rule, digest, question: questionFor(input, manifest, judged) };
};

/**
 * May this call happen? Pure and total: same input, same answer; an exception inside is a refusal. Unknown, unfitting,
 * expired, revoked, drifted, silent or undecidable never becomes an allow.
 */
export const decide = (input: DecisionInput): Verdict => {
  try {
    return judge(input);
  } catch {
    return deny("guard.failed", "INTERNAL", { traceId: "decide" });
  }
};
