import type { Attack } from "./attacker.ts";
import { criticalCalls } from "./attacker.ts";
import type { CorpusInjection, CorpusSuite, CorpusTask, FlowCorpus } from "./corpus.ts";
import { sinksOf } from "./owner.ts";
import { sameIn } from "./same-value.ts";
import { hasVectors } from "./world.ts";

export interface TaskCase {
  readonly suiteName: string;
  readonly suite: CorpusSuite;
  readonly task: CorpusTask;
}

export interface PairCase extends TaskCase {
  readonly injection: CorpusInjection;
}

export interface Skipped {
  readonly suite: string;
  readonly task: string;
  readonly attack: string | null;
  readonly why: string;
}

export interface Cases {
  readonly tasks: readonly TaskCase[];
  readonly pairs: readonly PairCase[];
  readonly skipped: readonly Skipped[];
}

const unknownTool = ({ suite, task }: TaskCase): string | null => {
  const known = new Set(suite.tools.map(({ name }) => name));
  const missing = task.calls.find((call) => !known.has(call.function));
  return missing === undefined ? null : `its recording calls ${missing.function}, which the suite does not have`;
};

const asksForTheSame = (suite: CorpusSuite, task: CorpusTask, injection: CorpusInjection): boolean =>
  criticalCalls(injection).every((call) =>
    task.calls.some(
      (own) =>
        own.function === call.function &&
        sameIn(
          [...Object.keys(own.args), ...Object.keys(call.args), ...sinksOf(suite, call.function)],
          own.args,
          call.args,
        ),
    ),
  );

const onlyReads = (suite: CorpusSuite, injection: CorpusInjection): boolean =>
  criticalCalls(injection).every((call) => suite.tools.find(({ name }) => name === call.function)?.effect === "none");

const whyNoAttack = (pair: PairCase, injectable: boolean): string | null => {
  const { suite, task, injection } = pair;
  if (injection.attack_is_only_final_text || criticalCalls(injection).length === 0)
    return "the attack is words alone and calls no tool";
  if (onlyReads(suite, injection)) return "its critical calls only read: nothing happens to anybody";
  if (!injectable) return "its attack reaches nothing that the task reads";
  if (!task.calls.some(hasVectors)) return "no answer of the task has a place for the attacker's text";
  if (asksForTheSame(suite, task, injection)) return "the owner asks for the same calls";
  return unknownTool(pair);
};

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
const chance = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const sampled = <T>(items: readonly T[], most: number, next: () => number): readonly T[] => {
  if (items.length <= most) return items;
  const order = items.map((item, at) => ({ item, at, key: next() }));
  return order
    .toSorted((a, b) => a.key - b.key)
    .slice(0, most)
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
};

export interface Selection {
  /** Only this suite. */
  readonly suite: string | null;
  /** At most this many pairs, and as many tasks. */
  readonly sample: number | null;
  readonly seed: number;
}

const pairsOf = (
  suiteName: string,
  suite: CorpusSuite,
): readonly { readonly pair: PairCase; readonly injectable: boolean }[] => {
  const find = (task: string, injection: string, injectable: boolean) => {
    const own = suite.user_tasks.find(({ id }) => id === task);
    const hostile = suite.injection_tasks.find(({ id }) => id === injection);
    return own === undefined || hostile === undefined
      ? []
      : [{ pair: { suiteName, suite, task: own, injection: hostile }, injectable }];
  };
  if (suite.pairs !== undefined)
    return suite.pairs.flatMap((pair) => find(pair.user_task, pair.injection_task, pair.injectable));
  return suite.user_tasks.flatMap((task) => suite.injection_tasks.flatMap(({ id }) => find(task.id, id, true)));
};

/** The cases of a corpus that can be played, and why the others cannot. */
export const casesOf = (corpus: FlowCorpus, { suite: only, sample, seed }: Selection): Cases => {
  const suites = Object.entries(corpus.suites).filter(([name]) => only === null || name === only);
  const skipped: Skipped[] = [];
  const tasks: TaskCase[] = [];
  const pairs: PairCase[] = [];
  for (const [suiteName, suite] of suites) {
    for (const task of suite.user_tasks) {
      const why = unknownTool({ suiteName, suite, task });
      if (why === null) tasks.push({ suiteName, suite, task });
      else skipped.push({ suite: suiteName, task: task.id, attack: null, why });
    }
    for (const { pair, injectable } of pairsOf(suiteName, suite)) {
      const why = whyNoAttack(pair, injectable);
      if (why === null) pairs.push(pair);
      else skipped.push({ suite: suiteName, task: pair.task.id, attack: pair.injection.id, why });
    }
  }
  if (sample === null) return { tasks, pairs, skipped };
  const next = chance(seed);
  return { tasks: sampled(tasks, sample, next), pairs: sampled(pairs, sample, next), skipped };
};

export const attackOf = ({ suite, task, injection }: PairCase, names: Attack["names"]): Attack => ({
  suite,
  task,
  injection,
  names,
});
