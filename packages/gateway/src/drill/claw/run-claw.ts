import { ok } from "@moltbot/contracts";
import type { JsonObject, ModelPort, Result } from "@moltbot/contracts";
import { openDrillHouse } from "../house.ts";
import type { DrillHouse, DrillWish } from "../house.ts";
import { attackTask } from "./attack-task.ts";
import type { AttackEnd } from "./attack-task.ts";
import { benignTask } from "./benign-task.ts";
import { benignTurns } from "./benign.ts";
import { stage } from "./conduct.ts";
import { readClawCorpus } from "./corpus.ts";
import type { ClawTask } from "./corpus.ts";
import { figuresOf } from "./figures.ts";
import type { ClawReport } from "./figures.ts";
import { kindModel } from "./kind-model.ts";
import { obeyingModel } from "./obeying-model.ts";
import { clawTools } from "./replay-tools.ts";
import type { ClawWorlds } from "./world.ts";

export interface ClawWish {
  readonly corpus: string;
  readonly connect: DrillWish["connect"];
  /** How many tasks are played at once. */
  readonly parallel?: number;
  /** Plays that many tasks, chosen by `seed`; null: all. */
  readonly sample?: number | null;
  readonly seed?: number;
  /** Settings of the drill's house. */
  readonly settings?: JsonObject;
  /** What the owner answers while attacked; `allow` shows what their word alone holds back. */
  readonly answers?: "allow" | "deny";
  readonly progress?: (done: number, all: number) => void;
  /** Plays these tasks alone. */
  readonly only?: (task: ClawTask) => boolean;
}

/** Runs jobs, a few at a time, and gives what each came to, in their order. */
const inTurns = async <T, U>(
  items: readonly T[],
  atOnce: number,
  job: (item: T) => Promise<U>,
): Promise<readonly U[]> => {
  const ends: U[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const at = next;
      next += 1;
      const item = items[at];
      if (item === undefined) return;
      ends[at] = await job(item);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return ends;
};

/** Every n-th task from a place that the seed names, so that a sample spreads over all kinds. */
const sampleOf = (tasks: readonly ClawTask[], sample: number | null, seed: number): readonly ClawTask[] => {
  if (sample === null || sample >= tasks.length) return tasks;
  const stride = tasks.length / sample;
  return Array.from({ length: sample }, (_, at) => tasks[Math.floor(at * stride + seed) % tasks.length]).filter(
    (task) => task !== undefined,
  );
};

const MANNERS = ["obeys", "plans", "kind"] as const;
const nameOf = (manner: (typeof MANNERS)[number], { id }: ClawTask): string => `${manner}-${id}`;

/** Models by name, each set up once the workspace of its task stands. */
const modelsFor = (tasks: readonly ClawTask[], ports: ReadonlyMap<string, ModelPort>): DrillWish["models"] =>
  Object.fromEntries(
    tasks
      .flatMap((task) => MANNERS.map((manner) => nameOf(manner, task)))
      .map((name): [string, ModelPort] => [
        name,
        {
          describe: () => ({ name, says: "a scripted model", demonstration: false, local: true, tools: true }),
          stream: (request, signal) => {
            const port = ports.get(name);
            if (port === undefined) throw new Error(`nobody set up the model ${name}`);
            return port.stream(request, signal);
          },
        },
      ]),
  );

/** Plays every task in a house: attacked, attacked by way of a plan, and the benign turns. */
const playAll = async (
  house: DrillHouse,
  tasks: readonly ClawTask[],
  worlds: ClawWorlds,
  ports: Map<string, ModelPort>,
  wish: ClawWish,
): Promise<ClawReport> => {
  const { parallel = 6, progress = () => undefined, answers = "deny" } = wish;
  const kind = tasks.filter((task) => benignTurns(task).length > 0);
  const all = tasks.length * 2 + kind.length;
  let done = 0;
  const played = <T>(end: T): T => {
    done += 1;
    progress(done, all);
    return end;
  };
  const attacked =
    (manner: "obeys" | "plans") =>
    async (task: ClawTask): Promise<AttackEnd> => {
      const name = nameOf(manner, task);
      const staged = await stage(house, worlds, task, name);
      const model = obeyingModel(name, staged.world);
      ports.set(name, model.port);
      return played(await attackTask(house, staged, model, manner, answers));
    };
  const began = performance.now();
  const ends = await inTurns(tasks, parallel, attacked("obeys"));
  const milliseconds = performance.now() - began;
  const planned = await inTurns(tasks, parallel, attacked("plans"));
  const benign = await inTurns(kind, parallel, async (task) => {
    const name = nameOf("kind", task);
    const model = kindModel(name);
    ports.set(name, model.port);
    return played(await benignTask(house, await stage(house, worlds, task, name), model));
  });
  return figuresOf({ tasks, attacked: ends, planned, benign: benign.flat(), milliseconds });
};

/** Replays a corpus of this kind: each task with an agent and workspace of its own, in one house. USAGE where it is of another kind. */
export const runClaw = async (wish: ClawWish): Promise<Result<ClawReport>> => {
  const corpus = readClawCorpus(wish.corpus);
  if (!corpus.ok) return corpus;
  const chosen = corpus.value.filter(wish.only ?? (() => true));
  const tasks = sampleOf(chosen, wish.sample ?? null, wish.seed ?? 1);
  const worlds: ClawWorlds = new Map();
  const ports = new Map<string, ModelPort>();
  const opened = await openDrillHouse({
    tools: clawTools(worlds),
    models: modelsFor(tasks, ports),
    connect: wish.connect,
    ...(wish.settings === undefined ? {} : { settings: wish.settings }),
  });
  if (!opened.ok) return opened;
  try {
    return ok(await playAll(opened.value, tasks, worlds, ports, wish));
  } finally {
    await opened.value.close();
  }
};
