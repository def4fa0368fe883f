import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Result, ToolCall, Verdict } from "@moltbot/contracts";
import { ownCopy } from "./canonical.ts";
import { decide, refusal } from "./decide.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { findTarget, loadDecision } from "./load-decision.ts";
import { consequenceText } from "./question.ts";
import { visibleLine } from "./visible-text.ts";

const describe = (ports: Pick<GuardPorts, "tools">, call: ToolCall, plain: string): string => {
  try {
    return consequenceText(ports.tools.describe(call));
  } catch {
    return plain;
  }
};

/** Loads what the decision looks at, decides, and puts the tool's own sentence of consequence into a question. */
export const consider = async (
  ports: GuardPorts,
  scope: AccessScope,
  asked: ToolCall,
  stated: readonly string[],
): Promise<Result<Verdict>> => {
  const call = ownCopy(asked);
  if (call === null) {
    const context = { tool: visibleLine(asked.tool, 80), path: "arguments", problem: "a text is not valid Unicode" };
    return ok(refusal("tool.arguments-invalid", moltbotError("TOOL_ARGUMENTS_INVALID", context)));
  }
  const target = await findTarget(ports, call);
  if (target.unresolved !== null) return ok(refusal("resource.unresolved", target.unresolved));
  const input = await loadDecision(ports, ports.store, scope, call, target, stated);
  if (!input.ok) return err(input.error);
  const verdict = decide(input.value);
  if (verdict.kind !== "ask") return ok(verdict);
  const { question } = verdict;
  return ok({ ...verdict, question: { ...question, consequence: describe(ports, call, question.consequence) } });
};
