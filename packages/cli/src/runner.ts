import type { Command } from "commander";
import { createContext } from "./context.ts";
import type { CommandContext } from "./context.ts";

/** A command's body: the context, its options, its first two arguments ("" when absent), and all of them. */
export type Body = (
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  first: string,
  second: string,
  words: readonly string[],
) => Promise<void>;

/** Turns a body into what commander calls. */
export type Runner = (body: Body) => (...received: unknown[]) => Promise<void>;

const isCommand = (value: unknown): value is Command =>
  typeof value === "object" && value !== null && "optsWithGlobals" in value;

/** An argument that may stand several times comes as a list. */
const wordsOf = (argument: unknown): readonly string[] => {
  if (Array.isArray(argument)) return argument.map(String);
  return typeof argument === "string" ? [argument] : [];
};

/** Commander hands over the arguments, then the options, then the command itself. */
export const createRunner =
  (): Runner =>
  (body) =>
  async (...received) => {
    const command = received.at(-1);
    const options = isCommand(command) ? command.optsWithGlobals<Record<string, unknown>>() : {};
    const words = received.slice(0, -2).flatMap(wordsOf);
    await body(createContext(options["json"] === true), options, words[0] ?? "", words[1] ?? "", words);
  };
