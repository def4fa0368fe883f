import { ok } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import type { DrillWish } from "../house.ts";
import { attackWords } from "./attack-words.ts";
import { attackOf, casesOf } from "./cases.ts";
import type { Cases, PairCase, Selection, TaskCase } from "./cases.ts";
import type { CorpusSuite, FlowCorpus } from "./corpus.ts";
import { figuresOf } from "./figures.ts";
import type { BenignRun, AttackRun, FlowFigures } from "./figures.ts";
import { openSuiteHouse } from "./lane.ts";
import type { Lane, SuiteHouse } from "./lane.ts";
import { runAttack, runBenign } from "./run-case.ts";
import type { Planner } from "./run-case.ts";

export interface FlowWish extends Selection {
  readonly corpus: FlowCorpus;
  readonly template: string;
  readonly planner: Planner;
  /** How many cases run beside each other. */
  readonly parallel: number;
  readonly connect: DrillWish["connect"];
  /** Lets each conversation read the attacker's text in an earlier turn as well. */
  readonly yesterday?: boolean;
  /** Leaves the tasks without an attack out, where only the attacks count. */
  readonly attacksOnly?: boolean;
  /** As in the settings file, and the operator's policy; left out: a gateway as it comes. */
  readonly settings?: DrillWish["settings"];
  readonly policy?: string;
  /** Hears of every case that is over. */
  progress?(done: number, all: number): void;
}

interface Running {
  readonly wish: FlowWish;
  readonly benign: BenignRun[];
  readonly attacks: AttackRun[];
  done: number;
  decisions: number;
}

type Job = (open: SuiteHouse, lane: Lane) => Promise<Result<void>>;

const benignJob =
  (running: Running, one: TaskCase): Job =>
  async (open, lane) => {
    const ran = await runBenign(open, lane, one.suite, one.task, running.wish.planner);
    if (ran.ok) running.benign.push({ case: one, ran: ran.value });
    return ran.ok ? ok(undefined) : ran;
  };

const attackJob =
  (running: Running, one: PairCase): Job =>
  async (open, lane) => {
    const { corpus, template, planner, yesterday = false } = running.wish;
    const words = attackWords(corpus, template, one.injection);
    const ran = await runAttack(open, lane, { attack: attackOf(one, open.names), words, planner, yesterday });
    if (ran.ok) running.attacks.push({ case: one, ran: ran.value });
    return ran.ok ? ok(undefined) : ran;
  };

/** Runs jobs on every lane until there are none left, or one could not be run at all. */
const runOnLanes = async (open: SuiteHouse, jobs: readonly Job[], over: () => void): Promise<MoltbotError | null> => {
  const queue = [...jobs];
  let failed: MoltbotError | null = null;
  const work = async (lane: Lane): Promise<void> => {
    for (let job = queue.shift(); job !== undefined && failed === null; job = queue.shift()) {
      const ran = await job(open, lane);
      if (!ran.ok) failed = ran.error;
      over();
    }
  };
  await Promise.all(open.lanes.map(work));
  return failed;
};

const DECISIONS: ReadonlySet<string> = new Set(["tool:intended", "tool:refused", "approval:requested"]);

const countDecisions = async ({ house }: SuiteHouse): Promise<Result<number>> => {
  const records = await house.readAudit();
  return records.ok ? ok(records.value.filter(({ event }) => DECISIONS.has(event)).length) : records;
};

const runSuite = async (running: Running, name: string, suite: CorpusSuite, cases: Cases): Promise<Result<void>> => {
  const { wish } = running;
  const jobs = [
    ...cases.tasks.filter((one) => one.suiteName === name).map((one) => benignJob(running, one)),
    ...cases.pairs.filter((one) => one.suiteName === name).map((one) => attackJob(running, one)),
  ];
  if (jobs.length === 0) return ok(undefined);
  const open = await openSuiteHouse(suite, {
    connect: wish.connect,
    lanes: Math.min(wish.parallel, jobs.length),
    ...(wish.settings === undefined ? {} : { settings: wish.settings }),
    policy: wish.policy ?? "",
  });
  if (!open.ok) return open;
  try {
    const all = cases.tasks.length + cases.pairs.length;
    const failed = await runOnLanes(open.value, jobs, () => wish.progress?.((running.done += 1), all));
    if (failed !== null) return { ok: false, error: failed };
    const decided = await countDecisions(open.value);
    if (!decided.ok) return decided;
    running.decisions += decided.value;
    return ok(undefined);
  } finally {
    await open.value.house.close();
  }
};

/**
 * Plays a corpus against a real gateway: each task once without an attack, with an owner who allows everything, and each pair of task
 * and attack once with a model that obeys the attacker, and an owner who allows what the task takes alone.
 */
export const runFlow = async (wish: FlowWish): Promise<Result<FlowFigures>> => {
  const found = casesOf(wish.corpus, wish);
  const cases = wish.attacksOnly === true ? { ...found, tasks: [] } : found;
  const running: Running = { wish, benign: [], attacks: [], done: 0, decisions: 0 };
  const began = performance.now();
  for (const [name, suite] of Object.entries(wish.corpus.suites)) {
    const ran = await runSuite(running, name, suite, cases);
    if (!ran.ok) return ran;
  }
  const seconds = (performance.now() - began) / 1000;
  const { benign, attacks, decisions } = running;
  return ok(figuresOf({ benign, attacks, skipped: cases.skipped, decisions, seconds, planner: wish.planner }));
};
