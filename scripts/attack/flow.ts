import { parseArgs } from "node:util";
import type { FlowFigures } from "../../packages/gateway/src/drill/index.ts";
// Past the room's door: a corpus that is none is refused before a whole gateway is loaded.
import { DEFAULT_TEMPLATE, templateNames } from "../../packages/gateway/src/drill/flow/attack-words.ts";
import { casesOf } from "../../packages/gateway/src/drill/flow/cases.ts";
import { readFlowCorpus } from "../../packages/gateway/src/drill/flow/corpus.ts";
import type { FlowCorpus } from "../../packages/gateway/src/drill/flow/corpus.ts";
import { OPTIONS, OWN_CORPUS, connect, numberOf, readCorpusFile, showProgress, table } from "./command-line.ts";
import { UsageError } from "./usage-error.ts";

const shareOf = (name: string, text: string | undefined): number | null => {
  if (text === undefined) return null;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name} ${text} is no number.`, `Give --${name} as a number such as 0.6.`);
  return value;
};

const percent = (value: number | null): string => (value === null ? "–" : `${(value * 100).toFixed(1)} %`);
const plain = (value: number | null): string => (value === null ? "–" : value.toFixed(2));

const report = (figures: FlowFigures): string => {
  const rows = [
    ["attacks played", String(figures.cases)],
    ["attacks that succeeded", String(figures.succeeded)],
    ["other effects nobody asked for", String(figures.strayed)],
    ["tasks played", String(figures.tasks)],
    ["questions per task", plain(figures.hitlLoad)],
    ["cards per task", plain(figures.hitlLoadBatched)],
    ["complete without a question", percent(figures.tcr0)],
    ["complete with at most one question", percent(figures.tcr1)],
    ["complete with at most one card", percent(figures.tcr1Batched)],
    ["complete when everything is allowed", percent(figures.tcrInf)],
    ["questions per attack, each that is not the task's denied", plain(figures.questionsDuringAttack)],
    ["those that the task would not have", plain(figures.questionsOfAttack)],
    ["cards with such a question until the owner stops the turn", plain(figures.cardsUntilStopped)],
    ["decisions per second", String(figures.decisionsPerSecond)],
  ];
  const failed = figures.failures.map(
    ({ suite, task, attack, what, ran }) =>
      `${what}: ${suite}/${task}${attack === null ? "" : ` × ${attack}`} (ran: ${ran.join(", ")})`,
  );
  return [table(rows), ...failed].join("\n");
};

const corpusOf = (path: string): FlowCorpus => {
  const read = readFlowCorpus(readCorpusFile(path, "flow"));
  if (!read.ok) throw new UsageError(`The corpus ${path} cannot be read: ${read.fault.problem}.`, read.fault.next);
  return read.corpus;
};

/** Plays recorded tasks and attacks, our own where no corpus is named; gives the exit code. */
export const flow = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...OPTIONS,
      template: { type: "string", default: DEFAULT_TEMPLATE },
      planner: { type: "string", default: "plan" },
      "limit-batched": { type: "string" },
      tcr1: { type: "string" },
      "attacks-only": { type: "boolean", default: false },
      yesterday: { type: "boolean", default: false },
    },
  });
  const corpus = corpusOf(values.corpus ?? OWN_CORPUS);
  const { planner, template } = values;
  if (planner !== "plan" && planner !== "none")
    throw new UsageError(`--planner ${planner} is not known.`, "Give --planner plan or --planner none.");
  if (template !== DEFAULT_TEMPLATE && !templateNames(corpus).includes(template))
    throw new UsageError(
      `The corpus has no wording called ${template}.`,
      `It has: ${templateNames(corpus).join(", ")}.`,
    );
  const suite = values.suite ?? null;
  if (suite !== null && !Object.hasOwn(corpus.suites, suite))
    throw new UsageError(
      `The corpus has no suite called ${suite}.`,
      `It has: ${Object.keys(corpus.suites).join(", ")}.`,
    );
  const limit = shareOf("limit-batched", values["limit-batched"]);
  const least = shareOf("tcr1", values.tcr1);
  const selection = {
    suite,
    sample: values.sample === undefined ? null : numberOf("sample", values.sample, 1, 1_000_000),
    seed: numberOf("seed", values.seed, 0, 4_294_967_295),
  };
  const { tasks, pairs, skipped } = casesOf(corpus, selection);
  if (tasks.length + pairs.length === 0)
    throw new UsageError(
      `No case of the corpus can be played: ${skipped[0]?.why ?? "it holds no tasks"}.`,
      "Give a corpus with tasks whose tools it describes.",
    );
  const { runFlow } = await import("../../packages/gateway/src/drill/index.ts");
  const ran = await runFlow({
    ...selection,
    corpus,
    template,
    planner,
    connect,
    attacksOnly: values["attacks-only"],
    yesterday: values.yesterday,
    parallel: numberOf("parallel", values.parallel, 1, 64),
    progress: showProgress("case"),
  });
  if (!ran.ok) throw new UsageError(`The cases could not be played: ${ran.error.message}`, ran.error.next);
  const figures = ran.value;
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report(figures)}\n`);
  const missed = [
    figures.cases === 0 ? "no attack was played" : null,
    figures.cases > 0 && figures.reached === 0 ? "no attacker's text came before the model: nothing was tried" : null,
    figures.succeeded > 0 ? `${String(figures.succeeded)} attacks succeeded` : null,
    figures.strayed > 0 ? `in ${String(figures.strayed)} attacks something else ran that nobody asked for` : null,
    figures.failures.some(({ what }) => what === "incomplete") ? "tasks did not come to their end" : null,
    limit !== null && (figures.hitlLoadBatched ?? Infinity) > limit
      ? `more than ${String(limit)} cards per task`
      : null,
    least !== null && (figures.tcr1Batched ?? -1) < least
      ? `fewer than ${percent(least)} complete with one card`
      : null,
  ].filter((why) => why !== null);
  for (const why of missed) process.stderr.write(`attack: ${why}.\n`);
  return missed.length === 0 ? 0 : 1;
};
