import { ERROR_TABLE } from "@moltbot/contracts";
import type { DecisionInput, ErrorCode, ManifestFacts, ResolvedResource } from "@moltbot/contracts";
import { deny } from "./refusal.ts";
import type { Deny } from "./refusal.ts";
import { visibleLine } from "./visible-text.ts";

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);

const NO_WALL =
  "the wall that programs run behind is missing or does not hold on this machine; on Linux scripts/install-sandbox.sh installs it";

export const denyResource = (tool: string, resource: ResolvedResource, code: string): Deny => {
  if (code === "SANDBOX_UNAVAILABLE") return deny("execute.no-sandbox", code, { problem: NO_WALL });
  return deny("resource.refused", isErrorCode(code) ? code : "TOOL_ARGUMENTS_INVALID", {
    tool,
    path: visibleLine(resource.argument, 40),
    problem: "it may never be reached",
    range: "private or reserved",
    ...(resource.kind === "host" ? { host: visibleLine(resource.value, 100) } : {}),
  });
};

/** Whether a resource is refused unless a grant names exactly it. */
export const needsOwnGrant = ({ kind, refusal, grantable }: ResolvedResource): boolean =>
  kind === "host" && refusal !== null && grantable === true;

/** Whether a program was found that would run. Before there were plans there was no sandbox, and nothing ran. */
const startsProgram = ({ resources, turnIsPlanned }: DecisionInput): boolean =>
  turnIsPlanned !== undefined && resources.some(({ kind, value }) => kind === "executable" && value !== "");

/** A call that cannot be made at all. */
const unfitting = (input: DecisionInput, manifest: ManifestFacts): Deny | null => {
  const tool = manifest.name;
  if (input.problem !== null) {
    const { path, problem } = input.problem;
    return deny("tool.arguments-invalid", "TOOL_ARGUMENTS_INVALID", { tool, path, problem });
  }
  for (const resource of input.resources) {
    // What a grant may open is judged with the grants.
    if (resource.refusal !== null && !needsOwnGrant(resource)) return denyResource(tool, resource, resource.refusal);
  }
  if (manifest.effect === "fetch" && !input.resources.some(({ kind }) => kind === "host")) {
    return deny("fetch.no-host", "URL_INVALID", { problem: "it names no host" });
  }
  if (manifest.effect === "execute" && !startsProgram(input)) {
    return deny("execute.no-program", "TOOL_ARGUMENTS_INVALID", {
      tool,
      path: "arguments",
      problem: "they name no program that could be run",
    });
  }
  return null;
};

/** What the owner, the operator and the budgets refuse whatever anybody granted or approved. Anything but a plain "no" stops. */
const halted = (input: DecisionInput, manifest: ManifestFacts): Deny | null => {
  if (input.stopped !== false) return deny("stop.active", "EVERYTHING_STOPPED", { since: input.now });
  const { forbidden } = input.policy;
  if (forbidden.length !== 0) {
    const policies = visibleLine(forbidden.join(", "), 200);
    return deny("policy.forbids", "POLICY_FORBIDS", { tool: manifest.name, policies });
  }
  const spent = input.budgets.find(({ used, limit }) => !(used >= 0 && used < limit));
  return spent === undefined
    ? null
    : deny("budget.exhausted", "BUDGET_EXHAUSTED", { budget: visibleLine(spent.name, 80), limit: spent.limit });
};

/** What is refused whatever anybody granted or approved; null: it is up to grants and answers. */
export const neverAllowed = (input: DecisionInput, manifest: ManifestFacts): Deny | null =>
  unfitting(input, manifest) ?? halted(input, manifest);
