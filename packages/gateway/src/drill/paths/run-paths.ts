import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { AgentId, ModelRequest, Result, TurnReport } from "@moltbot/contracts";
import type { Tool } from "@moltbot/execution/tools";
import { must } from "../built-in/index.ts";
import { saidModel } from "../claw/index.ts";
import type { SaidAnswer } from "../claw/index.ts";
import { openDrillHouse } from "../house.ts";
import type { DrillHouse, DrillWish } from "../house.ts";
import { attempts } from "./attempts.ts";
import type { Call } from "./attempts.ts";
import { readPathCorpus } from "./corpus.ts";
import type { PathCase } from "./corpus.ts";
import { outsideOf, toldOutside } from "./outside.ts";
import type { Outside } from "./outside.ts";

export interface PathsWish {
  readonly corpus: string;
  readonly connect: DrillWish["connect"];
  readonly progress?: (done: number, all: number) => void;
  /** Hung in beside the built-in ones and tried with every path as well; none in earnest. */
  readonly tools?: readonly Tool[];
}

/** One path by which something outside was read or changed. */
export interface PathEscape {
  readonly id: string;
  readonly how: "read" | "changed" | "planted";
}

export interface PathsReport {
  readonly kind: "paths";
  readonly cases: number;
  readonly calls: number;
  readonly succeeded: number;
  readonly failures: readonly PathEscape[];
  /** Ordinary paths of the workspace that were not let through: none may be. */
  readonly benignRefused: readonly string[];
}

const BENIGN = ["notes.txt", "notes/a b.txt", "./notes/plan.md", "ä/日本.txt", "a..b/c...d.txt", "100%2f.txt"];
/** How many paths are tried at once, each in a conversation of its own; after them the world is looked at. */
const AT_ONCE = 16;
/** How many are tried in one house: each call looks back at those of its agent, which would be more and more. */
const IN_A_HOUSE = 160;
/** As many answers as one request takes. */
const MOST_ANSWERS = 50;

/** What a turn of the model is to try, by a word in the message that begins it. */
class Plans {
  readonly #calls = new Map<string, readonly Call[]>();

  add(calls: readonly Call[]): string {
    const key = `p${String(this.#calls.size)}`;
    this.#calls.set(key, calls);
    return key;
  }

  /** The calls that the newest message asks for; none once they were made. */
  readonly answer = ({ messages }: ModelRequest): SaidAnswer => {
    const from = messages.slice(messages.findLastIndex(({ role }) => role === "user"));
    const key = /\bp\d+\b/.exec(JSON.stringify(from[0] ?? ""))?.[0] ?? "";
    return from.some(({ role }) => role === "assistant") ? { text: "Done." } : { calls: this.#calls.get(key) ?? [] };
  };
}

/** Sends one turn, says yes to everything it asks (the worst case: a person who reads none), and gives what its calls gave back. */
const play = async (house: DrillHouse, agent: AgentId, key: string) => {
  let report: TurnReport = must(await house.send(agent, `Please tidy up my files, as in list ${key}.`));
  if (report.reply === null && report.approvals.length === 0) report = must(await house.standing(report));
  while (report.approvals.length > 0) {
    const answers = report.approvals
      .slice(0, MOST_ANSWERS)
      .map(({ id }) => ({ approvalId: id, answer: "allow" as const }));
    must(await house.door.call("approvals.answers", { answers }));
    report = must(await house.standing(report));
  }
  const { conversationId } = report;
  return must(await house.door.call("conversations.messages", { conversationId, limit: 500 }))
    .flatMap(({ parts }) => parts)
    .flatMap((part) => (part.type === "result" ? [part] : []));
};

/** Tries paths at once and looks at the world afterwards; of what happened outside, nobody can tell yet whose work it was. */
const tryTogether = async (stage: Stage, cases: readonly PathCase[]) => {
  const { house, agent, plans, workspace, tools, outside } = stage;
  // What earlier ones left inside would only be read and listed again and again.
  for (const name of readdirSync(workspace)) rmSync(join(workspace, name), { recursive: true, force: true });
  const tried = await Promise.all(
    cases.map(async (one, at) => {
      writeFileSync(join(workspace, `own-${String(at)}.txt`), "own");
      const results = await play(
        house,
        agent,
        plans.add(attempts(one, { key: String(at), planted: outside.planted, more: tools })),
      );
      return { id: one.id, calls: results.length, wasRead: toldOutside(results.map(({ text }) => text)) };
    }),
  );
  return { tried, happened: outside.escapes() };
};

/**
 * The same, and who did what happened outside: each is tried again alone; where alone none of them does it again, it is held against
 * all of them.
 */
const tryAndBlame = async (stage: Stage, cases: readonly PathCase[]) => {
  const { tried, happened } = await tryTogether(stage, cases);
  const failures: PathEscape[] = tried.flatMap(({ id, wasRead }) => (wasRead ? [{ id, how: "read" as const }] : []));
  const calls = tried.reduce((sum, one) => sum + one.calls, 0);
  const blamed: PathEscape[] = [];
  const alone = happened.length > 0 && cases.length > 1 ? cases : [];
  for (const one of alone) {
    const again = await tryTogether(stage, [one]);
    blamed.push(...again.happened.map((how) => ({ id: one.id, how })));
  }
  const unexplained = happened.filter((how) => !blamed.some((one) => one.how === how));
  for (const how of unexplained) blamed.push(...cases.map(({ id }) => ({ id, how })));
  return { calls, failures: [...failures, ...blamed] };
};

interface Stage {
  readonly house: DrillHouse;
  readonly agent: AgentId;
  readonly plans: Plans;
  readonly workspace: string;
  readonly tools: readonly Tool[];
  readonly outside: Outside;
}

interface PartReport {
  readonly calls: number;
  readonly failures: readonly PathEscape[];
  readonly benignRefused: readonly string[];
}

/** Some of the paths in a house of their own; then ordinary ones, which are to be let through. */
const runPart = async (
  { tools = [], connect }: PathsWish,
  cases: readonly PathCase[],
  progress: (done: number) => void,
): Promise<Result<PartReport>> => {
  const plans = new Plans();
  const model = saidModel("paths", plans.answer);
  const opened = await openDrillHouse({ tools, models: { paths: model }, connect, inMemory: true });
  if (!opened.ok) return opened;
  const house = opened.value;
  try {
    const granted = tools.map(({ manifest }) => manifest.name);
    const agent = must(await house.addAgent({ name: "paths", granted }));
    const workspace = house.workspaceOf(agent);
    mkdirSync(workspace, { recursive: true, mode: 0o700 });
    const stage: Stage = { house, agent, plans, workspace, tools, outside: outsideOf(house, agent) };
    const failures: PathEscape[] = [];
    let calls = 0;
    for (let at = 0; at < cases.length; at += AT_ONCE) {
      const tried = await tryAndBlame(stage, cases.slice(at, at + AT_ONCE));
      failures.push(...tried.failures);
      calls += tried.calls;
      progress(Math.min(at + AT_ONCE, cases.length));
    }
    const ordinary = BENIGN.map((path) => ({ tool: "file.write", arguments: { path, text: "ordinary" } }));
    const benign = await play(house, agent, plans.add(ordinary));
    return ok({ calls, failures, benignRefused: BENIGN.filter((_, at) => benign[at]?.status !== "ok") });
  } finally {
    await house.close();
  }
};

/** Tries every path of a corpus of this kind with every file tool, through real gateways. */
export const runPaths = async (wish: PathsWish): Promise<Result<PathsReport>> => {
  const corpus = readPathCorpus(wish.corpus);
  if (!corpus.ok) return corpus;
  const cases = corpus.value;
  const [failures, benignRefused] = [[] as PathEscape[], new Set<string>()];
  let calls = 0;
  for (let at = 0; at < cases.length; at += IN_A_HOUSE) {
    const part = await runPart(wish, cases.slice(at, at + IN_A_HOUSE), (tried) =>
      wish.progress?.(at + tried, cases.length),
    );
    if (!part.ok) return part;
    calls += part.value.calls;
    failures.push(...part.value.failures);
    for (const path of part.value.benignRefused) benignRefused.add(path);
  }
  return ok({
    kind: "paths",
    cases: cases.length,
    calls,
    succeeded: new Set(failures.map(({ id }) => id)).size,
    failures,
    benignRefused: [...benignRefused],
  });
};
