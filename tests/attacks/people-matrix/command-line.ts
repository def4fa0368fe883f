import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { CommandExit, CommandFailure } from "../../../packages/cli/src/context.ts";
import { createProgram } from "../../../packages/cli/src/program.ts";
import { parsed } from "../../support/people.ts";
import type { Said } from "../../support/people.ts";
import {
  KEPT_UPDATE,
  KEPT_UPDATE_FILE,
  STRANGE_PLUGIN,
  STRANGE_PLUGIN_FILE,
  STRANGE_SKILL,
  STRANGE_SKILL_FILE,
} from "./strange-packages.ts";

/** Where a command line speaks to: a gateway by its address with a token, or that of a home, by its socket. */
export type Speaker = { readonly url: string; readonly token: string | null } | { readonly home: string };

/** The words of a command; the folder is its own, for files it reads and writes. */
export type Words = (folder: string) => readonly string[];

export type CommandLine = (words: Words) => Promise<Said>;

/** Files that commands are given. */
const INPUTS: Readonly<Record<string, string | Uint8Array>> = {
  "bad.cedar": "permit(",
  "probe.txt": "probe",
  value: "a value of no worth",
  [STRANGE_PLUGIN_FILE]: STRANGE_PLUGIN.bytes,
  [KEPT_UPDATE_FILE]: KEPT_UPDATE.bytes,
  [STRANGE_SKILL_FILE]: STRANGE_SKILL.bytes,
};

const environmentOf = (speaker: Speaker): Readonly<Record<string, string | undefined>> =>
  "home" in speaker
    ? { MOLTBOT_HOME: speaker.home, MOLTBOT_URL: "", MOLTBOT_TOKEN: undefined }
    : { MOLTBOT_HOME: "/nowhere", MOLTBOT_URL: speaker.url, MOLTBOT_TOKEN: speaker.token ?? undefined };

const setEnvironment = (wanted: Readonly<Record<string, string | undefined>>): void => {
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};

interface Ended {
  readonly out: string;
  readonly code: string | null;
  readonly problem: string;
}

const NO_DOOR = () => Promise.reject(new Error("the matrix attacks and restores nothing"));

/** The program itself in this process: its words, its connection, its output. Whoever calls has it to themselves. */
const runProgram = async (argv: readonly string[]): Promise<Ended> => {
  let out = "";
  const keep = (piece: string | Uint8Array): boolean => {
    out += typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8");
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation(keep));
  try {
    await createProgram(NO_DOOR, NO_DOOR).parseAsync([...argv], { from: "user" });
    return { out, code: null, problem: "" };
  } catch (cause) {
    if (cause instanceof CommandExit) return { out, code: null, problem: "" };
    if (cause instanceof CommandFailure)
      return { out, code: cause.failure.code, problem: JSON.stringify(cause.failure) };
    throw new Error(`${argv.join(" ")}: ${out}`, { cause });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
};

/** What a command left in its folder. */
const filesIn = (folder: string): readonly Buffer[] =>
  readdirSync(folder)
    .filter((name) => !(name in INPUTS))
    .map((name) => readFileSync(join(folder, name)));

/** One at a time: the environment and the streams are the process's. */
let turn: Promise<unknown> = Promise.resolve();
const alone = <T>(work: () => Promise<T>): Promise<T> => {
  const mine = turn.then(work);
  turn = mine.catch(() => undefined);
  return mine;
};

/** Somebody at a command line; every command with `--json`, and what it wrote into files counts as its answer too. */
export const commandLine =
  (speaker: Speaker): CommandLine =>
  (words) =>
    alone(async () => {
      const folder = mkdtempSync(join(tmpdir(), "moltbot-matrix-"));
      for (const [name, content] of Object.entries(INPUTS)) writeFileSync(join(folder, name), content);
      const wanted = environmentOf(speaker);
      const before = Object.fromEntries(Object.keys(wanted).map((name) => [name, process.env[name]]));
      setEnvironment(wanted);
      try {
        const { out, code, problem } = await runProgram([...words(folder), "--json"]);
        const json = parsed(out);
        const files = filesIn(folder).map((bytes) => ({ content: bytes.toString("base64") }));
        return {
          status: code === null ? 200 : 400,
          text: `${out}\n${problem}`,
          json: files.length === 0 ? json : files[0],
          code,
        };
      } finally {
        setEnvironment(before);
        rmSync(folder, { recursive: true, force: true });
      }
    });
