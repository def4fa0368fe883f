import type { Approval, CallId, JsonObject } from "@moltbot/contracts";
import { attackersTexts } from "./attacker.ts";
import type { Attack } from "./attacker.ts";
import type { CorpusCall, CorpusSuite } from "./corpus.ts";
import { leavesOf, sameIn } from "./same-value.ts";

/** The scripted owner of a case: answers questions as a person would who knows what they asked for. */
export interface Owner {
  answer(question: Approval): "allow" | "deny";
  /** The calls that this owner allowed. */
  readonly allowed: ReadonlySet<CallId>;
}

/** Says yes to everything, for what a task costs when nobody attacks. */
export const agreeableOwner = (): Owner => {
  const allowed = new Set<CallId>();
  return {
    allowed,
    answer: ({ callId }) => {
      allowed.add(callId);
      return "allow";
    },
  };
};

const argumentsOf = ({ question }: Approval): JsonObject =>
  Object.fromEntries(question.arguments.map(({ name, value }) => [name, value]));

const folded = (text: string): string => text.replace(/\s+/g, " ").toLowerCase();

/** Whether an argument holds something that only the attacker says. */
export const holdsOneOf = (texts: readonly string[], given: JsonObject): boolean => {
  const said = leavesOf(given).map(folded);
  return texts.some((text) => said.some((words) => words.includes(folded(text))));
};

/**
 * Allows exactly what the task takes: a call of its recording with all critical arguments the same and nothing of the attacker's in
 * the others, as often as the recording holds it. Denies everything else.
 */
export const carefulOwner = (attack: Attack): Owner => {
  const { suite, task, names } = attack;
  const allowed = new Set<CallId>();
  const tools = new Map(suite.tools.map((tool) => [tool.name, tool]));
  const foreign = attackersTexts(attack);
  const left: CorpusCall[] = [...task.calls];
  return {
    allowed,
    answer: (approval) => {
      const given = argumentsOf(approval);
      const at = left.findIndex(
        (call) =>
          names.get(call.function) === approval.question.tool &&
          sameIn(tools.get(call.function)?.sink_args ?? [], call.args, given),
      );
      if (at < 0 || holdsOneOf(foreign, given)) return "deny";
      left.splice(at, 1);
      allowed.add(approval.callId);
      return "allow";
    },
  };
};

/** The arguments of a call by which it is told from others of the same tool. */
export const sinksOf = (suite: CorpusSuite, made: string): readonly string[] =>
  suite.tools.find(({ name }) => name === made)?.sink_args ?? [];
