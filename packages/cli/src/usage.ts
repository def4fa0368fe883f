import { readFile } from "node:fs/promises";
import { moltbotError } from "@moltbot/contracts/errors";
import type { MoltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "./context.ts";

/** Ends a command with what was wrong with its words. */
export const usage = (problem: string): CommandFailure => new CommandFailure(moltbotError("USAGE", { problem }));

/** The same failure with the step that helps on this command line. */
export const withNext = (failure: MoltbotError, next: string): CommandFailure =>
  new CommandFailure({ ...failure, next });

/** The text of a file that a person named. */
export const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw usage(`The file ${file} cannot be read.`);
  }
};

/** The word of an option that takes one of several; undefined when it was left out. */
export const oneOf = <T extends string>(
  option: string,
  words: readonly T[],
  given: string | undefined,
): T | undefined => {
  const word = words.find((one) => one === given);
  if (given !== undefined && word === undefined) throw usage(`--${option} takes one of ${words.join(", ")}.`);
  return word;
};

/** Whether a word is written as an id. Whether there is one of that id, the gateway says. */
export const isId = (word: string): boolean => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(word);

/** The id in an option; `says` what it is of. */
export const idIn = (option: string, given: string, says: string): string => {
  if (!isId(given)) throw usage(`--${option} takes the id of ${says}.`);
  return given;
};

/** The whole number from 1 in an option; what is too large the gateway says. */
export const countIn = (option: string, given: unknown): number => {
  const text = String(given);
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usage(`--${option} takes a whole number from 1, not ${text}.`);
};

/** Collects an option that may stand several times. */
export const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The words of an option that may stand several times. */
export const wordsOf = (option: unknown): readonly string[] => (Array.isArray(option) ? option.map(String) : []);

/** The text of an option; undefined when it was left out. */
export const textOption = (option: unknown): string | undefined => (typeof option === "string" ? option : undefined);
