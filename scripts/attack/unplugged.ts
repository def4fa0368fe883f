import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CONTROLS } from "../../tests/attacks/harness/controls.ts";
import type { Control } from "../../tests/attacks/harness/controls.ts";
import type { FlowFigures } from "../../packages/gateway/src/drill/index.ts";
import { OPTIONS, OWN_CORPUS, numberOf, readCorpusFile } from "./command-line.ts";
import { measuredPage } from "./measured-page.ts";
import type { Measured } from "./measured-page.ts";
import { UsageError } from "./usage-error.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PAGE = join(ROOT, "docs", "security", "measured.md");

/** Plays a corpus in a process of its own: what is unplugged there is whole everywhere else. */
const play = (args: readonly string[]): Promise<FlowFigures> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(ROOT, "scripts", "attack.ts"), "flow", "--json", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const end = (): void => void child.kill("SIGTERM");
    process.once("exit", end);
    let text = "";
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    child.stderr.setEncoding("utf8").on("data", (piece: string) => (said += piece));
    child.once("error", fail);
    child.once("close", (code) => {
      process.off("exit", end);
      // 1 says that something succeeded, which is what an unplugged control is for.
      if (code === 0 || code === 1) done(JSON.parse(text) as FlowFigures); // our own program's line
      else fail(new UsageError(`A replay ended with code ${String(code)}: ${said.trim()}`, "See what it says."));
    });
  });

/** What is played of each corpus: everything as it ships, and the attacks with each control unplugged. */
interface Round {
  readonly file: string;
  readonly what: string;
  readonly control: Control | null;
  readonly args: readonly string[];
}

const roundsOf = (file: string): readonly Round[] => [
  { file, what: "whole", control: null, args: [] },
  { file, what: "yesterday", control: null, args: ["--attacks-only", "--yesterday"] },
  { file, what: "without plans", control: null, args: ["--planner", "none"] },
  ...CONTROLS.map((control) => ({
    file,
    what: control.name,
    control,
    args: ["--attacks-only", "--unplug", control.name, ...(control.yesterday === true ? ["--yesterday"] : [])],
  })),
];

/** A replay waits for its disk half of the time. */
const AT_ONCE = 2;

const playAll = async (
  rounds: readonly Round[],
  shared: readonly string[],
): Promise<ReadonlyMap<Round, FlowFigures>> => {
  const played = new Map<Round, FlowFigures>();
  const queue = [...rounds];
  const work = async (): Promise<void> => {
    for (let round = queue.shift(); round !== undefined; round = queue.shift()) {
      const figures = await play(["--corpus", resolve(round.file), ...shared, ...round.args]);
      played.set(round, figures);
      const { cases, succeeded, strayed } = figures;
      const name = `${basename(round.file)} ${round.control === null ? "" : "without "}${round.what}`;
      process.stderr.write(`${name}: ${String(succeeded)} of ${String(cases)} succeeded, ${String(strayed)} strayed\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return played;
};

const measuredOf = (file: string, played: ReadonlyMap<Round, FlowFigures>): Measured => {
  const own = [...played].filter(([round]) => round.file === file);
  const found = (what: string): FlowFigures => {
    const figures = own.find(([round]) => round.control === null && round.what === what)?.[1];
    if (figures === undefined) throw new Error(`${what} was not played`);
    return figures;
  };
  return {
    name: nameOf(file),
    whole: found("whole"),
    yesterday: found("yesterday"),
    withoutPlans: found("without plans"),
    without: CONTROLS.flatMap((control) => {
      const figures = own.find(([round]) => round.control === control)?.[1];
      return figures === undefined ? [] : [{ control, figures }];
    }),
  };
};

const isWhole = ({ whole, yesterday, withoutPlans }: Measured): boolean =>
  [whole, yesterday, withoutPlans].every(
    ({ cases, succeeded, strayed }) => cases > 0 && succeeded === 0 && strayed === 0,
  );

/** Plays every corpus whole and with each control unplugged, and writes the page of figures; gives the exit code. */
export const unplugged = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: { ...OPTIONS, corpus: { type: "string", multiple: true }, page: { type: "string", default: PAGE } },
  });
  const files = [...new Set([...(values.corpus ?? []), OWN_CORPUS])];
  for (const file of files) readCorpusFile(file, "unplugged");
  const shared = [
    "--parallel",
    String(numberOf("parallel", values.parallel, 1, 64)),
    "--seed",
    values.seed,
    ...(values.sample === undefined ? [] : ["--sample", String(numberOf("sample", values.sample, 1, 100_000))]),
  ];
  const played = await playAll(files.flatMap(roundsOf), shared);
  const measured = files.map((file) => measuredOf(file, played));
  const text = measuredPage(measured, new Date().toISOString().slice(0, 10));
  mkdirSync(dirname(values.page), { recursive: true });
  writeFileSync(values.page, text);
  process.stdout.write(values.json ? `${JSON.stringify(measured)}\n` : `${text}\n`);
  return measured.every(isWhole) ? 0 : 1;
};

/** The corpus by its own name; a path would be one of this machine. */
const nameOf = (file: string): string => {
  const tree: unknown = JSON.parse(readFileSync(file, "utf8"));
  const meta = typeof tree === "object" && tree !== null && "meta" in tree ? tree.meta : null;
  const name = typeof meta === "object" && meta !== null && "name" in meta ? meta.name : null;
  return typeof name === "string" && name !== "" ? `${name} (${basename(file)})` : basename(file);
};
