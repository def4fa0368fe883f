import { readFile } from "node:fs/promises";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "./context.ts";

/** Ends a command with what was wrong with its words. */
export const usage = (problem: string): CommandFailure => new CommandFailure(moltbotError("USAGE", { problem }));

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

/** The id in an option; `says` what it is of. Whether there is one of that id, the gateway says. */
export const idIn = (option: string, given: string, says: string): string => {
  if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(given)) throw usage(`--${option} takes the id of ${says}.`);
  return given;
};

/** Collects an option that may stand several times. */
export const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The words of an option that may stand several times. */
export const wordsOf = (option: unknown): readonly string[] => (Array.isArray(option) ? option.map(String) : []);

/** The text of an option; undefined when it was left out. */
export const textOption = (option: unknown): string | undefined => (typeof option === "string" ? option : undefined);
