import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  JsonObject,
  JsonValue,
  Question,
  QuestionArgument,
  Result,
  ToolCall,
  ToolManifest,
} from "@moltbot/contracts";
import { ownCopy, sameValue } from "../canonical.ts";
import { criticalArguments } from "../critical-arguments.ts";
import { decide } from "../decide.ts";
import type { GuardPorts } from "../guard-ports.ts";
import { findTarget, loadDecision } from "../load-decision.ts";
import { visibleLine, visibleValue } from "../visible-text.ts";
import { askedCall, callWith } from "./call-on-card.ts";
import type { SeenCall } from "./call-on-card.ts";
import { consequenceOf, previewOf } from "./told-by-tool.ts";

/** The call as a person changed it, what they allow with it, and what it was before. */
export interface EditedCall extends SeenCall {
  readonly question: Question;
  readonly before: JsonObject;
}

const invalid = (path: string, problem: string) => err(moltbotError("APPROVAL_EDIT_INVALID", { path, problem }));

/** Names of the arguments that the person set to something else; one that was taken away has no name here. */
const changedNames = (before: JsonObject, after: JsonObject): readonly string[] =>
  Object.keys(after).filter((name) => !sameValue(before[name], after[name]));

/** What decides what happens to whom must be seen whole by who types it; content may hold joiners, as emoji do. */
const mustBeSeen = (manifest: ToolManifest, given: JsonObject, name: string): boolean =>
  criticalArguments(manifest, given).includes(name) && manifest.roles?.[name] !== "content";

/** What is wrong with one changed argument: pasted text may hide something, and a card shows long or hidden text otherwise than it is. */
const changeProblem = (
  approval: Approval,
  { manifest, call }: SeenCall,
  name: string,
  value: JsonValue,
): string | null => {
  const shown = approval.question.arguments.find((argument) => argument.name === name);
  if (shown !== undefined && sameValue(shown.value, value)) {
    return "the card shows it shortened or with hidden characters written out; write it as it shall be";
  }
  return mustBeSeen(manifest, call.arguments, name) && !sameValue(value, visibleValue(value))
    ? "it holds characters that cannot be seen or that pass for a space, or is too long to be shown"
    : null;
};

/** Judges the changed call as if nothing were granted: what a person may not be asked about, no edit can allow. */
const judge = async (
  ports: GuardPorts,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<SeenCall & { readonly question: Question }>> => {
  const target = await findTarget(ports, scope, call);
  const { manifest, problem, resources, unresolved } = target;
  if (manifest === undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: visibleLine(call.tool, 80) }));
  if (problem !== null) return invalid(problem.path, problem.problem);
  if (unresolved !== null) return invalid("arguments", `it cannot be resolved (${unresolved.code})`);
  // That there is no wall is no fault of an argument: the decision says what is missing.
  const refused = resources.find(({ refusal }) => refusal !== null && refusal !== "SANDBOX_UNAVAILABLE");
  if (refused !== undefined)
    return invalid(visibleLine(refused.argument, 40), "what it points at may never be reached");
  const input = await loadDecision(ports, ports.store, scope, call, target, []);
  if (!input.ok) return err(input.error);
  const verdict = decide({ ...input.value, capabilities: [], usage: [], mayAsk: true });
  if (verdict.kind === "deny") return err(verdict.error);
  if (verdict.kind === "allow") return err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: "allowed" }));
  return ok({ call, manifest, resources, input: input.value, question: verdict.question });
};

/** What was allowed, as the card would have shown it: what the person typed is stated, the rest keeps its origin. */
const editedQuestion = async (
  ports: GuardPorts,
  approval: Approval,
  call: ToolCall,
  fresh: Question,
  changed: readonly string[],
): Promise<Question> => {
  const card = approval.question;
  const onCard = (name: string) => card.arguments.find((argument) => argument.name === name);
  const shown = (argument: QuestionArgument): QuestionArgument => {
    const { sources: _, ...plain } = argument;
    if (changed.includes(argument.name)) return { ...plain, origin: "stated" };
    const { origin, sources } = onCard(argument.name) ?? argument;
    return { ...plain, origin, ...(sources === undefined ? {} : { sources }) };
  };
  return {
    ...fresh,
    consequence: consequenceOf(ports, call, fresh.consequence),
    preview: await previewOf(ports, call),
    arguments: fresh.arguments.map(shown),
    why: card.why,
    rule: card.rule,
    // Changing an argument opens no choice that the card did not offer.
    scopes: fresh.scopes.filter((scope) => card.scopes.includes(scope)),
    stepUp: fresh.stepUp || card.stepUp,
    proposal: null,
  };
};

/**
 * The call that a person allows instead of the one on the card; null when they changed nothing. It is resolved and judged
 * anew under what is in force now. APPROVAL_EDIT_INVALID, or the refusal that the changed call meets; either way the question
 * stays open.
 */
export const editedCall = async (
  ports: GuardPorts,
  scope: AccessScope,
  approval: Approval,
  given: JsonObject,
): Promise<Result<EditedCall | null>> => {
  const asked = await askedCall(ports, scope, approval);
  if (!asked.ok) return asked;
  if (asked.value === null) return invalid("arguments", "the call is no longer the one that the question shows");
  const before = asked.value.call.arguments;
  const wished = await callWith(ports, scope, approval, given);
  if (!wished.ok) return wished;
  const call = ownCopy(wished.value);
  if (call === null) return invalid("arguments", "a text is not valid Unicode");
  if (sameValue(before, call.arguments)) return ok(null);
  const judged = await judge(ports, scope, call);
  if (!judged.ok) return err(judged.error);
  const changed = changedNames(before, call.arguments);
  for (const [name, value] of Object.entries(call.arguments)) {
    const problem = changed.includes(name) ? changeProblem(approval, judged.value, name, value) : null;
    if (problem !== null) return invalid(visibleLine(name, 40), problem);
  }
  const question = await editedQuestion(ports, approval, call, judged.value.question, changed);
  return ok({ ...judged.value, before, question });
};
