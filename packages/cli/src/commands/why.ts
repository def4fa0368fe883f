import type { CallId, Explanation, Label, Message } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { facts, printableLine, when } from "../output.ts";
import { limitsText } from "./limit-text.ts";

const VERDICTS = {
  allow: color.green("allowed"),
  ask: color.yellow("asked"),
  deny: color.red("refused"),
} as const;

const contextText = ({ integrity, readers, sources }: Label): string => {
  const who = readers === "public" ? "everyone may know it" : `${String(readers.length)} may know it`;
  const from = sources.length === 0 ? "" : `, from ${sources.map(({ kind, ref }) => `${kind} ${ref}`).join(", ")}`;
  return `${integrity}, ${who}${from}`;
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`  ${color.dim(title)}`, ...lines.map((line) => `    ${line}`)];

const argumentLines = ({ arguments: parts }: Explanation): readonly string[] =>
  parts.map(
    ({ name, value, critical, origin }) =>
      `${printableLine(name)} = ${printableLine(typeof value === "string" ? value : JSON.stringify(value))} ${color.dim(`${printableLine(origin)}${critical ? ", decides" : ""}`)}`,
  );

const capabilityLines = ({ capabilities }: Explanation): readonly string[] =>
  capabilities.map(({ id, reason, keptFrom }) =>
    keptFrom === null
      ? `${color.green("✓")} ${id} covers it ${color.dim(`(${printableLine(reason)})`)}`
      : `${color.red("✗")} ${id} ${printableLine(keptFrom)} ${color.dim(`(${printableLine(reason)})`)}`,
  );

const indented = (text: string): readonly string[] => text.split("\n").map((line) => `  ${line}`);

/** The newest messages of a conversation, in which its calls stand. */
const MOST_MESSAGES = 500;

/** Which step of which plan each call is, by the conversation's own messages. */
const stepsIn = (messages: readonly Message[]): ReadonlyMap<CallId, string> => {
  const parts = messages.flatMap((message) => message.parts);
  const plans = new Map(parts.flatMap((part) => (part.type === "plan" ? [[part.plan.id, part.plan] as const] : [])));
  return new Map(
    parts.flatMap((part) => {
      if (part.type !== "call" || part.planned === undefined) return [];
      const { planId, step } = part.planned;
      const plan = plans.get(planId);
      const of =
        plan === undefined ? "" : ` of ${String(plan.steps.length)}${plan.goal === "" ? "" : ` of “${plan.goal}”`}`;
      return [[part.callId, `step ${String(step)}${of}, plan ${planId}`] as const];
    }),
  );
};

/** Nothing when the conversation is gone: the decision is explained without it. */
const stepsOf = async (
  context: CommandContext,
  explanations: readonly Explanation[],
): Promise<ReadonlyMap<CallId, string>> => {
  const found = new Map<CallId, string>();
  for (const conversationId of new Set(explanations.map((one) => one.conversationId))) {
    const messages = await context.client.call("conversations.messages", { conversationId, limit: MOST_MESSAGES });
    if (messages.ok) for (const [callId, step] of stepsIn(messages.value)) found.set(callId, step);
  }
  return found;
};

/** One decision: verdict, rule, what was in view, each argument, each grant and what kept it from counting. */
const explanationText = (one: Explanation, step: string | undefined): string =>
  [
    `${VERDICTS[one.verdict]} ${color.bold(printableLine(one.tool))} ${color.dim(when(one.at))}`,
    `  ${printableLine(one.says)}`,
    ...indented(
      facts([
        ["rule", one.code === null ? one.rule : `${one.rule} (${one.code})`],
        ["class", one.effect ?? "no such tool"],
        ["context", contextText(one.context)],
        ...(step === undefined ? [] : [["plan", step] as const]),
        ["decision", one.id],
        ["call", one.callId],
        ["turn", one.turnId],
      ]),
    ),
    ...section("arguments", argumentLines(one)),
    ...section("forbidden by", one.forbiddenBy.map(printableLine)),
    ...section("grants", one.capabilities.length === 0 ? ["none for this tool"] : capabilityLines(one)),
    ...section(
      "answers",
      one.approvals.map(({ id, state }) => `${id} ${printableLine(state)}`),
    ),
    ...(one.nearest === null
      ? []
      : section("the narrowest grant that would allow it", [
          `${printableLine(one.nearest.tool)}: ${printableLine(limitsText(one.nearest.constraints))}`,
        ])),
  ].join("\n");

/** `why ID` */
export const whyCommand = (program: Command, run: Runner): void => {
  program
    .command("why <id>")
    .description("explain a decision: the id of a call, of its question, or of one decision")
    .action(
      run(async (context, _options, id) => {
        const explanations = await context.call("decisions.explain", { id });
        const steps = context.output.json ? new Map<CallId, string>() : await stepsOf(context, explanations);
        context.output.data(explanations, () =>
          explanations.length === 0
            ? color.dim("Nothing was decided about it.")
            : explanations.map((one) => explanationText(one, steps.get(one.callId))).join("\n\n"),
        );
      }),
    );
};
