import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Firing, Job, OutboxItem } from "@moltbot/contracts";
import type { PostgresPlace } from "../../packages/storage/src/database/index.ts";
import { notes } from "../support/guard-house.ts";

const PROGRAM = join(import.meta.dirname, "work-house.ts");

/** Where the database is, as it is handed to another process. */
export type RoundPlace = { readonly file: string } | { readonly connection: PostgresPlace; readonly schema: string };

export interface WorkWish {
  /** How often the program is killed with signal 9 before it may finish. */
  readonly kills: number;
  readonly seed: number;
  /** Where the database lies; a file in the round's own folder unless told. */
  readonly place?: RoundPlace;
}

/** What a round found: each list names what broke a promise, and is empty when it was kept. */
export interface WorkRound {
  readonly kills: number;
  readonly accepted: number;
  readonly effects: number;
  readonly times: number;
  readonly missed: number;
  readonly unknown: number;
  readonly sent: number;
  /** Accepted jobs that are gone, or never ran, or did not end. */
  readonly lost: readonly string[];
  /** Times of the schedule that have no account, or are still open. */
  readonly unaccounted: readonly string[];
  /** Jobs of the schedule that belong to no time, or times that share one. */
  readonly firedTwice: readonly string[];
  /** Effects that cannot be repeated and arrived more than once. */
  readonly twice: readonly string[];
  /** Effects that are gone, open, or said to be sent and never arrived. */
  readonly untrue: readonly string[];
}

interface End {
  readonly jobs: readonly Pick<Job, "id" | "state">[];
  readonly firings: readonly Pick<Firing, "at" | "state" | "jobId">[];
  readonly effects: readonly Pick<OutboxItem, "id" | "state" | "repeatable">[];
}

/** Runs the program until it ends by itself or, when `after` is given, until it is killed so many milliseconds after it went to work. */
const runProgram = (argv: readonly string[], after: number | null): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.once("data", () => {
      if (after !== null) timer = setTimeout(() => child.kill("SIGKILL"), after);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === "SIGKILL") resolve(code);
      else reject(new Error(`the work ended with ${String(code)}: ${errors}`));
    });
  });

/** The world outside: counts what arrives, and answers a little later, so that a kill strikes in between. */
const openSink = async () => {
  const arrived = new Map<string, number>();
  const server = createServer((request, response) => {
    const id = (request.url ?? "").slice(1);
    arrived.set(id, (arrived.get(id) ?? 0) + 1);
    setTimeout(() => response.end(), 3 + (arrived.size % 20));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    arrived,
    url: `http://127.0.0.1:${String(port)}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};

const MINUTE = 60_000;
/** The first time of the schedule, as the program sets it. */
const FIRST = Date.parse("2026-11-22T12:01:00.000Z");
/** After which time of every minute one is missing. */
const holes = (firings: End["firings"]): readonly string[] => {
  const times = [FIRST - MINUTE, ...firings.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b)];
  return times.flatMap((at, index) => {
    const before = times[index - 1] ?? at - MINUTE;
    return at - before === MINUTE ? [] : [new Date(before).toISOString()];
  });
};

const judge = (folder: string, arrived: ReadonlyMap<string, number>, kills: number): WorkRound => {
  const end = JSON.parse(readFileSync(join(folder, "end.json"), "utf8")) as End; // written by the program
  const accepted = notes<{ readonly jobId: string }>(folder, "jobs.jsonl").map(({ jobId }) => jobId);
  const ran = new Set(notes<{ readonly jobId: string }>(folder, "world.jsonl").map(({ jobId }) => jobId));
  const put = notes<{ readonly outboxId: string }>(folder, "effects.jsonl").map(({ outboxId }) => outboxId);
  const states = new Map<string, string>(end.jobs.map(({ id, state }) => [id, state]));
  const effects = new Map<string, End["effects"][number]>(end.effects.map((effect) => [effect.id, effect]));
  const fired = end.firings.flatMap(({ jobId }) => (jobId === null ? [] : [jobId as string]));
  const wished = new Set(accepted);
  // A job that was enqueued and killed before it was noted is neither the schedule's nor acknowledged.
  const strays = fired.filter((id) => wished.has(id) || !states.has(id));
  const untrue = [...put, ...end.effects.map(({ id }) => id as string)].filter((id) => {
    const state = effects.get(id)?.state;
    return state === "sent" ? !arrived.has(id) : state !== "unknown";
  });
  return {
    kills,
    accepted: accepted.length,
    effects: put.length,
    times: end.firings.length,
    missed: end.firings.filter(({ state }) => state === "missed").length,
    unknown: end.effects.filter(({ state }) => state === "unknown").length,
    sent: end.effects.filter(({ state }) => state === "sent").length,
    lost: accepted.filter((id) => states.get(id) !== "done" || !ran.has(id)),
    unaccounted: [
      ...holes(end.firings),
      ...end.firings
        .filter(({ state }) => !["done", "missed", "failed", "unknown"].includes(state))
        .map(({ at }) => at),
    ],
    firedTwice: [...strays, ...fired.filter((id, index) => fired.indexOf(id) !== index)],
    twice: end.effects.filter(({ id, repeatable }) => !repeatable && (arrived.get(id) ?? 0) > 1).map(({ id }) => id),
    untrue: [...new Set(untrue)],
  };
};

/** One round: jobs, a schedule and effects in a process that is killed again and again, then what the world and the ledger say. */
export const runWorkRound = async ({ kills, seed, place }: WorkWish): Promise<WorkRound> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-durable-"));
  const sink = await openSink();
  const where = JSON.stringify(place ?? { file: join(folder, "moltbot.db") });
  try {
    let killed = 0;
    for (let at = 0; at < kills; at += 1) {
      // Also early enough to strike in the middle of taking up what the last one left.
      const after = (seed * 131 + at * 197) % 700;
      if ((await runProgram([folder, sink.url, "load", where], after)) === null) killed += 1;
    }
    await runProgram([folder, sink.url, "finish", where], null);
    return judge(folder, sink.arrived, killed);
  } finally {
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Whether every promise was kept. */
export const workHeldIn = (round: WorkRound): boolean =>
  [round.lost, round.unaccounted, round.firedTwice, round.twice, round.untrue].every((broken) => broken.length === 0);
