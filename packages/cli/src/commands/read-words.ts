import { readFileSync } from "node:fs";
import { CommandExit } from "../context.ts";
import { textOption, usage } from "../usage.ts";
import { forgetTyped } from "./read-lines.ts";

const INTERRUPTED = 130;
const LONGEST = 4_096;

/** Asks for a word that the terminal does not show; null when the person turns away. Replaced by tests. */
export type AskHidden = (question: string) => Promise<string | null>;

export const askHidden: AskHidden = async (question) => {
  const { isCancel, password } = await import("@clack/prompts");
  await forgetTyped();
  const typed = await password({ message: question });
  return isCancel(typed) ? null : typed;
};

const linesIn = (source: number | string, named: string): readonly string[] => {
  let text: string;
  try {
    text = readFileSync(source, "utf8");
  } catch {
    throw usage(`The passphrase cannot be read from ${named}.`);
  }
  if (text.length > LONGEST) throw usage(`${named} holds more than a passphrase.`);
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
};

/** The number that `--passphrase-fd` gives, as text. */
export const descriptorIn = (options: Readonly<Record<string, unknown>>): string | undefined => {
  const descriptor = textOption(options["passphraseFd"]);
  if (descriptor !== undefined && !/^\d+$/.test(descriptor)) throw usage("--passphrase-fd takes a number.");
  return descriptor;
};

/** Where `--passphrase-fd`, `--passphrase-file` or a pipe lead; null when a person at a terminal is to be asked. */
const sourceOf = (
  options: Readonly<Record<string, unknown>>,
  isTerminal: boolean,
): { readonly source: number | string; readonly named: string } | null => {
  const descriptor = descriptorIn(options);
  const file = textOption(options["passphraseFile"]);
  if (descriptor !== undefined) return { source: Number(descriptor), named: `descriptor ${descriptor}` };
  if (file !== undefined) return { source: file, named: file };
  return isTerminal ? null : { source: 0, named: "standard input" };
};

/**
 * The words a command needs, in order: one line each from a descriptor, a file or a pipe, or typed unseen at a terminal. Never from
 * the arguments, which every process of the machine can read.
 */
export const readWords = async (
  options: Readonly<Record<string, unknown>>,
  questions: readonly string[],
  isTerminal: boolean = process.stdin.isTTY,
  ask: AskHidden = askHidden,
): Promise<readonly string[]> => {
  if (questions.length === 0) return [];
  const found = sourceOf(options, isTerminal);
  if (found !== null) {
    const lines = linesIn(found.source, found.named);
    if (lines.length !== questions.length || lines.includes(""))
      throw usage(`${found.named} must hold ${String(questions.length)} line(s): ${questions.join(", then ")}.`);
    return lines;
  }
  const words: string[] = [];
  for (const question of questions) {
    const word = await ask(`${question}:`);
    if (word === null) throw new CommandExit(INTERRUPTED);
    words.push(word);
  }
  return words;
};
