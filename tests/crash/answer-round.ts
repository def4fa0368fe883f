import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval, CallId, Stop, ToolCall } from "@moltbot/contracts";
import { notes } from "../support/guard-house.ts";

const PROGRAM = join(import.meta.dirname, "race-house.ts");

export interface AnswerWish {
  readonly races: number;
  /** How often the program is killed with signal 9 before it may finish. */
  readonly kills: number;
  readonly seed: number;
}

/** What a round found: each list names the calls that broke a promise, and is empty when it was kept. */
export interface AnswerRound {
  readonly races: number;
  readonly kills: number;
  readonly ran: number;
  readonly stops: number;
  readonly expired: number;
  readonly denied: number;
  readonly edited: number;
  /** Ran more than once. */
  readonly twice: readonly CallId[];
  /** Ran without an answer that allowed it, or with other arguments than were allowed. */
  readonly unallowed: readonly CallId[];
  /** Was admitted after its question had expired. */
  readonly afterExpiry: readonly CallId[];
  /** Ran while everything was stopped. */
  readonly afterStop: readonly CallId[];
  /** More than one answer was told that it counts. */
  readonly twoWinners: readonly CallId[];
  readonly audit: boolean;
}

interface Race {
  readonly callId: CallId;
  readonly accepted: number;
}
type Line<T> = readonly T[];
type Answered = Pick<Approval, "callId" | "state" | "expiresAt" | "answeredBy"> & { readonly edited: boolean };
interface Decided {
  readonly callId: CallId;
  readonly kind: string;
  readonly at: string;
  readonly rule: string;
}
interface Happened {
  readonly callId: CallId;
  readonly at: string;
  readonly text: string;
}

/** Runs the program until it ends by itself or, when `after` is given, until it is killed after so many milliseconds. */
const runProgram = (folder: string, argv: readonly string[], after: number | null): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, folder, ...argv], { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const timer = after === null ? undefined : setTimeout(() => child.kill("SIGKILL"), after);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === "SIGKILL") resolve(code);
      else reject(new Error(`the races ended with ${String(code)}: ${errors}`));
    });
  });

const isStopped = (stops: Line<Stop>, at: string): boolean =>
  stops.some((stop) => at > stop.at && (stop.resumedAt === null || at < stop.resumedAt));

const judge = (folder: string, kills: number): AnswerRound => {
  const calls = notes<ToolCall>(folder, "calls.jsonl");
  const races = notes<Race>(folder, "races.jsonl");
  const approvals = new Map(notes<Answered>(folder, "approvals.jsonl").map((row) => [row.callId, row]));
  const decisions = notes<Decided>(folder, "decisions.jsonl").filter(({ kind }) => kind === "allow");
  const world = notes<Happened>(folder, "world.jsonl");
  const stops = notes<Stop>(folder, "stops.jsonl");
  const times = new Map<CallId, number>();
  for (const { callId } of world) times.set(callId, (times.get(callId) ?? 0) + 1);
  const allowed = (line: Happened): boolean => {
    const answer = approvals.get(line.callId);
    if (answer?.state !== "consumed" || answer.answeredBy === null) return false;
    return line.text === (answer.edited ? "as the person changed it" : "as the model asked");
  };
  const late = decisions.filter(({ callId, at }) => at >= (approvals.get(callId)?.expiresAt ?? ""));
  const states = [...approvals.values()].map(({ state }) => state);
  return {
    races: calls.length,
    kills,
    ran: world.length,
    stops: stops.length,
    expired: states.filter((state) => state === "expired").length,
    denied: states.filter((state) => state === "denied").length,
    edited: [...approvals.values()].filter(({ edited }) => edited).length,
    twice: [...times].filter(([, count]) => count > 1).map(([callId]) => callId),
    unallowed: world.filter((line) => !allowed(line)).map(({ callId }) => callId),
    afterExpiry: late.map(({ callId }) => callId),
    afterStop: world.filter(({ at }) => isStopped(stops, at)).map(({ callId }) => callId),
    twoWinners: races.filter(({ accepted }) => accepted > 1).map(({ callId }) => callId),
    audit: notes<{ readonly ok: boolean }>(folder, "audit.jsonl").every(({ ok }) => ok),
  };
};

/** One round: races in a process that is killed again and again, then what the world and the ledger say. */
export const runAnswerRound = async ({ races, kills, seed }: AnswerWish): Promise<AnswerRound> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-races-"));
  try {
    let killed = 0;
    for (let at = 0; at < kills; at += 1) {
      // Early enough to strike in the middle: a start takes a fifth of a second, a race a few milliseconds.
      const code = await runProgram(folder, [String(races), String(seed + at)], 450 + ((seed * 131 + at * 197) % 600));
      if (code === null) killed += 1;
    }
    const left = Math.max(0, races - notes(folder, "calls.jsonl").length);
    await runProgram(folder, [String(left), String(seed + kills)], null);
    await runProgram(folder, ["0", "0", "finish"], null);
    return judge(folder, killed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Whether every promise was kept. */
export const heldIn = (round: AnswerRound): boolean =>
  round.audit &&
  [round.twice, round.unallowed, round.afterExpiry, round.afterStop, round.twoWinners].every(
    (broken) => broken.length === 0,
  );
