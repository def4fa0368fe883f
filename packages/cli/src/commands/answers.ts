import type { Approval, JsonObject, OperationOutput, OperationRequest, Proposal, TurnReport } from "@moltbot/contracts";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage, wordsOf } from "../usage.ts";
import { isWider, scopeOf } from "./proposal.ts";
import { nameAndValue, parseValue, readExpiry, readLimits } from "./read-limits.ts";
import { replyText } from "./reply.ts";

type Options = Readonly<Record<string, unknown>>;
type Answer = Omit<OperationRequest<"approvals.answer">, "approvalId">;
const NOT_COUNTED = 1;

/** Every argument as it shall be: those of the card, with what `--set` changes. A text stays a text, everything else is JSON. */
const editArguments = ({ question }: Approval, changes: readonly string[]): JsonObject => {
  const before = new Map(question.arguments.map(({ name, value }) => [name, value]));
  for (const change of changes) {
    const [name, text] = nameAndValue("--set", change);
    before.set(name, typeof before.get(name) === "string" ? text : parseValue(text));
  }
  return Object.fromEntries(before);
};

const FOR_ONE = ["set", "limit", "constraint", "proposed", "code"] as const;
const isGiven = (value: unknown): boolean => value !== undefined && value !== false;

/** What the card proposes, where `--proposed` takes it; null where it does not. */
const proposalOf = async (context: CommandContext, id: string, options: Options): Promise<Proposal | null> => {
  if (options["proposed"] !== true) return null;
  if (readLimits(options) !== undefined) throw usage("Give limits or --proposed, not both.");
  const { question } = await context.call("approvals.get", { approvalId: id });
  if (question.proposal === null) throw usage("This question carries no proposal; give the limits with --limit.");
  return question.proposal;
};

/** For how long the answer holds: as `--scope` says, or as what is proposed does. No proposal is taken for longer than it is meant. */
const answerScope = (written: string | undefined, proposal: Proposal | null): string => {
  if (proposal === null) return written ?? "once";
  const own = scopeOf(proposal);
  if (written !== undefined && isWider(written, own))
    throw usage(`What the card proposes holds for "${own}" at most: leave --scope out, or say --scope ${own}.`);
  return written ?? own;
};

/** What `allow` and its options say, as an answer. */
const allowOf = async (context: CommandContext, ids: readonly string[], options: Options): Promise<Answer> => {
  const [id = ""] = ids;
  const single = FOR_ONE.filter((name) => isGiven(options[name]));
  if (ids.length > 1 && single.length > 0)
    throw usage(`${single.map((name) => `--${name}`).join(", ")} belongs to one question; give one id.`);
  const proposal = await proposalOf(context, id, options);
  const constraints = proposal?.constraints ?? readLimits(options);
  const expires = readExpiry(textOption(options["for"]));
  const scope = answerScope(textOption(options["scope"]), proposal);
  if (scope === "once" && (constraints !== undefined || expires !== undefined))
    throw usage("Limits and --for belong to a wider answer: add --scope task, conversation or always.");
  const changes = wordsOf(options["set"]);
  const edited =
    changes.length === 0 ? undefined : editArguments(await context.call("approvals.get", { approvalId: id }), changes);
  const reason = textOption(options["reason"]);
  const proof = textOption(options["code"]);
  return {
    answer: "allow",
    scope: scope as NonNullable<Answer["scope"]>, // the gateway checks the word
    ...(edited === undefined ? {} : { arguments: edited }),
    ...(constraints === undefined ? {} : { constraints }),
    ...(expires === undefined ? {} : { expires }),
    ...(reason === undefined ? {} : { reason }),
    ...(proof === undefined ? {} : { proof }),
  };
};

const denyOf = (options: Options): Answer => {
  const reason = textOption(options["reason"]);
  return {
    answer: "deny",
    ...(reason === undefined ? {} : { reason }),
    ...(options["stop"] === true ? { stop: true } : {}),
  };
};

/** The turn after the answer: ended, or waiting for the next one. */
const settle = async (context: CommandContext, turnId: TurnReport["turnId"]): Promise<TurnReport> =>
  context.call("turns.get", { turnId, wait: "true" });

const outcomeLine = ({ state, question, edited }: Approval): string => {
  const word = state === "denied" ? color.red("denied") : color.green("allowed");
  return `${word} ${printableLine(question.consequence)}${edited === null ? "" : color.dim(" (as you changed it)")}`;
};

const sayIfWaiting = (context: CommandContext, turns: readonly TurnReport[]): void => {
  if (turns.some(({ state }) => state === "waiting"))
    context.output.say(color.dim("The turn waits for another answer: ./moltbot approvals"));
};

const answerOne = async (context: CommandContext, id: string, answer: Answer): Promise<void> => {
  const approval = await context.call("approvals.answer", { approvalId: id, ...answer });
  const turn = await settle(context, approval.turnId);
  context.output.data({ ...approval, turn }, () =>
    [outcomeLine(approval), replyText(turn)].filter((line) => line !== "").join("\n"),
  );
  sayIfWaiting(context, [turn]);
};

type Results = OperationOutput<"approvals.answers">;

/** What became of each of several answers, one line each. */
export const resultLines = (results: Results): readonly string[] =>
  results.map(({ approvalId, approval, code, problem }) =>
    approval === null
      ? `${color.yellow("not counted")} ${approvalId}: ${printableLine(problem ?? "")} ${color.dim(`[${code ?? ""}]`)}`
      : outcomeLine(approval),
  );

const answerSeveral = async (context: CommandContext, ids: readonly string[], answer: Answer): Promise<void> => {
  const results = await context.call("approvals.answers", {
    answers: ids.map((approvalId) => ({ approvalId, ...answer })),
  });
  const turnIds = [...new Set(results.flatMap(({ approval }) => (approval === null ? [] : [approval.turnId])))];
  const turns: TurnReport[] = [];
  for (const turnId of turnIds) turns.push(await settle(context, turnId));
  context.output.data({ answers: results, turns }, () =>
    [...resultLines(results), ...turns.map(replyText)].filter((line) => line !== "").join("\n"),
  );
  sayIfWaiting(context, turns);
  if (results.some(({ approval }) => approval === null)) throw new CommandExit(NOT_COUNTED);
};

const answer = async (context: CommandContext, ids: readonly string[], given: Answer): Promise<void> => {
  const [id = ""] = ids;
  return ids.length === 1 ? answerOne(context, id, given) : answerSeveral(context, ids, given);
};

/** `approvals allow ID...` */
export const allow = async (context: CommandContext, ids: readonly string[], options: Options): Promise<void> =>
  answer(context, ids, await allowOf(context, ids, options));

/** `approvals deny ID...` */
export const deny = async (context: CommandContext, ids: readonly string[], options: Options): Promise<void> =>
  answer(context, ids, denyOf(options));

/** `approvals preview ID`: the limits written, those proposed, or those the card would grant. */
export const previewLimits = async (context: CommandContext, id: string, options: Options) =>
  (await proposalOf(context, id, options))?.constraints ??
  readLimits(options) ??
  (await context.call("approvals.get", { approvalId: id })).question.grant;
